"""Numbers in words and figures, as short as they get and never without their n."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjudge.domain.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping

Number = dict[str, Any]


def figure(found: Number, *, percent: bool = False) -> str:
    """Write the value, or the word ``undefined``."""
    value = found["value"]
    if value is None:
        return "undefined"
    return f"{value:.1%}" if percent else f"{value:z.2f}"


def interval(found: Number, *, percent: bool = False) -> str:
    """Write the interval, or why there is none."""
    low, high = found.get("low"), found.get("high")
    if found["value"] is None or low is None or high is None:
        return reason(found)
    if percent:
        return f"[{low:.1%}, {high:.1%}]"
    return f"[{low:z.2f}, {high:z.2f}]"


def reason(found: Number) -> str:
    """Say why a number or its interval is missing."""
    said = str(found.get("reason") or "no interval")
    return safe_text(said.removeprefix("undefined: "), newlines=False)


def counted(found: Number) -> str:
    """Write how many units a number rests on."""
    return f"n={found['n']:,}"


def whole(found: Number, *, percent: bool = False) -> str:
    """Write a number with its interval and n in one cell of a table."""
    if found["value"] is None:
        return f"undefined: {reason(found)}"
    parts = [figure(found, percent=percent), counted(found)]
    if found.get("low") is not None:
        parts.insert(1, interval(found, percent=percent))
    elif found.get("reason"):
        parts.append(reason(found).removeprefix("no interval: "))
    return " ".join(parts)


def duration(seconds: float | None) -> str:
    """Write seconds as ``41 s`` or ``2 min 5 s``."""
    if seconds is None:
        return "not measured"
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def hours(seconds: float | None) -> str:
    """Write a long time as hours and minutes."""
    if seconds is None:
        return "not measured"
    minutes = round(seconds / 60)
    return f"{minutes // 60}:{minutes % 60:02d} h"


def tiles(glance: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Lay out the headline: name, value, interval or reason, and n."""
    median = glance["median_seconds"]
    measured = median["value"] is not None
    if glance["rankings"]:
        first = [
            _tile("Kendall's W", glance["kendall_w"]),
            _tile("tau-b", glance["tau_b"]),
            _tile("alpha, in pairs", glance["alpha"]),
            _tile("same in pairs", glance["percent"], percent=True),
        ]
    else:
        first = [
            _tile("alpha, ordinal", glance["alpha_ordinal"]),
            _tile("alpha, who won", glance["alpha"]),
            _tile("same answer", glance["percent"], percent=True),
            _tile("left side wins", glance["left_wins"], percent=True),
            _tile("ties", glance["ties"]["share"], percent=True),
        ]
    return [
        *first,
        _tile("none acceptable", glance["none_acceptable"]["share"], percent=True),
        (
            "median time",
            duration(median["value"]) if measured else "undefined",
            "half are faster" if measured else reason(median),
            f"n={median['n']:,}",
        ),
    ]


def _tile(
    name: str, found: Number, *, percent: bool = False
) -> tuple[str, str, str, str]:
    return (
        name,
        figure(found, percent=percent),
        interval(found, percent=percent),
        counted(found),
    )
