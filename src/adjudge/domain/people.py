"""Who acts, and what each role may do. One table decides; the default is no."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from unicodedata import normalize

from pydantic import Field

from adjudge.domain.ids import AnnotatorId
from adjudge.domain.record import Name, OpenRecord, Record
from adjudge.errors import ConflictError, InvalidInputError, NotAllowedError

if TYPE_CHECKING:
    from collections.abc import Iterable

EVERY_TOPIC = "*"
LONGEST_NAME = 64


class Role(StrEnum):
    """What a person is in this campaign."""

    ANNOTATOR = "annotator"
    EXPERT = "expert"
    LEAD = "lead"


class Act(StrEnum):
    """Every kind of deed that a service does for somebody."""

    WORK = "work on tasks"
    SEE_QUEUES = "see the queues"
    SEE_GUIDELINES = "read guidelines"
    REVIEW = "review what others did"
    SEE_PEOPLE = "see people"
    SEE_AGREEMENT = "see agreement"
    SEE_LINEAGE = "trace a row"
    RESOLVE = "resolve judgments"
    ADJUDICATE = "adjudicate"
    EXPORT = "export datasets"
    IMPORT = "import records"
    MANAGE_QUEUES = "manage queues"
    MANAGE_PEOPLE = "manage people"
    MANAGE_GUIDELINES = "manage guidelines"
    MANAGE_INCIDENTS = "manage incidents"
    SEE_HIDDEN = "see what is hidden"
    QUALIFY = "decide who qualifies"
    SEE_STATEMENTS = "see everybody's statements of work"
    KEEP_STATEMENTS = "lock statements and answer disputes"
    SEND_MESSAGES = "send messages"
    MANAGE_STORE = "manage the store"


_ANNOTATOR = frozenset({Act.WORK, Act.SEE_QUEUES, Act.SEE_GUIDELINES})
MAY: dict[Role, frozenset[Act]] = {
    Role.ANNOTATOR: _ANNOTATOR,
    Role.EXPERT: _ANNOTATOR | {Act.REVIEW},
    Role.LEAD: frozenset(Act),
}


def check_login_name(name: str) -> None:
    """Refuse a name under which nobody should act: people must be told apart by it.

    Raises:
        InvalidInputError: If it is empty, long, or holds what nobody sees.
    """
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidInputError(
            f"a name has 1 to {LONGEST_NAME} characters; this one has {len(name)}"
        )
    if not name.isprintable() or name != name.strip():
        raise InvalidInputError(
            f"{name!r} is no name",
            hint="it begins or ends with a space, or holds a character nobody sees",
        )


def reads_like(one: str, other: str) -> bool:
    """Tell whether two names are the same to the eye, and not to the store."""
    return one != other and normalize("NFKC", one) == normalize("NFKC", other)


def check_new(name: str, others: Iterable[str]) -> None:
    """Refuse a name under which nobody new may work beside the others.

    Raises:
        InvalidInputError: If nobody should act under it.
        ConflictError: If it reads like the name of somebody who is here.
    """
    check_login_name(name)
    for other in others:
        if reads_like(name, other):
            raise ConflictError(
                f"{name} reads like {other}, who is here already",
                hint="nobody could tell the two apart; add the name as it is there",
            )


class Actor(Record):
    """The person on whose behalf a service acts.

    Attributes:
        listed: The store had an entry of them when they came; only the owner of a
            SQLite file acts without one.
    """

    name: AnnotatorId
    role: Role
    listed: bool = False

    def must(self, act: Act) -> None:
        """Refuse an act that the role does not permit.

        Raises:
            NotAllowedError: With the name, the role and the act.
        """
        if act not in MAY.get(self.role, frozenset()):
            raise NotAllowedError(
                f"{self.name} ({self.role}) may not {act}",
                hint="ask a lead, or act as one with --as NAME",
            )


class Person(OpenRecord):
    """Somebody the store knows. Imported annotators have no login."""

    name: Annotated[AnnotatorId, Name]
    role: Annotated[Role, Field(strict=False)] = Role.ANNOTATOR
    expertise: dict[str, Annotated[float, Field(gt=0, le=1000)]] = Field(
        default_factory=dict
    )
    languages: tuple[str, ...] = ()
    login: bool = True

    def weight(self, topic: str | None) -> float:
        """Give the declared expertise weight for a topic; 1 where none is declared."""
        return self.expertise.get(topic or "", self.expertise.get(EVERY_TOPIC, 1.0))
