"""Long paragraphs are wrapped and drawn in part; what is seen is what Textual shows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual._wrap import compute_wrap_offsets
from textual.app import App
from textual.document._document import Document
from textual.document._wrapped_document import WrappedDocument
from textual.widgets import TextArea

from adjudge.tui.widgets import wrapping
from adjudge.tui.widgets.text_box import TextBox
from adjudge.tui.widgets.wrapping import Wrapping, rewrapped

# Short and very long words, wide ones, blanks of several kinds, no blanks at all.
WORDS = st.sampled_from(["a", "of ", "word ", "  ", "界界 ", "界", "e\u0301 ", "x" * 9])
LINE = st.lists(WORDS, max_size=30).map("".join)


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch):
    """Let the short lines of a test be wrapped in several goes."""
    monkeypatch.setattr(wrapping, "_AT_ONCE", 12)


@settings(max_examples=150, deadline=None)
@given(LINE, st.data(), st.integers(1, 12), LINE)
def test_a_changed_line_breaks_as_if_it_were_broken_anew(before, data, width, new):
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, len(before)))
    after = before[:start] + new + before[end:]
    breaks = compute_wrap_offsets(before, width, 4)
    assert rewrapped(before, breaks, after, width) == compute_wrap_offsets(
        after, width, 4
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(LINE, min_size=1, max_size=4),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), LINE | st.just("\n\t"))),
)
def test_after_any_edits_all_is_known_as_textual_knows_it(lines, edits):
    text = "\n".join(lines)
    ours, stock = Document(text), Document(text)
    mine, theirs = Wrapping(ours), WrappedDocument(stock)
    mine.wrap(8, 4)
    theirs.wrap(8, 4)
    for first, last, new in edits:
        size = len(ours.text)
        start, end = (
            ours.get_location_from_index(int(n * size)) for n in sorted((first, last))
        )
        for document, wrapped in ((ours, mine), (stock, theirs)):
            done = document.replace_range(start, end, new)
            wrapped.wrap_range(start, end, done.end_location)
        assert mine._wrap_offsets == theirs._wrap_offsets
        assert mine._offset_to_line_info == theirs._offset_to_line_info
        assert mine._line_index_to_offsets == theirs._line_index_to_offsets
        rows = range(ours.line_count)
        assert [mine.get_sections(n) for n in rows] == [
            theirs.get_sections(n) for n in rows
        ]


class OneBox(App):
    CSS = "TextBox { height: 14; }"

    def get_theme_variable_defaults(self):
        return {"edge": "#5B6878", "key": "#F0E442"}

    def compose(self):
        yield TextBox(title="")


async def test_what_is_drawn_is_what_textual_draws():
    """Cursor, selections over sections and lines, wide signs, tabs, an empty line."""
    words = "of a long (paragraph) with 界界 in it, " * 9
    app = OneBox()
    async with app.run_test(size=(44, 16)) as pilot:
        box = app.query_one(TextBox)
        box.begin(f"first\n{words}\n\n\ttab {words[:90]}\nlast")
        for start, end in (
            ((1, 50), (1, 50)),
            ((1, 20), (1, 300)),
            ((3, 2), (0, 1)),
            ((2, 0), (2, 0)),
            ((4, 4), (4, 4)),
        ):
            box.selection = type(box.selection)(start, end)
            await pilot.pause()
            for y in range(14):
                mine, theirs = box._render_line(y), TextArea._render_line(box, y)
                assert list(mine.simplify()) == list(theirs.simplify()), (start, end, y)
