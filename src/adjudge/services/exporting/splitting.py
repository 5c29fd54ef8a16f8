"""Which split a prompt is in: no prompt in two, no conversation torn apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.dataset import Together, prompt_key, split_of
from adjudge.services.exporting import covering
from adjudge.storage import demonstrations, exports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adjudge.services.exporting.options import ExportOptions
    from adjudge.storage.engine.store import Unit

Prompt = list[dict[str, Any]]


class Splitting:
    """Puts prompts into splits by a salted hash.

    Attributes:
        only: The split that takes them all, if one does.
    """

    def __init__(self, unit: Unit, options: ExportOptions) -> None:
        shares = options.splits
        self._shares = shares
        self._salt = options.salt
        self.only = next((name for name, share in shares if share == 1), None)
        self._together = Together()
        if self.only is None:
            for conversation, prompt in _conversations(unit, options):
                self._together.join(prompt_key(prompt), conversation)

    def of(self, prompt: Prompt) -> str:
        """Name the split of a prompt."""
        if self.only is not None:
            return self.only
        key = self._together.key(prompt_key(prompt))
        return split_of(key, salt=self._salt, shares=self._shares)


def _conversations(unit: Unit, options: ExportOptions) -> Iterator[tuple[str, Prompt]]:
    """Stream every conversation with the prompts it holds."""
    for source in (exports.conversations, demonstrations.conversations):
        for conversation, body in source(unit):
            yield conversation, orjson.loads(body)["prompt"]
    if options.sft_from_upvotes or options.kto_from_thumbs:
        yield from covering.conversations(unit)
