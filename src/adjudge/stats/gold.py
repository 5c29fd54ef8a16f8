"""Sequential test of a person on gold: decide as soon as the evidence is strong enough.

A running mean that is looked at after every gold item flags many good people; this test
keeps both errors where they were set, however often one looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from adjudge.stats.arrays import as_ints

if TYPE_CHECKING:
    import numpy.typing as npt

State: TypeAlias = Literal["undecided", "passed", "flagged"]


@dataclass(frozen=True)
class SequentialTest:
    """Where the test stands.

    Attributes:
        state: ``flagged`` speaks for the bad accuracy, ``passed`` for the good one.
        score: Log likelihood ratio, bad over good, where it stopped or stands.
        n_used: Gold items until then.
        flag_at: Score at which a person is flagged.
        pass_at: Score at which a person has passed.
    """

    state: State
    score: float
    n_used: int
    flag_at: float
    pass_at: float


def sequential_test(
    hits: npt.ArrayLike,
    *,
    good: float = 0.9,
    bad: float = 0.7,
    false_flag: float = 0.05,
    false_pass: float = 0.05,
) -> SequentialTest:
    """Run Wald's sequential probability ratio test of ``good`` against ``bad``.

    Args:
        hits: Shape (n_gold,). 1 for right, 0 for wrong, in the order of judging.
        good: Accuracy that must not be flagged.
        bad: Accuracy that must not pass; below ``good``.
        false_flag: Probability of flagging the good.
        false_pass: Probability of passing the bad.

    Raises:
        ValueError: If a probability is out of range.

    Source:
        Wald (1945), Sequential tests of statistical hypotheses.
    """
    if not 0 < bad < good < 1 or not 0 < false_flag + false_pass < 1:
        message = f"good {good}, bad {bad}, errors {false_flag} and {false_pass}"
        raise ValueError(message)
    right = as_ints(hits)
    step = np.where(right == 1, np.log(bad / good), np.log((1 - bad) / (1 - good)))
    score = np.cumsum(step)
    flag_at = float(np.log((1 - false_pass) / false_flag))
    pass_at = float(np.log(false_pass / (1 - false_flag)))
    over = np.flatnonzero((score >= flag_at) | (score <= pass_at))
    if len(over) == 0:
        last = float(score[-1]) if len(score) else 0.0
        return SequentialTest("undecided", last, len(score), flag_at, pass_at)
    at = int(over[0])
    state: State = "flagged" if score[at] >= flag_at else "passed"
    return SequentialTest(state, float(score[at]), at + 1, flag_at, pass_at)
