"""What the dashboard draws: tiles, the table of pairs, agreement week by week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from textual.reactive import reactive
from textual.widget import Widget

from adjudge.tui.glyphs import UNICODE, Glyphs
from adjudge.tui.numbers import counted, interval, reason, tiles, whole
from adjudge.tui.texts import clipped
from adjudge.tui.widgets.lines import Bit, content, stacked

if TYPE_CHECKING:
    from textual.content import Content
    from textual.geometry import Size

Measure = Literal["kappa", "agreement", "n"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
ENOUGH = 20  # comparisons two people must share before a number is printed
Line = list[Bit]

# Dark to light, each step told from the next by anybody; the number says it anyway.
_STEPS = (
    ("#FFFFFF", "#00224E"),
    ("#FFFFFF", "#35456C"),
    ("#FFFFFF", "#666970"),
    ("#101418", "#A59C74"),
    ("#101418", "#D2C060"),
    ("#101418", "#FEE838"),
)
_NAME = 14
_GIVES_UP = "Nothing is counted yet."


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
            return [[Bit(_GIVES_UP, "$quiet")]]
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


class Pairs(Figures):
    """Everybody with everybody: the number printed, its shade behind it.

    Attributes:
        measure: What is printed.
        at: The cell that is spelt out below, row and column.
    """

    DEFAULT_CSS = """
    Pairs { height: auto; padding: 0 1; }
    """
    measure: reactive[Measure] = reactive[Measure]("kappa")
    at: reactive[tuple[int, int]] = reactive((1, 0))
    wanted: reactive[str] = reactive("", layout=True)

    def people(self, room: int) -> list[str]:
        """Name those who fit, who judged most first."""
        if self.glance is None:
            return []
        rows = sorted(self.glance["people"], key=lambda p: (-p["judgments"], p["name"]))
        wanted = self.wanted.casefold()
        names = [p["name"] for p in rows if wanted in p["name"].casefold()]
        return names[: max(2, min((room - _NAME - 4) // self._cell(room), 20))]

    def _cell(self, room: int) -> int:
        """Make cells as wide as an interval where few people leave room for it."""
        count = len(self.glance["people"]) if self.glance else 0
        return 14 if count and (room - _NAME - 4) // 14 >= min(count, 6) else 6

    def move(self, down: int, right: int) -> None:
        """Go to another cell."""
        last = max(1, len(self.people(self.content_size.width)) - 1)
        row, column = self.at[0] + down, self.at[1] + right
        self.at = (min(last, max(0, row)), min(last, max(0, column)))

    def found(self, one: str, two: str) -> dict[str, Any] | None:
        """Find a pair."""
        for pair in self.glance["pairs"] if self.glance else ():
            if {pair["a"], pair["b"]} == {one, two}:
                return dict(pair)
        return None

    def drawn(self, room: int) -> list[Line]:
        """Draw the table, and the marked pair in words."""
        if self.glance is None:
            return [[Bit(_GIVES_UP, "$quiet")]]
        names, cell = self.people(room), self._cell(room)
        words = {"kappa": "Cohen's kappa", "agreement": "same answer", "n": "common"}
        head = [Bit(f"{words[self.measure]}", "bold"), Bit("  m: another", "$quiet")]
        if len(names) < 2:
            said = "one person judged alone" if names else "nobody has judged here yet"
            return [head, [Bit(f"No pair to compare: {said}.", "$quiet")]]
        wide = cell > 6
        heads = [Bit(" " * (_NAME + 4))]
        heads += [Bit(f"{n:^{cell}}", "$quiet") for n in range(1, len(names) + 1)]
        lines: list[Line] = [head, heads]
        for row, one in enumerate(names):
            lines += self._person(row, one, names, cell=cell, wide=wide)
        left_out = len(self.glance["people"]) - len(names)
        if left_out > 0:
            lines.append(
                [Bit(f"{left_out} more do not fit; / keeps names you type", "$quiet")]
            )
        return [*lines, *self._spelt(names)]

    def _person(
        self, row: int, one: str, names: list[str], *, cell: int, wide: bool
    ) -> list[Line]:
        number = f"{row + 1:>2}  "
        first = [Bit(number, "$quiet"), Bit(f"{clipped(one, _NAME - 1):<{_NAME}}")]
        second, third = ([Bit(" " * (_NAME + 4))] for _ in range(2))
        for column, two in enumerate(names):
            above, between, n, style = self._printed(one, two)
            if self.at in {(row, column), (column, row)}:
                style = "bold reverse"
            first.append(Bit(f"{above:^{cell}}", style))
            second.append(Bit(f"{between:^{cell}}", style))
            third.append(Bit(f"{n:^{cell}}", style))
        return [first, second, third] if wide else [first]

    def _printed(self, one: str, two: str) -> tuple[str, str, str, str]:
        """Print a cell: number, interval, n, and shade."""
        if one == two:
            return self.glyphs.dot, "", "", "$quiet"
        pair = self.found(one, two)
        if pair is None:
            return "", "", "", "$quiet"
        n = f"n={pair['n']:,}"
        if self.measure == "n":
            return f"{pair['n']:,}", "", "", "bold"
        if pair["n"] < ENOUGH:
            return "", "", n, "$quiet"
        found = pair["kappa" if self.measure == "kappa" else "percent"]
        if found["value"] is None:
            return "none", reason(found)[:13], n, "$quiet"
        between = ""
        if found["low"] is not None:
            between = f"{found['low']:.2f}..{found['high']:.2f}"
        return f"{found['value']:.2f}", between, n, _shade(found["value"])

    def _spelt(self, names: list[str]) -> list[Line]:
        """Say everything about the marked pair."""
        row, column = (min(i, len(names) - 1) for i in self.at)
        one, two = names[row], names[column]
        both = f"{clipped(one, 20)} and {clipped(two, 20)}: "
        if one == two:
            return [[Bit(f"{clipped(one, 30)}: arrows go to a pair", "$quiet")]]
        pair = self.found(one, two)
        if pair is None:
            return [[Bit(f"{both}nothing in common", "$quiet")]]
        if pair["n"] < ENOUGH:
            few = f"{pair['n']} in common, fewer than {ENOUGH}: no number"
            return [[Bit(f"{both}{few}", "$quiet")]]
        return [
            [Bit(both.rstrip(), "$quiet")],
            [Bit("  kappa        ", "$quiet"), Bit(whole(pair["kappa"]), "bold")],
            [
                Bit("  same answer  ", "$quiet"),
                Bit(whole(pair["percent"], percent=True), "bold"),
            ],
        ]


def _shade(value: float) -> str:
    step = min(len(_STEPS) - 1, max(0, int(value * len(_STEPS))))
    front, back = _STEPS[step]
    return f"{front} on {back}"


class Weeks(Figures):
    """Alpha week by week: number, interval and n, and the interval as a band."""

    DEFAULT_CSS = """
    Weeks { height: auto; padding: 0 1; }
    """

    def drawn(self, room: int) -> list[Line]:
        """Draw one line for each week, the newest last."""
        if self.glance is None:
            return [[Bit(_GIVES_UP, "$quiet")]]
        weeks = self.glance["weeks"]
        key = _best(weeks)
        name = "alpha, ordinal" if key == "alpha_ordinal" else "alpha, who won"
        lines: list[Line] = [[Bit(f"{name}, by week", "bold")]]
        if not weeks:
            return [*lines, [Bit("nobody has judged here yet", "$quiet")]]
        lines += [self._week(week, key, room) for week in weeks[-12:]]
        if len(weeks) > 12:
            lines.append([Bit(f"{len(weeks) - 12} earlier weeks", "$quiet")])
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
            Bit(f"{found['value']:>5.2f} ", "bold"),
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
    """Take margins where they were given, else who won."""
    has = any(week["alpha_ordinal"]["value"] is not None for week in weeks)
    return "alpha_ordinal" if has else "alpha"


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
