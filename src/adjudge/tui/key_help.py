"""What every screen with keys of its own does: name them, refuse, list them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from adjudge.tui.dialogs.help import NUMBERS, Help
from adjudge.tui.keys import READING, Key, shown, shown_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual import events

    from adjudge.tui.session import Workplace
    from adjudge.tui.widgets.hints import Hint


class KeyHelp:
    """Goes before a screen among its bases; the screen says what keys it has.

    Attributes:
        TABLE: The screen's keys, in the order in which help lists them.
        HELP_MORE: What else help lists: group, keys, words.
        HELP_NUMBERS: What the screen's numbers mean.
    """

    TABLE: ClassVar[tuple[Key, ...]] = ()
    HELP_MORE: ClassVar[tuple[tuple[str, str, str], ...]] = tuple(
        ("Read", *row) for row in READING
    )
    HELP_NUMBERS: ClassVar[Sequence[tuple[str, str]]] = NUMBERS
    place: Workplace
    say: Any  # each screen's own way to put a line where people look for it

    def key(self, id: str) -> str:
        """Name the key that starts an action, as this person has set it."""
        default = next((k.keys for k in self.TABLE if k.id == id), "")
        return shown(self.place.keys.get(id, default))

    def key_of(self, action: str) -> str:
        """Name the key that runs what a screen calls so."""
        return self.key(next(k.id for k in self.TABLE if k.action == action))

    def hints_of(self, wanted: Iterable[tuple[str, str]]) -> tuple[Hint, ...]:
        """Make hints of actions, or of keys as they are written."""
        actions = {k.id: f"screen.{k.action}" for k in self.TABLE}
        return tuple(
            (self.key(id) if id in actions else id, words, actions.get(id, ""))
            for id, words in wanted
        )

    def on_key(self, event: events.Key) -> None:
        """Refuse in words a key that does nothing here."""
        screen: Any = self
        if event.is_printable and event.key not in screen.active_bindings:
            self.say(
                f"{event.character} does nothing here; {self.key('help')} lists keys."
            )

    def action_help(self) -> None:
        """Show every key."""
        table = [
            (k.group, shown_all(self.place.keys.get(k.id, k.keys)), k.words)
            for k in self.TABLE
        ]
        screen: Any = self
        screen.app.push_screen(Help([*table, *self.HELP_MORE], self.HELP_NUMBERS))
