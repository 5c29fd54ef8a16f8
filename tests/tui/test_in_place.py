"""What terminals measure differently stays in its place and paints over nothing."""

from __future__ import annotations

import pyte
import pytest
from rich.cells import cell_len, split_graphemes
from textual.drivers.headless_driver import HeadlessDriver

from adjudge.tui.in_place import driver_of, in_place
from adjudge.tui.reading import lines

HINDI = "पानी और सीटी"


def _shown(data: str, column: int) -> str:
    screen = pyte.Screen(40, 2)
    pyte.Stream(screen).feed(data)
    return "".join(screen.buffer[0][column + n].data for n in range(4))


def test_a_vowel_sign_that_takes_a_cell_is_counted():
    """Pins what Rich does not promise: where it looks widths up."""
    assert cell_len("सीटी") == 4
    assert cell_len("हूँ") == 1, "these marks stand over and under the letter"
    assert cell_len("e\u0301") == 1
    assert split_graphemes("की")[1] == 2


@pytest.mark.parametrize("text", [HINDI, "👩‍👩‍👧‍👦", "🇩🇪", "👋🏽", "தமிழ்", "♥️"])
def test_what_follows_stands_where_it_was_meant_to(text: str):
    """This terminal draws vowel signs into the letters before them."""
    row = f"\x1b[1m{text}│\x1b[0mend"
    assert _shown(in_place(row), cell_len(text)) == "│end"


def test_a_text_is_held_and_lines_beside_it_are_not():
    assert in_place(f"│ {HINDI} │") == (f"│\x1b7{' ' * 14}\x1b8 {HINDI} \x1b8\x1b[14C│")


@pytest.mark.parametrize(
    "sure", ["plain", "é ü 日本 متن ไทย", "┃ ✓ ━", "\x1b[1mé\x1b[0m"]
)
def test_what_every_terminal_measures_alike_is_sent_as_it_is(sure: str):
    assert in_place(sure) == sure


def test_controls_beside_a_text_stay_what_they_are():
    row = f"\x1b[1;31m{HINDI}\x1b[0m\n\x1b[5;1H"
    held = in_place(row)
    assert held.startswith("\x1b[1;31m\x1b7")
    assert held.endswith("C\x1b[0m\n\x1b[5;1H")


def test_the_driver_of_a_system_writes_in_place(monkeypatch):
    sent: list[str] = []
    monkeypatch.setattr(HeadlessDriver, "write", lambda _, data: sent.append(data))
    driver = driver_of(HeadlessDriver)
    driver.write(object.__new__(driver), HINDI)
    assert sent == [in_place(HINDI)] != [HINDI]


def test_a_letter_keeps_its_vowel_sign_where_a_line_is_folded():
    folded = lines.fold([("सीटी" * 3, None)], 5)
    assert [lines.text_of(line) for line in folded] == ["सीटी", "सीटी", "सीटी"]


def test_a_line_is_no_wider_than_the_terminal_may_take_it():
    for line in lines.wrap([(f"{HINDI} " * 9, None)], 20):
        text = lines.text_of(line)
        signs = sum(char in "ािी" for char in text)
        assert cell_len(text) <= 20
        assert signs


def test_what_is_joined_is_not_parted():
    """Parted at a joiner, each part of an emoji would be measured by itself."""
    found = list(lines.spans("a 🙇‍♀️ 👨‍👩‍👧 b", lines.PLAIN, lines.PLAIN))
    assert [text for text, _ in found] == ["a 🙇‍♀️ 👨‍👩‍👧 b"]
