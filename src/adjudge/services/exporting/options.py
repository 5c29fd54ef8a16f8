"""What may be asked of an export, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

from adjudge.domain.dataset import Config
from adjudge.errors import InvalidInputError
from adjudge.formats import adapters
from adjudge.formats.shards import SHARD_BYTES

CONFIGS: tuple[Config, ...] = get_args(Config)
FILE_FORMATS = ("jsonl", "parquet")
FORMATS = (*CONFIGS, *adapters.NAMES)  # of a single file


@dataclass(frozen=True)
class ExportOptions:
    """What to export and how.

    Attributes:
        queues: Names; empty for all queues of comparisons.
        configs: Names; empty for all that have rows.
        splits: Names and shares that sum to 1.
        salt: Of the split's hash.
        require_consent: Leave out what comes from users who did not say yes.
        sft_from_upvotes: Take answers that users rated up as demonstrations.
        kto_from_thumbs: Label answers by what users said of them.
        written_as: ``jsonl`` or ``parquet``.
        shard_bytes: Size of JSON Lines after which a new file begins.
    """

    queues: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    method: str = "majority"
    min_judgments: int = 0
    min_agreement: float = 0.0
    min_confidence: float = 0.0
    batch: str | None = None
    splits: tuple[tuple[str, float], ...] = (("train", 1.0),)
    salt: str = ""
    name: str = ""
    accept_low_agreement: bool = False
    require_consent: bool = False
    sft_from_upvotes: bool = False
    kto_from_thumbs: bool = False
    written_as: str = "jsonl"
    shard_bytes: int = SHARD_BYTES

    @property
    def wanted(self) -> tuple[Config, ...]:
        """List the configs that are tried, in their usual order."""
        return tuple(c for c in CONFIGS if c in self.configs) or CONFIGS

    def check(self) -> None:
        """Refuse what does not exist.

        Raises:
            InvalidInputError: With what does.
        """
        for config in self.configs:
            if config not in CONFIGS:
                raise InvalidInputError(
                    f"there is no config {config!r}",
                    hint=f"configs: {', '.join(CONFIGS)}",
                )
        if self.written_as not in FILE_FORMATS:
            raise InvalidInputError(
                f"there is no format {self.written_as!r}",
                hint=f"formats: {', '.join(FILE_FORMATS)}",
            )

    def as_json(self) -> dict[str, Any]:
        """Write the options that decide the rows."""
        return {
            "queues": list(self.queues),
            "method": self.method,
            "min_judgments": self.min_judgments,
            "min_agreement": self.min_agreement,
            "min_confidence": self.min_confidence,
            "batch": self.batch,
            "splits": [list(s) for s in self.splits],
            "salt": self.salt,
            "require_consent": self.require_consent,
            "sft_from_upvotes": self.sft_from_upvotes,
            "kto_from_thumbs": self.kto_from_thumbs,
        }


@dataclass
class Exported:
    """What an export wrote."""

    path: str
    digest: str = ""
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    excluded: dict[str, dict[str, int]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Write what ``export --json`` prints."""
        return {
            "path": self.path,
            "digest": self.digest,
            "rows": self.rows,
            "excluded": self.excluded,
            "warnings": self.warnings,
        }


def splits(shares: str) -> tuple[tuple[str, float], ...]:
    """Read ``0.9,0.05,0.05`` as train, validation and test.

    Raises:
        InvalidInputError: If they are not one to three shares that sum to 1.
    """
    names = ("train", "validation", "test")
    try:
        values = [float(part) for part in shares.split(",")]
    except ValueError:
        values = []
    if not 1 <= len(values) <= 3 or not all(0 <= v <= 1 for v in values):
        raise InvalidInputError(
            f"--split {shares!r} is not one to three shares", hint="e.g. 0.9,0.05,0.05"
        )
    if abs(sum(values) - 1) > 1e-9:
        raise InvalidInputError(f"--split {shares!r} sums to {sum(values):g}, not 1")
    return tuple(zip(names, values, strict=False))
