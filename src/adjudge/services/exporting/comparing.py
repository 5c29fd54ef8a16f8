"""Two versions of a dataset: which rows came, went or changed, and why.

One more judgment says something of its comparison, and a little of every judge it
agrees or disagrees with: their measured reliability moves, and the weights on all their
rows with it. Rows of which nothing else moved stand apart, so that nobody has to look
for the others among them.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adjudge.domain.people import Act, Actor
from adjudge.errors import UnknownError
from adjudge.formats import dataset_dir
from adjudge.formats.shards import rows_of
from adjudge.storage import datasets, lineages, tombstones, whereabouts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit


_REWEIGHED = "reweighed"
_NOT_THE_SAME = {"weights", "row_id"}  # of two rows that were only weighed anew


@dataclass(frozen=True, slots=True)
class _Line:
    """A row as two versions are compared by."""

    row_id: str
    trace: dict[str, Any]


@dataclass
class _Version:
    """One of the two: a directory, or what the store remembers."""

    digest: str
    options: dict[str, Any]
    rows: dict[tuple[str, str], _Line]
    left_out: dict[tuple[str, str], dict[str, str]]

    @cached_property
    def judged(self) -> set[tuple[str, str, str]]:
        """Config, queue and comparison of every row."""
        return {
            (config, line.trace["queue"], line.trace["comparison"])
            for (config, _), line in self.rows.items()
        }


def diff(bench: Bench, actor: Actor, a: str, b: str) -> dict[str, Any]:
    """Compare two versions by row and by reason.

    Args:
        bench: The bench; directories alone need nothing of it.
        actor: Who asks.
        a: A directory, or the id of a version, or how an id begins.
        b: The other, usually the later one.

    Raises:
        UnknownError: If there is no such directory or version.
    """
    actor.must(Act.SEE_LINEAGE)
    with ExitStack() as stack:
        unit: Unit | None = None
        if not (_is_folder(a) and _is_folder(b)):
            unit = stack.enter_context(bench.store.read())
        one, other = _version(unit, a), _version(unit, b)
        found = list(_differences(one, other))
        if unit is not None:
            found = [_explained(unit, d) for d in found]
    counts: dict[str, dict[str, int]] = {}
    for each in found:
        reasons = counts.setdefault(each["change"], {})
        reasons[each["why"]] = reasons.get(each["why"], 0) + 1
    reweighed = [d for d in found if d["change"] == _REWEIGHED]
    changed_options = sorted(
        k
        for k in one.options.keys() | other.options.keys()
        if one.options.get(k) != other.options.get(k)
    )
    return {
        "a": one.digest,
        "b": other.digest,
        "same": len(one.rows.keys() & other.rows.keys())
        - sum(d["change"] in {"changed", _REWEIGHED} for d in found),
        "counts": counts,
        "options": changed_options,
        "rows": [d for d in found if d["change"] != _REWEIGHED],
        _REWEIGHED: reweighed,
    }


# --- reading ------------------------------------------------------------------------
def _is_folder(name: str) -> bool:
    return bool(name) and Path(name).is_dir()


def _version(unit: Unit | None, name: str) -> _Version:
    if _is_folder(name):
        return _of_directory(Path(name))
    if unit is None:
        raise UnknownError(f"there is no directory {name}")
    ids = datasets.starting_with(unit, name)
    if len(ids) != 1:
        raise UnknownError(
            f"there is no directory and no dataset {name!r}"
            if not ids
            else f"{name!r} begins the ids of {len(ids)} datasets",
            hint="`adjudge datasets list` names them",
        )
    [(id, options)] = ids
    rows = {
        (m.config, m.key): _Line(m.row_id, m.lineage)
        for m in lineages.members(unit, id)
    }
    return _Version(id, options, rows, {})


def _of_directory(folder: Path) -> _Version:
    manifest = dataset_dir.read_manifest(folder)
    rows: dict[tuple[str, str], _Line] = {}
    left_out: dict[tuple[str, str], dict[str, str]] = {}
    for name in sorted(manifest["files"]):
        config, _, _file = name.rpartition("/")
        if config == "lineage":
            for _, _, line in rows_of(folder / name):
                left_out[line["queue"], line["comparison"]] = line["reasons"]
        elif config.startswith("lineage/"):
            for _, _, trace in rows_of(folder / name):
                key = (config.removeprefix("lineage/"), trace.pop("key"))
                rows[key] = _Line(trace.pop("row_id"), trace)
    return _Version(manifest["digest"], manifest["options"], rows, left_out)


# --- comparing ----------------------------------------------------------------------
def _differences(a: _Version, b: _Version) -> Iterator[dict[str, Any]]:
    for place in sorted(a.rows.keys() | b.rows.keys()):
        before, after = a.rows.get(place), b.rows.get(place)
        if before is None and after is not None:
            yield _told("added", place, after, _why_other(a, b, after, place[0]))
        elif after is None and before is not None:
            yield _told("removed", place, before, _why_other(b, a, before, place[0]))
        elif before is not None and after is not None and before.row_id != after.row_id:
            if _is_reweighed(before, after):
                told = _told(_REWEIGHED, place, after, "judges weigh otherwise")
                yield {**told, "was": before.row_id}
                continue
            told = _told("changed", place, after, _why_changed(before, after))
            old, new = set(before.trace["judgments"]), set(after.trace["judgments"])
            yield {
                **told,
                "was": before.row_id,
                "judgments_added": sorted(new - old),
                "judgments_removed": sorted(old - new),
            }


def _told(change: str, place: tuple[str, str], line: _Line, why: str) -> dict[str, Any]:
    return {
        "change": change,
        "config": place[0],
        "row_id": line.row_id,
        "queue": line.trace["queue"],
        "comparison": line.trace["comparison"],
        "why": why,
        "judgments": line.trace["judgments"],
    }


def _why_other(without: _Version, other: _Version, line: _Line, config: str) -> str:
    """Say what the version without the row holds of its comparison."""
    comparison = line.trace["queue"], line.trace["comparison"]
    reasons = without.left_out.get(comparison)
    if reasons is not None and config in reasons:
        return str(reasons[config])
    if (config, *comparison) in without.judged:
        return "winner changed"
    if without.options != other.options:
        return "options"
    return "comparison not there"


def _is_reweighed(before: _Line, after: _Line) -> bool:
    """Tell whether the same judgments decide the same, and only weigh otherwise."""
    if before.trace.get("weights") == after.trace.get("weights"):
        return False
    old, new = (
        {k: v for k, v in line.trace.items() if k not in _NOT_THE_SAME}
        for line in (before, after)
    )
    return old == new


def _why_changed(before: _Line, after: _Line) -> str:
    old, new = before.trace, after.trace
    came = set(new["judgments"]) - set(old["judgments"])
    went = set(old["judgments"]) - set(new["judgments"])
    if came or went:
        one = "new judgment" if came else "judgment withdrawn"
        return "judgment replaced" if came and went else one
    if old.get("rewrite") != new.get("rewrite"):
        return "rewrite replaced"
    if old.get("events") != new.get("events"):
        return "other feedback"
    if old["state"] != new["state"]:
        return f"state {old['state']} to {new['state']}"
    if old["method"] != new["method"]:
        return f"method {old['method']} to {new['method']}"
    return "numbers or texts"


# --- what the store knows -----------------------------------------------------------
_UNSAID = {"judgment withdrawn", "judgment replaced", "comparison not there"}


def _explained(unit: Unit, difference: dict[str, Any]) -> dict[str, Any]:
    """Let the store say what became of what no longer stands."""
    if difference["change"] == "added":
        return difference
    if buried := tombstones.of_rows(unit, [difference["row_id"]]):
        return {**difference, "why": buried[difference["row_id"]]["why"]}
    if difference["why"] not in _UNSAID:
        return difference
    gone = difference.get("judgments_removed") or difference["judgments"]
    found = whereabouts.of_judgments(unit, gone)
    why = ", ".join(sorted({f"judgment {where}" for where in found.values()}))
    if not why and difference["change"] == "removed":
        place = difference["queue"], difference["comparison"]
        why = whereabouts.of_comparison(unit, *place) or "no longer decided so"
    return {**difference, "why": why or difference["why"]}
