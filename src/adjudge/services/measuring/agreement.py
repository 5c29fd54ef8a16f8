"""Agreement of a queue: how much people agree, and how sure that is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from adjudge.domain.dataset import LOW_ALPHA
from adjudge.domain.people import Act, Actor
from adjudge.domain.queue import SAMPLED
from adjudge.domain.words import count_of
from adjudge.errors import InvalidInputError, NotEnoughDataError
from adjudge.services.bench import Bench, find_queue
from adjudge.services.measuring import coding, facets, measures
from adjudge.services.measuring.coding import CATEGORIES, NO_MARGIN, TIE, Coded
from adjudge.services.measuring.measures import (
    Counted,
    Number,
    as_json,
    nothing,
    value_of,
)
from adjudge.stats import concordance, influence, weights
from adjudge.stats.agreement import Alpha, BrennanPrediger, Fleiss, Gwet
from adjudge.stats.audits import accuracy_from_agreement
from adjudge.stats.expertise import WeightedUnits
from adjudge.stats.intervals import mean_estimate, ratio_estimate
from adjudge.stats.kappa import rater_pairs
from adjudge.stats.proportions import proportion
from adjudge.storage import overlaps, people, tallies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adjudge.domain.queue import Queue
    from adjudge.services.measuring.coding import Bools, Floats
    from adjudge.stats.intervals import Estimate
    from adjudge.stats.kappa import RaterPairs
    from adjudge.storage.engine.store import Unit
    from adjudge.storage.tallies import Field

By: TypeAlias = Literal["annotator", "topic", "guideline", "week", "batch", "source"]
SLICES: tuple[By, ...] = get_args(By)
SEED = measures.SEED
NOT_DRAWN_YET = "nothing of that random part is judged yet"
RATED = "answers are rated one by one here, not compared"
NONE_GIVEN = "(none)"  # the slice of what has no topic, batch or guideline
_MARGINS = 7  # -3 … 3
_SMALL = 20  # units below which a number is said to be rough
_COLUMNS: dict[str, Field] = {
    "guideline": "guideline",
    "source": "source",
    "week": "day",
}


@dataclass(frozen=True, eq=False)
class Material:
    """What agreement is computed from, read in one go.

    Attributes:
        weight: Declared expertise of the judge in the topic, of every judgment;
            ``None`` where everybody counts the same.
        responses: JSON list of responses by task id, where reasons need them.
        gold: Hits and judgments on gold.
        everywhere: Comparisons judged, where ``coded`` holds a random part of them.
    """

    queue: Queue
    coded: Coded
    weight: Floats | None = None
    responses: Mapping[int, str] = field(default_factory=dict)
    gold: tuple[int, int] = (0, 0)
    everywhere: int | None = None


def agree(
    bench: Bench,
    actor: Actor,
    queue: str,
    *,
    by: str | None = None,
    everything: bool = False,
) -> dict[str, Any]:
    """Measure agreement on the standing judgments of a queue.

    Gold, repeats and training do not count; late and surplus judgments do.

    Args:
        bench: The bench.
        actor: Who asks.
        queue: The queue.
        by: One of ``SLICES``: the same numbers once more for every value.
        everything: Add the coefficients that are not in the headline.

    Raises:
        UnknownError: If there is no such queue.
        InvalidInputError: If there is no such way to slice.
    """
    actor.must(Act.SEE_AGREEMENT)
    if by is not None and by not in SLICES:
        raise InvalidInputError(
            f"agreement cannot be sliced by {by!r}",
            hint=f"--by {'|'.join(SLICES)}",
        )
    with bench.store.read() as unit:
        found = find_queue(unit, queue)
        # The mean of kappas resamples comparisons one by one: they need one order.
        more = [_COLUMNS[by]] if by in _COLUMNS else []
        material = read(unit, found, more=more, ordered=everything)
        places = _places(unit, queue, by)
    numbers = measured(material, everything=everything)
    if by == "annotator":
        pairs = numbers["pairs"]
        numbers["by"] = _by_annotator(material, pairs, everything=everything)
    elif by:
        numbers["by"] = _sliced(material, by, places, everything=everything)
    return numbers


def read(
    unit: Unit,
    queue: Queue,
    *,
    more: list[Field] | None = None,
    ordered: bool = False,
) -> Material:
    """Read what the agreement of a queue is computed from.

    Args:
        unit: The unit of work.
        queue: The queue.
        more: Further columns to keep with the votes.
        ordered: Put comparisons in the order of their ids, where a number depends on
            it.
    """
    facet: list[Field] = ["reasons", "ratings"]
    if not tallies.says_more(unit, queue.name):
        facet = []
    columns = [*facet, *(more or [])]
    coded = coding.read(
        unit,
        queue.name,
        more=columns,
        everything=ordered,
        unranked=queue.kind == "rate",
    )
    everywhere = None
    if queue.adaptive is not None:
        everywhere = coded.n_comparisons
        coded = coding.on_tasks(coded, overlaps.sampled(unit, queue.name))
    needs_places = facets.has_reasons(coded)
    return Material(
        queue=queue,
        coded=coded,
        weight=declared_weights(unit, queue, coded),
        responses=tallies.responses_of(unit, queue.name) if needs_places else {},
        gold=_gold(unit, queue.name),
        everywhere=everywhere,
    )


def headline(
    unit: Unit, queue: Queue, every: Coded | None = None
) -> tuple[dict[str, Any], Coded]:
    """Measure what stands at the head of a report, and no more than that.

    Args:
        unit: The unit of work.
        queue: The queue.
        every: All judgments of its work, where somebody has read them already.

    Returns:
        The numbers on who won, counts, and warnings, as ``measured`` has them; and all
        judgments of the queue's work in the order of their comparisons' ids, for
        whoever weighs people on the same read.
    """
    if every is None:
        every = coding.read(unit, queue.name, everything=True)
    coded, everywhere = every, None
    if queue.kind == "rate":
        coded = coding.read(unit, queue.name, unranked=True)
    if queue.adaptive is not None:
        everywhere = every.n_comparisons
        coded = coding.on_tasks(every, overlaps.sampled(unit, queue.name))
    weight = declared_weights(unit, queue, coded)
    material = Material(queue, coded, weight, everywhere=everywhere)
    numbers = _on_who_won(material, _winner(material))
    if queue.kind == "rate":
        numbers |= _nobody_chose(numbers)
    said = [*_sample_in_words(material), *warnings(numbers, coded)]
    return {**numbers, "warnings": said}, every


def declared_weights(unit: Unit, queue: Queue, coded: Coded) -> Floats | None:
    """Look up the expertise that each judgment's author has in its topic.

    Returns:
        Shape (n_judgments,); ``None`` where everybody counts the same.
    """
    known = {str(p.name): p for p in people.everybody(unit) if p.expertise}
    who = coded.votes.texts["annotator"]
    judged = [name for name in who.values if name in known]
    if all(w == 1.0 for n in judged for w in known[n].expertise.values()):
        return None
    usual = queue.topic or ""
    of_task = tallies.topic_column(unit, queue.name, coded.tasks, usual)
    table = np.ones((len(who.values), max(1, len(of_task.values))))
    for i, name in enumerate(who.values):
        if name in known and of_task.values:
            table[i] = [known[name].weight(topic) for topic in of_task.values]
    return np.asarray(table[who.code, of_task.code[coded.comparison]])


def _gold(unit: Unit, queue: str) -> tuple[int, int]:
    """Count judgments on gold, and those that hit it."""
    votes = tallies.read(
        unit, queue, ["said"], roles=("gold",), purposes=("first", "gold")
    )
    golden = tallies.task_facts(unit, queue, ("gold",)).values()
    answers = {t.id: t.gold for t in golden}
    given = votes.texts["said"]
    hits = n = 0
    for task, code in zip(votes.task.tolist(), given.code.tolist(), strict=True):
        answer, ranking = answers.get(task), coding.said(given.values[code]).ranking
        if answer and ranking:
            n += 1
            hits += coding.hits_gold(ranking, answer)
    return hits, n


def measured(
    material: Material,
    *,
    everything: bool = False,
    pairs: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Turn what was read into the numbers that ``agree --json`` prints.

    Args:
        material: What was read.
        everything: Add the coefficients that are not in the headline.
        pairs: Pairs of people, where they were compared already.
    """
    coded = material.coded
    winner = _winner(material, everything=everything)
    numbers: dict[str, Any] = {
        **_on_who_won(material, winner),
        "winner_without_ties": _Winner(material, 2, everything=everything).numbers(
            coded.code != TIE
        ),
        "margin": _margin(coded, everything=everything),
        "ranking": _ranking(coded),
        "criteria": facets.criteria(coded),
        "reasons": facets.reasons(coded, material.responses, everything=everything),
        "gold": {"accuracy": as_json(proportion(*material.gold))},
        "none_acceptable": {"share": _share(coded, coded.none_acceptable)},
    }
    if material.queue.kind == "rate":
        numbers |= _nobody_chose(numbers)
    note = None
    if pairs is None:
        pairs, note = measures.pair_rows(coded, winner.pairs)
    numbers["pairs"] = pairs
    numbers["by"] = {}
    is_measured = coded.n_judgments > 0 or not material.everywhere
    numbers["warnings"] = [
        *_sample_in_words(material),
        *(warnings(numbers, coded) if is_measured else [NOT_DRAWN_YET]),
        *([note] if note else []),
    ]
    return numbers


def _nobody_chose(numbers: dict[str, Any]) -> dict[str, Any]:
    """Say why who won, by how much and in which order is no question of a queue."""
    asked = ("winner", "winner_without_ties", "margin", "ranking")
    return {
        group: dict.fromkeys(numbers[group], nothing(RATED))
        for group in asked
        if group in numbers
    }


def _winner(material: Material, *, everything: bool = False) -> _Winner:
    """Measure who won, on the categories that the queue takes."""
    n_categories = len(CATEGORIES) if material.queue.ties else len(CATEGORIES) - 1
    return _Winner(material, n_categories, everything=everything)


def _on_who_won(material: Material, winner: _Winner) -> dict[str, Any]:
    """Begin a document: what was measured, and who won."""
    coded, n_categories = material.coded, winner.n_categories
    with_ties = winner.numbers(coded.code < n_categories)
    return {
        "queue": material.queue.name,
        "n_comparisons": coded.n_comparisons,
        "n_units": with_ties["percent"]["n"],
        "n_judgments": coded.n_judgments,
        "n_annotators": coded.n_annotators,
        "categories": list(CATEGORIES[:n_categories]),
        "resampled": "prompts" if coded.shares_prompts else "comparisons",
        "winner": with_ties,
    }


class _Winner:
    """The numbers on who won, on one set of categories."""

    def __init__(
        self, material: Material, n_categories: int, *, everything: bool
    ) -> None:
        self._material = material
        self.n_categories = n_categories
        self._everything = everything

    @cached_property
    def pairs(self) -> RaterPairs | None:
        """Compare everybody with everybody."""
        return measures.compared(self._material.coded, self.n_categories)

    def numbers(self, keep: Bools) -> dict[str, Number]:
        """Compute the headline, and the rest where everything is asked for."""
        coded = self._material.coded
        unit, code = coded.unit, coded.code
        if not keep.all():
            unit, code = unit[keep], code[keep]
        counted = Counted.of(
            unit, code, self.n_categories, coded.cluster, grouped=coded.is_clustered
        )
        alpha = counted.number(Alpha("nominal"))
        found = {
            "percent": counted.percent(),
            "alpha": alpha,
            "ac1": counted.number(Gwet()),
        }
        found |= self._weighted(keep) or {
            "alpha_weighted": alpha,
            "percent_weighted": found["percent"],
        }
        if self._everything:
            fleiss = counted.number(Fleiss())
            found["fleiss"] = found["scott"] = fleiss
            codes = np.where(keep, coded.code, -1)
            found["cohen_mean"] = measures.cohen_mean(
                coded, self.pairs, codes, self.n_categories
            )
            found["brennan_prediger"] = counted.number(BrennanPrediger())
        return found

    def _weighted(self, keep: Bools) -> dict[str, Number] | None:
        """Compute alpha and percent with everybody's declared expertise."""
        coded, weight = self._material.coded, self._material.weight
        if weight is None or not keep.any():
            return None
        # Fractions are added up: in one order, however the judgments were read.
        kept = np.flatnonzero(keep)
        kept = kept[np.lexsort((coded.rater[kept], coded.unit[kept]))]
        units = WeightedUnits.from_codes(
            coded.unit[kept],
            coded.rater[kept],
            coded.code[kept],
            weight[coded.judgment[kept]],
            self.n_categories,
        )
        return {
            "alpha_weighted": as_json(units.alpha_estimate(seed=SEED)),
            "percent_weighted": as_json(units.percent_estimate(seed=SEED)),
        }


def _margin(coded: Coded, *, everything: bool) -> dict[str, Number]:
    """Code ±margin, 0 for a tie; a preference without a margin is left out."""
    keep = coded.margin != NO_MARGIN
    keys = ["alpha_ordinal", "ac2"]
    if everything:
        keys += ["fleiss", "scott", "cohen_mean", "brennan_prediger"]
    if not coded.is_pairwise or not coded.margin[keep].any():
        # Ties alone would agree perfectly on a question that nobody was asked.
        return {key: nothing("no margins given") for key in keys}
    codes = np.where(keep, coded.margin + _MARGINS // 2, -1)
    counted = Counted.of(
        coded.unit[keep],
        codes[keep],
        _MARGINS,
        coded.cluster,
        grouped=coded.is_clustered,
    )
    quadratic = weights.quadratic_weights(_MARGINS)
    found = {
        "alpha_ordinal": counted.number(Alpha("ordinal")),
        "ac2": counted.number(Gwet(quadratic)),
    }
    if everything:
        found["fleiss"] = found["scott"] = counted.number(Fleiss(quadratic))
        pairs = rater_pairs(coded.unit[keep], coded.rater[keep], codes[keep], _MARGINS)
        found["cohen_mean"] = measures.cohen_mean(
            coded, pairs, codes, _MARGINS, quadratic
        )
        found["brennan_prediger"] = counted.number(BrennanPrediger(quadratic))
    return found


def _ranking(coded: Coded) -> dict[str, Number]:
    """Average over comparisons of three or more responses."""
    if coded.is_pairwise:
        none = nothing("no comparison of three or more responses has two judgments")
        return {"kendall_w": none, "tau_b": none}
    stacks = coding.rankings(coded)
    owner = np.concatenate([*(o for o, _ in stacks), np.empty(0, dtype=np.int64)])
    order = np.argsort(owner)

    def mean(each: Any) -> Number:
        parts = [each(stack) for _, stack in stacks]
        value = np.concatenate([*parts, np.empty(0)])[order]
        defined = ~np.isnan(value)
        clusters = coded.prompt[owner[order][defined]]
        found = mean_estimate(value[defined], seed=SEED, clusters=clusters)
        return as_json(found)

    return {
        "kendall_w": mean(concordance.each_kendall_w),
        "tau_b": mean(concordance.each_mean_tau_b),
    }


def _share(coded: Coded, flag: Bools) -> Number:
    """Compute a share of judgments; the interval resamples comparisons."""
    n = np.bincount(coded.comparison, minlength=coded.n_comparisons)
    hits = np.bincount(coded.comparison, flag, minlength=coded.n_comparisons)
    found = as_json(ratio_estimate(hits, n, seed=SEED, clusters=coded.prompt))
    if found["value"] in {0.0, 1.0}:
        # Resampling what never varies would call it certain.
        size = int(np.count_nonzero(np.bincount(coded.prompt)))
        sure = proportion(size if found["value"] else 0, size)
        found |= {"low": sure.low, "high": sure.high, "reason": None}
    return {**found, "n": coded.n_judgments}


# --- slices --------------------------------------------------------------------------
def _places(unit: Unit, queue: str, by: str | None) -> dict[int, str]:
    """Load the slice of every task where it hangs on the task."""
    if by == "topic":
        return tallies.topics_of(unit, queue)
    if by == "batch":
        return tallies.batches_of(unit, queue)
    return {}


def _sliced(
    material: Material, by: str, places: Mapping[int, str], *, everything: bool
) -> dict[str, Any]:
    """Compute everything once more for each value."""
    coded = material.coded
    if by in {"topic", "batch"}:
        texts = [places.get(t, NONE_GIVEN) for t in coded.tasks.tolist()]
        column = tallies.factor(texts)
        code = column.code[coded.comparison]
    else:
        found = coded.votes.texts[_COLUMNS[by]]
        named = [week_of(v) if by == "week" else v or NONE_GIVEN for v in found.values]
        column = tallies.factor(named)
        code = column.code[found.code]
    present = sorted(set(code.tolist()))
    return {
        column.values[i]: _slice(material, code == i, everything=everything)
        for i in present
    }


def week_of(day: str) -> str:
    """Name the ISO week of a day: ``2026-W02``; of no day none."""
    if not day:
        return NONE_GIVEN
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year}-W{week:02d}"


def _slice(
    material: Material,
    chosen: Bools,
    *,
    everything: bool,
    pairs: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    part = Material(
        queue=material.queue,
        coded=coding.subset(material.coded, chosen),
        weight=None if material.weight is None else material.weight[chosen],
        responses=material.responses,
        gold=(0, 0),
    )
    numbers = measured(part, everything=everything, pairs=pairs)
    numbers["gold"] = {"accuracy": nothing("gold is not sliced")}
    return numbers


def _by_annotator(
    material: Material, pairs: list[dict[str, Any]], *, everything: bool
) -> dict[str, Any]:
    """Measure, for each person, the comparisons they judged.

    Beside the same keys stand ``with_others``, how often the person gives what most
    of the others give, and ``alpha_without``, what alpha would be if they left. Pairs
    are those that the person is one of.
    """
    coded = material.coded
    of_person: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for pair in pairs:
        of_person[pair["a"]].append(pair)
        of_person[pair["b"]].append(pair)
    who = coded.votes.texts["annotator"].code
    order = np.argsort(who, kind="stable")
    starts = np.searchsorted(who[order], np.arange(len(coded.names) + 1))
    judged = np.zeros(coded.n_comparisons, dtype=np.bool_)
    others = _with_others(coded)
    without = _without(coded)
    found = {}
    for i, name in enumerate(coded.names):
        mine = coded.comparison[order[starts[i] : starts[i + 1]]]
        if not len(mine):
            continue
        judged[mine] = True
        chosen = judged[coded.comparison]
        judged[mine] = False
        numbers = _slice(material, chosen, everything=everything, pairs=of_person[name])
        numbers["with_others"] = as_json(others[i])
        numbers["alpha_without"] = without.get(i)
        found[name] = numbers
    return found


def _with_others(coded: Coded) -> tuple[Estimate, ...]:
    found = influence.agreement_with_others(
        coded.unit, coded.rater, coded.code, len(CATEGORIES)
    )
    missing = len(coded.names) - len(found)
    return (*found, *(proportion(0, 0) for _ in range(missing)))


def _without(coded: Coded) -> dict[int, float | None]:
    """Compute alpha without each person; nothing where alpha has no value."""
    try:
        found = influence.influence(
            coded.unit, coded.rater, coded.code, len(CATEGORIES)
        )
    except NotEnoughDataError:
        return {}
    return {
        i: None if np.isnan(value) else float(value)
        for i, value in enumerate(found.without)
    }


def _sample_in_words(material: Material) -> list[str]:
    """Say on what agreement is measured where disagreement makes judgments."""
    rule = material.queue.adaptive
    if rule is None or material.everywhere is None:
        return []
    return [
        "this queue stops asking when a result is sure, so agreement is measured on "
        f"the random {SAMPLED:.0%} that always get {count_of(rule.most, 'judgment')}: "
        f"{material.coded.n_comparisons} of "
        f"{count_of(material.everywhere, 'comparison')} judged"
    ]


# --- words ---------------------------------------------------------------------------
def warnings(numbers: dict[str, Any], coded: Coded | None = None) -> list[str]:
    """Say in words what a reader of these numbers should know."""
    winner = numbers["winner"]
    said = []
    if numbers["n_judgments"] == 0:
        return ["there are no judgments yet"]
    alpha = value_of(winner["alpha"])
    if winner["alpha"] == nothing(RATED):
        return []
    if alpha is None:
        said.append(f"alpha is {winner['alpha']['reason']}")
    elif alpha < LOW_ALPHA:
        said.append(
            f"alpha is {alpha:z.2f}: people hardly agree beyond chance; read the "
            "disputed comparisons and the guideline before results are used"
        )
    if 0 < numbers["n_units"] < _SMALL:
        said.append(
            f"only {count_of(numbers['n_units'], 'comparison')} with two or more "
            "judgments: these numbers are rough"
        )
    percent = value_of(winner["percent"])
    if percent is not None and alpha is not None and percent >= 0.8 and alpha < 0.4:
        said.append(
            f"people agree on {percent:.0%} of pairs, yet alpha is {alpha:z.2f}: "
            "nearly all judgments are one answer, so agreement by chance is high; read "
            "AC1 beside alpha"
        )
    n_ties = int((coded.code == TIE).sum()) if coded is not None else 0
    if n_ties and "tie" not in numbers["categories"]:
        said.append(
            f"{count_of(n_ties, 'judgment is a tie', 'judgments are ties')} in a queue "
            "without ties, and left out"
        )
    return said


def as_accuracy(numbers: dict[str, Any]) -> str | None:
    """Say what accuracy would agree as often; nothing where no accuracy does."""
    percent = value_of(numbers["winner_without_ties"]["percent"])
    if percent is None or percent < 0.5:
        return None
    accuracy = accuracy_from_agreement(percent)
    return (
        f"without ties people agree on {percent:.0%} of pairs: as often as two who are "
        f"right {accuracy:.0%} of the time and err independently"
    )


def is_low(numbers: dict[str, Any]) -> bool:
    """Tell whether agreement is so low that an export must be confirmed."""
    alpha = value_of(numbers["winner"]["alpha"])
    return alpha is not None and alpha < LOW_ALPHA
