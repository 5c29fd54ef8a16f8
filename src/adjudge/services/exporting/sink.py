"""Where rows go, and where it is counted why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adjudge.services.exporting.lines import Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from adjudge.services.exporting.facts import Facts
    from adjudge.services.exporting.making import Made
    from adjudge.services.exporting.splitting import Splitting
    from adjudge.services.exporting.writing import Writing


@dataclass(frozen=True)
class Sink:
    """Takes what became of a comparison, a rewrite or a rated answer."""

    writing: Writing
    splitting: Splitting
    facts: Facts

    def keep(
        self,
        place: tuple[str, str],
        prompt: list[dict[str, Any]],
        made: Mapping[Any, Iterable[Made]],
        *,
        carries: bool,
    ) -> None:
        """Write the rows of each config; count the reasons where there are none.

        Args:
            place: Queue, and id of what the rows are about.
            prompt: Decides the split.
            made: Rows and reasons by config.
            carries: Whether messages may have more than a role and content.
        """
        split = self.splitting.of(prompt)
        without: dict[str, str] = {}
        for config, rows in made.items():
            for row in rows:
                if isinstance(row, str):
                    self.facts.excluded[config][row] += 1
                    without[config] = row
                elif isinstance(row, Line):
                    self.writing.add_line(row, split, place[1], carries=carries)
                else:
                    self.writing.add(row, split, carries=carries)
        if without:
            self.writing.leave_out(*place, without)

    def leave_out(self, place: tuple[str, str], reasons: Mapping[Any, str]) -> None:
        """Count why something gives no row of these configs."""
        for config, reason in reasons.items():
            self.facts.excluded[config][reason] += 1
        if reasons:
            self.writing.leave_out(*place, dict(reasons))


def carries(*parts: Iterable[dict[str, Any]]) -> bool:
    """Tell whether some message has more than a role and content."""
    return any(len(message) > 2 for part in parts for message in part)
