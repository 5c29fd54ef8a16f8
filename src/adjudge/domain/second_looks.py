"""A second look at what somebody judged: accepted, or returned with a clause."""

from __future__ import annotations

from typing import Literal

from adjudge.domain.record import Record


class SecondLook(Record):
    """What a reviewer has said of a judgment so far. Each edit returns a new one."""

    judgment: str
    verdict: Literal["accept", "return"] | None = None
    clause: str | None = None
    why: str = ""

    def missing(self) -> str:
        """Say in one line what keeps this from being signed; empty if nothing."""
        if self.verdict is None:
            return "Decide first: 1 accept, 3 send back."
        if self.verdict == "accept":
            return ""
        if not self.clause:
            return "Name the clause of the guideline that it goes against: 3 asks."
        if not self.why.strip():
            return "Say why in a few words: the author will read them."
        return ""
