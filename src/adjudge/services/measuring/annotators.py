"""People of a queue as its judgments show them, and how their weight came about.

Nothing here is a verdict: numbers with intervals, for a lead who decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adjudge.domain.people import Act
from adjudge.domain.words import count_of
from adjudge.errors import UnknownError
from adjudge.services.bench import Bench, find_queue
from adjudge.services.measuring import coding, histories, weighing
from adjudge.services.measuring.measures import as_json
from adjudge.stats import audits, gold, influence
from adjudge.stats.proportions import proportion
from adjudge.stats.reliability import CAP, ENOUGH, FLOOR, PRIOR_HITS, PRIOR_MISSES
from adjudge.storage import people

if TYPE_CHECKING:
    from adjudge.domain.people import Actor
    from adjudge.domain.queue import Queue
    from adjudge.services.measuring.coding import Coded
    from adjudge.services.measuring.histories import History
    from adjudge.services.measuring.weighing import Evidence, Weighing
    from adjudge.storage.engine.store import Unit

_COUNTED = ("first", "rejudge", "gold", "repeat", "training")


def listed(bench: Bench, actor: Actor, queue: str) -> dict[str, Any]:
    """List the people of a queue with all that is measured about them.

    Raises:
        UnknownError: If there is no such queue.
    """
    actor.must(Act.SEE_PEOPLE)
    with bench.store.read() as unit:
        return _Portraits(unit, find_queue(unit, queue)).document()


def why(bench: Bench, actor: Actor, queue: str, name: str) -> dict[str, Any]:
    """Explain one person's weight, down to the judgments on gold.

    Raises:
        UnknownError: If there is no such queue, or no such person.
    """
    actor.must(Act.SEE_PEOPLE)
    with bench.store.read() as unit:
        found = find_queue(unit, queue)
        if people.find(unit, name) is None:
            raise UnknownError(f"there is nobody called {name!r}")
        return _Portraits(unit, found).explained(name)


class _Portraits:
    """All people of one queue, measured together."""

    def __init__(self, unit: Unit, queue: Queue) -> None:
        self._queue = queue
        self._history: History = histories.read(unit, queue.name)
        coded: Coded = coding.read(unit, queue.name, everything=True)
        self._evidence: Evidence = weighing.gather(unit, queue, coded)
        self._weighing: Weighing = weighing.weigh_evidence(unit, queue, self._evidence)
        self._roles = {str(p.name): p.role.value for p in people.everybody(unit)}
        self._with_others = dict(
            zip(
                coded.names,
                influence.agreement_with_others(
                    coded.unit, coded.rater, coded.code, len(coding.CATEGORIES)
                ),
                strict=False,
            )
        )
        self._gold = histories.gold_hits(self._history)
        self._repeats = histories.repeats(self._history)
        self._decided = histories.decided_hits(self._history)
        self._log_pace = _log_pace(self._history)

    def document(self) -> dict[str, Any]:
        """Write what ``annotators --json`` prints."""
        rows = [self._row(i) for i in range(len(self._history.names))]
        return {
            "queue": self._queue.name,
            "people": rows,
            "warnings": [] if rows else ["nobody has judged in this queue yet"],
        }

    def _row(self, person: int) -> dict[str, Any]:
        history, name = self._history, self._history.names[person]
        mine = history.of(person)
        purposes = [
            history.purpose.values[c] for c in history.purpose.code[mine].tolist()
        ]
        found = {
            "name": name,
            "role": self._roles.get(name, "annotator"),
            "judgments": {p: purposes.count(p) for p in _COUNTED},
            **self._times(mine, person),
            "gold": self._gold_of(person),
            "self_consistency": self._share(self._repeats, person),
            "side_bias": self._sides(mine),
            "with_others": as_json(self._with_others.get(name, proportion(0, 0))),
            "adjudicated": self._share(self._decided, person),
            **self._weight(name),
        }
        return {**found, "reasons": _reasons(found)}

    def _times(self, mine: slice, person: int) -> dict[str, Any]:
        seconds = self._history.seconds[mine]
        known = seconds[seconds > 0]
        pace = self._log_pace.get(person)
        return {
            "active_seconds": float(known.sum()) if len(known) else None,
            "median_seconds": float(np.median(known)) if len(known) else None,
            # Time taken over what others took for the same tasks.
            "pace": None if pace is None else float(np.exp(pace)),
        }

    def _gold_of(self, person: int) -> dict[str, Any]:
        rows, hits = self._gold
        mine = hits[self._history.who[rows] == person] if len(rows) else hits
        test = gold.sequential_test(mine)
        return {
            "accuracy": as_json(proportion(int(mine.sum()), len(mine))),
            "state": test.state,
            "score": test.score,
            "n_used": test.n_used,
            "flag_at": test.flag_at,
            "pass_at": test.pass_at,
        }

    def _share(self, found: tuple[Any, Any], person: int) -> dict[str, Any]:
        rows, hits = found
        mine = hits[self._history.who[rows] == person] if len(rows) else hits
        return as_json(proportion(int(mine.sum()), len(mine)))

    def _sides(self, mine: slice) -> dict[str, Any]:
        """Compute how often the response on the left wins; half is no bias."""
        counted = self._history.is_(*histories.WORK)[mine]
        left = self._history.left[mine][counted]
        told = left[left >= 0]
        return as_json(proportion(int(told.sum()), len(told)))

    def _weight(self, name: str) -> dict[str, Any]:
        topics = self._topics(name)
        found = weighing.explained(self._weighing, name, topics)
        return {
            "reliability": found["reliability"],
            "reliability_n": found["n"],
            "weights": found["topics"],
        }

    def _topics(self, name: str) -> list[str | None]:
        person = self._history.names.index(name) if name in self._history.names else -1
        if person < 0:
            return [None]
        tasks = set(self._history.task[self._history.of(person)].tolist())
        topics = {self._history.facts[t].topic for t in tasks}
        return sorted(topics, key=lambda t: (t is not None, t or ""))

    def explained(self, name: str) -> dict[str, Any]:
        """Lay out a person's weight with the evidence and in words."""
        topics = self._topics(name)
        found = weighing.explained(self._weighing, name, topics)
        rows, hits = self._gold
        history = self._history
        on_gold = [
            {
                "comparison": history.facts[int(history.task[row])].comparison,
                "at": history.at.values[history.at.code[row]],
                "ranking": history.ranking(row),
                "gold": history.facts[int(history.task[row])].gold,
                "hit": bool(hit),
            }
            for row, hit in zip(rows.tolist(), hits.tolist(), strict=True)
            if history.names[history.who[row]] == name
        ]
        return {
            "queue": self._queue.name,
            "name": name,
            **found,
            "gold": on_gold,
            "words": _words(name, found),
        }


def _reasons(found: dict[str, Any]) -> dict[str, str]:
    """Say in words why a plain number is not there."""
    timed = found["active_seconds"] is not None
    why = {
        "active_seconds": "no times were measured",
        "median_seconds": "no times were measured",
        "pace": "nobody else was timed on the same tasks"
        if timed
        else "no times were measured",
        "reliability": "nothing could be compared with gold or with anybody else's",
    }
    return {k: f"undefined: {words}" for k, words in why.items() if found[k] is None}


def _log_pace(history: History) -> dict[int, float]:
    """Compare each person's times with the median of the others' on the same task.

    Returns:
        Median log ratio by person; nobody who shares no timed task with others.
    """
    timed = np.flatnonzero((history.seconds > 0) & history.is_(*histories.WORK))
    if not len(timed):
        return {}
    who = history.who[timed]
    ratio = audits.over_others(history.task[timed], np.log(history.seconds[timed]))
    shared = ~np.isnan(ratio)
    found = {}
    for person in np.unique(who[shared]).tolist():
        found[person] = float(np.median(ratio[shared & (who == person)]))
    return found


def _words(name: str, found: dict[str, Any]) -> list[str]:
    """Say in sentences how a weight came about."""
    if found["reliability"] is None:
        return [
            f"{name} has no judgment here that could be compared with gold or with "
            "anybody else's; the declared weight stands."
        ]
    n, hits = found["n"], found["gold_hits"] + found["expected_hits"]
    said = [
        f"reliability {found['reliability']:.3f} = ({PRIOR_HITS:g} + {hits:.1f}) / "
        f"({PRIOR_HITS + PRIOR_MISSES:g} + {n}): {found['gold_hits']:g} of "
        f"{found['n_gold']} right on gold, and {found['expected_hits']:.1f} of "
        f"{count_of(n - found['n_gold'], 'other')} probably right, given what "
        f"everybody else said; {PRIOR_HITS:g} of {PRIOR_HITS + PRIOR_MISSES:g} are "
        "imagined before the first judgment."
    ]
    for topic, part in found["topics"].items():
        where = "in every topic" if topic == "*" else f"in {topic}"
        if part["is_measured"]:
            said.append(
                f"{where}: declared {part['declared']:g} times {part['factor']:.2f} "
                "(the log odds of the reliability over those of 0.8), kept between "
                f"{FLOOR:g} and {CAP:g}, gives {part['effective']:.2f}."
            )
        else:
            said.append(
                f"{where}: declared {part['declared']:g} stands as it is, because "
                f"{count_of(n, 'judgment is', 'judgments are')} fewer than {ENOUGH}."
            )
    return said
