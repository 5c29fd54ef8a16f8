"""Everything people did in a queue, in the order in which they did it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import orjson

from adjudge.services.measuring import coding
from adjudge.services.measuring.coding import FIRST, SECOND
from adjudge.storage import results, tallies

if TYPE_CHECKING:
    from adjudge.services.measuring.coding import Bools, Floats, Ints
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.tallies import Factor, TaskFact

WORK = ("first", "rejudge", "gold")
EVERY_PURPOSE = ("first", "rejudge", "gold", "repeat", "training")
_ROLES = ("work", "gold", "training")


@dataclass(frozen=True, eq=False)
class History:
    """Judgments in columns, sorted by person and time.

    Attributes:
        names: Annotators, sorted.
        who: Shape (n,). Index into ``names``.
        task: Shape (n,). Task ids.
        purpose: Why it was judged: first, rejudge, gold, repeat, training.
        said: Tiers, margin, flag and occasion, packed (see ``coding.said``).
        at: When it was judged.
        guideline: The version it was judged under.
        judgment: Ids.
        seconds: Shape (n,). Active time, -1 where none was measured.
        code: Shape (n,). Of two responses: 0 first, 1 second, 2 tie; -1 of others.
        left: Shape (n,). 1 where the response shown on the left won, 0 where the other
            did, -1 for ties, other numbers of responses, and unknown sides.
        facts: The tasks by id.
        adjudicated: By task id: the standing decision and who made it.
    """

    names: tuple[str, ...]
    who: Ints
    task: Ints
    purpose: Factor
    said: Factor
    at: Factor
    guideline: Factor
    judgment: Factor
    seconds: Floats
    code: Ints
    left: Ints
    facts: dict[int, TaskFact]
    adjudicated: dict[int, results.Decision]

    def __len__(self) -> int:
        """Count the judgments."""
        return len(self.who)

    def is_(self, *purposes: str) -> Bools:
        """Mark the judgments of some purposes."""
        wanted = [p in purposes for p in self.purpose.values]
        return np.array(wanted, dtype=np.bool_)[self.purpose.code]

    def of(self, person: int) -> slice:
        """Give the rows of one person."""
        low, high = np.searchsorted(self.who, [person, person + 1])
        return slice(int(low), int(high))

    def ranking(self, row: int) -> str:
        """Give the tiers of one judgment."""
        return coding.said(self.said.values[self.said.code[row]]).ranking


def read(unit: Unit, queue: str) -> History:
    """Read what everybody did in a queue."""
    votes = tallies.read(
        unit,
        queue,
        ["annotator", "said", "at", "shown", "purpose", "guideline", "judgment"],
        roles=_ROLES,
        purposes=EVERY_PURPOSE,
        seconds=True,
    )
    facts = tallies.task_facts(unit, queue, _ROLES)
    name_of = {f.comparison for f in facts.values()}
    rank = {c: i for i, c in enumerate(sorted(name_of))}
    comparison = np.array(
        [rank[facts[t].comparison] for t in votes.task.tolist()], dtype=np.int64
    )
    who = votes.texts["annotator"]
    order = np.lexsort(
        (
            votes.texts["judgment"].code,
            comparison,
            votes.texts["at"].code,
            who.code,
        )
    )
    votes = votes.take(order)
    code = _codes(votes.texts["said"])
    return History(
        names=who.values,
        who=votes.texts["annotator"].code,
        task=votes.task,
        purpose=_purposes(votes, facts),
        said=votes.texts["said"],
        at=votes.texts["at"],
        guideline=votes.texts["guideline"],
        judgment=votes.texts["judgment"],
        seconds=votes.seconds,
        code=code,
        left=_left(code, votes.texts["shown"]),
        facts=facts,
        adjudicated=results.decisions(unit, queue),
    )


def _purposes(votes: tallies.Votes, facts: dict[int, TaskFact]) -> Factor:
    """Call judgments on gold gold, whichever slot they came into."""
    column = votes.texts["purpose"]
    named = [
        facts[task].role
        if facts[task].role != "work" and column.values[code] == "first"
        else column.values[code]
        for task, code in zip(votes.task.tolist(), column.code.tolist(), strict=True)
    ]
    return tallies.factor(named)


def _codes(said: Factor) -> Ints:
    """Code judgments of two responses."""
    found = []
    for value in said.values:
        ranking = coding.said(value).ranking
        codes = coding.pair_codes(ranking) if ranking else ()
        found.append(codes[0] if len(codes) == 1 else -1)
    return np.array(found, dtype=np.int64)[said.code]


def _left(code: Ints, shown: Factor) -> Ints:
    """Tell whether the response shown on the left won."""
    first_on_left = np.array(
        [-1 if not value else int(value.startswith("0")) for value in shown.values],
        dtype=np.int64,
    )[shown.code]
    won = np.where(code == FIRST, first_on_left, 1 - first_on_left)
    known = (first_on_left >= 0) & ((code == FIRST) | (code == SECOND))
    return np.where(known, won, -1)


def gold_hits(history: History) -> tuple[Ints, Bools]:
    """Compare judgments on gold with the known answers.

    Returns:
        Rows of judgments on gold, in time order by person, and whether each is right.
    """
    rows, hits = [], []
    for row in np.flatnonzero(history.is_("gold")).tolist():
        answer = history.facts[int(history.task[row])].gold
        ranking = history.ranking(row)
        if answer and ranking:
            rows.append(row)
            hits.append(coding.hits_gold(ranking, answer))
    return np.array(rows, dtype=np.int64), np.array(hits, dtype=np.bool_)


def decided_hits(history: History) -> tuple[Ints, Bools]:
    """Compare judgments with what leads decided; a lead's own are left out."""
    rows, hits = [], []
    if history.adjudicated:
        for row in np.flatnonzero(history.is_("first", "rejudge")).tolist():
            decision = history.adjudicated.get(int(history.task[row]))
            ranking = history.ranking(row)
            if (
                decision is None
                or not ranking
                or decision.by == history.names[history.who[row]]
            ):
                continue
            rows.append(row)
            hits.append(coding.hits_gold(ranking, decision.ranking))
    return np.array(rows, dtype=np.int64), np.array(hits, dtype=np.bool_)


def repeats(history: History) -> tuple[Ints, Bools]:
    """Compare silent repeats with what the same person said first.

    Returns:
        Rows of repeats whose first judgment stands, and whether they are the same.
    """
    first: dict[tuple[int, int], int] = {}
    for row in np.flatnonzero(history.is_("first", "gold")).tolist():
        first[int(history.who[row]), int(history.task[row])] = row
    rows, same = [], []
    for row in np.flatnonzero(history.is_("repeat")).tolist():
        before = first.get((int(history.who[row]), int(history.task[row])))
        if before is not None:
            rows.append(row)
            same.append(history.ranking(row) == history.ranking(before))
    return np.array(rows, dtype=np.int64), np.array(same, dtype=np.bool_)


def lengths(unit: Unit, queue: str) -> dict[int, tuple[int, ...]]:
    """Give the characters of every response by task id, in file order."""
    return {
        task: tuple(orjson.loads(text))
        for task, text in tallies.lengths_of(unit, queue).items()
    }
