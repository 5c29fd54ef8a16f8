"""What is written is kept: a draft with every pause, whatever happens to the rest.

A text is kept 0.4 s after the last key, and 0.8 s after the first one that is not
kept yet, so that somebody who never pauses loses less than a second. What cannot be
kept is said, stands on the screen, and is tried again every second.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.message import Message

from adjudge.errors import AdjudgeError
from adjudge.tui.clock import clock_time
from adjudge.tui.dialogs.recovered import Kept as KeptDraft
from adjudge.tui.dialogs.recovered import Recovered
from adjudge.tui.held_screen import SAVE_SECONDS
from adjudge.tui.texts import words_of
from adjudge.tui.writing.editing_screen import EditingScreen

if TYPE_CHECKING:
    from textual.timer import Timer

    from adjudge.domain.rewriting import Draft, Review
    from adjudge.tui.session import Workplace
    from adjudge.tui.writing_deeds import WritingDeeds
    from adjudge.tui.writing_session import ReviewSession, WritingSession

    Said = Draft | Review
    Others = tuple[tuple[str, Said, str], ...]

MOST_SECONDS = 0.8  # after the first key that is not kept yet
AGAIN_SECONDS = 1.0  # until a save that failed is tried again


class KeepingScreen(EditingScreen):
    """What was written of the text on screen survives anything."""

    class Kept(Message):
        """A draft was kept, or not; other windows keep others."""

        def __init__(
            self, key: object, others: Others, error: AdjudgeError | None = None
        ) -> None:
            super().__init__()
            self.key = key
            self.others = others
            self.error = error

    def __init__(
        self, place: Workplace, session: WritingSession | ReviewSession
    ) -> None:
        super().__init__(place)
        self._session = session
        self._alone = False
        self._since = 0.0
        self._timer: Timer | None = None
        self._windows: set[str] = set()
        self._confirmed: Said | None = None  # what the store surely holds

    # --- what subclasses say ---------------------------------------------------

    def blank(self) -> Said:
        """Begin with nothing said."""
        raise NotImplementedError

    def recovered(self) -> list[tuple[Said, str]]:
        """Give what was kept of it, the newest first, with when."""
        raise NotImplementedError

    def said_now(self) -> Said:
        """Give everything said so far, the text as it stands in the editor."""
        raise NotImplementedError

    def take_said(self, said: Said) -> None:
        """Put what was said on the screen."""
        raise NotImplementedError

    def save(self, task: Any, said: Said, seq: int, *, alone: bool) -> Others:
        """Keep what was said of a task; in a worker, or before the process ends."""
        raise NotImplementedError

    def told(self, said: Said) -> str:
        """Write in a few words what was said besides the text."""
        raise NotImplementedError

    @property
    def deeds(self) -> WritingDeeds:
        """What can be done with rewrites."""
        return self.place.deeds.writing

    # --- finding and keeping ---------------------------------------------------

    def on_unmount(self) -> None:
        """Stop what would fire later."""
        for timer in (self._timer, self._pause):
            if timer is not None:
                timer.stop()

    def _begin(self, key: object) -> Said:
        parked: dict[Any, Any] = self._session.parked
        if (said := parked.get(key)) is not None:
            parked_draft: Said = said
            return parked_draft
        blank = self.blank()
        found = [(said, at) for said, at in self.recovered() if said != blank]
        if not found:
            return blank
        self.call_after_refresh(self._ask_which, key, found)
        return found[0][0]

    def _ask_which(self, key: object, found: list[tuple[Said, str]]) -> None:
        """A draft was kept, or several windows kept one each: restore or discard."""
        drafts = [KeptDraft(clock_time(at), s.text, self.told(s)) for s, at in found]

        def take(chosen: int | None) -> None:
            if self.key_of_task() != key:
                return
            self._alone = True
            if chosen is None:
                self._confirmed = self.blank()
                self.take_said(self._confirmed)
                self.say("The draft is left; it is gone with your first word.")
                return
            self.take_said(found[chosen][0])
            self._touch()
            self.keep_now()
            self.say(f"Draft from {drafts[chosen].at} restored.", "good")

        heading = "You wrote something here before"
        if len(drafts) > 1:
            heading = f"{len(drafts)} windows hold drafts of this text"
        self.app.push_screen(Recovered(heading, drafts, self.blank().text), take)

    def typed(self) -> None:
        """See that what was written is kept soon."""
        self._touch()
        if self._problem:
            return  # it is tried again anyway
        if time.monotonic() - self._since > MOST_SECONDS:
            self.keep_now()
        elif self._timer is None:
            self._timer = self.set_timer(SAVE_SECONDS, self.keep_now)
        else:
            self._timer.reset()

    def _touch(self) -> None:
        if not self._unkept:
            self._unkept = True
            self._since = time.monotonic()
            self.tick()

    def keep_now(self) -> None:
        """Keep what is not kept yet, in a worker."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        key = self.key_of_task()
        if not self._unkept or key is None or self._storing:
            return
        self._unkept = False
        alone, self._alone = self._alone, False
        self._keep(
            (key, self._session.current),
            self.said_now(),
            self.deeds.next_seq(),
            alone=alone,
        )

    @work(thread=True, group="draft")
    def _keep(
        self, of: tuple[object, Any], said: Said, seq: int, *, alone: bool
    ) -> None:
        # By now another task may be in hand.
        key, task = of
        try:
            others = self.save(task, said, seq, alone=alone)
        except AdjudgeError as error:
            self._alone = self._alone or alone
            self.post_message(self.Kept(key, (), error))
        else:
            self._confirmed = said
            self.post_message(self.Kept(key, others))

    @on(Kept)
    def _kept(self, message: Kept) -> None:
        self.heard(message.error)
        if message.key != self.key_of_task():
            return
        if message.error is not None:
            if not self._problem:
                # Once: what it refuses or asks meanwhile must be readable, too.
                words = f"Not saved yet, tried again: {words_of(message.error)}."
                self.say(words, "bad")
            self._unkept = self._problem = True
            self._timer = self.set_timer(AGAIN_SECONDS, self.keep_now)
        elif self._problem:
            self._problem = False
            self.say("Saved again.", "good")
        self.tick()
        for window, said, at in message.others:
            if window not in self._windows:
                self._windows.add(window)
                self._ask_whose(said, at)
                return

    def _ask_whose(self, said: Said, at: str) -> None:
        """Another window wrote on the same text meanwhile: show both, take one."""
        draft = KeptDraft(clock_time(at), said.text, self.told(said))

        def take(chosen: int | None) -> None:
            if chosen is not None:
                self.take_said(said)
            self._touch()
            self.keep_now()
            whose = "this window's" if chosen is None else "the other window's"
            self.say(f"Going on with {whose} text.", "good")

        keys = ("take the other's", "keep mine")
        heading = "Another window of yours writes on this text"
        mine = self.said_now().text
        dialog = Recovered(heading, [draft], mine, keys, amid_typing=True)
        self.app.push_screen(dialog, take)

    def save_now(self) -> None:
        """Keep everything before the process ends; from any thread, and waiting."""
        if self._storing or self.key_of_task() is None:
            return
        if (said := self.said_now()) != self._confirmed:
            task = self._session.current
            self.save(task, said, self.deeds.next_seq(), alone=self._alone)
            self._confirmed = said
        self._unkept = False

    def _focus_moved(self, has_focus: bool) -> None:
        if not has_focus:
            self.keep_now()

    def is_begun(self) -> bool:
        """Tell whether something was said of what is in hand."""
        return self.key_of_task() is not None and self.said_now() != self.blank()

    def action_keep(self) -> None:
        """Say that drafts keep themselves: people press this key by habit."""
        self.keep_now()
        self.say(f"Drafts keep themselves; {self.key('write_submit')} signs.")

    def stay(self, error: AdjudgeError) -> None:
        """Say why leaving would lose something, and how to leave all the same."""
        self._problem = True
        self._timer = self.set_timer(AGAIN_SECONDS, self.keep_now)
        words = f"Not saved: {words_of(error)}. Once more leaves without it; "
        self.say(f"{words}{self.key('write_external')} takes it elsewhere.", "bad")
        self.tick()
