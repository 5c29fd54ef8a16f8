"""Say of single sentences of the original what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from adjudge.domain.rewriting import SpanReason, sentences_of
from adjudge.domain.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

    from adjudge.domain.guideline import ReasonTag


class Sentences(ModalScreen[tuple[SpanReason, ...]]):
    """Arrows choose a sentence, letters set reasons for it or take them back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,f5", "leave", "done", show=False)
    ]
    AUTO_FOCUS = "OptionList"

    def __init__(
        self,
        original: str,
        tags: Sequence[ReasonTag],
        spans: Sequence[SpanReason],
    ) -> None:
        super().__init__(classes="dialog")
        self._original = original
        self._places = sentences_of(original)
        self._tags = {tag.key: tag for tag in tags}
        self._spans = list(spans)

    def compose(self) -> ComposeResult:
        """Build the list."""
        with Vertical(classes="box wide") as box:
            box.border_title = Content("What is wrong with which sentence?")
            yield OptionList(
                *(Option(self._line(n)) for n in range(len(self._places))),
                compact=True,
                markup=False,
            )
            listed = "  ".join(f"{k} {t.title}" for k, t in self._tags.items())
            yield Static(Content(safe_text(listed, newlines=False)), classes="quiet")
            yield Static(
                Content("arrows choose   letters set reasons   Esc done"),
                classes="quiet",
                id="told",
            )

    def _line(self, n: int) -> Content:
        start, end = self._places[n]
        set_here = [s.tag for s in self._spans if (s.start, s.end) == (start, end)]
        text = " ".join(safe_text(self._original[start:end], newlines=False).split())
        marks = f"[{', '.join(set_here)}] " if set_here else ""
        return Content.assemble((safe_text(marks), "bold $key"), text[:400])

    def on_key(self, event: events.Key) -> None:
        """Set a reason for the sentence that is marked, or take it back."""
        sign = event.character if event.is_printable else None
        if sign is None:
            return
        event.stop()
        tag = self._tags.get(sign)
        options = self.query_one(OptionList)
        at = options.highlighted
        if tag is None or at is None:
            self.query_one("#told", Static).update(
                Content.assemble((f"No reason has the letter {sign}.", "bold $bad"))
            )
            return
        start, end = self._places[at]
        span = SpanReason(start=start, end=end, tag=tag.tag)
        if span in self._spans:
            self._spans.remove(span)
        else:
            self._spans.append(span)
        options.replace_option_prompt_at_index(at, self._line(at))

    def on_option_list_option_selected(self) -> None:
        """Be done."""
        self.action_leave()

    def action_leave(self) -> None:
        """Give what was set."""
        self.dismiss(tuple(sorted(self._spans, key=lambda s: (s.start, s.tag))))
