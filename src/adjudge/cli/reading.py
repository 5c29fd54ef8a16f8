"""What several commands read from their words."""

from __future__ import annotations

from typing import Any

from adjudge.errors import InvalidInputError

_SHOWN = 60  # characters of what was not understood


def tiers(text: str) -> tuple[tuple[Any, ...], ...]:
    """Read a ranking from the command line: ``[["b"],["a"]]``.

    Raises:
        InvalidInputError: If it is no JSON list of lists of response ids.
    """
    import orjson

    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    is_tiers = isinstance(found, list) and all(
        isinstance(tier, list) and tier and all(isinstance(r, str) for r in tier)
        for tier in found
    )
    if not found or not is_tiers:
        said = repr(text) if len(text) <= _SHOWN else f"of {len(text)} characters"
        raise InvalidInputError(
            f"--ranking {said} is not a JSON list of tiers",
            hint='for example \'[["b"],["a"]]\'; a tie is \'[["a","b"]]\'',
        )
    return tuple(tuple(tier) for tier in found)
