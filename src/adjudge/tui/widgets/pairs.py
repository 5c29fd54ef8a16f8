"""Everybody with everybody: a number, its interval and its n in every cell."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive

from adjudge.tui.numbers import reason, whole
from adjudge.tui.texts import clipped
from adjudge.tui.widgets.figures import GIVES_UP, Figures, Line
from adjudge.tui.widgets.lines import Bit

Measure = Literal["kappa", "agreement", "n"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
ENOUGH = 20  # comparisons two people must share before a number is printed
_WORDS: dict[Measure, str] = {
    "kappa": "Cohen's kappa",
    "agreement": "same answer",
    "n": "common",
}
# Dark to light, each step told from the next by anybody; the number says it anyway.
_STEPS = (
    ("#FFFFFF", "#00224E"),
    ("#FFFFFF", "#35456C"),
    ("#FFFFFF", "#666970"),
    ("#101418", "#A59C74"),
    ("#101418", "#D2C060"),
    ("#101418", "#FEE838"),
)


class Cells(NamedTuple):
    """How the table is cut: the widest that fits everybody, else the smaller.

    Attributes:
        name: Room for a name, its number before it.
        cell: Room for a number over its interval over its n.
    """

    name: int
    cell: int

    def fit(self, room: int) -> int:
        """Count the people who fit."""
        return (room - self.name) // self.cell


_ROOMY, _TIGHT = Cells(18, 14), Cells(12, 9)
_MOST = 20


class Pairs(Figures):
    """The number printed, its shade behind it; or one line for each pair.

    Attributes:
        measure: What is printed.
        at: The cell that is spelt out, row and column.
        wanted: Only people whose names hold this.
        is_list: Every pair has a line, whoever agrees least first.
        line: The line that is marked in the list.
    """

    DEFAULT_CSS = """
    Pairs { height: auto; padding: 0 1; }
    """
    measure: reactive[Measure] = reactive[Measure]("kappa", layout=True)
    at: reactive[tuple[int, int]] = reactive((1, 0))
    wanted: reactive[str] = reactive("", layout=True)
    is_list: reactive[bool] = reactive(False, layout=True)
    line: reactive[int] = reactive(0)

    class Marked(Message):
        """Another pair is spelt out, or the same with other numbers."""

    def on_mount(self) -> None:
        """Let the marked pair be spelt out anew with whatever changes."""
        for name in ("glance", "measure", "at", "wanted", "is_list", "line"):
            self.watch(self, name, self.on_resize, init=False)

    def on_resize(self) -> None:
        """Say that others may fit, or another pair is marked."""
        self.post_message(self.Marked())

    # --- who is shown ----------------------------------------------------------

    def everybody(self) -> list[str]:
        """Name all whose names were asked for, who judged most first."""
        if self.glance is None:
            return []
        rows = sorted(self.glance["people"], key=lambda p: (-p["judgments"], p["name"]))
        wanted = self.wanted.casefold()
        return [p["name"] for p in rows if wanted in p["name"].casefold()]

    def people(self, room: int) -> list[str]:
        """Name those who fit."""
        return self.everybody()[: max(2, min(self._cells(room).fit(room), _MOST))]

    def _cells(self, room: int) -> Cells:
        return _ROOMY if _ROOMY.fit(room) >= len(self.everybody()) else _TIGHT

    def listed(self) -> list[dict[str, Any]]:
        """Give every pair that was asked for, the lowest number first."""
        names = set(self.everybody())
        rows = self.glance["pairs"] if self.glance else ()
        found = [pair for pair in rows if {pair["a"], pair["b"]} & names]
        return sorted(found, key=self._rank)

    def _rank(self, pair: dict[str, Any]) -> tuple[float, str, str]:
        value = None if self.measure == "n" else _number(pair, self.measure)["value"]
        if self.measure == "n":
            first = -float(pair["n"])
        elif pair["n"] < ENOUGH or value is None:
            first = 2.0
        else:
            first = value
        return first, pair["a"], pair["b"]

    def found(self, one: str, two: str) -> dict[str, Any] | None:
        """Find a pair."""
        for pair in self.glance["pairs"] if self.glance else ():
            if {pair["a"], pair["b"]} == {one, two}:
                return dict(pair)
        return None

    # --- going about -----------------------------------------------------------

    def move(self, down: int, right: int) -> None:
        """Go to another cell, or another line."""
        if self.is_list:
            last = max(0, len(self.listed()) - 1)
            self.line = min(last, max(0, self.line + down))
        else:
            last = max(1, len(self.people(self.content_size.width)) - 1)
            row, column = self.at[0] + down, self.at[1] + right
            self.at = (min(last, max(0, row)), min(last, max(0, column)))
        top = 1 + self.line if self.is_list else 2 + 3 * self.at[0]
        if self.parent is not None:
            self.screen.query_one("#pairs-table").scroll_to_region(
                Region(0, top, 1, 1 if self.is_list else 3), animate=False
            )

    def marked(self) -> tuple[str, str] | None:
        """Name the two who are spelt out."""
        if self.is_list:
            rows = self.listed()
            pair = rows[min(self.line, len(rows) - 1)] if rows else None
            return (pair["a"], pair["b"]) if pair else None
        names = self.people(self.content_size.width)
        if len(names) < 2:
            return (names[0], names[0]) if names else None
        row, column = (min(i, len(names) - 1) for i in self.at)
        return names[row], names[column]

    # --- drawing ---------------------------------------------------------------

    def drawn(self, room: int) -> list[Line]:
        """Draw the table or the list."""
        if self.glance is None:
            return [[Bit(GIVES_UP, "$quiet")]]
        names = self.people(room)
        head = [Bit(_WORDS[self.measure], "bold")]
        if len(names) < 2 and not (self.is_list and self.listed()):
            words = f"No pair to compare: {self.why_none()}."
            return [head, [Bit(words, "$quiet")]]
        if self.is_list:
            return [[*head, Bit("  i: as a table", "$quiet")], *self._lines(room)]
        cells = self._cells(room)
        left_out = len(self.everybody()) - len(names)
        told = "m: another  i: as a list"
        if left_out > 0:
            told = f"{left_out} more do not fit: i lists every pair, / keeps names"
            # A second line would push the last row out of sight.
            if len(_WORDS[self.measure]) + 2 + len(told) > room:
                told = f"{left_out} more do not fit: i lists all"
        head.append(Bit(f"  {told}", "$quiet"))
        heads = [Bit(" " * cells.name)]
        heads += [Bit(f"{n:^{cells.cell}}", "$quiet") for n in range(1, len(names) + 1)]
        lines: list[Line] = [head, heads]
        for row, one in enumerate(names):
            lines += self._person(row, one, names, cells)
        return lines

    def why_none(self) -> str:
        """Say why there are not two people to compare."""
        names = self.everybody()
        if self.wanted:
            held = "one name holds" if names else "no name holds"
            return f"{held} “{clipped(self.wanted, 20)}”"
        return "one person judged alone" if names else "nobody has judged here yet"

    def _person(self, row: int, one: str, names: list[str], cells: Cells) -> list[Line]:
        number = f"{row + 1:>2} "
        room = cells.name - len(number)
        first = [Bit(number, "$quiet"), Bit(f"{clipped(one, room - 1):<{room}}")]
        second, third = ([Bit(" " * cells.name)] for _ in range(2))
        for column, two in enumerate(names):
            above, between, n, style = self._printed(one, two, cells)
            if self.at in {(row, column), (column, row)}:
                style = "bold reverse"
            first.append(Bit(f"{above:^{cells.cell}}", style))
            second.append(Bit(f"{between:^{cells.cell}}", style))
            third.append(Bit(f"{n:^{cells.cell}}", style))
        return [first, second, third]

    def _printed(self, one: str, two: str, cells: Cells) -> tuple[str, str, str, str]:
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
        found = _number(pair, self.measure)
        if found["value"] is None:
            return "none", clipped(reason(found), cells.cell - 1), n, "$quiet"
        between = ""
        if found["low"] is not None and cells is _ROOMY:
            between = f"{found['low']:z.2f}..{found['high']:z.2f}"
        elif found["low"] is not None:
            between = f"{_short(found['low'])} {_short(found['high'])}"
        return f"{found['value']:z.2f}", between, n, _shade(found["value"])

    def _lines(self, room: int) -> list[Line]:
        """Write a line for each pair: number, interval, n."""
        each = max(8, min(20, (room - 34) // 2))
        lines: list[Line] = []
        for number, pair in enumerate(self.listed()):
            both = f"{clipped(pair['a'], each - 1):<{each}}"
            both += f"{clipped(pair['b'], each - 1):<{each}}"
            is_marked = number == self.line
            line = [Bit(both, "bold reverse" if is_marked else "")]
            lines.append([*line, *self._told(pair)])
        return lines

    def _told(self, pair: dict[str, Any]) -> Line:
        n = f"n={pair['n']:,}"
        if self.measure == "n":
            return [Bit(f"  {n}", "bold")]
        if pair["n"] < ENOUGH:
            return [Bit(f"  {'':>5}  {n:<8} fewer than {ENOUGH}", "$quiet")]
        found = _number(pair, self.measure)
        if found["value"] is None:
            return [Bit(f"  none   {n:<8} {clipped(reason(found), 16)}", "$quiet")]
        between = clipped(reason(found).removeprefix("no interval: "), 16)
        if found["low"] is not None:
            between = f"[{found['low']:z.2f}, {found['high']:z.2f}]"
        shade = _shade(found["value"])
        number = Bit(f" {found['value']:>z5.2f} ", shade)
        return [Bit(" "), number, Bit(f" {n:<8} {between}")]

    def spelt(self) -> list[Line]:
        """Say everything about the marked pair."""
        both = self.marked()
        if self.glance is None or both is None:
            return []
        one, two = both
        names = f"{clipped(one, 20)} and {clipped(two, 20)}: "
        if one == two:
            return [[Bit(f"{clipped(one, 30)}: arrows go to a pair", "$quiet")]]
        pair = self.found(one, two)
        if pair is None:
            return [[Bit(f"{names}nothing in common", "$quiet")]]
        if pair["n"] < ENOUGH:
            few = f"{pair['n']} in common, fewer than {ENOUGH}: no number"
            return [[Bit(f"{names}{few}", "$quiet")]]
        if pair["kappa"]["n"] > pair["n"]:
            names = f"{names}{pair['n']} comparisons, n counts pairs of answers"
        return [
            [Bit(names.rstrip(), "$quiet")],
            [Bit("  kappa        ", "$quiet"), Bit(whole(pair["kappa"]), "bold")],
            [
                Bit("  same answer  ", "$quiet"),
                Bit(whole(pair["percent"], percent=True), "bold"),
            ],
        ]


class Spelt(Figures):
    """The marked pair in words, in sight however far the table is scrolled."""

    DEFAULT_CSS = """
    Spelt { height: auto; padding: 0 1; }
    """

    def drawn(self, room: int) -> list[Line]:  # noqa: ARG002 - three short lines
        """Draw what the table says of the pair."""
        return self.screen.query_one(Pairs).spelt()


def _number(pair: dict[str, Any], measure: Measure) -> dict[str, Any]:
    return dict(pair["kappa" if measure == "kappa" else "percent"])


def _short(value: float) -> str:
    """Write a number between -1 and 1 without the nought before its point."""
    return f"{value:z.2f}".replace("0.", ".", 1)


def _shade(value: float) -> str:
    step = min(len(_STEPS) - 1, max(0, int(value * len(_STEPS))))
    front, back = _STEPS[step]
    return f"{front} on {back}"
