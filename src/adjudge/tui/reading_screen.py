"""Reading: panes that scroll together, search, differences, source, zoom, pager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import on
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Input, Static

from adjudge.domain.safe_text import safe_text
from adjudge.domain.words import count_of
from adjudge.tui import pager
from adjudge.tui.patience import Patient
from adjudge.tui.reading import facts_of
from adjudge.tui.status import Status
from adjudge.tui.widgets.drawer import Drawer
from adjudge.tui.widgets.lines import Bit, content
from adjudge.tui.widgets.pane import Pane

if TYPE_CHECKING:
    from textual import events

    from adjudge.tui.session import Workplace

Tone = Literal["", "good", "bad", "key"]


class ReadingScreen(Status, Patient, Screen[str]):
    """Panes side by side in ``#panes``; each has the class ``response``.

    Attributes:
        synced: The panes scroll together.
        veiled: The texts stand behind a warning.
    """

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"),
        (100, "-wide"),
        (160, "-huge"),
    ]
    AUTO_FOCUS = ""
    place: Workplace
    HAS_DESK: ClassVar[bool] = True  # the drawer stands open where there is room
    synced: reactive[bool] = reactive(True)
    veiled: reactive[bool] = reactive(False)

    def say(self, words: str, tone: Tone = "") -> None:
        """Put one line where the person looks for it; nothing pops up."""
        self.has_said(words, passes=not tone)
        style = f"bold ${tone}" if tone else ""
        line = safe_text(words, newlines=False)
        self.query_one("#said", Static).update(content([Bit(line, style)]))
        self.query_one("#bar").set_class(bool(words), "-said")
        if tone == "bad" and self.place.sound:
            self.app.bell()

    def let_go(self) -> None:
        """Take the words of the status line away."""
        self.say("")

    def refuse(self, words: str) -> None:
        """Say why not; what was typed ahead was meant for after it, and is dropped."""
        self.app.forget_typed_ahead()  # type: ignore[attr-defined]
        self.say(words, "bad")

    def on_paste(self, event: events.Paste) -> None:
        """Say that a paste found no line; it is never taken for keys."""
        event.stop()
        self.say("What you pasted went nowhere: no line is open for it.", "bad")

    # --- panes -----------------------------------------------------------------

    @property
    def panes(self) -> list[Pane]:
        """The responses' panes, as shown."""
        return [p for p in self.query("Pane.response").results(Pane) if p.display]

    @property
    def all_panes(self) -> list[Pane]:
        """The responses' panes, whether they are in sight or not."""
        return list(self.query("Pane.response").results(Pane))

    @property
    def front(self) -> Pane:
        """The pane that reads, or read last."""
        front = self.query("Pane.-front").results(Pane)
        return next(front, self.all_panes[0])

    def bring_to_front(self, pane: Pane) -> None:
        """Let a pane take the keys; where one has room, it is this one."""
        for other in self.all_panes:
            other.set_class(other is pane, "-front")
        if not self.veiled:
            self.set_focus(pane)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remember who read last."""
        if isinstance(event.widget, Pane) and event.widget.has_class("response"):
            for other in self.all_panes:
                other.set_class(other is event.widget, "-front")

    def action_swap_pane(self, step: int) -> None:
        """Go to the next response."""
        panes = self.all_panes
        at = panes.index(self.front)
        self.bring_to_front(panes[(at + step) % len(panes)])

    def on_pane_scrolled(self, message: Pane.Scrolled) -> None:
        """Let the others go along."""
        if self.synced and message.pane.has_class("response"):
            for pane in self.panes:
                if pane is not message.pane:
                    pane.follow(message.share)

    def words_on_screen(self) -> int:
        """Count about how many words are in sight."""
        words = 0.0
        for pane in self.panes:
            lines = max(1, pane.virtual_size.height)
            words += facts_of(pane.text).n_words * min(1.0, pane.size.height / lines)
        return int(words)

    # --- views -----------------------------------------------------------------

    def action_sync(self) -> None:
        """Scroll together, or each alone."""
        self.synced = not self.synced
        self.say("The responses scroll together." if self.synced else "Each scrolls.")

    def action_raw(self) -> None:
        """Show the source, or the rendered text."""
        raw = self.front.view == "rendered"
        for pane in self.all_panes:
            pane.view = "raw" if raw else "rendered"
        self.say("Source, as the model wrote it." if raw else "Rendered again.")

    def action_wrap(self) -> None:
        """Fold long code lines, or cut them."""
        fold = not self.front.wrap_code
        for pane in self.all_panes:
            pane.wrap_code = fold
        self.say("Long code lines are folded." if fold else "Long code lines are cut.")

    def action_zoom(self) -> None:
        """Show one response wide, or all."""
        if self.has_class("-narrow"):
            self.say("Here is room for one response; Tab shows the next.")
            return
        zoomed = not self.has_class("-zoomed")
        self.set_class(zoomed, "-zoomed")
        self.say("One response; Tab shows the next, z all." if zoomed else "")

    def action_diff(self) -> None:
        """Mark what differs between two responses."""
        panes = self.all_panes
        if len(panes) != 2:
            self.say("Differences are marked between two responses: p shows two.")
            return
        if panes[0].other is not None:
            self.unmark()
            self.say("Differences are no longer marked.")
            return
        self._mark_differences()
        count = panes[0].n_differences() + panes[1].n_differences()
        self.say(
            f"{count_of(count, 'passage differs', 'passages differ')}; "
            "> and < go from one to the next."
            if count
            else "No difference in words is to be seen."
        )

    def _mark_differences(self) -> None:
        first, second = self.all_panes
        first.other, second.other = second.shown_text, first.shown_text

    def unmark(self) -> None:
        """Take marks of differences and search away."""
        for pane in self.all_panes:
            pane.other = None
            pane.phrase = ""

    def action_difference(self, step: int) -> None:
        """Go to the next difference."""
        if len(self.all_panes) == 2 and self.front.other is None:
            self._mark_differences()
        if not self.front.n_differences():
            self.say("This response has nothing that the other lacks.")
        elif step > 0:
            self.front.action_next_difference()
        else:
            self.front.action_previous_difference()

    # --- search ----------------------------------------------------------------

    def action_search(self) -> None:
        """Ask what to look for."""
        box = self.query_one("#search", Input)
        self.query_one("#bar").add_class("-searching")
        self.query_one("#search-line").display = True
        box.value = self.front.phrase
        self.set_focus(box)

    @on(Input.Submitted, "#search")
    def _found(self, event: Input.Submitted) -> None:
        """Mark it in every response and go to the first place."""
        event.stop()
        self.end_search()
        for pane in self.all_panes:
            pane.phrase = event.value
        if event.value:
            self._tell_matches()

    def _tell_matches(self) -> None:
        counts = [pane.n_matches() for pane in self.all_panes]
        if not any(counts):
            self.say(f"“{self.front.phrase}” stands in no response.")
            return
        if not self.front.n_matches():
            panes = self.all_panes
            self.bring_to_front(next(p for p in panes if p.n_matches()))
        told = " and ".join(f"{n:,}" for n in counts)
        times = "time" if sum(counts) == 1 else "times"
        self.say(f"Found {told} {times}; ^g goes on, / and an empty line clears.")

    def end_search(self) -> None:
        """Put the search line away."""
        self.query_one("#bar").remove_class("-searching")
        self.query_one("#search-line").display = False
        self.bring_to_front(self.front)

    def action_search_next(self) -> None:
        """Go to the next place found."""
        if not self.front.phrase:
            self.say("Nothing is searched yet: / asks for a phrase.")
        elif not self.front.n_matches():
            self._tell_matches()
        else:
            self.front.action_next_match()

    # --- drawer ----------------------------------------------------------------

    @property
    def drawer(self) -> Drawer:
        """The drawer at the right."""
        return self.query_one(Drawer)

    def action_conversation(self) -> None:
        """Open the whole conversation, or put it away."""
        self._draw("conversation")

    def action_guideline(self) -> None:
        """Open the guideline, or put it away."""
        self._draw("guideline")

    def action_last_ten(self) -> None:
        """Go to the list of my last judgments."""
        self._draw("desk")

    def _draw(self, kind: Literal["desk", "guideline", "conversation"]) -> None:
        if self.drawer.kind == kind and (
            self.drawer.has_the_keys or not self.has_class("-huge")
        ):
            self.close_drawer()
            return
        self.drawer.kind = kind
        self.call_after_refresh(self.drawer.focus_inside)

    def close_drawer(self) -> None:
        """Put the drawer away; where there is room, the desk stays."""
        self.drawer.kind = "desk" if self.has_class("-huge") else ""
        self.bring_to_front(self.front)

    def on_resize(self, event: events.Resize) -> None:
        """Open the desk where there is room for it."""
        if event.size.width >= 160 and not self.drawer.kind and self.HAS_DESK:
            self.drawer.kind = "desk"
        elif event.size.width < 160 and self.drawer.kind == "desk":
            self.drawer.kind = ""

    # --- outside ---------------------------------------------------------------

    def action_pager(self) -> None:
        """Read all responses in the person's own pager."""
        if self.veiled:
            self.say("The texts stand behind a warning: o opens them.", "bad")
            return
        texts = [(f"Response {p.called}", p.text) for p in self.all_panes]
        self.say(pager.read(self.app, texts), "bad")
        self.refresh()

    def action_copy(self) -> None:
        """Copy what is selected, cleaned as it is shown."""
        text = self.get_selected_text()
        if not text:
            self.say("Nothing is selected: drag over a text, then copy it.")
            return
        self.app.copy_to_clipboard(safe_text(text))
        copied = count_of(len(text), "character is", "characters are")
        self.say(f"{copied} copied, if your terminal lets us.")

    def action_mouse(self) -> None:
        """Give the mouse to the terminal for selecting, or take it back."""
        driver: Any = self.app._driver  # noqa: SLF001 - no public way; a test pins it
        if not hasattr(driver, "_disable_mouse_support"):
            self.say("This terminal's mouse cannot be given away.")
            return
        free = not getattr(self.app, "mouse_is_free", False)
        self.app.mouse_is_free = free  # type: ignore[attr-defined]
        if free:
            driver._disable_mouse_support()  # noqa: SLF001
            self.say("The mouse is the terminal's: select and copy; m takes it back.")
        else:
            driver._enable_mouse_support()  # noqa: SLF001
            self.say("The mouse is ours again.")
