"""Standing judgments of a queue in columns: what statistics read.

A million judgments as rows cost more in making Python objects than in reading them.
Here the database joins each column into one text and Python splits it again, a stretch
of the store at a time: what is in memory as texts does not grow with the queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adjudge.storage.engine.store import Unit

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Field: TypeAlias = Literal[
    "annotator",
    "said",
    "reasons",
    "ratings",
    "guideline",
    "source",
    "day",
    "at",
    "shown",
    "purpose",
    "judgment",
]

WORK = ("first", "rejudge")
_SEPARATOR = "\x1f"
_JUDGED_AT = "coalesce(j.at, j.received_at)"
_TEXTS: dict[Field, str] = {
    "annotator": "s.annotator",
    # Few-valued together, so one column instead of four.
    "said": "j.ranking || ';' || coalesce(j.margin, 0) || ';' || j.none_acceptable "
    "|| ';' || s.occasion",
    "reasons": "j.reasons",
    "ratings": "j.ratings",
    "guideline": "coalesce(j.guideline, '')",
    "source": "j.source",
    # When a line came in says nothing about the day somebody judged.
    "day": "substr(coalesce(j.at, ''), 1, 10)",
    "at": _JUDGED_AT,
    "shown": "coalesce(j.shown, '')",
    "purpose": "s.purpose",
    "judgment": "j.id",
}
_SAYS_MORE = "j.reasons <> '{}' OR j.ratings <> '{}'"
_SECONDS = "coalesce(j.seconds, -1)"
# Judgments, or tasks, whose texts are in memory at once.
_JUDGMENTS_AT_ONCE, _TASKS_AT_ONCE = 25_000, 50_000


@dataclass(frozen=True, eq=False)
class Factor:
    """A column of texts.

    Attributes:
        code: Shape (n,). Index into ``values``.
        values: The different texts, sorted.
    """

    code: Ints
    values: tuple[str, ...]

    def take(self, rows: npt.NDArray[Any]) -> Factor:
        """Keep some rows; values nobody has are kept too."""
        return Factor(self.code[rows], self.values)


@dataclass(frozen=True, eq=False)
class Votes:
    """Judgments in columns, each annotator once a task and purpose.

    Attributes:
        task: Shape (n,). Task ids.
        texts: The columns that were asked for.
        seconds: Shape (n,). Active time, -1 where none was measured; empty where it
            was not asked for.
    """

    task: Ints
    texts: dict[Field, Factor]
    seconds: Floats

    def __len__(self) -> int:
        """Count the judgments."""
        return len(self.task)

    def take(self, rows: npt.NDArray[Any]) -> Votes:
        """Keep some judgments, by index or by mask."""
        texts = {field: column.take(rows) for field, column in self.texts.items()}
        seconds = self.seconds[rows] if len(self.seconds) else self.seconds
        return Votes(self.task[rows], texts, seconds)


@dataclass(frozen=True)
class TaskFact:
    """What statistics know of a task without its texts.

    Attributes:
        gold: The known answer of a gold task, tiers by place; none while suspended.
    """

    id: int
    comparison: str
    role: str
    topic: str | None
    batch: str | None
    gold: str | None
    prompt: str
    n_responses: int


def read(
    unit: Unit,
    queue: str,
    fields: Iterable[Field],
    *,
    roles: Sequence[str] = ("work",),
    purposes: Sequence[str] = WORK,
    seconds: bool = False,
    among_tasks: tuple[int, int] | None = None,
) -> Votes:
    """Read the standing judgments of a queue, in no order.

    Args:
        unit: The unit of work.
        queue: The queue.
        fields: Texts to read; what is not asked for costs nothing.
        roles: Of the tasks: work, gold, training.
        purposes: Of the slots: first, rejudge, repeat, gold, training.
        seconds: Whether to read the time taken.
        among_tasks: Only of tasks whose ids lie from the first up to the second.
    """
    wanted = list(dict.fromkeys(fields))
    numbers = ["s.task_id", *([_SECONDS] if seconds else [])]
    columns = [*numbers, *(_TEXTS[f] for f in wanted)]
    among: dict[str, str | int] = {
        **{f"role{i}": role for i, role in enumerate(roles)},
        **{f"purpose{i}": purpose for i, purpose in enumerate(purposes)},
    }
    order, key, bounds = _stretches(unit, queue, roles, among_tasks)
    body = (
        f"FROM {order} "
        "WHERE s.queue = :queue AND s.state = 2 AND t.id = s.task_id "
        "AND j.id = s.judgment_id AND s.annotator = j.annotator "
        "AND s.task_id = j.task_id AND s.occasion = j.occasion "
        f"AND t.role IN ({', '.join(f':role{i}' for i in range(len(roles)))}) "
        f"AND s.purpose IN ({', '.join(f':purpose{i}' for i in range(len(purposes)))})"
        f" AND {key} >= :low AND {key} < :high"
    )
    tasks, spent = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    texts = {field: _Growing() for field in wanted}
    for low, high in bounds:
        among["low"], among["high"] = low, high
        joined = _joined(unit, columns, body, {"queue": queue, **among})
        size = len(joined[0])
        tasks.append(np.fromiter(map(int, joined[0]), np.int64, size))
        if seconds:
            spent.append(np.array(joined[1], dtype=np.float64))
        for column, said in zip(texts.values(), joined[len(numbers) :], strict=True):
            column.add(said)
    return Votes(
        task=np.concatenate(tasks),
        texts={field: column.done() for field, column in texts.items()},
        seconds=np.concatenate(spent),
    )


def _stretches(
    unit: Unit,
    queue: str,
    roles: Sequence[str],
    among_tasks: tuple[int, int] | None,
) -> tuple[str, str, list[tuple[int, int]]]:
    """Say in which order to join, and by which key in stretches of what bounds.

    PostgreSQL finds its own order, SQLite keeps to CROSS JOIN. Judgments lie in the
    order in which they came, so going through all of them is cheaper than fetching a
    large part one by one.
    """
    order, key = "slot s CROSS JOIN task t CROSS JOIN judgment j", "s.task_id"
    if among_tasks is not None:
        return order, key, [among_tasks]
    if "work" not in roles:
        # A few tasks among many: by the index of roles.
        order = "task t CROSS JOIN slot s CROSS JOIN judgment j"
        key = "t.queue = :queue AND t.id"
    elif not unit.is_postgres:
        (done,) = unit.one(
            "SELECT count(*) FROM slot WHERE queue = :queue AND state = 2", queue=queue
        ) or (0,)
        (last,) = unit.one("SELECT max(rowid) FROM judgment") or (0,)
        if 3 * done > (last or 0):
            order = "judgment j CROSS JOIN slot s CROSS JOIN task t"
            return order, "j.rowid", _cut(0, last or 0, _JUDGMENTS_AT_ONCE)
    low, high = unit.one(
        "SELECT min(id), max(id) FROM task WHERE queue = :queue", queue=queue
    ) or (None, None)
    bounds = [] if low is None else _cut(low, high, _TASKS_AT_ONCE)
    return order, key, bounds


def _cut(first: int, last: int, size: int) -> list[tuple[int, int]]:
    """Cut a range of numbers into stretches; the end of each is outside it."""
    return [(low, low + size) for low in range(first, last + 1, size)]


def _joined(
    unit: Unit, columns: list[str], body: str, values: dict[str, str | int]
) -> list[list[str]]:
    """Let the database join each column, and split it."""
    if unit.is_postgres:
        packed = ", ".join(f"string_agg(CAST({c} AS text), :sep)" for c in columns)
        row = unit.one(f"SELECT count(*), {packed} {body}", sep=_SEPARATOR, **values)
        n, *texts = row or (0,)
        split = [str(text).split(_SEPARATOR) for text in texts]
    else:
        # One text of all columns: SQLite takes half as long as for one of each.
        shape = _SEPARATOR.join(["%s"] * len(columns))
        row = unit.one(
            f"SELECT count(*), group_concat(printf(:shape, {', '.join(columns)}), :sep)"
            f" {body}",
            sep=_SEPARATOR,
            shape=shape,
            **values,
        )
        n, text = row or (0, "")
        pieces = str(text).split(_SEPARATOR)
        split = [pieces[i :: len(columns)] for i in range(len(columns))]
    if not n:
        return [[] for _ in columns]
    if all(len(column) == n for column in split):
        return split
    # A name may hold any character, the separator too.
    plain = ", ".join(f"CAST({c} AS text)" for c in columns)
    rows = unit.all(f"SELECT {plain} {body}", **values)
    return [list(column) for column in zip(*rows, strict=True)]


class _Growing:
    """Numbers the different texts of a column that comes in parts."""

    def __init__(self) -> None:
        self._place: dict[str, int] = {}
        # Places are few; half as wide, a million of them wait in half the room.
        self._parts = [np.empty(0, dtype=np.int32)]

    def add(self, texts: Sequence[str]) -> None:
        """Take the next texts."""
        place = self._place
        for text in dict.fromkeys(texts):
            place.setdefault(text, len(place))
        # Mapping a method runs without a step of Python per text.
        self._parts.append(
            np.fromiter(map(place.__getitem__, texts), np.int32, len(texts))
        )

    def done(self) -> Factor:
        """Give the column, its values sorted."""
        values = sorted(self._place)
        rank = np.empty(len(values), dtype=np.int64)
        rank[[self._place[value] for value in values]] = np.arange(len(values))
        return Factor(rank[np.concatenate(self._parts)], tuple(values))


def factor(texts: Sequence[str]) -> Factor:
    """Number the different texts of a column."""
    column = _Growing()
    column.add(texts)
    return column.done()


def task_facts(
    unit: Unit, queue: str, roles: Sequence[str] = ("work",)
) -> dict[int, TaskFact]:
    """Load the tasks of a queue that are comparisons, by id."""
    among = {f"role{i}": role for i, role in enumerate(roles)}
    rows = unit.all(
        "SELECT t.id, t.comparison_id, t.role, t.topic, t.batch, "
        "CASE WHEN t.gold_suspended = 0 THEN t.gold END, "
        "c.prompt_digest, c.n_responses FROM task t "
        "JOIN comparison c ON c.id = t.comparison_id WHERE t.queue = :queue "
        f"AND t.role IN ({', '.join(f':{name}' for name in among)}) "
        "ORDER BY t.comparison_id, t.id",
        queue=queue,
        **among,
    )
    return {row[0]: TaskFact(*row) for row in rows}


def says_more(unit: Unit, queue: str) -> bool:
    """Tell whether some judgment of a queue gives reasons or ratings."""
    # Mostly nobody in the whole store does, and to see that needs no look at tasks.
    if unit.one(f"SELECT 1 FROM judgment j WHERE {_SAYS_MORE} LIMIT 1") is None:
        return False
    found = unit.one(
        "SELECT 1 FROM judgment j JOIN task t ON t.id = j.task_id "
        f"WHERE ({_SAYS_MORE}) AND t.queue = :queue LIMIT 1",
        queue=queue,
    )
    return found is not None


def shared_prompts(unit: Unit, queue: str) -> dict[int, str]:
    """Find the work tasks whose prompt stands in several comparisons.

    Returns:
        The prompt's hash by task id; a prompt of one comparison is left out.
    """
    return dict(
        unit.all(
            "SELECT t.id, c.prompt_digest FROM comparison c "
            "JOIN task t ON t.comparison_id = c.id "
            "WHERE t.queue = :queue AND t.role = 'work' AND c.prompt_digest IN "
            "(SELECT prompt_digest FROM comparison GROUP BY prompt_digest "
            "HAVING count(*) > 1)",
            queue=queue,
        )
    )


def order_of(unit: Unit, queue: str) -> Ints:
    """List the work tasks of a queue by the ids of their comparisons. Shape (n,)."""
    rows = unit.stream(
        "SELECT id FROM task WHERE queue = :queue AND role = 'work' "
        "AND comparison_id IS NOT NULL ORDER BY comparison_id",
        queue=queue,
    )
    return np.fromiter(map(itemgetter(0), rows), np.int64)


def topic_column(unit: Unit, queue: str, tasks: Ints, usual: str = "") -> Factor:
    """Give the topic of each of these tasks.

    Args:
        unit: The unit of work.
        queue: The queue.
        tasks: Shape (n,). Task ids.
        usual: Of tasks that have none.
    """
    column, ids = _Growing(), [np.empty(0, dtype=np.int64)]
    rows = unit.stream(
        "SELECT id, topic FROM task WHERE queue = :queue AND topic IS NOT NULL",
        queue=queue,
    )
    while part := list(islice(rows, _TASKS_AT_ONCE)):
        ids.append(np.fromiter(map(itemgetter(0), part), np.int64, len(part)))
        column.add([topic for _, topic in part])
    column.add([usual])
    found = column.done()
    known = np.concatenate(ids)
    order = np.argsort(known)
    known, codes = known[order], found.code[:-1][order]
    place = np.minimum(np.searchsorted(known, tasks), max(0, len(known) - 1))
    has = known[place] == tasks if len(known) else np.zeros(len(tasks), dtype=np.bool_)
    code = np.full(len(tasks), found.code[-1])
    code[has] = codes[place[has]]
    # Topics that none of these tasks has are left away.
    used, code = np.unique(code, return_inverse=True)
    values = tuple(found.values[i] for i in used.tolist())
    return Factor(code.astype(np.int64), values)


def responses_of(unit: Unit, queue: str) -> dict[int, str]:
    """Give the responses of every task of a queue, a JSON list, by task id."""
    return dict(
        unit.all(
            "SELECT t.id, c.response_ids FROM task t "
            "JOIN comparison c ON c.id = t.comparison_id WHERE t.queue = :queue",
            queue=queue,
        )
    )


def topics_of(unit: Unit, queue: str) -> dict[int, str]:
    """Give the topic of every task of a queue that has one, by task id."""
    return dict(
        unit.all(
            "SELECT id, topic FROM task WHERE queue = :queue AND topic IS NOT NULL",
            queue=queue,
        )
    )


def batches_of(unit: Unit, queue: str) -> dict[int, str]:
    """Give the batch of every task of a queue that has one, by task id."""
    return dict(
        unit.all(
            "SELECT id, batch FROM task WHERE queue = :queue AND batch IS NOT NULL",
            queue=queue,
        )
    )


def models_of(unit: Unit, queue: str) -> dict[int, str]:
    """Give the models of every work task's responses, a JSON list, by task id."""
    return dict(
        unit.all(
            "SELECT t.id, c.models FROM task t "
            "JOIN comparison c ON c.id = t.comparison_id "
            "WHERE t.queue = :queue AND t.role = 'work'",
            queue=queue,
        )
    )


def lengths_of(unit: Unit, queue: str) -> dict[int, str]:
    """Give the characters of every task's responses, a JSON list, by task id."""
    return dict(
        unit.all(
            "SELECT t.id, c.lengths FROM task t "
            "JOIN comparison c ON c.id = t.comparison_id WHERE t.queue = :queue",
            queue=queue,
        )
    )
