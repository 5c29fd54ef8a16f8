"""Comparisons and the tasks made of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import orjson

from adjudge.domain.conversation import Comparison, places_of
from adjudge.domain.record import canonical
from adjudge.storage import covered
from adjudge.storage.covered import Whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from adjudge.domain.ids import ResponseId
    from adjudge.storage.engine.store import Unit

    Cover = Callable[[Comparison], tuple[Comparison, Mapping[str, int]]]


@dataclass(frozen=True)
class Task:
    """A task with its comparison, as somebody gets it to work on."""

    id: int
    queue: str
    role: str
    comparison: Comparison
    batch: str | None
    gold: str | None


class Target(NamedTuple):
    """What an imported judgment must fit: a task and the responses it ranks."""

    task_id: int
    queue: str
    responses: tuple[ResponseId, ...]
    judged_digest: str


def text_id(comparison_id: str) -> str:
    """Name the text of a comparison."""
    return f"comparison:{comparison_id}"


def add_chunk(
    unit: Unit,
    lines: Sequence[tuple[int, Comparison]],
    known: dict[str, str],
    *,
    import_id: str,
    cover: Cover | None = None,
) -> tuple[int, int]:
    """Add comparisons of one import; give how many are new and how many stood.

    Args:
        unit: The unit of work.
        lines: Line number and comparison, in file order.
        known: What ``digests`` found before; nothing may have come in between.
        import_id: Nothing of it can be seen until the import is published.
        cover: Gives what is to be shown of a comparison, and what is covered in it.
    """
    new: list[tuple[int, Comparison]] = []
    whole: list[Whole] = []
    old: list[tuple[int, str]] = []
    for line, comparison in lines:
        if comparison.id in known:
            old.append((line, comparison.id))
        else:
            known[comparison.id] = comparison.content_digest
            shown, kinds = cover(comparison) if cover else (comparison, None)
            if kinds:
                body = comparison.content.decode()
                whole.append(Whole(text_id(comparison.id), body, kinds))
            new.append((line, shown))
    unit.load(
        "text",
        (
            {"id": text_id(c.id), "body": c.content.decode(), "erased_at": None}
            for _, c in new
        ),
    )
    covered.add(unit, whole)
    # Whoever imports it again has the text as it came.
    unit.load("comparison", (_row(n, c, known[c.id], import_id) for n, c in new))
    unit.load(
        "import_member",
        (
            {"import_id": import_id, "comparison_id": id, "line": line}
            for line, id in old
        ),
    )
    return len(new), len(old)


def clashes(
    unit: Unit, lines: Sequence[tuple[int, Comparison]], known: dict[str, str]
) -> dict[int, str]:
    """Find ids that stand with other content, in the store or earlier in the file.

    What stands covered may come back as it was shown: that is the same content.

    Returns:
        The comparison's id by line number.
    """
    seen = dict(known)
    found: dict[int, str] = {}
    for line, comparison in lines:
        digest = seen.setdefault(comparison.id, comparison.content_digest)
        if digest != comparison.content_digest and not _is_shown(unit, comparison):
            found[line] = comparison.id
    return found


def _is_shown(unit: Unit, comparison: Comparison) -> bool:
    row = unit.one("SELECT body FROM text WHERE id = :id", id=text_id(comparison.id))
    return row is not None and row[0] == comparison.content.decode()


def digests(unit: Unit, lines: Sequence[tuple[int, Comparison]]) -> dict[str, str]:
    """Find which of these ids stand in the store, with the hash of their content."""
    rows = unit.all(
        "SELECT id, content_digest FROM comparison WHERE id IN {among ids}",
        ids=canonical([c.id for _, c in lines]).decode(),
    )
    return {str(id): str(digest) for id, digest in rows}


def _row(
    line: int, comparison: Comparison, digest: str, import_id: str
) -> dict[str, object]:
    talk = comparison.meta.get("conversation_id")
    return {
        "id": comparison.id,
        "text_id": text_id(comparison.id),
        "content_digest": digest,
        "judged_digest": comparison.judged_digest,
        "prompt_digest": comparison.prompt_digest,
        "response_ids": _listed(comparison.response_ids),
        "n_responses": len(comparison.responses),
        "models": _listed(comparison.models),
        "lengths": canonical([len(r.judged) for r in comparison.responses]).decode(),
        "topic": comparison.topic,
        "language": comparison.language,
        "labels": _listed(comparison.labels),
        "priority": comparison.priority,
        "conversation_id": talk if isinstance(talk, str) else None,
        "consent": "not_applicable",
        "import_id": import_id,
        "line": line,
        "gold": _gold(comparison),
    }


@lru_cache(maxsize=1024)
def _listed(values: tuple[str | None, ...]) -> str:
    """Write a list; the same ones come again and again in a file."""
    return canonical(values).decode()


def _gold(comparison: Comparison) -> str | None:
    if comparison.gold is None:
        return None
    return places_of(comparison.gold.ranking, comparison.response_ids)


def make_tasks(
    unit: Unit,
    *,
    import_id: str,
    queue: str,
    kind: str,
    overlap: int,
    training: bool,
    batch: str | None,
) -> int:
    """Make a task of every comparison an import named, in file order.

    A comparison with an inline gold answer becomes a gold task, in a training queue
    every one a training task; one that is a task of this queue already stays what it
    is. What an incident holds or hides, or what is erased, stands still here too.
    """
    return unit.run(
        "INSERT INTO task (queue, kind, role, comparison_id, batch, priority, overlap, "
        "topic, language, labels, gold, frozen, import_id) "
        "SELECT :queue, :kind, CASE WHEN :training = 1 THEN 'training' "
        "WHEN c.gold IS NULL THEN 'work' ELSE 'gold' END, "
        "c.id, :batch, c.priority, :overlap, c.topic, c.language, c.labels, c.gold, "
        "CASE WHEN EXISTS (SELECT 1 FROM incident i WHERE i.comparison_id = c.id "
        "AND i.freezes = 1 AND (i.state <> 'closed' OR i.outcome = 'withdraw')) "
        "OR EXISTS (SELECT 1 FROM text x WHERE x.id = c.text_id AND x.body IS NULL) "
        "THEN 1 ELSE 0 END, :import_id FROM comparison c "
        "LEFT JOIN import_member m ON m.import_id = :import_id "
        "AND m.comparison_id = c.id "
        "WHERE c.import_id = :import_id OR m.import_id IS NOT NULL "
        "ORDER BY coalesce(m.line, c.line) ON CONFLICT DO NOTHING",
        queue=queue,
        kind=kind,
        overlap=overlap,
        training=int(training),
        batch=batch,
        import_id=import_id,
    )


def discard(unit: Unit, import_id: str) -> None:
    """Forget the comparisons of an import that was never published."""
    unit.run("DELETE FROM import_member WHERE import_id = :id", id=import_id)
    unit.run("DELETE FROM comparison WHERE import_id = :id", id=import_id)
    covered.discard(unit, "comparison")
    # The texts go after the rows that point at them.
    unit.run(
        "DELETE FROM text WHERE id LIKE 'comparison:%' AND id NOT IN "
        "(SELECT text_id FROM comparison)"
    )


def targets(
    unit: Unit, ids: Iterable[str], queue: str | None
) -> dict[str, list[Target]]:
    """Find the tasks of comparisons, in one queue or in all of them.

    Where gold was made of a queue's own work, the work is the task: what people said
    of it stays what it was, and is exported.
    """
    rows = unit.all(
        "SELECT c.id, t.id, t.queue, c.response_ids, c.judged_digest, t.role "
        "FROM task t JOIN comparison c ON c.id = t.comparison_id "
        "WHERE c.id IN {among ids} AND t.role <> 'training' "
        + ("AND t.queue = :queue " if queue else "")
        + "ORDER BY t.id",
        ids=canonical(list(ids)).decode(),
        **({"queue": queue} if queue else {}),
    )
    found: dict[str, list[Target]] = {}
    for id, task_id, name, responses, digest, role in rows:
        target = Target(task_id, name, tuple(orjson.loads(responses)), digest)
        others = [t for t in found.get(id, []) if t.queue != name]
        if role == "work" or len(others) == len(found.get(id, [])):
            found[id] = [*others, target]
    return found


def in_training(unit: Unit, ids: Iterable[str]) -> set[str]:
    """Find which comparisons are tasks of training."""
    if not (asked := list(ids)):
        return set()
    rows = unit.all(
        "SELECT DISTINCT comparison_id FROM task "
        "WHERE comparison_id IN {among ids} AND role = 'training'",
        ids=canonical(asked).decode(),
    )
    return {row[0] for row in rows}


# What an incident hides is shown to nobody, whatever asks for it.
SHOWN = "(SELECT 1 FROM hidden h WHERE h.comparison_id = c.id) IS NULL"


def load(unit: Unit, id: str) -> Comparison | None:
    """Load a comparison with its texts; ``None`` if unknown, erased or hidden."""
    row = unit.one(
        "SELECT x.body FROM comparison c JOIN text x ON x.id = c.text_id "
        f"WHERE c.id = :id AND {SHOWN}",
        id=id,
    )
    return Comparison.model_validate_json(row[0]) if row and row[0] else None


def is_there(unit: Unit, id: str) -> bool:
    """Tell whether there is a comparison of that id, hidden or not."""
    return unit.one("SELECT 1 FROM comparison WHERE id = :id", id=id) is not None


def task(unit: Unit, task_id: int) -> Task | None:
    """Load a task with its comparison; ``None`` if unknown, erased or hidden."""
    row = unit.one(
        "SELECT t.id, t.queue, t.role, x.body, t.batch, t.gold FROM task t "
        "JOIN comparison c ON c.id = t.comparison_id JOIN text x ON x.id = c.text_id "
        f"WHERE t.id = :id AND {SHOWN}",
        id=task_id,
    )
    if row is None or row[3] is None:
        return None
    id, queue, role, body, batch, gold = row
    return Task(id, queue, role, Comparison.model_validate_json(body), batch, gold)


def stream(unit: Unit, ids: Iterable[str]) -> Iterator[Comparison]:
    """Load many comparisons, in the order of their ids."""
    for (body,) in unit.stream(
        "SELECT x.body FROM comparison c JOIN text x ON x.id = c.text_id "
        f"WHERE c.id IN {{among ids}} AND x.body IS NOT NULL AND {SHOWN} "
        "ORDER BY c.id",
        ids=canonical(list(ids)).decode(),
    ):
        yield Comparison.model_validate_json(body)
