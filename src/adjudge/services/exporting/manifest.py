"""What a dataset says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjudge.formats.shards import SHARD_BYTES

if TYPE_CHECKING:
    from adjudge.services.exporting.facts import Facts
    from adjudge.services.exporting.options import ExportOptions
    from adjudge.services.exporting.writing import Writing


def manifest_of(
    writing: Writing, facts: Facts, options: ExportOptions
) -> dict[str, Any]:
    """Describe an export: what decides its identity, then how it was written."""
    written = sorted(writing.written.items())
    queues = [
        {**q, "guidelines": dict(sorted(q["guidelines"].items()))} for q in facts.queues
    ]
    return {
        "format": "adjudge-dataset/1",
        "name": options.name or "adjudge export",
        "options": options.as_json(),
        "configs": writing.counts(options.wanted),
        "excluded": {c: dict(sorted(v.items())) for c, v in facts.excluded.items()},
        "consent": dict(sorted(facts.consent.items())),
        "queues": queues,
        "rewrites": facts.rewrites,
        "guidelines": facts.guidelines,
        "people": facts.people(),
        "quality": writing.quality.report(),
        "messages": {c: sorted(v) for c, v in sorted(writing.present.items())},
        "rows": {
            f"{config}/{split}": {"rows": found.rows, "sha256": found.digest}
            for (config, split), found in written
        },
        "written_as": {"format": options.written_as, "shard_bytes": options.shard_bytes}
        if options.shard_bytes != SHARD_BYTES
        else {"format": options.written_as},
        "date_like": {c: v for c, v in sorted(writing.date_like.items()) if v},
        "files": {
            file.path: file.as_json() for _, found in written for file in found.files
        },
    }
