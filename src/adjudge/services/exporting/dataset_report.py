"""The quality report of an exported dataset: what a trainer learns beside the point.

The cheap numbers stand in the manifest. Near-identical prompts and what a small reward
model can learn from the pairs take minutes, so they are worked out when asked for.
"""

from __future__ import annotations

import heapq
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adjudge.domain.record import digest
from adjudge.formats import dataset_dir, parquet
from adjudge.formats.columns import columns_of
from adjudge.formats.shards import rows_of
from adjudge.services.exporting import verifying
from adjudge.services.measuring import reward_audit
from adjudge.stats import near

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_PROMPTS = 20_000  # looked at for near-identical ones, drawn by their hash
_PROMPTS = ("preference", "sft", "kto")


def report(folder: str) -> dict[str, Any]:
    """Report on a dataset directory; no store is needed.

    Returns:
        ``digest``, ``quality`` as the manifest has it, ``near_identical`` prompts
        within and across splits, and ``reward_model``: what a model learns from the
        texts of the pairs, beside what length alone gives, or why it refused.

    Raises:
        InvalidInputError: If it is no dataset of ours.
        RefusedError: If it is not as it was exported.
    """
    place = Path(folder)
    found = verifying.verify(folder)
    manifest = dataset_dir.read_manifest(place)
    return {
        "digest": found.digest,
        "rows": found.rows,
        "quality": manifest["quality"],
        "near_identical": _near(place, manifest),
        "reward_model": reward_audit.run(_pairs(place, manifest)),
    }


def _rows(
    place: Path, manifest: dict[str, Any], config: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the rows of a config with their split, whatever they are written as."""
    columns = columns_of(config, manifest["messages"].get(config, ()))
    for name in sorted(manifest["files"]):
        if not name.startswith(f"{config}/"):
            continue
        split = name.partition("/")[2].partition("-")[0]
        if name.endswith(".parquet"):
            for _, row in parquet.read(place / name, columns):
                yield split, row
        else:
            for _, _, row in rows_of(place / name):
                yield split, row


# --- near-identical prompts -------------------------------------------------------
def _near(place: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Find distinct prompts that say nearly the same, in one split and in two."""
    prompts: dict[str, str] = {}
    for config in _PROMPTS:
        for split, row in _rows(place, manifest, config):
            messages = row["messages"][:-1] if config == "sft" else row["prompt"]
            said = "\n".join(m["content"] for m in messages)
            prompts.setdefault(said, split)
    drawn = heapq.nsmallest(MOST_PROMPTS, prompts, key=digest)
    drawn.sort()
    first = near.groups(drawn)
    within = across = 0
    for i, representative in enumerate(first):
        if representative != i:
            same = prompts[drawn[i]] == prompts[drawn[representative]]
            within += same
            across += not same
    return {
        "prompts": len(prompts),
        "looked_at": len(drawn),
        "within_a_split": within,
        "across_splits": across,
    }


# --- what a reward model learns -----------------------------------------------------
def _pairs(place: Path, manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Take the pairs, which side first by their ids: no order to be learnt from."""
    rows = (row for _, row in _rows(place, manifest, "preference"))
    drawn = heapq.nsmallest(reward_audit.MOST_PAIRS, rows, key=lambda r: r["row_id"])
    found = []
    for row in drawn:
        chosen, rejected = (_said(row[side]) for side in ("chosen", "rejected"))
        first_won = int(row["row_id"], 16) % 2 == 0
        found.append(
            {
                "id": row["row_id"],
                "prompt": digest(row["prompt"]),
                "first": chosen if first_won else rejected,
                "second": rejected if first_won else chosen,
                "first_won": first_won,
            }
        )
    return found


def _said(messages: list[dict[str, Any]]) -> str:
    return "\n".join(m["content"] for m in messages)
