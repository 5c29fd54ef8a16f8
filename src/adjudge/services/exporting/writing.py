"""Rows on their way into files: identity, lineage, split, and what they add up to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from adjudge.domain.dataset import Row, signed
from adjudge.formats import parquet
from adjudge.formats.columns import OPTIONAL_IN_MESSAGE, TIMES, columns_of, text_paths
from adjudge.formats.shards import DateLike, Shards, Written, line_of, shard_name
from adjudge.services.exporting import stretches
from adjudge.services.exporting.quality import TOGETHER, Quality
from adjudge.services.exporting.stretches import Cutting
from adjudge.storage import lineages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adjudge.services.exporting.lines import Line, Signed
    from adjudge.services.exporting.options import ExportOptions
    from adjudge.services.exporting.plain_pairs import PlainLine
    from adjudge.storage.lineages import Stretch

_OPTIONAL = tuple(name for name, _ in OPTIONAL_IN_MESSAGE)
_NOTHING: dict[str, Any] = {}
LEFT_OUT = "left_out"
# Where rows of a config and split go, and their lineage; what looks at them meanwhile.
_Lane: TypeAlias = tuple[
    Shards, Shards, DateLike, Cutting, Callable[[Iterable[Any]], None]
]
_Waiting: TypeAlias = "defaultdict[tuple[str, str], list[PlainLine | Signed]]"


class Writing:
    """Every file of one export while it is being written."""

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        self.folder = folder
        self._options = options
        self._open: dict[tuple[str, str], Shards] = {}
        self._dates: dict[tuple[str, str], DateLike] = {}
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._waiting: _Waiting = defaultdict(list)
        self._labels: Counter[bool] = Counter()
        self.written: dict[tuple[str, str], Written] = {}
        self.date_like: dict[str, list[str]] = {}
        self.present: dict[str, set[str]] = {}
        self.quality = Quality()

    def add(self, row: Row, split: str, *, carries: bool) -> None:
        """Write a row and its lineage.

        Args:
            row: The row.
            split: Where it goes.
            carries: Whether its messages may have more than a role and content.
        """
        config, key, values, trace = row.config, row.key, row.values, row.trace
        self._settle(config, split)
        id, line = signed(config, key, values, trace["judgments"])
        if carries:
            self._note_messages(config, values)
        rows, lineage, dates, cutting, _ = self._lane(config, split)
        if rows.add(line):
            dates.end()
        dates.take(values, len(line))
        line = line_of({"row_id": id, "key": key, **trace})
        new = lineage.add(line)
        cutting.take(*lineages.subject(trace), len(line), new=new)
        self.quality.take(config, values, trace)
        if config == "kto" and split == self._options.splits[0][0]:
            self._labels[values["label"]] += 1

    def add_line(self, line: Line, split: str, about: str, *, carries: bool) -> None:
        """Write a row that comes as a line, and its lineage.

        Args:
            line: The row.
            split: Where it goes.
            about: The comparison that it is about.
            carries: Whether its messages may have more than a role and content.
        """
        config, counted = line.config, line.about
        if carries:
            self._note_messages(config, line.values())
        waiting = self._waiting[config, split]
        waiting.append(line.signed(about))
        if len(waiting) == TOGETHER:
            self._settle(config, split)
        if config == "kto" and split == self._options.splits[0][0]:
            self._labels[bool(getattr(counted, "label", None))] += 1

    def add_plain(self, lines: Sequence[PlainLine], split: str) -> None:
        """Write plain pairs and their lineage, some at a time."""
        waiting = self._waiting["preference", split]
        waiting += lines
        done = len(waiting) - len(waiting) % TOGETHER
        for i in range(0, done, TOGETHER):
            lane = self._lane("preference", split)
            _take_all(lane, waiting[i : i + TOGETHER])
        del waiting[:done]

    def _settle(self, config: str, split: str) -> None:
        """Write the rows that wait: what comes now comes after them."""
        waiting = self._waiting[config, split]
        if waiting:
            _take_all(self._lane(config, split), waiting)
            waiting.clear()

    def leave_out(self, queue: str, comparison: str, reasons: dict[str, str]) -> None:
        """Write down why a comparison gives no row, for those who compare versions."""
        line = {"queue": queue, "comparison": comparison, "reasons": reasons}
        self._shards("lineage", LEFT_OUT).add(line_of(line))

    def _lane(self, config: str, split: str) -> _Lane:
        """Find where rows of a config and split go, and their lineage."""
        found = self._lanes.get((config, split))
        if found is None:
            found = self._lanes[config, split] = (
                self._shards(config, split),
                self._shards(f"lineage/{config}", split),
                self._date_like(config, split),
                Cutting(),
                self.quality.counter(config),
            )
        return found

    def _shards(self, config: str, split: str) -> Shards:
        found = self._open.get((config, split))
        if found is None:
            limit = self._options.shard_bytes
            found = Shards(self.folder, config, split, limit)
            self._open[config, split] = found
        return found

    def _date_like(self, config: str, split: str) -> DateLike:
        found = self._dates.get((config, split))
        if found is None:
            present = self.present.setdefault(config, set())
            paths = [
                p for p in text_paths(columns_of(config, present)) if p != "row_id"
            ]
            found = DateLike(paths, TIMES)
            self._dates[config, split] = found
        return found

    def _note_messages(self, config: str, values: dict[str, Any]) -> None:
        """Note which optional keys messages carry; nearly none carries any."""
        present = self.present.setdefault(config, set())
        if len(present) == len(_OPTIONAL):
            return
        for name in _OPTIONAL:
            if name not in present and _carried(values, name):
                before = set(text_paths(columns_of(config, present)))
                present.add(name)
                more = set(text_paths(columns_of(config, present))) - before
                for (of, _), dates in self._dates.items():
                    if of == config:
                        dates.watch(sorted(more))

    # --- the end -----------------------------------------------------------------
    def drop(self, config: str) -> None:
        """Take a config back: nothing of it is written or listed."""
        for key in [k for k in self._waiting if k[0] == config]:
            del self._waiting[key]
        for key in [k for k in self._open if k[0] in {config, f"lineage/{config}"}]:
            for file in self._open.pop(key).close().files:
                (self.folder / file.path).unlink()
        for name in (config, f"lineage/{config}"):
            if (self.folder / name).is_dir():
                (self.folder / name).rmdir()
        self._dates = {k: v for k, v in self._dates.items() if k[0] != config}
        self._lanes = {k: v for k, v in self._lanes.items() if k[0] != config}
        self.present.pop(config, None)
        self.quality.drop(config)

    def close(self) -> None:
        """Finish the rows; every later step reads them from the files."""
        for config, split in list(self._waiting):
            self._settle(config, split)
        for key, shards in sorted(self._open.items()):
            self.written[key] = shards.close()
        self._open.clear()
        for (config, _), dates in sorted(self._dates.items()):
            dates.end()
            found = {*self.date_like.get(config, ()), *dates.found}
            self.date_like[config] = sorted(found)

    def abandon(self) -> None:
        """Let go of open files when the export fails."""
        for shards in self._open.values():
            shards.abandon()

    def as_parquet(self) -> None:
        """Put Parquet files in the place of the rows, lineage apart."""
        for (config, split), written in self.written.items():
            if config.startswith("lineage"):
                continue
            columns = columns_of(config, self.present[config])
            files = []
            for i, file in enumerate(written.files):
                name = shard_name(config, split, i, len(written.files), "parquet")
                source, target = self.folder / file.path, self.folder / name
                files.append(parquet.write(source, target, columns, name=name))
                source.unlink()
            self.written[config, split] = Written(
                written.rows, written.digest, tuple(files)
            )
        self.date_like = {}

    def stretches(self) -> Iterator[Stretch]:
        """Give the lineage of all rows, as the store remembers it."""
        for (config, split), (_, _, _, cutting, _) in sorted(
            self._lanes.items(), key=itemgetter(0)
        ):
            written = self.written[f"lineage/{config}", split].files
            paths = [self.folder / file.path for file in written]
            yield from stretches.read(config, cutting.done(), paths)

    def counts(self, configs: tuple[str, ...]) -> dict[str, dict[str, int]]:
        """Count rows by config and split; an empty one counts 0."""
        return {
            config: {
                split: written.rows
                if (written := self.written.get((config, split)))
                else 0
                for split, _ in self._options.splits
            }
            for config in configs
        }

    def labels(self) -> tuple[int, int]:
        """Count wanted and unwanted answers in the split that trains."""
        return self._labels[True], self._labels[False]


def _take_all(lane: _Lane, lines: Sequence[PlainLine | Signed]) -> None:
    """Write rows: in one go, where no file and no stretch of lineage ends in them."""
    rows, lineage, dates, cutting, count = lane
    columns = zip(*[line[:4] for line in lines], strict=True)
    written, traces, counted, about = columns
    size, traced = sum(map(len, written)), sum(map(len, traces))
    if (
        rows.has_room(size)
        and lineage.has_room(traced)
        and cutting.has_room("comparison", len(lines))
    ):
        rows.extend(written, size)
        lineage.extend(traces, traced)
        cutting.take_all("comparison", about, traced)
        if dates.has_room(size):
            looked_at = [line.values() for line in lines] if dates.waiting else ()
            dates.take_all(looked_at, size)
        else:
            _look_at(dates, lines)
    else:
        for line in lines:
            _take(lane, line)
    count(counted)


def _take(lane: _Lane, line: PlainLine | Signed) -> None:
    """Write a row about a comparison, and its lineage."""
    rows, lineage, dates, cutting, _ = lane
    if rows.add(line.row):
        dates.end()
    _look_at(dates, (line,))
    new = lineage.add(line.trace)
    cutting.take("comparison", line.comparison, len(line.trace), new=new)


def _look_at(dates: DateLike, lines: Iterable[PlainLine | Signed]) -> None:
    for line in lines:
        dates.take(line.values() if dates.waiting else _NOTHING, len(line.row))


def _carried(value: Any, name: str) -> bool:
    """Tell whether some message carries an optional key."""
    if isinstance(value, list):
        return any(_carried(v, name) for v in value)
    if isinstance(value, dict):
        if "role" in value and "content" in value and name in value:
            return True
        return any(_carried(v, name) for v in value.values())
    return False
