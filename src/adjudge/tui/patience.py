"""Keys that are typed ahead wait for the screen they are meant for."""

from __future__ import annotations

import asyncio
from contextlib import suppress

_LONGEST_SECONDS = 5.0  # a screen that fails to open must not hold the program


class Patient:
    """A screen that says when it can take keys.

    Textual puts a screen on the stack before its parts are there; a key that comes
    in between would be refused, or meet a part that does not exist yet.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._is_open = asyncio.Event()

    def opened(self) -> None:
        """Take keys from now on."""
        self._is_open.set()

    @property
    def is_open(self) -> bool:
        """Whether keys are taken."""
        return self._is_open.is_set()

    async def until_open(self) -> None:
        """Wait until keys are taken."""
        if not self._is_open.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_open.wait(), _LONGEST_SECONDS)
