"""What adaptive overlap saves, at equal accuracy, and what its posterior is worth.

The rule is the one of the claim path (``services.overlaps``), the accuracies are those
it measures (``stats.stopping``), again after every round, with 20 gold items a
person. Crowds are simulated as in STATISTICS 3.2: 1,000 comparisons without ties, 25
people in random order; a person's accuracy is uniform in a range, and lower on hard
items. What a fixed overlap reaches is read off the curve of several TAU, so that
judgments are compared at the same accuracy; intervals resample whole replicates.

PandaLM (999 comparisons by three people, where ``../shared`` is) is replayed in random
orders of its judges: what the third would have said is the check.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from adjudge.domain.queue import SAMPLED, Adaptive
from adjudge.services.measuring.overlaps import surety, wanted
from adjudge.stats.stopping import accuracies
from adjudge.storage.overlaps import Asked, Said

ITEMS, PEOPLE, GOLD = 1000, 25, 20
LEAST, MOST = 2, 7
TAUS = (0.7, 0.85, 0.92, 0.96, 0.98, 0.99, 0.997)
SAID = ("0>1", "1>0", "0=1")
CROWDS = {
    "easy: .65-.95": (0.65, 0.95, 0.0),
    "30 % hard items, .70-.90": (0.70, 0.90, 0.3),
    "weak pool: .50-.90": (0.50, 0.90, 0.0),
}
PANDALM = Path(__file__).parents[2] / "shared" / "data" / "pandalm"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=20)
    arguments = parser.parse_args()
    for name, crowd in CROWDS.items():
        print(f"\n{name}; {arguments.replicates} replicates of {ITEMS} items")
        simulate(*crowd, replicates=arguments.replicates)
    if PANDALM.exists():
        replay_pandalm()


# --- simulated crowds -----------------------------------------------------------------
@dataclass
class World:
    """Who says what on every item, and in which order they come."""

    truth: np.ndarray
    order: np.ndarray  # (items, people)
    code: np.ndarray  # (items, people)
    hard: np.ndarray
    gold_hits: np.ndarray
    sampled: np.ndarray


def world(low, high, hard_share, seed):
    rng = np.random.default_rng(seed)
    accuracy = rng.uniform(low, high, PEOPLE)
    hard = rng.random(ITEMS) < hard_share
    # On a hard item everybody's skill over chance is three tenths of theirs.
    chance = np.where(hard[:, None], 0.5 + 0.3 * (accuracy - 0.5), accuracy)
    truth = rng.integers(0, 2, ITEMS)
    right = rng.random((ITEMS, PEOPLE)) < chance
    return World(
        truth=truth,
        order=rng.permuted(np.tile(np.arange(PEOPLE), (ITEMS, 1)), axis=1),
        code=np.where(right, truth[:, None], 1 - truth[:, None]),
        hard=hard,
        gold_hits=rng.binomial(GOLD, accuracy),
        sampled=rng.random(ITEMS) < SAMPLED,
    )


def measured(made, n):
    """Measure everybody on what was said so far, ``n`` judgments an item, and gold."""
    unit = np.repeat(np.arange(ITEMS), n)
    place = np.concatenate([np.arange(k) for k in n])
    rater = made.order[unit, place]
    code = made.code[unit, rater]
    units, who, said = [unit], [rater], [code]
    known = np.full(ITEMS + GOLD, -1)
    known[ITEMS:] = 0
    for person in range(PEOPLE):
        units.append(ITEMS + np.arange(GOLD))
        who.append(np.full(GOLD, person))
        said.append((np.arange(GOLD) >= made.gold_hits[person]).astype(np.int64))
    return accuracies(
        np.concatenate(units),
        np.concatenate(who),
        np.concatenate(said),
        2,
        gold=known,
        n_units=ITEMS + GOLD,
    )


def asked(made, item, n, accuracy):
    said = tuple(
        Said(str(p), SAID[made.code[item, p]], float(accuracy[p]))
        for p in made.order[item, :n]
    )
    return Asked(item, n, sampled=False, counted=n, leased=0, said=said)


@dataclass
class Arm:
    """What one way to stop gives on one replicate."""

    judgments: float
    accuracy: float
    stated: list = field(default_factory=list)  # posterior where it stopped below MAX
    right: list = field(default_factory=list)
    capped: list = field(default_factory=list)  # right, where it went to MAX


def answers(made, n, accuracy):
    """Give the more probable answer of every item, and whether it is right."""
    right = np.clip(accuracy, 0.5, 0.99)
    gain = np.log(right / (1 - right))
    votes = np.where(made.code == 0, 1.0, -1.0) * gain
    among = np.take_along_axis(votes, made.order, axis=1)
    among = np.where(np.arange(PEOPLE) < n[:, None], among, 0.0).sum(axis=1)
    return np.where(among >= 0, 0, 1) == made.truth


def adaptive(made, tau, most=MOST):
    rule = Adaptive(least=LEAST, most=most, sure=tau)
    n = np.full(ITEMS, LEAST)
    waiting = np.arange(ITEMS)
    while len(waiting):
        accuracy = measured(made, n)
        more = [
            i for i in waiting if wanted(asked(made, i, n[i], accuracy), rule, 2) > n[i]
        ]
        waiting = np.array(more, dtype=np.int64)
        n[waiting] += 1
    accuracy = measured(made, n)
    right = answers(made, n, accuracy)
    arm = Arm(float(n.mean()), float(right.mean()))
    for i in range(ITEMS):
        if n[i] < most:
            arm.stated.append(surety(asked(made, i, n[i], accuracy).said, 2))
            arm.right.append(bool(right[i]))
        else:
            arm.capped.append(bool(right[i]))
    return arm


def fixed(made, overlap):
    n = np.full(ITEMS, overlap)
    among = np.take_along_axis(made.code, made.order, axis=1)[:, :overlap]
    majority = (among.mean(axis=1) > 0.5).astype(np.int64) == made.truth
    weighed = answers(made, n, measured(made, n))
    return float(majority.mean()), float(weighed.mean())


def simulate(low, high, hard_share, *, replicates):
    worlds = [world(low, high, hard_share, seed) for seed in range(replicates)]
    curves = np.array(
        [[(a.judgments, a.accuracy) for a in map_taus(made)] for made in worlds]
    )
    for overlap in (3, 5):
        reached = np.array([fixed(made, overlap) for made in worlds])
        for kind, name in enumerate(("majority", "weighed")):
            saving(curves, reached[:, kind], overlap, name)
    calibration([adaptive(made, 0.9, most=5) for made in worlds])


def map_taus(made):
    return [adaptive(made, tau) for tau in TAUS]


def saving(curves, reached, overlap, name):
    def saved(chosen):
        curve = curves[chosen].mean(axis=0)
        order = np.argsort(curve[:, 1])
        needed = np.interp(
            reached[chosen].mean(), curve[order, 1], curve[order, 0], left=np.nan
        )
        is_bound = np.isnan(needed)
        needed = curve[:, 0].min() if is_bound else needed
        share = SAMPLED * MOST + (1 - SAMPLED) * needed
        return 1 - needed / overlap, 1 - share / overlap, needed, is_bound

    everything = np.arange(len(reached))
    found = saved(everything)
    rng = np.random.default_rng(1)
    drawn = np.array(
        [saved(rng.choice(everything, len(everything)))[:2] for _ in range(1000)]
    )
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    bound, saves = ("at most ", "at least ") if found[3] else ("", "")
    print(
        f"  fixed {overlap} by {name}: accuracy {reached.mean():.3f}; adaptive "
        f"{bound}{found[2]:.2f} judgments: saves {saves}{found[0]:.1%} "
        f"[{low[0]:.1%}, {high[0]:.1%}]; with the random tenth {found[1]:.1%} "
        f"[{low[1]:.1%}, {high[1]:.1%}]"
    )


def calibration(arms):
    stated = np.concatenate([a.stated for a in arms])
    right = np.concatenate([a.right for a in arms]).astype(float)
    capped = np.concatenate([a.capped for a in arms]).astype(float)
    each = np.array([np.mean(a.right) for a in arms])
    error = 1.96 * each.std(ddof=1) / np.sqrt(len(each))
    n = np.mean([a.judgments for a in arms])
    accuracy = np.mean([a.accuracy for a in arms])
    print(
        f"  2,5,0.9: {n:.2f} judgments, accuracy {accuracy:.3f}; {len(right)} stopped "
        f"early: posterior {stated.mean():.3f}, right {right.mean():.3f} "
        f"[{each.mean() - error:.3f}, {each.mean() + error:.3f}]; {len(capped)} went "
        f"to 5: right {capped.mean():.3f}"
    )


# --- PandaLM --------------------------------------------------------------------------
def replay_pandalm():
    """Stop after two who agree, and see what the third says."""
    codes = pandalm()
    rng = np.random.default_rng(1)
    rule = Adaptive(least=2, most=3, sure=0.9)
    judgments, same, confirmed, stated = [], [], [], []
    for item in codes:
        said = rng.permutation(item)
        first = tuple(Said(str(i), SAID[c], None) for i, c in enumerate(said[:2]))
        task = Asked(1, 2, sampled=False, counted=2, leased=0, said=first)
        n = wanted(task, rule, 3)
        judgments.append(n)
        if n == 2:
            stated.append(surety(first, 3))
            confirmed.append(said[2] == said[0])
            same.append(True)  # two of three have a strict majority, whoever comes
        else:
            same.append(len(set(said)) < 3)
    judgments = np.array(judgments)
    print(f"\npandalm: {len(codes)} comparisons by three people, 2,3,0.9")
    drawn = rng.integers(0, len(codes), (1000, len(codes)))
    low, high = np.quantile(1 - judgments[drawn].mean(axis=1) / 3, [0.025, 0.975])
    print(
        f"  {judgments.mean():.3f} judgments: saves {1 - judgments.mean() / 3:.1%} "
        f"[{low:.1%}, {high:.1%}] against fixed 3, and {1 - judgments.mean() / 5:.1%} "
        "against 5, with the same majority on every comparison"
    )
    confirmed = np.array(confirmed, dtype=float)
    error = 1.96 * confirmed.std() / np.sqrt(len(confirmed))
    print(
        f"  where two agreed the posterior was {np.mean(stated):.3f}; the third agreed "
        f"in {confirmed.mean():.3f} [{confirmed.mean() - error:.3f}, "
        f"{confirmed.mean() + error:.3f}]; a judge right four times in five would "
        f"agree in {np.mean(stated) * 0.8 + (1 - np.mean(stated)) * 0.1:.3f}"
    )


def pandalm():
    places = {}
    for line in (PANDALM / "comparisons.jsonl").read_text().splitlines():
        record = json.loads(line)
        places[record["id"]] = [r["id"] for r in record["responses"]]
    codes = {}
    for line in (PANDALM / "judgments.jsonl").read_text().splitlines():
        record = json.loads(line)
        ranking, ids = record["ranking"], places[record["comparison"]]
        code = 2 if len(ranking) == 1 else ids.index(ranking[0][0])
        codes.setdefault(record["comparison"], []).append(code)
    return np.array(list(codes.values()))


if __name__ == "__main__":
    main()
