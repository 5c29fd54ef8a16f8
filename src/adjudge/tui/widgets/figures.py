"""What the dashboard draws: tiles, tabs, agreement week by week; pairs stand apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.reactive import reactive
from textual.widget import Widget

from adjudge.domain.words import count_of
from adjudge.tui.glyphs import UNICODE, Glyphs
from adjudge.tui.numbers import counted, interval, reason, tiles
from adjudge.tui.texts import clipped
from adjudge.tui.widgets.lines import Bit, content, stacked

if TYPE_CHECKING:
    from textual.content import Content
    from textual.geometry import Size

Line = list[Bit]

_BY_WEEK = {
    "kendall_w": "Kendall's W",
    "alpha_ordinal": "alpha, ordinal",
    "alpha": "alpha, who won",
}
GIVES_UP = "Nothing is counted yet."


class Figures(Widget):
    """A widget that draws the numbers of a queue.

    Attributes:
        glance: The numbers, or ``None`` before they are there.
    """

    glance: reactive[dict[str, Any] | None] = reactive[dict[str, Any] | None](
        None, layout=True
    )

    def __init__(self, glyphs: Glyphs = UNICODE, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.glyphs = glyphs

    def drawn(self, room: int) -> list[Line]:
        """Draw the lines for a width."""
        raise NotImplementedError

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Need as many lines as are drawn."""
        return max(1, len(self.drawn(width)))

    def render(self) -> Content:
        """Draw."""
        return stacked(self.drawn(self.content_size.width))


class Tiles(Figures):
    """The headline in boxes where there is room, in a table where there is not."""

    DEFAULT_CSS = """
    Tiles { height: auto; padding: 0 1; }
    """

    def drawn(self, room: int) -> list[Line]:
        """Draw boxes of four lines, or one line for each number."""
        if self.glance is None:
            return [[Bit(GIVES_UP, "$quiet")]]
        found = tiles(self.glance)
        if room < 96:
            return [_row(tile, room) for tile in found]
        return self._boxes(found, room)

    def _boxes(self, found: list[tuple[str, str, str, str]], room: int) -> list[Line]:
        across = 4 if room < 150 else len(found)
        each = (room + 1) // across
        lines: list[Line] = []
        for start in range(0, len(found), across):
            part = found[start : start + across]
            rows: list[Line] = [[] for _ in range(3)]
            for name, value, between, n in part:
                space = each - 2
                rows[0].append(Bit(f"{clipped(name, space):<{each}}", "$quiet"))
                style = "bold $bad" if value == "undefined" else "bold"
                rows[1] += [
                    Bit(value, style),
                    Bit(f" {n}".ljust(each - len(value)), "$quiet"),
                ]
                rows[2].append(Bit(f"{clipped(between, space):<{each}}"))
            lines += [*rows, []] if start + across < len(found) else rows
        return lines


def _row(tile: tuple[str, str, str, str], room: int) -> Line:
    name, value, between, n = tile
    style = "bold $bad" if value == "undefined" else "bold"
    return [
        Bit(f"{name:<16}", "$quiet"),
        Bit(f"{value:>10}  ", style),
        Bit(f"{n:<12}", "$quiet"),
        Bit(clipped(between, max(8, room - 40))),
    ]


class Weeks(Figures):
    """Agreement week by week: number, interval and n, and the interval as a band."""

    DEFAULT_CSS = """
    Weeks { height: auto; padding: 0 1; }
    """

    def drawn(self, room: int) -> list[Line]:
        """Draw one line for each week, the newest last."""
        if self.glance is None:
            return [[Bit(GIVES_UP, "$quiet")]]
        weeks = self.glance["weeks"]
        key = _best(weeks)
        lines: list[Line] = [[Bit(f"{_BY_WEEK[key]}, by week", "bold")]]
        if not weeks:
            why = "nobody has judged here yet"
            if self.glance["n_judgments"]:
                why = "no judgment here says when it was made"
            return [*lines, [Bit(why, "$quiet")]]
        lines += [self._week(week, key, room) for week in weeks[-12:]]
        if len(weeks) > 12:
            lines.append([Bit(count_of(len(weeks) - 12, "earlier week"), "$quiet")])
        if room - 43 >= 12:
            axis = _axis(min(40, room - 43))
            lines.append([Bit(" " * 43), Bit(axis, "$quiet")])
        return lines

    def _week(self, week: dict[str, Any], key: str, room: int) -> Line:
        found = week[key]
        line = [Bit(f"{week['week']}  ", "$quiet")]
        if found["value"] is None:
            words = clipped(f"undefined: {reason(found)}", max(8, room - 11))
            return [*line, Bit(words, "$quiet")]
        line += [
            Bit(f"{found['value']:>z5.2f} ", "bold"),
            Bit(f"{clipped(interval(found), 15):<15} "),
            Bit(f"{counted(found):<10} ", "$quiet"),
        ]
        if room - 43 >= 12:
            line.append(Bit(self._band(found, min(40, room - 43)), "$side-a"))
        return line

    def _band(self, found: dict[str, Any], length: int) -> str:
        """Draw the interval as a band with the value in it, from -0.2 to 1."""
        full, band, rest = ("*", "=", ".") if self.glyphs.is_ascii else ("█", "▒", "·")
        cells = [rest] * length
        if found["low"] is not None:
            for i in range(_place(found["low"], length), _place(found["high"], length)):
                cells[i] = band
        cells[_place(found["value"], length)] = full
        return "".join(cells)


def _place(value: float, length: int) -> int:
    return min(length - 1, max(0, int((value + 0.2) / 1.2 * length)))


def _axis(length: int) -> str:
    marks = [" "] * length
    for value, words in ((-0.2, "-0.2"), (0.0, "0"), (0.5, "0.5")):
        at = _place(value, length)
        if value == 0.0 and at < 6:
            continue
        marks[at : at + len(words)] = words
    marks[length - 1] = "1"
    return "".join(marks[:length])


def _best(weeks: list[dict[str, Any]]) -> str:
    """Take whole rankings or margins where they were given, else who won."""
    for key in ("kendall_w", "alpha_ordinal"):
        if any(week[key]["value"] is not None for week in weeks):
            return key
    return "alpha"


class TabLine(Widget):
    """The tabs by number, the one in sight in brackets and reversed."""

    DEFAULT_CSS = """
    TabLine { height: 1; padding: 0 1; }
    """
    tab: reactive[int] = reactive(1)
    NAMES = ("agreement", "annotators", "queues", "disputed")

    def render(self) -> Content:
        """Draw the line."""
        bits: Line = []
        for number, name in enumerate(self.NAMES, 1):
            if number == self.tab:
                bits.append(Bit(f"[{number} {name}]", "bold reverse"))
            else:
                bits += [Bit(f" {number}", "bold $key"), Bit(f" {name} ")]
            bits.append(Bit(" "))
        return content(bits)
