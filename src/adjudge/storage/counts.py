"""Counts of judgments, a block of tasks at a time; what moved is counted again.

Triggers note the block of every slot whose standing judgment changes, whoever changes
it. Whoever wants the counts takes the notes and counts those blocks anew, so that no
submit pays for counting, and nobody counts a block twice that did not move.
"""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256
from typing import TYPE_CHECKING

import orjson

from adjudge.storage.engine.sql import insert

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adjudge.storage.engine.store import Unit

BLOCK = 1024  # tasks; the triggers of the schema divide by it, too
_TURN = 4_726_003  # any number of ours; one person counts at a time on PostgreSQL


def take(unit: Unit, most: int) -> list[int]:
    """Take notes of blocks that moved; what moves from now on is noted anew."""
    if unit.is_postgres:
        unit.one(f"SELECT pg_advisory_xact_lock({_TURN})")
    rows = unit.all(
        "SELECT DISTINCT block FROM recount ORDER BY block LIMIT :most", most=most
    )
    blocks = [block for (block,) in rows]
    # Not "those blocks": a note that is written meanwhile must stay.
    unit.run(
        "DELETE FROM recount WHERE id IN (SELECT id FROM recount WHERE block IN "
        "{among numbers blocks})",
        blocks=orjson.dumps(blocks).decode(),
    )
    return blocks


def waiting(unit: Unit) -> int:
    """Count the blocks that moved since they were counted."""
    row = unit.one("SELECT count(DISTINCT block) FROM recount")
    return int(row[0]) if row else 0


def moved(unit: Unit) -> set[int]:
    """Name the blocks that moved since they were counted."""
    return {block for (block,) in unit.all("SELECT DISTINCT block FROM recount")}


def note(unit: Unit, blocks: list[int]) -> None:
    """Note that blocks are to be counted again."""
    unit.many(
        "INSERT INTO recount (block) VALUES (:block)", [{"block": b} for b in blocks]
    )


def note_all(unit: Unit, queue: str) -> None:
    """Note every block of a queue: what is counted of its judgments has changed."""
    unit.run(
        f"INSERT INTO recount (block) SELECT DISTINCT id / {BLOCK} FROM task "
        "WHERE queue = :queue",
        queue=queue,
    )


def queues_of(unit: Unit, block: int) -> list[str]:
    """Name the queues that have tasks, or counts, in a block."""
    rows = unit.all(
        "SELECT queue FROM task WHERE id >= :low AND id < :high "
        "UNION SELECT queue FROM count_block WHERE block = :block ORDER BY 1",
        low=block * BLOCK,
        high=(block + 1) * BLOCK,
        block=block,
    )
    return [queue for (queue,) in rows]


def standing(unit: Unit, queue: str, block: int) -> int:
    """Count the judgments of work that stand in a block."""
    row = unit.one(
        "SELECT count(*) FROM slot s JOIN task t ON t.id = s.task_id "
        "JOIN judgment j ON j.id = s.judgment_id "
        "WHERE s.task_id >= :low AND s.task_id < :high AND s.queue = :queue "
        "AND s.state = 2 AND t.role = 'work' AND s.purpose IN ('first', 'rejudge')",
        low=block * BLOCK,
        high=(block + 1) * BLOCK,
        queue=queue,
    )
    return int(row[0]) if row else 0


def keep(unit: Unit, queue: str, block: int, n_standing: int, body: str) -> None:
    """Keep what was counted of a block."""
    statement = insert(
        "count_block",
        conflict="(queue, block) DO UPDATE SET standing = excluded.standing, "
        "body = excluded.body",
    )
    unit.run(statement, queue=queue, block=block, standing=n_standing, body=body)


def blocks(unit: Unit, queue: str) -> Iterator[tuple[int, str]]:
    """Stream what was counted of a queue: block and body."""
    statement = "SELECT block, body FROM count_block WHERE queue = :queue"
    for row in unit.stream(f"{statement} ORDER BY block", queue=queue):
        yield row[0], row[1]


def shared_in(unit: Unit, queue: str, block: int) -> dict[int, str]:
    """Find the work tasks of a block whose prompt stands in several comparisons."""
    return dict(
        unit.all(
            "SELECT t.id, c.prompt_digest FROM task t "
            "JOIN comparison c ON c.id = t.comparison_id "
            "WHERE t.id >= :low AND t.id < :high AND t.queue = :queue "
            "AND t.role = 'work' AND EXISTS (SELECT 1 FROM comparison o "
            "WHERE o.prompt_digest = c.prompt_digest AND o.id <> c.id)",
            low=block * BLOCK,
            high=(block + 1) * BLOCK,
            queue=queue,
        )
    )


def note_new_sharing(unit: Unit, queue: str) -> None:
    """Note the blocks in which a prompt has come to stand in several comparisons.

    Nothing of their judgments moved, but what is resampled together did.
    """
    size = (
        (unit.one("SELECT count(*) FROM comparison") or (0,))[0],
        (
            unit.one(
                "SELECT count(*) FROM task WHERE queue = :queue AND role = 'work'",
                queue=queue,
            )
            or (0,)
        )[0],
    )
    row = unit.one(
        "SELECT comparisons, tasks, digests FROM count_shared WHERE queue = :queue",
        queue=queue,
    )
    if row is not None and (row[0], row[1]) == size:
        return
    # Late: whoever opens the workbench needs no NumPy.
    from adjudge.storage import tallies  # noqa: PLC0415

    found = _digests(tallies.shared_prompts(unit, queue))
    before = orjson.loads(row[2]) if row else {}
    changed = {b for b in {*found, *before} if found.get(b) != before.get(b)}
    note(unit, sorted(map(int, changed)))
    unit.run(
        insert(
            "count_shared",
            conflict="(queue) DO UPDATE SET comparisons = excluded.comparisons, "
            "tasks = excluded.tasks, digests = excluded.digests",
        ),
        queue=queue,
        comparisons=size[0],
        tasks=size[1],
        digests=orjson.dumps(found).decode(),
    )


def _digests(shared: Mapping[int, str]) -> dict[str, str]:
    parts: dict[str, list[str]] = defaultdict(list)
    for task in sorted(shared):
        parts[str(task // BLOCK)].append(f"{task}:{shared[task]}")
    return {b: sha256(" ".join(p).encode()).hexdigest()[:16] for b, p in parts.items()}
