"""The test of Kolmogorov and Smirnov over three columns of normal numbers, the reference sorted once and used again.

The obvious way is ``scipy.stats.ks_2samp`` for each column; both must give the same distance and p-value. The floor is
to sort the current columns. Three amounts of shift: none, a hundredth and a third of a standard deviation; where p is
small, but not zero, scipy's takes longer than its distance.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

from collections.abc import Callable
from typing import Any

import numpy as np
from _bench import arguments, compare
from scipy import stats

from mlsd import drift
from mlsd.drift.kolmogorov import Sample, sort

N_COLUMNS = 3


def main() -> None:
    asked = arguments(__doc__, rows=1_000_000)
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(N_COLUMNS, asked.rows))
    ready = [sort(column) for column in reference]
    for shift in (0.0, 0.01, 0.3):
        current = rng.normal(size=(N_COLUMNS, asked.rows)) + shift
        ways = {"ours": ours(ready, current), "obvious: scipy.stats.ks_2samp": obvious(reference, current)}
        topic = f"KS over {N_COLUMNS} columns of {asked.rows:,} rows, shifted by {shift:g}"
        compare(topic, ways, floor=lambda now=current: np.sort(now, axis=1), rounds=asked.rounds, same=same_answers)


def ours(ready: list[Sample], current: np.ndarray) -> Callable[[], np.ndarray]:
    def run() -> np.ndarray:
        return as_array(drift.ks(one, other) for one, other in zip(ready, current, strict=True))

    return run


def obvious(reference: np.ndarray, current: np.ndarray) -> Callable[[], np.ndarray]:
    def run() -> np.ndarray:
        found = [stats.ks_2samp(one, other) for one, other in zip(reference, current, strict=True)]
        return np.array([(each.statistic, each.pvalue) for each in found])

    return run


def as_array(tests: Any) -> np.ndarray:
    return np.array([(each.statistic, each.p_value) for each in tests])


def same_answers(answers: dict[str, np.ndarray]) -> None:
    one, other = answers.values()
    np.testing.assert_array_equal(one[:, 0], other[:, 0])
    np.testing.assert_allclose(one[:, 1], other[:, 1], rtol=1e-9)


if __name__ == "__main__":
    main()
