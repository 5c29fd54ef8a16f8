"""A small reward model as a lens on the data. It sorts for review; it never judges.

Run as a program it reads pairs as one JSON document and writes what it found, so that
scikit-learn's memory and threads leave with the process.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

LEAST_PAIRS = 200  # below, a model learns nothing that its interval would not deny
LEAST_PROMPTS = 20
MOST_REVIEWED = 0.05
_FOLDS = 5
_RESAMPLES = 1000
_STRENGTH = 0.3  # inverse of the penalty on words


@dataclass(frozen=True)
class Pair:
    """Two responses of which people preferred one.

    Attributes:
        prompt: Pairs with the same prompt stay in one fold.
        first_won: Whether the first response won.
    """

    id: str
    prompt: str
    first: str
    second: str
    first_won: bool


def audit(pairs: list[Pair], *, seed: int) -> dict[str, Any]:
    """Learn to predict preferences from words, cross-validated by prompt.

    Args:
        pairs: Resolved comparisons of two responses, ties left out.
        seed: Makes folds and intervals repeatable.

    Returns:
        ``refused`` (a reason, or null), ``n``, accuracies with intervals of the model,
        of length alone and of always taking the longer response, and ``suspicious``:
        at most 5 % of the pairs, the least expected first.
    """
    n_prompts = len({p.prompt for p in pairs})
    found: dict[str, Any] = {"refused": None, "n": len(pairs), "n_prompts": n_prompts}
    if len(pairs) < LEAST_PAIRS or n_prompts < LEAST_PROMPTS:
        return found | {
            "refused": f"too few decided pairs to learn from: {len(pairs)} of "
            f"{LEAST_PAIRS}; prompts: {n_prompts} of {LEAST_PROMPTS}",
            "suspicious": [],
        }
    pairs = sorted(pairs, key=lambda p: p.id)
    _, group = np.unique([p.prompt for p in pairs], return_inverse=True)
    won = np.array([p.first_won for p in pairs])
    folds = _folds(group, seed)
    length = _lengths(pairs)
    sides = {
        "model": _predicted(_words(pairs), won, folds, _STRENGTH),
        "length_only": _predicted(length, won, folds, 1e6),
        "always_longer": 1.0 / (1.0 + np.exp(-np.sign(length[:, 0]))),
    }
    for name, chance in sides.items():
        found[name] = _accuracy(chance, won, group, seed)
    bar = max(0.5, found["length_only"]["value"])
    if found["model"]["low"] <= bar:
        found["refused"] = (
            f"the model is right in {found['model']['low']:.3f} at least, which is not "
            f"surely above {bar:.3f}, what length alone (or a coin) reaches"
        )
        return found | {"suspicious": []}
    own = np.where(won, sides["model"], 1.0 - sides["model"])
    order = np.argsort(own, kind="stable")[: int(len(pairs) * MOST_REVIEWED)]
    return found | {
        "suspicious": [
            {"comparison": pairs[i].id, "confidence": float(own[i])}
            for i in order.tolist()
            if own[i] < 0.5
        ]
    }


def _words(pairs: list[Pair]) -> Any:
    """Subtract weighted word counts of the second response from those of the first."""
    # Heavy, and wanted by this function alone.
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415

    counter = TfidfVectorizer(
        ngram_range=(1, 2),
        min_df=2,
        max_features=200_000,
        sublinear_tf=True,
        token_pattern=r"(?u)\w+|[^\w\s]",  # noqa: S106 - a pattern of words
    )
    counter.fit([t for p in pairs for t in (p.first, p.second)])
    return counter.transform([p.first for p in pairs]) - counter.transform(
        [p.second for p in pairs]
    )


def _lengths(pairs: list[Pair]) -> npt.NDArray[np.float64]:
    """Difference of lengths, absolute and on the log scale. Shape (n, 2)."""
    one = np.array([len(p.first) for p in pairs], dtype=np.float64)
    two = np.array([len(p.second) for p in pairs], dtype=np.float64)
    return np.column_stack(((one - two) / 1000.0, np.log1p(one) - np.log1p(two)))


def _folds(group: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.int64]:
    """Deal the prompts to folds. Shape (n,)."""
    n = int(group.max()) + 1
    deal = np.random.default_rng(seed).permutation(n) % _FOLDS
    return np.asarray(deal[group])


def _predicted(
    features: Any,
    won: npt.NDArray[np.bool_],
    folds: npt.NDArray[np.int64],
    strength: float,
) -> npt.NDArray[np.float64]:
    """Predict that the first response wins, by a model that never saw the prompt.

    The model has no constant and sees every training pair from both sides: swapping
    two responses turns its answer round.
    """
    from scipy import sparse  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    chance = np.full(len(won), 0.5)
    is_sparse = sparse.issparse(features)
    for fold in range(_FOLDS):
        seen, unseen = folds != fold, folds == fold
        if not seen.any() or not unseen.any():
            continue
        stack = sparse.vstack if is_sparse else np.vstack
        mirrored = stack([features[seen], -features[seen]])
        answers = np.concatenate((won[seen], ~won[seen]))
        model = LogisticRegression(
            C=strength, fit_intercept=False, max_iter=2000, solver="lbfgs"
        )
        model.fit(mirrored, answers)
        chance[unseen] = model.predict_proba(features[unseen])[:, 1]
    return chance


def _accuracy(
    chance: npt.NDArray[np.float64],
    won: npt.NDArray[np.bool_],
    group: npt.NDArray[np.int64],
    seed: int,
) -> dict[str, Any]:
    """Share of pairs predicted right (an even chance is half right), with interval."""
    right = np.where(chance == 0.5, 0.5, (chance > 0.5) == won)
    hits, size = np.bincount(group, right), np.bincount(group)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(size), np.full(len(size), 1 / len(size)), _RESAMPLES)
    low, high = np.quantile((drawn @ hits) / (drawn @ size), [0.025, 0.975])
    return {
        "value": float(right.mean()),
        "low": float(low),
        "high": float(high),
        "n": len(won),
        "reason": None,
    }


def main() -> None:
    """Read pairs from stdin, write findings to stdout."""
    asked = json.load(sys.stdin)
    found = audit([Pair(**p) for p in asked["pairs"]], seed=asked["seed"])
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
