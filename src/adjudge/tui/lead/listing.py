"""Tables of the dashboard: cells in words, sorted by what stands behind the words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adjudge.tui.numbers import duration, hours, whole
from adjudge.tui.texts import clipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from adjudge.services.measuring.adjudication import Disputed

Sortable = float | str | None
Cell = tuple[str, Sortable]  # what is printed, what it is sorted by


@dataclass(frozen=True)
class Line:
    """One line, and what Enter goes to."""

    key: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Listing:
    """A table as the dashboard shows it.

    Attributes:
        sorted_by: Column, or -1 for the order in which the lines came.
    """

    heads: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    sorted_by: int = -1
    backwards: bool = False
    wanted: str = field(default="")

    def shown(self) -> list[Line]:
        """Keep the lines whose names hold what is wanted; unknown comes last."""
        wanted = self.wanted.casefold()
        kept = [
            line
            for line in self.lines
            if not wanted
            or any(
                wanted in value.casefold()
                for _, value in line.cells
                if isinstance(value, str)
            )
        ]
        if self.sorted_by < 0:
            return kept[::-1] if self.backwards else kept
        known = [x for x in kept if x.cells[self.sorted_by][1] is not None]
        rest = [x for x in kept if x.cells[self.sorted_by][1] is None]
        known.sort(key=self._place, reverse=self.backwards)
        return [*known, *rest]

    def _place(self, line: Line) -> tuple[float, str]:
        value = line.cells[self.sorted_by][1]
        if isinstance(value, str):
            return 0.0, value.casefold()
        return float(value or 0.0), ""


def annotators(
    glance: Mapping[str, Any] | None, people: Sequence[Mapping[str, Any]] | None
) -> Listing:
    """List people: what is counted at once, what is measured when it is there."""
    heads = (
        *("Person", "Judged", "Same answer as others", "Left side wins"),
        *("Right on gold", "Same on repeats", "Weight", "Mean time", "At work"),
    )
    more = {p["name"]: p for p in people or ()}
    lines = []
    for person in glance["people"] if glance else ():
        name = person["name"]
        found = more.get(name)
        wait = ("computing…", None) if people is None else ("not measured", None)
        lines.append(
            Line(
                name,
                (
                    (clipped(name, 24), name),
                    (f"{person['judgments']:,}", person["judgments"]),
                    _share(person["same_as_others"]),
                    _share(person["left_wins"]),
                    _share(found["gold"]["accuracy"]) if found else wait,
                    _share(found["self_consistency"]) if found else wait,
                    _weight(found["weights"]) if found else wait,
                    (duration(person["mean_seconds"]), person["mean_seconds"]),
                    (hours(person["active_seconds"]), person["active_seconds"]),
                ),
            )
        )
    lines.sort(key=lambda line: (-float(line.cells[1][1] or 0), line.key))
    return Listing(heads, tuple(lines))


def _share(found: dict[str, Any]) -> Cell:
    return whole(found, percent=True), found["value"]


def _weight(topics: Mapping[str, Mapping[str, Any]]) -> Cell:
    """Write the effective weight, or its range where topics differ."""
    found = sorted(part["effective"] for part in topics.values())
    if not found:
        return "not measured", None
    if found[-1] - found[0] < 0.005:
        return f"{found[0]:z.2f}", found[0]
    return f"{found[0]:z.2f} to {found[-1]:z.2f}", found[-1]


def queues(found: Iterable[tuple[str, str, int, int, int, int]]) -> Listing:
    """List queues with the judgments that are open, in somebody's hand, done."""
    heads = ("Queue", "Kind", "Tasks", "Open", "In hand", "Done", "Share done")
    lines = []
    for name, kind, tasks, open_, leased, done in found:
        total = open_ + leased + done
        share = done / total if total else None
        lines.append(
            Line(
                name,
                (
                    (clipped(name, 32), name),
                    (kind, kind),
                    *((f"{n:,}", n) for n in (tasks, open_, leased, done)),
                    ("nothing in it" if share is None else f"{share:.0%}", share),
                ),
            )
        )
    return Listing(heads, tuple(lines))


def disputed(found: Sequence[Disputed] | None) -> Listing:
    """List what waits for a decision, most telling first."""
    heads = ("Comparison", "State", "Judged", "What people said", "Gives")
    return Listing(
        heads,
        tuple(
            Line(
                one.comparison,
                (
                    (clipped(one.comparison, 24), one.comparison),
                    _state(one),
                    (f"{one.n_judgments}", one.n_judgments),
                    (_answers(one), one.closeness),
                    ("a row" if one.gives_row else "certainty", int(not one.gives_row)),
                ),
            )
            for one in found or ()
        ),
    )


def _state(one: Disputed) -> Cell:
    return ("passed on" if one.sent_on else one.state), one.state


def _answers(one: Disputed) -> str:
    said = [f"{n} x {clipped(answer, 18)}" for answer, n in one.answers.items()]
    return ", ".join(said[:3]) + (", …" if len(said) > 3 else "") or "nothing yet"
