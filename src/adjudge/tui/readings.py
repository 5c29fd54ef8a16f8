"""The guidelines of what is in hand, as the person who works finds them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.services.work.reading import Reading


class Readings:
    """Each version is read once, in a worker; a screen then asks nobody."""

    def __init__(self, ready: Callable[[], tuple[Bench, Actor]]) -> None:
        self._ready = ready
        self._known: dict[str, Reading] = {}

    def of(self, ref: str | None) -> Reading | None:
        """Give a version as it was read; nothing where no task in hand names it."""
        return self._known.get(ref or "")

    def fetch(self, refs: Iterable[str | None]) -> None:
        """Read the versions that are not known yet."""
        for ref in {ref for ref in refs if ref} - self._known.keys():
            from adjudge.services.work import reading  # noqa: PLC0415 - late

            self._known[ref] = reading.read(*self._ready(), ref)

    def acknowledge(self, ref: str) -> None:
        """Keep that this person has read what changed."""
        from adjudge.services.work import reading  # noqa: PLC0415 - late

        reading.acknowledge(*self._ready(), ref)
        self._known[ref] = replace(self._known[ref], news=None)

    def forget(self) -> None:
        """Begin anew: somebody else is here."""
        self._known.clear()
