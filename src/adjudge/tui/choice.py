"""Which screen a task needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.tui.judging.compare import CompareScreen
from adjudge.tui.judging.done import DoneScreen
from adjudge.tui.judging.rank import RankScreen
from adjudge.tui.judging.rate import RateScreen

if TYPE_CHECKING:
    from adjudge.tui.judging.second_look import SecondLookScreen
    from adjudge.tui.session import Session
    from adjudge.tui.writing.review import ReviewScreen
    from adjudge.tui.writing.rewrite import RewriteScreen
    from adjudge.tui.writing.writing_done import WritingDoneScreen
    from adjudge.tui.writing_session import ReviewSession, WritingSession


def screen_for(
    session: Session,
) -> type[CompareScreen | RankScreen | RateScreen | DoneScreen]:
    """Choose by the number of responses; none, when nothing is left."""
    if session.current is None:
        return DoneScreen
    shown = len(session.current.shown)
    if shown == 1:
        return RateScreen
    return CompareScreen if shown == 2 else RankScreen


def writing_screen_for(
    session: WritingSession | ReviewSession,
) -> type[RewriteScreen | ReviewScreen | SecondLookScreen | WritingDoneScreen]:
    """Choose by what there is to do; none, when nothing is left."""
    # Late: whoever only compares needs none.
    from adjudge.tui.judging.second_look import SecondLookScreen  # noqa: PLC0415
    from adjudge.tui.writing.review import ReviewScreen  # noqa: PLC0415
    from adjudge.tui.writing.rewrite import RewriteScreen  # noqa: PLC0415
    from adjudge.tui.writing.writing_done import WritingDoneScreen  # noqa: PLC0415
    from adjudge.tui.writing_session import ReviewSession  # noqa: PLC0415

    if session.current is None:
        return WritingDoneScreen
    if not isinstance(session, ReviewSession):
        return RewriteScreen
    return SecondLookScreen if session.is_of_judgments else ReviewScreen
