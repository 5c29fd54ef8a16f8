"""Appeals: somebody holds that their judgment was right; a lead answers. Only added."""

from __future__ import annotations

from sqlmodel import SQLModel

from adjudge.storage.tables.columns import text


class AppealRow(SQLModel, table=True):
    """A person asks a lead to look again at what became of their judgment."""

    __tablename__ = "appeal"

    id: str = text(primary_key=True)
    judgment_id: str = text(foreign_key="judgment.id", index=True)
    by_person: str = text(foreign_key="person.name", index=True)
    text_id: str = text()
    at: str = text()


class AppealAnswerRow(SQLModel, table=True):
    """A lead's answer to an appeal; there is one."""

    __tablename__ = "appeal_answer"

    appeal_id: str = text(primary_key=True, foreign_key="appeal.id")
    outcome: str = text()  # granted | refused
    text_id: str = text()
    by_person: str = text(foreign_key="person.name")
    at: str = text()
