"""Guideline versions, by name and number; a text is stored once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.storage.sql import insert
from adjudge.storage.tables_content import GuidelineRow

if TYPE_CHECKING:
    from adjudge.domain.guideline import Guideline
    from adjudge.storage.store import Unit


def add(unit: Unit, guideline: Guideline, *, change: str, by: str, at: str) -> None:
    """Add a version."""
    unit.run(
        insert(GuidelineRow),
        name=guideline.name,
        version=guideline.version,
        sha256=guideline.sha256,
        change=change,
        source=guideline.source,
        added_at=at,
        added_by=by,
    )


def source(unit: Unit, name: str, version: int | None) -> str | None:
    """Find the text of a version, the newest when none is named."""
    row = unit.one(
        "SELECT source FROM guideline WHERE name = :name "
        "AND (version = :version OR :version = 0) ORDER BY version DESC LIMIT 1",
        name=name,
        version=version or 0,
    )
    return row[0] if row else None


def listed(unit: Unit) -> list[tuple[str, int, str, str, str, str]]:
    """List versions: name, version, hash, change, when and by whom."""
    return [
        (name, version, sha256, change, at, by)
        for name, version, sha256, change, at, by in unit.all(
            "SELECT name, version, sha256, change, added_at, added_by FROM guideline "
            "ORDER BY name, version"
        )
    ]
