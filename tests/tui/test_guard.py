"""No byte of a hostile text acts on the terminal, whichever widget shows it."""

from __future__ import annotations

import re
import sys

import pexpect
import pytest
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter

from adjudge.tui.guard import Guard, install

BLACK = Color.parse("#000000")

HOSTILE = (
    "begin \x1b]52;c;SEFDS0VE\x07 \x1b]0;HACKED\x07 \x1b]8;;http://evil\x07l "
    "\x1b[2J\x1b[6n\x1b[31m \x9b5n \x9d52;c;QQ\x9c \x90q\x9c \x05 "
    "\u202egnp.exe\u202c \u2066iso\u2069 \x00\x08\x7f abc\rXYZ "
    "[/x][@click=app.quit]q[/] \ud800 end"
)


def test_controls_are_replaced_and_the_width_is_kept():
    line = [Segment("a\x1b[2Jb", Style(bold=True)), Segment("\u202e"), Segment("ok")]
    scrubbed = Guard().apply(line, BLACK)
    assert "".join(s.text for s in scrubbed).startswith("a␛[2J"[:5])
    assert [cell_len(s.text) for s in scrubbed] == [cell_len(s.text) for s in line]
    assert scrubbed[0].style == Style(bold=True)


def test_a_clean_line_is_returned_itself():
    line = [Segment("clean"), Segment("متن"), Segment("日本")]
    assert Guard().apply(line, BLACK) is line


def test_control_segments_of_textual_pass():
    line = [Segment("\x1b[?25l", None, [(1,)])]
    assert Guard().apply(line, BLACK) is line


def test_a_link_that_would_act_is_taken_away():
    line = [Segment("x", Style(link="http://a\x1b]52;c;QQ\x07"))]
    assert Guard().apply(line, BLACK)[0].style.link is None


async def test_the_guard_stands_behind_every_widget():
    """Pins what Textual does not promise: the list of filters and who asks for it."""
    app: App[None] = App()
    guard = install(app)
    assert install(app) is guard
    assert isinstance(guard, LineFilter)
    assert guard in app.get_line_filters()
    async with app.run_test():
        assert guard in app.screen.get_line_filters()
        app.theme = "ansi-dark"
        assert guard in app.get_line_filters()


PROGRAM = """
from rich.text import Text
from textual.app import App
from textual.content import Content
from textual.widgets import DataTable, Header, Input, Label, OptionList
from textual.widgets import Static, TextArea
from adjudge.tui.guard import install
from adjudge.tui.widgets.pane import Pane

HOSTILE = {hostile!r}
PLACE = {place!r}

class Show(App):
    CSS = "Screen {{ layout: grid; grid-size: 3; }} Toast {{ width: 60; }}"

    def __init__(self):
        super().__init__()
        if PLACE == "guarded widgets":
            install(self)

    def compose(self):
        if PLACE == "pane alone":
            fence = "\\n\\n```" + HOSTILE + "\\n" + HOSTILE + "\\n```\\n&#x202e;"
            yield Pane(HOSTILE + fence, title=HOSTILE)
            raw = Pane(HOSTILE)
            raw.view = "raw"
            yield raw
            return
        self.title = self.sub_title = HOSTILE
        yield Header()
        static = Static(Content(HOSTILE))
        static.border_title = Content(HOSTILE)
        static.styles.border = ("round", "white")
        yield static
        yield Static(Text(HOSTILE))
        yield Label(Content(HOSTILE))
        yield OptionList(Content(HOSTILE))
        yield Input(HOSTILE)
        yield TextArea(HOSTILE)
        table = DataTable()
        table.add_column(Text(HOSTILE))
        table.add_row(Text(HOSTILE))
        yield table

    def on_mount(self):
        if PLACE != "pane alone":
            self.notify(HOSTILE, title=HOSTILE, markup=False)
        self.set_timer(1.0, self.exit)

Show().run()
"""

# What Textual itself says: colours, cursor, modes, pointer, questions of its own.
OWN = re.compile(
    rb"\x1b\[[0-9;:]*m|\x1b\[\d+;\d+H|\x1b\[\?\d+(?:;\d+)?\$?[hlp]|\x1b\[[<>=]\d*u"
    rb"|\x1b\[\?u|\x1b\[c|\x1b\]22;\w+\x07|[\r\n]"
)
FORBIDDEN = re.compile(".{0,20}[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069].{0,20}")


def written_by(tmp_path, place):
    """Run the program on a pseudo-terminal; return the bytes it got."""
    program = tmp_path / "show.py"
    program.write_text(PROGRAM.format(hostile=HOSTILE, place=place), encoding="utf-8")
    child = pexpect.spawn(
        sys.executable,
        [str(program)],
        dimensions=(50, 160),
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": ":".join(sys.path),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
        },
        timeout=120,
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before.decode("utf-8", "replace")[-3000:]
    assert b"begin" in child.before
    return child.before


@pytest.mark.terminal
@pytest.mark.parametrize("place", ["pane alone", "guarded widgets"])
def test_no_hostile_byte_reaches_the_terminal(tmp_path, place):
    """The pane needs no guard; every other widget is safe behind it."""
    text = OWN.sub(b"", written_by(tmp_path, place)).decode("utf-8")
    assert FORBIDDEN.findall(text) == []


@pytest.mark.terminal
def test_without_the_guard_the_same_widgets_leak(tmp_path):
    """Otherwise the test above would prove nothing."""
    assert b"\x1b]52;c;SEFDS0VE" in written_by(tmp_path, "open widgets")
