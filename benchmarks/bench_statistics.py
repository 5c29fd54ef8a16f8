"""What statistics on a million judgments cost, in multiples of counting them once.

The floor is one ``numpy.bincount`` of the same judgments in the same run, so that the
ratios mean the same on any machine. Times are CPU seconds of this process, best of
three. Other libraries are measured when they happen to be installed; none is needed.
"""

from __future__ import annotations

import argparse
import resource
import time
from importlib.util import find_spec

import numpy as np

from adjudge.stats.agreement import Alpha, Gwet, krippendorff_alpha
from adjudge.stats.counts import ClusteredTable, CountTable
from adjudge.stats.dawid_skene import dawid_skene
from adjudge.stats.influence import influence
from adjudge.stats.intervals import bootstrap_interval
from adjudge.stats.kappa import rater_pairs
from adjudge.stats.ranking import bradley_terry, plackett_luce
from adjudge.stats.reliability import measure_reliability

CATEGORIES = 3
RATERS = 50
OVERLAP = 4


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judgments", type=int, default=1_000_000)
    parser.add_argument("--alone", action="store_true", help="no other libraries")
    arguments = parser.parse_args()
    unit, rater, code = judgments(arguments.judgments // OVERLAP)
    floor = cpu(lambda: np.bincount(unit * CATEGORIES + code))
    print(f"{len(unit):,} judgments of {unit.max() + 1:,} units by {RATERS} raters")
    print(f"{'floor: counting once':<52}{floor:9.4f} s")
    others = {} if arguments.alone else peers(unit, rater, code)
    for name, work in {**ours(unit, rater, code), **others}.items():
        seconds = cpu(work)
        print(f"{name:<52}{seconds:9.4f} s {seconds / floor:10.1f} x floor")
    if not arguments.alone:
        likelihoods(unit, rater, code)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'peak memory of this process':<52}{peak:9.0f} MiB")


def judgments(n_units):
    """Raters of accuracy .6 to .95 on three categories, four per unit."""
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(n_units), OVERLAP)
    first = rng.integers(0, RATERS, n_units)
    gap = rng.integers(1, RATERS // OVERLAP, n_units)
    rater = (first[:, None] + gap[:, None] * np.arange(OVERLAP)).ravel() % RATERS
    truth = rng.integers(0, CATEGORIES, n_units)[unit]
    right = rng.random(len(unit)) < np.linspace(0.6, 0.95, RATERS)[rater]
    wrong = (truth + rng.integers(1, CATEGORIES, len(unit))) % CATEGORIES
    return unit, rater, np.where(right, truth, wrong)


def ours(unit, rater, code):
    """What a lead's report is made of."""
    table = CountTable.from_codes(unit, code, CATEGORIES)
    prompts = np.arange(unit.max() + 1) // 3
    clustered = ClusteredTable.from_codes(unit, code, CATEGORIES, prompts)
    wins, rankings = games()
    return {
        "count table": lambda: CountTable.from_codes(unit, code, CATEGORIES),
        "count table and alpha": lambda: krippendorff_alpha(
            CountTable.from_codes(unit, code, CATEGORIES)
        ),
        "alpha of a table": lambda: krippendorff_alpha(table),
        "1,000 resamples of alpha": lambda: bootstrap_interval(table, Alpha(), seed=1),
        "1,000 resamples of ordinal alpha": lambda: bootstrap_interval(
            table, Alpha("ordinal"), seed=1
        ),
        "1,000 resamples of AC1": lambda: bootstrap_interval(table, Gwet(), seed=1),
        "clustered table": lambda: ClusteredTable.from_codes(
            unit, code, CATEGORIES, prompts
        ),
        "1,000 clustered resamples of alpha": lambda: bootstrap_interval(
            clustered, Alpha(), seed=1
        ),
        "every pair of raters": lambda: rater_pairs(unit, rater, code, CATEGORIES),
        "alpha without each rater": lambda: influence(unit, rater, code, CATEGORIES),
        "Dawid-Skene": lambda: dawid_skene(
            unit, rater, code, CATEGORIES, tolerance=1e-9
        ),
        "measured reliability": lambda: measure_reliability(
            unit, rater, code, CATEGORIES
        ),
        "Bradley-Terry, 50 items, 100,000 wins": lambda: bradley_terry(wins, prior=0),
        "Plackett-Luce, 50 items, 10,000 rankings of 5": lambda: plackett_luce(
            rankings, 50, prior=0
        ),
    }


def games():
    """Wins and rankings of 50 items of known worth."""
    rng = np.random.default_rng(1)
    worth = np.linspace(-1, 1, 50)
    chance = 1 / (1 + np.exp(np.subtract.outer(-worth, -worth)))
    wins = np.zeros((50, 50))
    upper = np.triu_indices(50, k=1)
    wins[upper] = rng.binomial(82, chance[upper])
    wins.T[upper] = 82 - wins[upper]
    chosen = np.argsort(rng.random((10_000, 50)), axis=1)[:, :5]
    noisy = worth[chosen] + rng.gumbel(size=chosen.shape)
    rankings = np.take_along_axis(chosen, np.argsort(-noisy, axis=1), axis=1)
    return wins, rankings


def peers(unit, rater, code):
    """The same questions to other libraries, as far as they are installed."""
    size = (unit.max() + 1) * CATEGORIES
    counts = np.bincount(unit * CATEGORIES + code, minlength=size)
    counts = counts.reshape(-1, CATEGORIES)
    wins, rankings = games()
    found = {}
    if find_spec("krippendorff"):
        import krippendorff

        matrix = np.full((RATERS, unit.max() + 1), np.nan)
        matrix[rater, unit] = code
        found["krippendorff: alpha of ready counts"] = lambda: krippendorff.alpha(
            value_counts=counts, level_of_measurement="nominal"
        )
        found["krippendorff: alpha of the matrix"] = lambda: krippendorff.alpha(
            reliability_data=matrix, level_of_measurement="nominal"
        )
    if find_spec("statsmodels"):
        from statsmodels.stats.inter_rater import fleiss_kappa

        found["statsmodels: Fleiss of ready counts"] = lambda: fleiss_kappa(counts)
    if find_spec("choix"):
        import choix

        pairs = [
            (i, j) for i, j in np.ndindex(wins.shape) for _ in range(int(wins[i, j]))
        ]
        ranked = [tuple(row) for row in rankings]
        found["choix: Bradley-Terry (ilsr)"] = lambda: choix.ilsr_pairwise(50, pairs)
        found["choix: Plackett-Luce (ilsr)"] = lambda: choix.ilsr_rankings(50, ranked)
    return {**found, **slow_peers(unit, rater, code)}


def slow_peers(unit, rater, code):
    """Libraries that take long, on a tenth of the judgments."""
    part = len(unit) // 10
    found = {}
    if find_spec("nltk"):
        from nltk.metrics.agreement import AnnotationTask

        rows = list(zip(rater[:part], unit[:part], code[:part], strict=True))
        found["nltk: alpha (a tenth)"] = lambda: AnnotationTask(data=rows).alpha()
    if find_spec("crowdkit"):
        from crowdkit.aggregation import DawidSkene

        frame = framed(unit, rater, code)
        found["crowd-kit: Dawid-Skene"] = lambda: DawidSkene(
            n_iter=100
        ).fit_predict_proba(frame)
    return found


def framed(unit, rater, code):
    import pandas as pd

    return pd.DataFrame({"task": unit, "worker": rater, "label": code})


def likelihoods(unit, rater, code):
    """Speed that stops too early is no speed: print how far each fit has come."""
    own = dawid_skene(unit, rater, code, CATEGORIES, tolerance=1e-9)
    print(f"Dawid-Skene, log likelihood: ours {own.log_likelihood:.3f}", end="")
    if find_spec("crowdkit"):
        from crowdkit.aggregation import DawidSkene

        fit = DawidSkene(n_iter=100).fit(framed(unit, rater, code))
        error = fit.errors_.unstack("worker")
        log = np.zeros((unit.max() + 1, CATEGORIES)) + np.log(fit.priors_.to_numpy())
        for truth in range(CATEGORIES):
            table = np.log(error[truth].to_numpy())  # observed by worker
            log[:, truth] += np.bincount(unit, table[code, rater])
        found = np.logaddexp.reduce(log, axis=1).sum()
        print(f", crowd-kit {found:.3f}", end="")
    print()
    wins, _ = games()
    own = bradley_terry(wins, prior=0)
    print(f"Bradley-Terry, log likelihood: ours {own.log_likelihood:.6f}", end="")
    if find_spec("choix"):
        import choix

        pairs = [
            (i, j) for i, j in np.ndindex(wins.shape) for _ in range(int(wins[i, j]))
        ]
        worth = choix.ilsr_pairwise(50, pairs)
        gap = np.subtract.outer(worth, worth)
        print(f", choix {-(wins * np.logaddexp(0.0, -gap)).sum():.6f}", end="")
    print()


def cpu(work, repeats=3):
    """CPU seconds of the fastest of a few runs; of one run if it is slow."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        took = time.process_time() - start
        best = min(best, took)
        if took > 5:
            break
    return best


if __name__ == "__main__":
    main()
