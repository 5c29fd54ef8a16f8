"""What a person's judgment weighs in a queue, and how that came about.

The declared expertise in the topic, times what gold and the other judges say about the
person's reliability (see ``stats.reliability``). Flags of the audit never change it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy

from adjudge.services.measuring import coding
from adjudge.services.measuring.coding import CATEGORIES, TIE, Coded
from adjudge.stats import stopping
from adjudge.stats.dawid_skene import DawidSkene, dawid_skene, expertise_prior
from adjudge.stats.reliability import (
    CAP,
    FLOOR,
    PRIOR_HITS,
    PRIOR_MISSES,
    TYPICAL,
    EffectiveWeight,
    effective_weight,
    measure_reliability,
)
from adjudge.storage import people, tallies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adjudge.domain.people import Person
    from adjudge.domain.queue import Queue
    from adjudge.services.measuring.coding import Floats, Ints
    from adjudge.storage.engine.store import Unit

_PRIOR = PRIOR_HITS + PRIOR_MISSES


@dataclass(frozen=True, eq=False)
class Evidence:
    """Judgments of a queue's work and gold, in one numbering.

    Attributes:
        coded: The work.
        names: Annotators of work and gold, sorted.
        unit: Shape (n_codes,). Units of the work first, then of gold.
        rater: Shape (n_codes,). Index into ``names``.
        code: Shape (n_codes,).
        known: Shape (n_units,). Known category of gold units, -1 elsewhere.
        judgments: Shape (n_names,). Judgments of each person, gold included.
        n_categories: Categories the queue takes.
    """

    coded: Coded
    names: tuple[str, ...]
    unit: Ints
    rater: Ints
    code: Ints
    known: Ints
    judgments: Ints
    n_categories: int


@dataclass(frozen=True)
class Reliable:
    """A person's measured reliability with all its parts.

    Attributes:
        value: Posterior mean accuracy, 0 … 1.
        n: Judgments it rests on.
        gold_hits: Right judgments on gold, and how many there were.
        expected_hits: Sum over the other judgments of the probability that they are
            right, given what everybody else said.
    """

    value: float
    n: int
    gold_hits: float
    n_gold: int
    expected_hits: float


class _InTopic(dict[str, float]):
    """Effective weights by name."""

    def __init__(self, weighing: Weighing, topic: str | None) -> None:
        super().__init__()
        self._weighing = weighing
        self._topic = topic

    def __missing__(self, who: str) -> float:
        """Work out a weight that nobody has asked for yet."""
        found = self[who] = self._weighing.effective(who, self._topic).weight
        return found


@dataclass(frozen=True, eq=False)
class Weighing:
    """The weights of a queue.

    Attributes:
        queue: Its topic stands in for tasks without one.
        people: Everybody by name.
        reliable: Measured reliability by name; nobody without judgments.
    """

    queue: Queue
    people: dict[str, Person]
    reliable: dict[str, Reliable]
    _known: dict[str | None, _InTopic] = field(default_factory=dict)

    def declared(self, who: str, topic: str | None) -> float:
        """Give the declared weight of a person in a topic."""
        person = self.people.get(who)
        return person.weight(topic or self.queue.topic) if person else 1.0

    def effective(self, who: str, topic: str | None) -> EffectiveWeight:
        """Give the effective weight of a person in a topic, with its parts."""
        found = self.reliable.get(who, Reliable(TYPICAL, 0, 0, 0, 0.0))
        return effective_weight(self.declared(who, topic), found.value, found.n)

    def weight(self, who: str, topic: str | None) -> float:
        """Give the effective weight of a person in a topic."""
        return self.in_topic(topic)[who]

    def in_topic(self, topic: str | None) -> Mapping[str, float]:
        """Give everybody's effective weight in a topic, worked out when asked for."""
        found = self._known.get(topic)
        if found is None:
            found = self._known[topic] = _InTopic(self, topic)
        return found


@dataclass(frozen=True, eq=False)
class Truth:
    """Posteriors of a Dawid-Skene fit, in arrays: there may be a million.

    Attributes:
        tasks: Shape (n_tasks,). Task ids, ascending.
        start: Shape (n_tasks,). Where the pairs of each task begin.
        n_pairs: Shape (n_tasks,). How many there are.
        posterior: Shape (n_pairs_in_all, n_categories). Per pair of places, the
            probability of first, second (and tie).
    """

    tasks: Ints
    start: Ints
    n_pairs: Ints
    posterior: Floats

    def of(self, task_id: int) -> list[list[float]] | None:
        """Give the posteriors of one task; ``None`` if nobody judged it."""
        place = int(self.tasks.searchsorted(task_id))
        if place == len(self.tasks) or self.tasks[place] != task_id:
            return None
        start = int(self.start[place])
        found: list[list[float]] = self.posterior[
            start : start + int(self.n_pairs[place])
        ].tolist()
        return found


def weigh(unit: Unit, queue: Queue) -> Weighing:
    """Measure everybody's reliability and weigh them."""
    return weigh_evidence(unit, queue, gather(unit, queue))


def weigh_evidence(unit: Unit, queue: Queue, evidence: Evidence) -> Weighing:
    """Weigh people on evidence that was gathered already."""
    everybody = {str(p.name): p for p in people.everybody(unit)}
    return Weighing(queue, everybody, measured(evidence))


def gather(unit: Unit, queue: Queue, coded: Coded | None = None) -> Evidence:
    """Put the judgments of a queue's work and of its gold into one numbering."""
    work = coded or coding.read(unit, queue.name, everything=True)
    n_categories = len(CATEGORIES) if queue.ties else len(CATEGORIES) - 1
    gold, known = _gold(unit, queue.name)
    names = tuple(sorted({*work.names, *gold.names}))
    place = {name: i for i, name in enumerate(names)}
    of_work = np.array([place[n] for n in work.names], dtype=np.int64)
    of_gold = np.array([place[n] for n in gold.names], dtype=np.int64)
    n_work = len(work.owner)
    asserted = known[gold.unit] >= 0 if len(gold.unit) else np.empty(0, dtype=np.bool_)
    # Of a million judgments every copy counts: what needs no change is not copied.
    unit_of = _joined(work.unit, gold.unit[asserted] + n_work)
    code = _joined(work.code, gold.code[asserted])
    annotator = work.votes.texts["annotator"].code
    rater = annotator if work.is_judged_once else annotator[work.judgment]
    if names != work.names:
        rater = _looked_up(of_work, rater)
    rater = _joined(rater, _looked_up(of_gold, gold.rater[asserted]))
    kept = code < n_categories
    if not kept.all():
        unit_of, rater, code = unit_of[kept], rater[kept], code[kept]
    judgments = np.zeros(len(names), dtype=np.int64)
    for of, votes in ((of_work, work.votes), (of_gold, gold.votes)):
        given = np.bincount(votes.texts["annotator"].code, minlength=len(of))
        judgments[of] += given
    return Evidence(
        coded=work,
        names=names,
        unit=unit_of,
        rater=rater,
        code=code,
        known=_joined(np.full(n_work, -1), known),
        judgments=judgments,
        n_categories=n_categories,
    )


def fit(unit: Unit, evidence: Evidence, weighing: Weighing) -> DawidSkene | None:
    """Estimate the truth of every unit; ``None`` where there is no judgment.

    Declared expertise is the prior of everybody's confusion matrix: a weight w stands
    for the accuracy whose log odds are w times those of an ordinary judge, and counts
    as ten judgments. Gold units have their known answer. Reliability that was
    measured on these same judgments is not put in a second time.
    """
    if not len(evidence.unit):
        return None
    q = evidence.n_categories
    accuracy = scipy.special.expit(
        np.clip(_mean_declared(unit, evidence, weighing), FLOOR, CAP)
        * scipy.special.logit(TYPICAL)
    )
    n_raters = int(evidence.rater.max()) + 1
    return dawid_skene(
        evidence.unit,
        evidence.rater,
        evidence.code,
        q,
        n_units=len(evidence.known),
        confusion_prior=expertise_prior(accuracy[:n_raters], _PRIOR, q),
        prevalence_prior=np.ones(q),
        gold=evidence.known,
        tolerance=1e-10,
    )


def truth(evidence: Evidence, found: DawidSkene) -> Truth:
    """Arrange the posteriors of the work by task."""
    coded = evidence.coded
    order = np.argsort(coded.tasks)
    start = np.searchsorted(coded.owner, order)
    n_pairs = np.bincount(coded.owner, minlength=len(order))[order]
    posterior = found.posterior[: len(coded.owner)]
    return Truth(coded.tasks[order], start, n_pairs, posterior)


def no_truth() -> Truth:
    """Give the posteriors where nobody judged anything."""
    nothing = np.empty(0, dtype=np.int64)
    return Truth(nothing, nothing, nothing, np.empty((0, len(CATEGORIES))))


def _mean_declared(unit: Unit, evidence: Evidence, weighing: Weighing) -> Floats:
    """Average a person's declared weight over the topics of their judgments."""
    coded = evidence.coded
    topic = tallies.topic_column(unit, weighing.queue.name, coded.tasks)
    who = coded.votes.texts["annotator"]
    n_topics = max(1, len(topic.values))
    counts = np.bincount(
        who.code * n_topics + topic.code[coded.comparison],
        minlength=len(who.values) * n_topics,
    ).reshape(len(who.values), n_topics)
    row = {name: counts[i] for i, name in enumerate(who.values)}
    means = []
    for name in evidence.names:
        times = row.get(name)
        if times is None or not times.sum():
            means.append(weighing.declared(name, None))
            continue
        declared = [weighing.declared(name, t or None) for t in topic.values]
        means.append(float(times @ np.array(declared)) / float(times.sum()))
    return np.array(means, dtype=np.float64)


def _joined(first: Ints, second: Ints) -> Ints:
    return np.concatenate((first, second)) if len(second) else first


def _looked_up(table: Ints, index: Ints) -> Ints:
    return table[index] if len(index) else np.empty(0, dtype=np.int64)


def _gold(unit: Unit, queue: str) -> tuple[Coded, Ints]:
    """Code the judgments on gold, and the answers of its units (-1: not asserted)."""
    votes = tallies.read(
        unit,
        queue,
        ["annotator", "said"],
        roles=("gold",),
        purposes=("first", "gold"),
    )
    facts = tallies.task_facts(unit, queue, ("gold",))
    coded = coding.code(votes, order=np.array([*facts], dtype=np.int64))
    known = np.full(len(coded.owner), -1, dtype=np.int64)
    base = np.searchsorted(coded.owner, np.arange(coded.n_comparisons))
    for i, task in enumerate(coded.tasks.tolist()):
        answer = facts[task].gold
        if answer:
            right = coding.pair_codes(answer)
            is_tie = all(code == TIE for code in right)
            for pair, code in enumerate(right):
                if is_tie or code != TIE:
                    known[base[i] + pair] = code
    return coded, known


def measured(evidence: Evidence) -> dict[str, Reliable]:
    """Measure everybody's reliability; nobody without judgments to compare."""
    if not len(evidence.unit):
        return {}
    found = measure_reliability(
        evidence.unit,
        evidence.rater,
        evidence.code,
        evidence.n_categories,
        gold=evidence.known,
        n_units=len(evidence.known),
    )
    codes = np.bincount(evidence.rater, minlength=len(evidence.names))
    reliable = {}
    for i, name in enumerate(evidence.names):
        if i >= len(found.value) or not codes[i]:
            continue
        # A ranking of k responses is one judgment, not k(k-1)/2 of them.
        pairs = max(1.0, float(codes[i] / max(1, evidence.judgments[i])))
        n = float(found.n[i]) / pairs
        hits = (float(found.gold_hits[i]) + float(found.expected_hits[i])) / pairs
        reliable[name] = Reliable(
            value=(PRIOR_HITS + hits) / (_PRIOR + n),
            n=round(n),
            gold_hits=float(found.gold_hits[i]) / pairs,
            n_gold=round(float(found.n_gold[i]) / pairs),
            expected_hits=float(found.expected_hits[i]) / pairs,
        )
    return reliable


def accuracies(evidence: Evidence) -> dict[str, float]:
    """Estimate how often everybody is right, as stopping early takes it."""
    if not len(evidence.unit):
        return {}
    found = stopping.accuracies(
        evidence.unit,
        evidence.rater,
        evidence.code,
        evidence.n_categories,
        gold=evidence.known,
        n_units=len(evidence.known),
    )
    codes = np.bincount(evidence.rater, minlength=len(evidence.names))
    return {
        name: float(found[i])
        for i, name in enumerate(evidence.names)
        if i < len(found) and codes[i]
    }


def explained(weighing: Weighing, who: str, topics: list[str | None]) -> dict[str, Any]:
    """Lay out how a person's weight came about, topic by topic."""
    found = weighing.reliable.get(who)
    return {
        "reliability": None if found is None else found.value,
        "n": 0 if found is None else found.n,
        "gold_hits": 0 if found is None else found.gold_hits,
        "n_gold": 0 if found is None else found.n_gold,
        "expected_hits": 0.0 if found is None else found.expected_hits,
        "prior": {"hits": PRIOR_HITS, "misses": PRIOR_MISSES},
        "topics": {topic or "*": _part(weighing, who, topic) for topic in topics},
    }


def _part(weighing: Weighing, who: str, topic: str | None) -> dict[str, Any]:
    part = weighing.effective(who, topic)
    return {
        "declared": part.declared,
        "factor": part.factor,
        "effective": part.weight,
        "is_measured": part.is_measured,
    }
