"""Statistics that look for trouble. They show evidence; a lead decides.

Every number on people is one among many, so p-values are corrected over all people of
an audit (Benjamini and Hochberg), and a flag also asks for a minimum of judgments and
for an effect that is worth a talk. No flag changes a weight.
"""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from adjudge.domain.guideline import version_of
from adjudge.domain.people import Act
from adjudge.domain.words import count_of
from adjudge.errors import NotEnoughDataError
from adjudge.services.bench import Bench, find_queue
from adjudge.services.measuring import coding, histories, reward_audit
from adjudge.services.measuring.agreement import NONE_GIVEN, week_of
from adjudge.services.measuring.coding import FIRST, SECOND, TIE
from adjudge.services.measuring.measures import (
    SEED,
    Counted,
    as_json,
    nothing,
    reason_of,
)
from adjudge.stats import audits, drift, gold, logit, strata
from adjudge.stats.agreement import PercentAgreement
from adjudge.stats.intervals import mean_estimate
from adjudge.stats.proportions import proportion, shrunk_shares
from adjudge.stats.triads import Triads, circular_triads
from adjudge.storage import overlaps, tallies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.domain.people import Actor
    from adjudge.domain.queue import Queue
    from adjudge.services.measuring.coding import Floats, Ints
    from adjudge.services.measuring.histories import History
    from adjudge.storage.engine.store import Unit

FALSE_DISCOVERIES = 0.01
ENOUGH = 20  # judgments below which nobody is flagged
_SIDE_EFFECT = 0.05  # left-win rate away from one half
_FAST = 0.25  # of the time it takes to read the responses
_FAST_SHARE = 0.1
_RUN_P = 0.001
_CHARACTERS_PER_WORD = 6.0
_RARELY = 60  # three charts a person, one false flag in twenty audits
_LEFT_SHIFT = 0.15  # change of the left-win rate that the chart watches for
_CONSISTENT = 0.75  # zeta below which somebody is flagged

Audit = dict[str, Any]


def audit(bench: Bench, actor: Actor, queue: str, *, texts: bool = True) -> Audit:
    """Look for trouble in how a queue was judged.

    Args:
        bench: The bench.
        actor: Who asks.
        queue: The queue.
        texts: Whether to learn from the texts too, which takes longest.

    Raises:
        UnknownError: If there is no such queue.
    """
    actor.must(Act.SEE_PEOPLE)
    with bench.store.read() as unit:
        found = find_queue(unit, queue)
        history = histories.read(unit, queue)
        lengths = histories.lengths(unit, queue)
        models = tallies.models_of(unit, queue)
        weeks = _weeks(unit, found)
        pairs = reward_audit.pairs(unit, found) if texts else []
    report: Audit = {
        "queue": queue,
        "n_judgments": int(history.is_(*histories.WORK).sum()),
        "n_annotators": len(history.names),
        "position": position(history),
        "length": length(history, lengths),
        "speed": speed(history, lengths),
        "straight_lining": straight_lining(history),
        "self_consistency": self_consistency(history),
        "intransitivity": intransitivity(history, models),
        "drift": {**drifting(history), "weeks": weeks},
        "gold": on_gold(history),
        "guideline_versions": versions(history),
        "suspicious": reward_audit.run(pairs)
        if texts
        else {"refused": "not asked for", "n": 0, "n_prompts": 0, "suspicious": []},
    }
    report["findings"] = findings(report)
    return report


def _corrected(rows: list[Audit]) -> None:
    """Put corrected p-values beside the raw ones; only those with enough count."""
    tested = [r for r in rows if r["p"] is not None and r["n"] >= ENOUGH]
    for row in rows:
        row["q"], row["flagged"] = None, False
    adjusted = audits.benjamini_hochberg([r["p"] for r in tested])
    for row, q in zip(tested, adjusted.tolist(), strict=True):
        row["q"] = q


# --- sides and lengths ---------------------------------------------------------------
def position(history: History) -> Audit:
    """Does the response on the left win more often than half of the time?"""
    counted = history.is_(*histories.WORK) & (history.left >= 0)
    people = []
    for i, name in enumerate(history.names):
        mine = history.left[history.of(i)][counted[history.of(i)]]
        if len(mine):
            people.append({"name": name, **_sides(mine)})
    _corrected(people)
    for row, share in zip(people, _shrunk(people), strict=True):
        row["shrunk"] = share
        row["flagged"] = (
            row["q"] is not None
            and row["q"] < FALSE_DISCOVERIES
            and abs(share - 0.5) > _SIDE_EFFECT
        )
    left = history.left[counted]
    everybody = _sides(left) if len(left) else _no_sides()
    return {
        "everybody": everybody,
        "people": people,
        "judgments_for_80_percent_power": {
            f"{rate:g}": audits.judgments_for_power(rate) for rate in (0.55, 0.6)
        },
    }


def _shrunk(people: list[Audit]) -> list[float]:
    """Pull everybody's share towards that of all, the more the fewer the judgments."""
    if not people:
        return []
    n = [row["n"] for row in people]
    hits = [round(row["left_wins"]["value"] * row["n"]) for row in people]
    shares: list[float] = shrunk_shares(hits, n).tolist()
    return shares


def _sides(left: Ints) -> Audit:
    found = audits.position_bias(int(left.sum()), len(left))
    share = as_json(proportion(int(left.sum()), len(left)))
    return {"left_wins": share, "n": found.n, "p": found.p_value}


def _no_sides() -> Audit:
    return {"left_wins": nothing("no sides are known"), "n": 0, "p": None}


def length(history: History, lengths: dict[int, tuple[int, ...]]) -> Audit:
    """Does the longer response win, and does the side matter once length is known?"""
    rows = np.flatnonzero(
        history.is_(*histories.WORK)
        & ((history.code == FIRST) | (history.code == SECOND))
    )
    sizes = np.array(
        [lengths.get(int(t), (0, 0))[:2] for t in history.task[rows]], dtype=np.float64
    ).reshape(-1, 2)
    told = (sizes > 0).all(axis=1)
    rows, sizes = rows[told], sizes[told]
    prompts = [history.facts[int(t)].prompt for t in history.task[rows]]
    longer = np.where(
        sizes[:, 0] == sizes[:, 1],
        0.5,
        (sizes[:, 0] > sizes[:, 1]) == (history.code[rows] == FIRST),
    )
    share = as_json(mean_estimate(longer, seed=SEED, clusters=_numbered(prompts)))
    if len(rows) and (sizes[:, 0] == sizes[:, 1]).all():
        share = nothing("no two responses differ in length")
    return {
        "longer_wins": share,
        "logit": _length_logit(history, rows, sizes, prompts),
    }


def _numbered(texts: list[str]) -> Ints:
    return np.unique(texts, return_inverse=True)[1].astype(np.int64)


def _length_logit(
    history: History, rows: Ints, sizes: Any, prompts: list[str]
) -> Audit:
    """Regress wins on the left on the difference of log lengths, as shown."""
    known = history.left[rows] >= 0
    swapped = (history.left[rows] == 1) != (history.code[rows] == FIRST)
    left = np.where(swapped, sizes[:, 1], sizes[:, 0])[known]
    right = np.where(swapped, sizes[:, 0], sizes[:, 1])[known]
    clusters = _numbered([p for p, k in zip(prompts, known, strict=True) if k])
    try:
        fit = logit.length_logit(
            history.left[rows][known], left, right, clusters=clusters
        )
    except NotEnoughDataError as error:
        return {"reason": reason_of(error), "n": int(known.sum())}
    names = ("left", "log_length")
    return {
        "reason": None,
        "n": fit.n,
        "converged": fit.converged,
        **{
            name: {
                "coefficient": float(fit.coefficients[i]),
                "standard_error": float(fit.standard_errors[i]),
                "p": float(fit.p_values[i]),
            }
            for i, name in enumerate(names)
        },
    }


# --- care ----------------------------------------------------------------------------
def speed(history: History, lengths: dict[int, tuple[int, ...]]) -> Audit:
    """Who decides faster than the responses can be read?"""
    timed = np.flatnonzero((history.seconds > 0) & history.is_(*histories.WORK))
    if not len(timed):
        return {"people": [], "reason": "no times were measured"}
    sizes = np.array(
        [sum(lengths.get(int(t), (0,))) for t in history.task[timed]], dtype=np.float64
    )
    words = np.maximum(sizes / _CHARACTERS_PER_WORD, 1.0)
    kinds = [history.facts[int(t)].n_responses for t in history.task[timed]]
    score = audits.log_time_scores(history.seconds[timed], kinds)
    ratio = audits.reading_ratios(history.seconds[timed], words)
    fast = (ratio < _FAST) | (history.seconds[timed] < 1.0)
    who = history.who[timed]
    people = []
    for i in np.unique(who).tolist():
        mine = who == i
        share = proportion(int(fast[mine].sum()), int(mine.sum()))
        people.append(
            {
                "name": history.names[i],
                "n": int(mine.sum()),
                "median_seconds": float(np.median(history.seconds[timed][mine])),
                "median_score": float(np.median(score[mine])),
                "too_fast": as_json(share),
                "flagged": int(mine.sum()) >= ENOUGH
                and share.low is not None
                and share.low > _FAST_SHARE,
            }
        )
    return {"people": people, "reason": None}


def straight_lining(history: History) -> Audit:
    """Who gives one and the same side longer than chance would?"""
    people: list[Audit] = []
    counted = history.is_(*histories.WORK)
    for i, name in enumerate(history.names):
        mine = history.of(i)
        answers = _as_shown(history, mine)[counted[mine]]
        answers = answers[answers >= 0]
        if not len(answers) or not _has_order(history, mine):
            continue
        run = audits.longest_run(answers)
        entropy = audits.answer_entropy(np.bincount(answers))
        people.append(
            {
                "name": name,
                "n": run.n,
                "longest": run.length,
                "p": run.p_value,
                "bits": entropy,
            }
        )
    _corrected(people)
    for row in people:
        one_answer = row["n"] >= ENOUGH and row["longest"] == row["n"]
        by_chance = row["q"] is None or row["q"] >= _RUN_P
        row["flagged"] = one_answer or not by_chance
    return {"people": people}


def _has_order(history: History, mine: slice) -> bool:
    """Tell whether it is known in which order somebody judged; files may not say."""
    moments = history.at.code[mine]
    return len(np.unique(moments)) >= max(2, len(moments) // 10)


def _as_shown(history: History, mine: slice) -> Ints:
    """Code answers as left 0, right 1, tie 2; -1 where the sides are unknown."""
    left = history.left[mine]
    told = np.where(left >= 0, 1 - left, -1)
    return np.where(history.code[mine] == TIE, TIE, told)


def self_consistency(history: History) -> Audit:
    """Who contradicts themselves when asked again?"""
    rows, same = histories.repeats(history)
    who = history.who[rows] if len(rows) else rows
    people = []
    for i in np.unique(who).tolist():
        mine = same[who == i]
        share = proportion(int(mine.sum()), len(mine))
        people.append(
            {
                "name": history.names[i],
                "n": len(mine),
                "same": as_json(share),
                "flagged": len(mine) >= ENOUGH
                and share.high is not None
                and share.high < audits.agreement_from_accuracy(0.8),
            }
        )
    return {
        "everybody": as_json(proportion(int(same.sum()), len(same))),
        "people": people,
    }


def intransitivity(history: History, models: dict[int, str]) -> Audit:
    """Who prefers a to b, b to c and c to a, among the models of one prompt?"""
    games: dict[tuple[int, str], dict[tuple[str, str], int]] = defaultdict(dict)
    counted = history.is_("first", "rejudge")
    rows = np.flatnonzero(
        counted & ((history.code == FIRST) | (history.code == SECOND))
    )
    for row in rows.tolist():
        task = int(history.task[row])
        named = orjson.loads(models.get(task, "[]"))
        if len(named) != 2 or None in named or named[0] == named[1]:
            continue
        winner, loser = named if history.code[row] == FIRST else reversed(named)
        key = (int(history.who[row]), history.facts[task].prompt)
        games[key][min(winner, loser), max(winner, loser)] = winner < loser
    circles: dict[int, Triads] = defaultdict(Triads)
    for (who, _), beats in games.items():
        circles[who] += _circles(beats)
    people = [
        {
            "name": history.names[i],
            "n": found.triads,
            "circular": as_json(proportion(found.circular, found.triads)),
            "zeta": found.zeta,
            "flagged": found.triads >= ENOUGH
            and (found.zeta < _CONSISTENT or found.is_chance),
        }
        for i, found in sorted(circles.items())
        if found.triads
    ]
    return {"people": people}


def _circles(beats: dict[tuple[str, str], int]) -> Triads:
    """Count circular triads among all triads of which every pair was decided."""
    items = sorted({item for pair in beats for item in pair})
    if len(items) > 3 and len(beats) == math.comb(len(items), 2):
        matrix = np.zeros((len(items), len(items)), dtype=np.int64)
        for (a, b), first in beats.items():
            i, j = items.index(a), items.index(b)
            matrix[i, j], matrix[j, i] = first, 1 - first
        return circular_triads(matrix)
    found = triads = 0
    for a, b, c in combinations(items, 3):
        pairs = ((a, b), (b, c), (a, c))
        if all(pair in beats for pair in pairs):
            triads += 1
            ab, bc, ac = (bool(beats[pair]) for pair in pairs)
            found += ab == bc and ab != ac
    # Three items by themselves make one circle at most.
    return Triads(found, triads, most=triads)


# --- change --------------------------------------------------------------------------
def drifting(history: History) -> Audit:
    """Who has changed: on gold, in the side they choose, in the mix of answers?

    A chart of one false alarm in 500 judgments shows where to look. It flags nobody:
    among many people and judgments some are always false. Who is flagged would stand
    out on charts with one false alarm in twenty such audits.
    """
    rows, hits = histories.gold_hits(history)
    gold_who = history.who[rows] if len(rows) else rows
    counted = history.is_("first", "rejudge")
    people = []
    rarely = (
        _RARELY * max(1, len(hits)),
        _RARELY * max(1, int((history.left >= 0).sum())),
    )
    for i, name in enumerate(history.names):
        mine = history.of(i)
        left = history.left[mine][counted[mine]]
        left = left[left >= 0]
        answers = history.code[mine][counted[mine]]
        answers = answers[answers >= 0]
        if len(answers) < 2 or not _has_order(history, mine):
            continue
        golden = hits[gold_who == i]
        charts = [
            _chart(golden, 0.9, 0.7, rarely[0]),
            _chart(left, 0.5, 0.5 + _LEFT_SHIFT, rarely[1]),
            _chart(left, 0.5, 0.5 - _LEFT_SHIFT, rarely[1]),
        ]
        people.append(
            {
                "name": name,
                "n": len(answers),
                "n_gold": len(golden),
                "n_sides": len(left),
                "gold_alarm_at": charts[0][0],
                "left_alarm_at": _first_of(charts[1][0], charts[2][0]),
                "gold_alarm_is_sure": charts[0][1],
                "left_alarm_is_sure": charts[1][1] or charts[2][1],
                **_mix(answers),
            }
        )
    _corrected(people)
    for row in people:
        row["stands_out"] = _stands_out(row) if row["n"] >= ENOUGH else ""
        row["flagged"] = bool(row["stands_out"])
    return {"people": people}


def _stands_out(row: Audit) -> str:
    """Say what left the usual; a chart cannot tell whether it ever was there."""
    changed = row["q"] is not None and row["q"] < FALSE_DISCOVERIES
    found = (
        (
            row["gold_alarm_is_sure"],
            "is right on gold less often than nine times in ten "
            f"({count_of(row['n_gold'], 'judgment')})",
        ),
        (
            row["left_alarm_is_sure"],
            "chooses one side more often than half the time "
            f"({count_of(row['n_sides'], 'judgment')})",
        ),
        (
            changed and (row["effect"] or 0.0) > 0.2,
            f"answers otherwise since half way ({count_of(row['n'], 'judgment')})",
        ),
    )
    return ", ".join(words for holds, words in found if holds)


def _chart(
    outcomes: Any, usual: float, changed: float, rarely: float
) -> tuple[int | None, bool]:
    """Chart a person's outcomes.

    Returns:
        Judgments until the alarm of an ordinary chart, nothing if it never came; and
        whether the score also passed what is passed once in ``rarely`` judgments.
    """
    if len(outcomes) < ENOUGH // 2:
        return None, False
    chart = drift.cusum(outcomes.astype(np.int64), usual=usual, changed=changed)
    if chart.alarm_at is None:
        return None, False
    limit = drift.cusum_limit(usual, changed, max(drift.ALARM_FREE, rarely))
    return chart.alarm_at + 1, bool(chart.score.max() >= limit)


def _first_of(*moments: int | None) -> int | None:
    return min((m for m in moments if m is not None), default=None)


def _mix(answers: Ints) -> Audit:
    """Compare the answers of a person's first and second half."""
    half = len(answers) // 2
    try:
        found = drift.mix_change(
            np.bincount(answers[:half], minlength=3),
            np.bincount(answers[half:], minlength=3),
        )
    except NotEnoughDataError:
        return {"p": None, "effect": None}
    return {"p": found.p_value, "effect": found.effect}


def _weeks(unit: Unit, queue: Queue) -> list[Audit]:
    """Measure percent agreement week by week; of an adaptive queue, its random part."""
    coded = coding.read(unit, queue.name, more=["day"])
    if queue.adaptive is not None:
        coded = coding.on_tasks(coded, overlaps.sampled(unit, queue.name))
    column = coded.votes.texts["day"]
    weeks = tallies.factor([week_of(value) for value in column.values])
    of_vote = weeks.code[column.code] if len(column.values) else column.code
    found = []
    for i, week in enumerate(weeks.values):
        if week == NONE_GIVEN:
            continue
        part = coding.subset(coded, of_vote == i)
        counted = Counted.of(
            part.unit,
            part.code,
            len(coding.CATEGORIES),
            part.cluster,
            grouped=part.is_clustered,
        )
        number = counted.number(PercentAgreement())
        found.append({"week": week, "n_judgments": part.n_judgments, "percent": number})
    return found


def on_gold(history: History) -> Audit:
    """Put everybody to the sequential test on gold."""
    rows, hits = histories.gold_hits(history)
    who = history.who[rows] if len(rows) else rows
    people = []
    for i in np.unique(who).tolist():
        mine = hits[who == i]
        test = gold.sequential_test(mine)
        people.append(
            {
                "name": history.names[i],
                "n": len(mine),
                "accuracy": as_json(proportion(int(mine.sum()), len(mine))),
                "state": test.state,
                "score": test.score,
                "flagged": test.state == "flagged",
            }
        )
    return {
        "everybody": as_json(proportion(int(hits.sum()), len(hits))),
        "people": people,
    }


def versions(history: History) -> Audit:
    """Do people agree with the decided answer more under the newest guideline?

    Held fixed: who judged. Where leads decided too little, gold stands in.
    """
    rows, hits = histories.decided_hits(history)
    against = "adjudicated answers"
    if len(rows) < ENOUGH:
        rows, hits = histories.gold_hits(history)
        against = "gold"
    refs = [history.guideline.values[c] for c in history.guideline.code[rows].tolist()]
    known = sorted({r for r in refs if r}, key=_version)
    if len(known) < 2:
        return {
            "reason": "fewer than two guideline versions have decided answers",
            "against": against,
            "n": len(rows),
        }
    old, new = known[-2:]
    people = sorted(set(history.who[rows].tolist()))
    tables = np.zeros((len(people), 2, 2))
    for row, hit, ref in zip(rows.tolist(), hits.tolist(), refs, strict=True):
        if ref in {old, new}:
            place = people.index(int(history.who[row]))
            tables[place, int(ref == old), int(not hit)] += 1
    n = int(tables.sum())
    try:
        found = strata.cochran_mantel_haenszel(tables)
    except NotEnoughDataError as error:
        return {"reason": reason_of(error), "against": against, "n": n}
    ratio = found.odds_ratio if np.isfinite(found.odds_ratio) else None
    return {
        "reason": None,
        "against": against,
        "old": old,
        "new": new,
        "n": n,
        "odds_ratio": ratio,
        "p": found.p_value,
        "flagged": n >= ENOUGH and found.p_value < FALSE_DISCOVERIES,
        "people": _between(history, people, tables, (old, new)),
    }


def _between(
    history: History, people: list[int], tables: Floats, versions: tuple[str, str]
) -> list[Audit]:
    """Compare everybody with themselves, under the version before and the newest."""
    found: list[Audit] = []
    for who, table in zip(people, tables, strict=True):
        try:
            p = strata.cochran_mantel_haenszel(table[None]).p_value
        except NotEnoughDataError:
            p = None
        right = [as_json(proportion(int(row[0]), int(row.sum()))) for row in table]
        found.append(
            {
                "name": history.names[who],
                "n": int(table.sum()),
                "under_new": right[0],
                "under_old": right[1],
                "versions": " and ".join(versions),
                "p": p,
            }
        )
    _corrected(found)
    for row in found:
        row["flagged"] = row["q"] is not None and row["q"] < FALSE_DISCOVERIES
    return found


def _version(ref: str) -> tuple[str, int]:
    return ref.partition("@")[0], version_of(ref)


# --- words ---------------------------------------------------------------------------
_WORDS = {
    "position": "chooses the left response in {left_wins[value]:.0%} of {n} judgments",
    "speed": "decided {too_fast[value]:.0%} of {n} timed judgments faster than the "
    "responses can be read",
    "straight_lining": "gave the same side {longest} times in a row ({n} judgments)",
    "self_consistency": "gave the same answer again in only {same[value]:.0%} of {n} "
    "repeats",
    "intransitivity": "went in circles in {circular[value]:.0%} of {n} triads",
    "drift": "{stands_out}",
    "gold": "fails the sequential test on gold: {accuracy[value]:.0%} of {n} right",
    "guideline_versions": "is right in {under_old[value]:.0%} and "
    "{under_new[value]:.0%} of what was judged under {versions} ({n} judgments)",
}


def findings(report: Audit) -> list[str]:
    """Say in words what stands out; evidence for a talk, not a verdict."""
    said = [
        f"{row['name']} {words.format(**row)}"
        for key, words in _WORDS.items()
        for row in report[key].get("people", ())
        if row["flagged"]
    ]
    said += _of_everybody(report)
    return said


def _of_everybody(report: Audit) -> Iterable[str]:
    everybody = report["position"]["everybody"]
    share = everybody["left_wins"]["value"]
    if (
        share is not None
        and everybody["p"] < FALSE_DISCOVERIES
        and abs(share - 0.5) > _SIDE_EFFECT
    ):
        yield f"the left response wins {share:.0%} of all judgments without ties"
    fit = report["length"]["logit"]
    if fit["reason"] is None and fit["log_length"]["p"] < FALSE_DISCOVERIES:
        longer = report["length"]["longer_wins"]["value"]
        kind = "longer" if fit["log_length"]["coefficient"] > 0 else "shorter"
        yield (
            f"{kind} responses win beyond chance (the longer one in {longer:.0%}); "
            "whether that is merit or habit the numbers cannot tell"
        )
    found = report["guideline_versions"]
    if found["reason"] is None and found["flagged"]:
        yield (
            f"agreement with {found['against']} differs between {found['old']} and "
            f"{found['new']} (p {found['p']:.2g})"
        )
    suspicious = report["suspicious"]["suspicious"]
    if suspicious:
        yield (
            f"{count_of(len(suspicious), 'result looks', 'results look')} unlike the "
            "rest to a small reward model: listed for review, nothing more"
        )
