"""Standing judgments of a queue in columns: what statistics read.

A million judgments as rows cost more in making Python objects than in reading them.
Here the database joins each column into one text and Python splits it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adjudge.storage.store import Unit

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
    "day": f"substr({_JUDGED_AT}, 1, 10)",
    "at": _JUDGED_AT,
    "shown": "coalesce(j.shown, '')",
    "purpose": "s.purpose",
    "judgment": "j.id",
}
_SECONDS = "coalesce(j.seconds, -1)"


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
    order, part = "slot s CROSS JOIN task t CROSS JOIN judgment j", ""
    if among_tasks is None:
        order = _order(unit, queue)
    else:
        among["low"], among["high"] = among_tasks
        part = "AND s.task_id >= :low AND s.task_id < :high "
    body = (
        f"FROM {order} "
        "WHERE s.queue = :queue AND s.state = 2 AND t.id = s.task_id "
        "AND j.id = s.judgment_id AND s.annotator = j.annotator "
        "AND s.task_id = j.task_id AND s.occasion = j.occasion "
        f"AND t.role IN ({', '.join(f':role{i}' for i in range(len(roles)))}) "
        f"AND s.purpose IN ({', '.join(f':purpose{i}' for i in range(len(purposes)))})"
        f" {part}"
    )
    joined = _joined(unit, columns, body, {"queue": queue, **among})
    first = len(numbers)
    texts = {f: factor(joined[i + first]) for i, f in enumerate(wanted)}
    return Votes(
        task=np.fromiter(map(int, joined[0]), np.int64, len(joined[0])),
        texts=texts,
        seconds=np.array(joined[1] if seconds else [], dtype=np.float64),
    )


def _order(unit: Unit, queue: str) -> str:
    """Say in which order to join; PostgreSQL finds its own.

    SQLite keeps to CROSS JOIN. Judgments lie in the order in which they came, so
    going through all of them is cheaper than fetching a large part one by one.
    """
    (done,) = unit.one(
        "SELECT count(*) FROM slot WHERE queue = :queue AND state = 2", queue=queue
    ) or (0,)
    if not unit.is_postgres:
        (stored,) = unit.one("SELECT max(rowid) FROM judgment") or (0,)
        if 3 * done > (stored or 0):
            return "judgment j CROSS JOIN slot s CROSS JOIN task t"
    return "slot s CROSS JOIN task t CROSS JOIN judgment j"


def _joined(
    unit: Unit, columns: list[str], body: str, values: dict[str, str | int]
) -> list[list[str]]:
    """Let the database join each column, and split it."""
    join = "string_agg" if unit.is_postgres else "group_concat"
    packed = ", ".join(f"{join}(CAST({c} AS text), :sep)" for c in columns)
    row = unit.one(f"SELECT {packed} {body}", sep=_SEPARATOR, **values)
    if row is None or row[0] is None:
        return [[] for _ in columns]
    split = [str(text).split(_SEPARATOR) for text in row]
    if len({len(column) for column in split}) == 1:
        return split
    # A name may hold any character, the separator too.
    plain = ", ".join(f"CAST({c} AS text)" for c in columns)
    rows = unit.all(f"SELECT {plain} {body}", **values)
    return [list(column) for column in zip(*rows, strict=True)]


def factor(texts: Sequence[str]) -> Factor:
    """Number the different texts of a column."""
    values = sorted(dict.fromkeys(texts))
    place = {value: i for i, value in enumerate(values)}
    # Mapping a method runs without a step of Python per text.
    code = np.fromiter(map(place.__getitem__, texts), np.int64, len(texts))
    return Factor(code, tuple(values))


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
    found = unit.one(
        "SELECT 1 FROM judgment j JOIN task t ON t.id = j.task_id "
        "WHERE (j.reasons <> '{}' OR j.ratings <> '{}') AND t.queue = :queue LIMIT 1",
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


def names_of(unit: Unit, queue: str) -> dict[int, str]:
    """Name the comparison of every work task of a queue, by task id."""
    return dict(
        unit.all(
            "SELECT id, comparison_id FROM task "
            "WHERE queue = :queue AND role = 'work' AND comparison_id IS NOT NULL",
            queue=queue,
        )
    )


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
