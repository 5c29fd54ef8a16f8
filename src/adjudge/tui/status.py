"""The status line: what is said in passing goes with the next key."""

from __future__ import annotations


class Status:
    """A screen with a status line.

    Words with a tone (saved, refused, not kept) stay until others take their place.
    Plain ones are about the key before and would be wrong after the next; the queue
    of keys lets go of them once a key that says nothing is worked off.

    Attributes:
        n_said: How often something was said.
        passes: Whether what stands there goes with the next key.
    """

    n_said: int = 0
    passes: bool = False

    def has_said(self, words: str, *, passes: bool) -> None:
        """Note that something was said; each screen's ``say`` does."""
        self.n_said += 1
        self.passes = bool(words) and passes

    def let_go(self) -> None:
        """Take the words away."""
        raise NotImplementedError
