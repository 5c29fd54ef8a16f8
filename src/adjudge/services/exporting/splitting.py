"""Which split a prompt is in: no prompt in two, no conversation torn apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.dataset import Together, prompt_key, split_of
from adjudge.storage import exports

if TYPE_CHECKING:
    from adjudge.storage.store import Unit


class Splitting:
    """Puts prompts into splits by a salted hash."""

    def __init__(
        self, unit: Unit, shares: tuple[tuple[str, float], ...], salt: str
    ) -> None:
        self._shares = shares
        self._salt = salt
        self._only = next((name for name, share in shares if share == 1), None)
        self._together = Together()
        if self._only is None:
            for conversation, body in exports.conversations(unit):
                prompt = prompt_key(orjson.loads(body)["prompt"])
                self._together.join(prompt, conversation)

    def of(self, prompt: list[dict[str, Any]]) -> str:
        """Name the split of a prompt."""
        if self._only is not None:
            return self._only
        key = self._together.key(prompt_key(prompt))
        return split_of(key, salt=self._salt, shares=self._shares)
