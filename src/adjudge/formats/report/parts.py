"""Pieces of the page: escaped text, numbers, tables, and drawings that print."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from adjudge.domain.safe_text import safe_text
from adjudge.formats.report.style import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Number = dict[str, Any]
_ROUGH = 20  # units below which a point is drawn hollow


def text(value: object) -> str:
    """Write anything as text that can neither run nor deceive."""
    return html.escape(safe_text(str(value), newlines=False), quote=True)


def decimal(value: float | None, places: int = 2) -> str:
    """Write a number; a dash where there is none."""
    return "–" if value is None else f"{value:z.{places}f}".replace("-", "−")  # noqa: RUF001


def percent(value: float | None) -> str:
    """Write a fraction as a percentage."""
    return "–" if value is None else f"{100 * value:.1f} %"  # noqa: RUF001


def interval(found: Number, places: int = 2) -> str:
    """Write an interval, or nothing where there is none."""
    if found["low"] is None:
        return ""
    return f"[{decimal(found['low'], places)}, {decimal(found['high'], places)}]"


def cells(found: Number) -> list[str]:
    """Write value, interval and n as cells; an undefined number says why."""
    if found["value"] is None:
        return [f'<td class="none" colspan="2">{text(found["reason"])}</td>', n(found)]
    return [
        f'<td class="n">{decimal(found["value"], 3)}</td>',
        f'<td class="n">{interval(found, 3) or text(found["reason"] or "")}</td>',
        n(found),
    ]


def n(found: Number) -> str:
    """Write the number of units as a cell."""
    return f'<td class="n">{found["n"]}</td>'


def share(found: Number) -> str:
    """Write a share with interval and n on one line."""
    if found["value"] is None:
        return "–"  # noqa: RUF001
    return f"{decimal(found['value'])} {interval(found)} n={found['n']}"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table of plain values; numbers stand on the right."""
    body = []
    for row in rows:
        written = []
        for value in row:
            is_number = isinstance(value, (int, float))
            kind = ' class="n"' if is_number else ""
            shown = decimal(value) if isinstance(value, float) else text(value)
            written.append(f"<td{kind}>{shown}</td>")
        body.append(f"<tr>{''.join(written)}</tr>")
    if not body:
        return '<p class="soft">nothing to list</p>'
    head = "".join(f'<th scope="col">{text(h)}</th>' for h in heads)
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def colour(value: float) -> tuple[str, str]:
    """Give background and ink for a value between 0 and 1."""
    place = min(max(value, 0.0), 1.0) * (len(STEPS) - 1)
    low = min(int(place), len(STEPS) - 2)
    part = place - low
    red, green, blue = (
        round(a + part * (b - a))
        for a, b in zip(STEPS[low], STEPS[low + 1], strict=True)
    )
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    return f"rgb({red},{green},{blue})", "#000" if light > 120 else "#fff"


def dots(rows: Sequence[tuple[str, Number]], *, low: float = 0.0) -> str:
    """Draw values with their intervals on one axis from ``low`` to 1."""
    shown = [(name, f) for name, f in rows if f["value"] is not None]
    if not shown:
        return ""
    left, width, height = 250, 420, 22
    bottom = len(shown) * height + 8

    def x(value: float) -> float:
        return left + width * (min(max(value, low), 1.0) - low) / (1.0 - low)

    parts = [_axis(x, low, bottom)]
    for i, (name, found) in enumerate(shown):
        y = i * height + height / 2 + 4
        parts.append(_label(left - 10, y + 4, name))
        if found["low"] is not None:
            parts.append(
                f'<line x1="{x(found["low"]):.1f}" x2="{x(found["high"]):.1f}" '
                f'y1="{y}" y2="{y}" stroke="#0b5fa5" stroke-width="5" opacity=".35"/>'
            )
        parts.append(
            f'<circle cx="{x(found["value"]):.1f}" cy="{y}" r="4.5" fill="#0b5fa5"/>'
            f'<text x="{left + width + 12}" y="{y + 4}">'
            f"{decimal(found['value'])}</text>"
        )
    return _svg(left + width + 60, bottom + 24, parts, "values with 95 % intervals")


def _label(x: float, y: float, name: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" text-anchor="end"{weight}>{text(name)}</text>'


def _axis(x: Any, low: float, bottom: float) -> str:
    marks = []
    for i in range(6):
        value = low + (1.0 - low) * i / 5
        marks.append(
            f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="2" y2="{bottom}" '
            f'stroke="#d0d7de"/><text class="soft" x="{x(value):.1f}" '
            f'y="{bottom + 16}" text-anchor="middle">{decimal(value, 1)}</text>'
        )
    return "".join(marks)


def anchors(own: Number, known: Sequence[tuple[str, float, float]]) -> str:
    """Draw published figures as ranges beside one's own value and interval."""
    left, width, height = 330, 360, 22
    rows = [("this queue", own["low"], own["high"], own["value"])]
    rows += [(name, low, high, (low + high) / 2) for name, low, high in known]
    bottom = len(rows) * height + 8

    def x(value: float) -> float:
        return left + width * (min(max(value, 0.5), 1.0) - 0.5) / 0.5

    parts = [_axis(x, 0.5, bottom)]
    for i, (name, low, high, value) in enumerate(rows):
        y, ink = i * height + height / 2 + 4, "#0b5fa5" if i == 0 else "#b35900"
        parts.append(_label(left - 10, y + 4, name, bold=i == 0))
        if value is None:
            continue
        if low is not None and high is not None:
            parts.append(
                f'<line x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y}" y2="{y}" '
                f'stroke="{ink}" stroke-width="5" opacity=".4"/>'
            )
        mark = (
            f'<circle cx="{x(value):.1f}" cy="{y}" r="5" fill="{ink}"/>'
            if i == 0
            else f'<rect x="{x(value) - 4:.1f}" y="{y - 4}" width="8" height="8" '
            f'fill="{ink}"/>'
        )
        parts.append(mark)
        said = percent(value)
        if i and low is not None and high is not None and high - low > 0.001:
            said = f"{100 * low:.0f} to {100 * high:.0f} %"
        parts.append(f'<text x="{left + width + 12}" y="{y + 4}">{said}</text>')
    return _svg(left + width + 80, bottom + 24, parts, "published figures beside ours")


def trend(weeks: Sequence[tuple[str, Number]]) -> str:
    """Draw a share week by week with its band."""
    known = [(w, f) for w, f in weeks if f["value"] is not None]
    if len(known) < 2:
        return ""
    left, width, top, height = 60, 640, 10, 180
    step = width / (len(known) - 1)

    def x(i: int) -> float:
        return left + i * step

    def y(value: float) -> float:
        return top + height * (1.0 - value)

    lines = []
    for i in range(5):
        value = i / 4
        lines.append(
            f'<line x1="{left}" x2="{left + width}" y1="{y(value):.1f}" '
            f'y2="{y(value):.1f}" stroke="#d0d7de"/><text class="soft" x="{left - 8}" '
            f'y="{y(value) + 4:.1f}" text-anchor="end">{percent(value)[:-4]} %</text>'
        )
    banded = [(i, f) for i, (_, f) in enumerate(known) if f["low"] is not None]
    if len(banded) > 1:
        above = [f"{x(i):.1f},{y(f['high']):.1f}" for i, f in banded]
        below = [f"{x(i):.1f},{y(f['low']):.1f}" for i, f in reversed(banded)]
        lines.append(
            f'<polygon points="{" ".join(above + below)}" fill="#0b5fa5" '
            'opacity=".18"/>'
        )
    points = " ".join(
        f"{x(i):.1f},{y(f['value']):.1f}" for i, (_, f) in enumerate(known)
    )
    lines.append(
        f'<polyline points="{points}" fill="none" stroke="#0b5fa5" stroke-width="2"/>'
    )
    every = max(1, len(known) // 10)
    for i, (week, found) in enumerate(known):
        ink = "#ffffff" if found["n"] < _ROUGH else "#0b5fa5"
        lines.append(
            f'<circle cx="{x(i):.1f}" cy="{y(found["value"]):.1f}" r="4" '
            f'stroke="#0b5fa5" stroke-width="2" fill="{ink}"/>'
        )
        if i % every == 0:
            lines.append(
                f'<text class="soft" x="{x(i):.1f}" y="{top + height + 18}" '
                f'text-anchor="middle">{text(week)}</text>'
                f'<text class="soft" x="{x(i):.1f}" y="{top + height + 33}" '
                f'text-anchor="middle">n={found["n"]}</text>'
            )
    return _svg(left + width + 40, top + height + 42, lines, "agreement by week")


def _svg(width: float, height: float, parts: Sequence[str], label: str) -> str:
    return (
        f'<svg role="img" aria-label="{text(label)}" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">'
        f"{''.join(parts)}</svg>"
    )
