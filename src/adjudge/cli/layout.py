"""Tables and numbers as a person reads them; nothing untrusted passes raw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from adjudge.domain.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write rows under heads, aligned, never cut: what is long stays whole."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [
        max([cell_len(head), *(cell_len(row[i]) for row in cells)])
        for i, head in enumerate(heads)
    ]
    right = [
        bool(cells) and all(_is_number(row[i]) for row in cells)
        for i in range(len(heads))
    ]
    lines = [_line(list(heads), widths, right)]
    lines += [_line(row, widths, right) for row in cells]
    return "\n".join(lines) + "\n"


def _line(cells: list[str], widths: list[int], right: list[bool]) -> str:
    padded = []
    for cell, width, is_right in zip(cells, widths, right, strict=True):
        gap = " " * (width - cell_len(cell))
        padded.append(gap + cell if is_right else cell + gap)
    return "  ".join(padded).rstrip()


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return safe_text(str(value), newlines=False)


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.replace(".", "").replace(",", "").lstrip("-").isdigit()


def number(found: dict[str, Any]) -> str:
    """Write a number with its interval, or the reason why there is none."""
    if found["value"] is None:
        return str(found["reason"])
    said = f"{found['value']:z.3f}"
    if found["low"] is not None:
        said += f"  [{found['low']:z.3f}, {found['high']:z.3f}]"
    elif found["reason"]:
        said += f"  {found['reason']}"
    return f"{said}  n={found['n']}"


def share(found: dict[str, Any]) -> str:
    """Write a share as ``0.83 [0.70, 0.91] n=40``, or why there is none."""
    if found["value"] is None:
        return str(found["reason"]).removeprefix("undefined: ")
    if found["low"] is None:
        return f"{found['value']:z.2f} n={found['n']}"
    interval = f"[{found['low']:z.2f}, {found['high']:z.2f}]"
    return f"{found['value']:z.2f} {interval} n={found['n']}"


def minutes(seconds: float | None) -> str:
    """Write seconds as ``1:05`` or ``2:03:05``; a dash where none were measured."""
    if seconds is None:
        return "-"
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    head = f"{hours}:{rest // 60:02d}" if hours else f"{rest // 60}"
    return f"{head}:{rest % 60:02d}"
