"""The standing judgments of a queue in little, read once: for statistics and for rows.

An export measures a queue before it writes rows, and both look at every judgment. Of a
judgment they need what it says, which few texts say for all, its id, its seconds and
what was judged; kept close together, a million of them are some 50 MB.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from adjudge.domain.record import canonical
from adjudge.storage import tallies
from adjudge.storage.exports import STANDING, Cast
from adjudge.storage.tallies import Factor, Votes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adjudge.domain.ids import JudgmentId
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.exports import Task
    from adjudge.storage.tallies import Floats, Ints

# The length of the guideline tells where it ends: names may hold any character.
_COLUMNS = (
    "s.task_id, j.id, j.ranking || ';' || coalesce(j.margin, 0) || ';' || "
    "j.none_acceptable || ';' || j.occasion || ';' || coalesce(j.shown, '') || ';' || "
    "coalesce(length(j.guideline), -1) || ';' || coalesce(j.guideline, '') || "
    "j.annotator, coalesce(j.seconds, 0), j.judged_digest"
)
_BETWEEN = "\0"  # of ids, which never hold it
_TASK, _ID = itemgetter(0), itemgetter(1)


class Said(NamedTuple):
    """What many judgments have in common: who said what of which place, and how."""

    ranking: str
    margin: int | None
    none_acceptable: int
    occasion: int
    shown: str | None
    guideline: str | None
    annotator: str


class Part(NamedTuple):
    """The judgments of some tasks, task after task, each task's by their ids.

    Attributes:
        counts: Judgments of each task.
        said: Places in ``Briefs.said``.
        digests: Hashes, as ``hash`` gives them, of the digests of what was judged.
    """

    counts: list[int]
    ids: list[JudgmentId]
    said: list[int]
    digests: list[int]


@dataclass(frozen=True)
class _Packed:
    """A part as it is kept; ``seconds`` are 0 where none were measured."""

    tasks: Ints
    counts: npt.NDArray[np.int32]
    ids: str
    said: npt.NDArray[np.int32]
    seconds: Floats
    digests: Ints

    def unpacked(self) -> Part:
        return Part(
            self.counts.tolist(),
            self.ids.split(_BETWEEN) if self.ids else [],  # type: ignore[arg-type]
            self.said.tolist(),
            self.digests.tolist(),
        )


@dataclass(frozen=True, eq=False)
class Briefs:
    """The standing judgments of a queue's work.

    Attributes:
        order: Task ids by the ids of their comparisons.
        said: What is said, by place.
    """

    order: Ints
    said: list[Said]
    _parts: list[_Packed]

    def part(self, number: int, tasks: Sequence[int]) -> Part:
        """Give the judgments of the next tasks.

        Args:
            number: Which part, counted from 0.
            tasks: The ids of its tasks, which must be those it was read by.

        Raises:
            ValueError: If they are not.
        """
        found = self._parts[number]
        if found.tasks.tolist() != tasks:
            raise ValueError(f"part {number} of the judgments is of other tasks")
        return found.unpacked()

    def worked(
        self, kept: Sequence[Sequence[bool]]
    ) -> Iterator[tuple[Said, int, float]]:
        """Sum up judgments: what was said, how often, and in how many seconds.

        Args:
            kept: Of each part, which of its tasks count.
        """
        said, seconds = [_NONE], [np.empty(0)]
        for part, tasks in zip(self._parts, kept, strict=True):
            if all(tasks):
                said.append(part.said)
                seconds.append(part.seconds)
            else:
                chosen = np.repeat(np.array(tasks, dtype=np.bool_), part.counts)
                said.append(part.said[chosen])
                seconds.append(part.seconds[chosen])
        place, spent = np.concatenate(said), np.concatenate(seconds)
        times = np.bincount(place, minlength=len(self.said)).tolist()
        sums = np.bincount(place, spent, minlength=len(self.said)).tolist()
        for one, n, took in zip(self.said, times, sums, strict=True):
            if n:
                yield one, n, took

    def votes(self) -> Votes:
        """Give what statistics read, as ``tallies.read`` does."""
        sizes = [len(part.said) for part in self._parts]
        said = np.empty(sum(sizes), dtype=np.int32)
        np.concatenate([_NONE, *(part.said for part in self._parts)], out=said)
        counts = np.concatenate([_NONE, *(part.counts for part in self._parts)])
        who = tallies.factor([one.annotator for one in self.said])
        what = tallies.factor(
            [
                f"{one.ranking};{one.margin or 0};{one.none_acceptable};{one.occasion}"
                for one in self.said
            ]
        )
        return Votes(
            task=np.repeat(self.order, counts),
            texts={
                "annotator": Factor(who.code[said], who.values),
                "said": Factor(what.code[said], what.values),
            },
            seconds=np.empty(0),
        )


_NONE = np.empty(0, dtype=np.int32)


def read(unit: Unit, queue: str, *, chunk: int) -> Briefs:
    """Read the judgments of a queue's work in parts of so many tasks."""
    order = tallies.order_of(unit, queue)
    place: dict[str, int] = {}
    parts = [
        _part(unit, order[i : i + chunk], place) for i in range(0, len(order), chunk)
    ]
    return Briefs(order, [*map(_told, place)], parts)


def _part(unit: Unit, order: Ints, place: dict[str, int]) -> _Packed:
    tasks: list[int] = order.tolist()
    rows = unit.all(
        f"SELECT {_COLUMNS} FROM slot s JOIN judgment j ON j.id = s.judgment_id "
        + STANDING,
        ids=canonical(tasks).decode(),
    )
    rows.sort(key=_ID)
    of: defaultdict[int, list[tuple[int, str, str, float, str]]] = defaultdict(list)
    for row in rows:
        of[row[0]].append(row)
    each = [of[task] for task in tasks]
    n = len(rows)
    _, ids, texts, seconds, digests = zip(*chain(*each), strict=True) if n else [()] * 5
    for text in texts:
        if text not in place:
            place[text] = len(place)
    return _Packed(
        order,
        np.fromiter(map(len, each), np.int32, len(tasks)),
        _BETWEEN.join(ids),
        np.fromiter(map(place.__getitem__, texts), np.int32, n),
        np.array(seconds, dtype=np.float64),
        np.fromiter(map(hash, digests), np.int64, n),
    )


def _told(text: str) -> Said:
    ranking, margin, none_acceptable, occasion, shown, size, rest = text.split(";", 6)
    length = int(size)
    return Said(
        ranking,
        int(margin) or None,
        int(none_acceptable),
        int(occasion),
        shown or None,
        rest[:length] if length >= 0 else None,
        rest[max(0, length) :],
    )


def at_length(task: Task, id: JudgmentId, said: Said) -> Cast:
    """Write a judgment as ``exports.casts`` does, without its seconds and texts."""
    *what, who = said
    values = (task.task_id, id, who, *what, None, task.judged_digest)
    return tuple.__new__(Cast, values)
