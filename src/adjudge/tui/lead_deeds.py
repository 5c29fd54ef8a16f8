"""A lead's services as the screens call them: in worker threads, opened late."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from adjudge.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from adjudge.domain.conversation import Tiers
    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.services.exporting import Exported
    from adjudge.services.measuring.adjudication import Disputed
    from adjudge.services.work.casework import Case
    from adjudge.tui.export_form import Form

Outcome = Literal["unclear", "send_back", "exclude"]
Numbers = dict[str, Any]


class LeadDeeds:
    """What only a lead may do; every service refuses anybody else.

    Attributes:
        known: What was measured last, by queue and part, so that a screen that is
            opened again shows something at once, with the time it is from.
    """

    def __init__(self, ready: Callable[[], tuple[Bench, Actor]]) -> None:
        self._ready = ready
        self.known: dict[tuple[str, str], tuple[str, Any]] = {}

    def now(self) -> str:
        """Tell the time as the store writes it."""
        return self._ready()[0].now()

    def _keep(self, queue: str, part: str, found: Any) -> Any:
        self.known[queue, part] = (self.now(), found)
        return found

    def glance(self, queue: str, tell: Callable[[int], bool]) -> Numbers:
        """Measure what the dashboard opens with."""
        from adjudge.services.measuring import overview  # noqa: PLC0415 - numbers are heavy

        found = overview.glance(*self._ready(), queue, tell=tell)
        return self._keep(queue, "glance", found)  # type: ignore[no-any-return]

    def people(self, queue: str) -> list[Numbers]:
        """Measure the people of a queue: gold, reliability, weights."""
        from adjudge.services.measuring import annotators  # noqa: PLC0415 - numbers are heavy

        found = annotators.listed(*self._ready(), queue)["people"]
        return self._keep(queue, "people", found)  # type: ignore[no-any-return]

    def disputed(self, queue: str) -> list[Disputed]:
        """List what waits for a decision, most telling first."""
        from adjudge.services.measuring import adjudication  # noqa: PLC0415 - late

        found = adjudication.disputed(*self._ready(), queue, limit=500)
        return self._keep(queue, "disputed", found)  # type: ignore[no-any-return]

    def disputed_of(self, queue: str, judge: str) -> list[Disputed]:
        """List what waits for a decision and was judged by this person."""
        from adjudge.services.measuring import adjudication  # noqa: PLC0415 - late

        return adjudication.disputed(*self._ready(), queue, limit=500, judge=judge)

    def queues(self, queue: str) -> list[tuple[str, str, int, int, int, int]]:
        """List queues: name, kind, tasks, slots open, leased, done."""
        from adjudge.services.campaign import queueing  # noqa: PLC0415 - late

        found = [
            (q.name, q.kind, s.tasks, s.open, s.leased, s.done)
            for q, s in queueing.listed(*self._ready())
            if s
        ]
        return self._keep(queue, "queues", found)  # type: ignore[no-any-return]

    def preview(
        self, form: Form, tell: Callable[[int, int], None]
    ) -> tuple[Exported, list[Numbers]]:
        """Make the rows of a dataset without keeping any."""
        from adjudge.services import exporting  # noqa: PLC0415 - late

        options = exporting.ExportOptions(**form.options(exporting.splits))
        return exporting.preview(*self._ready(), options, progress=tell)

    def export(self, form: Form, tell: Callable[[int, int], None]) -> Exported:
        """Write a dataset."""
        from adjudge.services import exporting  # noqa: PLC0415 - late

        options = exporting.ExportOptions(**form.options(exporting.splits))
        place = _at_home(form.folder)
        return exporting.export(*self._ready(), place, options, progress=tell)

    def open_case(self, comparison: str, queue: str) -> Case:
        """Open a comparison for a decision."""
        from adjudge.services.work import casework  # noqa: PLC0415 - late

        return casework.open_case(*self._ready(), comparison, queue=queue)

    def evidence(self, comparison: str, queue: str) -> Numbers:
        """Lay out the judgments; asked for only after the blind call."""
        from adjudge.services.measuring import adjudication  # noqa: PLC0415 - late

        return adjudication.evidence(*self._ready(), comparison, queue=queue)

    def adjudicate(
        self,
        case: Case,
        ranking: Tiers,
        *,
        why: str,
        cause: str | None,
        blind: Tiers | None,
        none_acceptable: bool,
        over: str | None,
    ) -> None:
        """Decide, over the decision that was seen, if any."""
        from adjudge.services.measuring import adjudication  # noqa: PLC0415 - late

        adjudication.adjudicate(
            *self._ready(),
            case.comparison.id,
            ranking,
            why=why,
            cause=cause,
            queue=case.queue,
            blind=blind,
            none_acceptable=none_acceptable,
            over=over,
        )

    def settle_otherwise(self, case: Case, outcome: Outcome, why: str) -> str:
        """Do what is done instead of deciding; give what came of it, in words."""
        from adjudge.services.work import casework  # noqa: PLC0415 - late

        id, queue = case.comparison.id, case.queue
        if outcome == "unclear":
            ticket = casework.ask_about_guideline(
                *self._ready(), id, why=why, queue=queue
            )
            return f"Ticket {ticket} asks about the guideline."
        if outcome == "send_back":
            n = casework.send_back(*self._ready(), id, why=why, queue=queue)
            return f"Sent back: {n} will judge it again; their judgments stand."
        incident = casework.exclude(*self._ready(), id, why=why, queue=queue)
        return f"Excluded from queues and exports; incident {incident} says why."


def _at_home(folder: str) -> str:
    """Read ``~`` and ``~name`` as a shell does.

    Raises:
        InvalidInputError: If nobody of that name has a home on this machine.
    """
    try:
        return str(Path(folder).expanduser())
    except RuntimeError:
        raise InvalidInputError(
            f"{folder} begins with the home of nobody on this machine",
            hint="write the folder in full, for example ./answers-dataset",
        ) from None
