"""What a lead asks of an export: a folder, what goes in, what stays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = "all that have rows"


@dataclass(frozen=True)
class Form:
    """The answers so far; each is a field of the screen."""

    queue: str
    folder: str
    config: str = ALL
    written_as: str = "jsonl"
    method: str = "majority"
    min_judgments: int = 0
    min_agreement: float = 0.0
    min_confidence: float = 0.0
    require_consent: bool = False
    split: str = "1"
    salt: str = ""
    name: str = ""
    accept_low_agreement: bool = False

    def options(
        self, splits: Callable[[str], tuple[tuple[str, float], ...]]
    ) -> dict[str, Any]:
        """Give what the export is asked."""
        return {
            "queues": (self.queue,),
            "configs": () if self.config == ALL else (self.config,),
            "written_as": self.written_as,
            "method": self.method,
            "min_judgments": self.min_judgments,
            "min_agreement": self.min_agreement,
            "min_confidence": self.min_confidence,
            "require_consent": self.require_consent,
            "splits": splits(self.split),
            "salt": self.salt,
            "name": self.name,
            "accept_low_agreement": self.accept_low_agreement,
        }


class Field(NamedTuple):
    """A line of the form.

    Attributes:
        values: What the arrows go through; empty for what is typed.
        shown: Words for some of the values.
    """

    name: str
    words: str
    values: tuple[Any, ...] = ()
    shown: tuple[tuple[Any, str], ...] = ()

    def say(self, value: Any) -> str:
        """Write a value."""
        for known, words in self.shown:
            if value == known and type(value) is type(known):
                return words
        return str(value)


_SHARES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
FIELDS = (
    Field("folder", "Folder"),
    Field("config", "What", (ALL, "preference", "sft", "kto", "reward", "rankings",
                             "annotations", "cases", "retrieval")),
    Field("written_as", "Files", ("jsonl", "parquet")),
    Field("method", "Decided by", ("majority", "weighted", "dawid-skene")),
    Field("min_judgments", "Judgments at least", (0, 2, 3, 5), ((0, "any"),)),
    Field("min_agreement", "Agreement at least", _SHARES, ((0.0, "any"),)),
    Field("min_confidence", "Confidence at least", _SHARES, ((0.0, "any"),)),
    Field("require_consent", "Users' consent", (False, True),
          ((False, "not refused"), (True, "given"))),
    Field("split", "Split", ("1", "0.9,0.1", "0.9,0.05,0.05", "0.8,0.1,0.1"),
          (("1", "train only"),)),
    Field("salt", "Split seed", (), (("", "none"),)),
    Field("name", "Name of the dataset", (), (("", "the folder's"),)),
    Field("accept_low_agreement", "Alpha below 0.2", (False, True),
          ((False, "refuse"), (True, "export all the same"))),
)  # fmt: skip
