"""Which screen a task needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.tui.compare import CompareScreen
from adjudge.tui.done import DoneScreen
from adjudge.tui.rank import RankScreen
from adjudge.tui.rate import RateScreen

if TYPE_CHECKING:
    from adjudge.tui.session import Session


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
