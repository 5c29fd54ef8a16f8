"""Other people's libraries say the same."""

from __future__ import annotations

import choix
import evalica
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from adjudge.stats.agreement import brennan_prediger, fleiss, krippendorff_alpha
from adjudge.stats.audits import benjamini_hochberg
from adjudge.stats.concordance import tau_b
from adjudge.stats.counts import CountTable
from adjudge.stats.kappa import cohen
from adjudge.stats.logit import logit
from adjudge.stats.proportions import wilson_interval
from adjudge.stats.ranking import bradley_terry, plackett_luce
from adjudge.stats.strata import cochran_mantel_haenszel
from adjudge.stats.weights import linear_weights, quadratic_weights

seeds = st.integers(0, 10**6)
few = settings(max_examples=20, deadline=None)


@given(seeds, st.sampled_from(["nominal", "ordinal", "interval", "ratio"]))
@few
def test_alpha_is_that_of_evalica(seed, level):
    rng = np.random.default_rng(seed)
    codes = rng.integers(1, 5, (4, 20)).astype(float)
    codes[rng.random(codes.shape) < 0.3] = np.nan
    rater, unit = np.nonzero(~np.isnan(codes))
    table = CountTable.from_codes(unit, codes[rater, unit] - 1, 4)
    expected = evalica.alpha(pd.DataFrame(codes), distance=level).alpha
    assert krippendorff_alpha(table, level) == pytest.approx(expected, abs=1e-9)


@given(seeds)
@few
def test_fleiss_and_randolph_are_those_of_statsmodels(seed):
    counts = np.random.default_rng(seed).multinomial(5, [0.5, 0.3, 0.2], size=20)
    table = CountTable.from_counts(counts)
    assert fleiss(table) == pytest.approx(fleiss_kappa(counts))
    randolph = fleiss_kappa(counts, method="randolph")
    assert brennan_prediger(table) == pytest.approx(randolph)


@given(seeds)
@few
def test_cohen_is_that_of_scikit_learn(seed):
    first, second = np.random.default_rng(seed).integers(0, 4, (2, 40))
    for name, weights in (
        (None, None),
        ("linear", linear_weights(4)),
        ("quadratic", quadratic_weights(4)),
    ):
        expected = cohen_kappa_score(first, second, labels=range(4), weights=name)
        assert cohen(first, second, 4, weights) == pytest.approx(expected)


@given(seeds)
@few
def test_tau_is_that_of_scipy(seed):
    first, second = np.random.default_rng(seed).integers(0, 4, (2, 9))
    expected = stats.kendalltau(first, second).statistic
    if not np.isnan(expected):
        assert tau_b(first, second) == pytest.approx(expected)


@given(seeds)
@few
def test_bradley_terry_is_that_of_choix(seed):
    wins = np.random.default_rng(seed).integers(1, 9, (5, 5))
    np.fill_diagonal(wins, 0)
    pairs = [(i, j) for i, j in np.ndindex(5, 5) for _ in range(wins[i, j])]
    expected = choix.ilsr_pairwise(5, pairs)
    found = bradley_terry(wins, prior=0).log_worth
    assert found == pytest.approx(expected - np.mean(expected), abs=1e-5)


@given(seeds)
@few
def test_plackett_luce_is_that_of_choix(seed):
    rng = np.random.default_rng(seed)
    rankings = [rng.permutation(5)[: rng.integers(3, 6)] for _ in range(60)]
    padded = np.full((60, 5), -1)
    for row, ranking in zip(padded, rankings, strict=True):
        row[: len(ranking)] = ranking
    expected = choix.ilsr_rankings(5, rankings)
    found = plackett_luce(padded, 5, prior=0).log_worth
    assert found == pytest.approx(expected - np.mean(expected), abs=1e-5)


@given(seeds)
@few
def test_the_logit_with_clusters_is_that_of_statsmodels(seed):
    rng = np.random.default_rng(seed)
    x, cluster = rng.normal(size=(120, 2)), np.arange(120) // 4
    y = (rng.random(120) < 1 / (1 + np.exp(-x[:, 0]))).astype(int)
    expected = sm.Logit(y, sm.add_constant(x)).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": cluster}, tol=1e-12
    )
    found = logit(y, x, clusters=cluster)
    assert found.coefficients == pytest.approx(expected.params, abs=1e-6)
    assert found.standard_errors == pytest.approx(expected.bse, rel=1e-5)
    assert found.p_values == pytest.approx(expected.pvalues, abs=1e-6)
    assert found.log_likelihood == pytest.approx(expected.llf)


@given(seeds)
@few
def test_cochran_mantel_haenszel_is_that_of_statsmodels(seed):
    tables = np.random.default_rng(seed).integers(1, 20, (4, 2, 2))
    oracle = sm.stats.StratifiedTable([table.astype(float) for table in tables])
    expected = oracle.test_null_odds(correction=False)
    found = cochran_mantel_haenszel(tables)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.odds_ratio == pytest.approx(oracle.oddsratio_pooled)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
@few
def test_benjamini_hochberg_is_that_of_statsmodels(p_values):
    expected = multipletests(p_values, method="fdr_bh")[1]
    assert benjamini_hochberg(p_values) == pytest.approx(expected)


@given(st.integers(1, 200), st.floats(0, 1))
@few
def test_wilson_is_that_of_statsmodels(n, share):
    hits = round(n * share)
    found = wilson_interval(hits, n)
    expected = proportion_confint(hits, n, method="wilson")
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)
