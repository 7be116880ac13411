"""Change in a stream: detectors that take one value at a time and say when it is no longer what it was.

=============  ==============================  ================================================================
detector       takes                           good for
=============  ==============================  ================================================================
PageHinkley    any numbers                     a sudden shift of the mean, up or down
Adwin          numbers from 0 to 1             a gradual change too; needs no guess of how fast
Ddm            mistakes, 0 or 1                a model that gets worse, never one that gets better
=============  ==============================  ================================================================

A missing value is passed over. After an alarm a detector starts anew with what came since.
"""

import math
from collections.abc import Iterable
from typing import Any, Protocol

import pandas as pd

from ..errors import DataError

__all__ = ["Adwin", "Ddm", "Detector", "PageHinkley", "alarms"]


class Detector(Protocol):
    """What :func:`alarms` feeds."""

    started: int

    def update(self, value: float) -> bool:
        """Take the next value and say whether the stream has changed.

        Parameters
        ----------
        value : float
            The next value.

        Returns
        -------
        bool
            Whether this value raises the alarm; ``started`` then says how many values ago the change began.
        """
        ...


def alarms(values: Iterable[Any], detector: Detector) -> pd.DataFrame:
    """Feed a series to a detector and list its alarms.

    Parameters
    ----------
    values : pandas.Series or iterable of shape (n,)
        In order of time.
    detector : PageHinkley, Adwin or Ddm
        It goes on from where it is, and keeps what it learned.

    Returns
    -------
    pandas.DataFrame
        One row an alarm: ``position`` (from 0) and ``at`` (its label in the series' index); ``began`` and ``began_at``,
        where the detector believes that the change began.

    Raises
    ------
    DataError
        If a value is none that the detector takes.

    Examples
    --------
    >>> alarms([0.0, 1.0] * 100 + [3.0, 4.0] * 20, PageHinkley())
       position   at  began  began_at
    0       202  202    199       199
    """
    series = values if isinstance(values, pd.Series) else pd.Series(list(values), dtype="object")
    found, known = [], []
    for position, value in enumerate(series.tolist()):
        if pd.isna(value):
            continue
        known.append(position)
        if detector.update(value):
            found.append((position, known[max(len(known) - detector.started, 0)]))
    table = pd.DataFrame(found, columns=["position", "began"], dtype="int64")
    table.insert(1, "at", series.index[table["position"]])
    return table.assign(began_at=series.index[table["began"]])


class PageHinkley:
    """A sudden shift of the mean, up or down, of numbers in any unit.

    The first values give the mean and the spread; from then on the deviations from that mean are added up, less
    `delta`, in standard deviations, and an alarm is raised where a sum has risen by `threshold` above its lowest.

    Parameters
    ----------
    delta : float
        In standard deviations: shifts up to about twice this are let pass.
    threshold : float
        In standard deviations: higher means fewer false alarms, and later ones. With 15, normal values gave one false
        alarm in 100,000 and skew ones (exponential) one in 8,000; a shift by one standard deviation was seen after 25
        values, in simulations of 200,000 values.
    warm_up : int
        From so many values the mean and the spread are taken; no alarm is raised meanwhile.

    References
    ----------
    E. S. Page (1954), Continuous inspection schemes, Biometrika 41. D. V. Hinkley (1971), Inference about the
    change-point from cumulative sum tests, Biometrika 58.

    Examples
    --------
    >>> watch = PageHinkley()
    >>> [watch.update(value) for value in [0.0, 1.0] * 100 + [5.0]][-1]
    False
    """

    def __init__(self, delta: float = 0.5, threshold: float = 15.0, warm_up: int = 100):
        if not (delta >= 0 and threshold > 0 and warm_up >= 2):
            raise DataError(
                f"`delta` must be at least 0, `threshold` above 0 and `warm_up` at least 2, got: "
                f"{delta}, {threshold}, {warm_up}."
            )
        self.delta, self.threshold, self.warm_up = delta, threshold, warm_up
        self.started = 0
        self._reset()

    def _reset(self) -> None:
        self._n, self._mean, self._squares = 0, 0.0, 0.0
        self._sums, self._since = [0.0, 0.0], [0, 0]

    def update(self, value: float) -> bool:
        """Take the next value and say whether the mean has moved.

        Parameters
        ----------
        value : float
            A finite number; a missing one is passed over.

        Returns
        -------
        bool
            Whether this value raises the alarm; ``started`` then says how many values ago the change began.

        Raises
        ------
        DataError
            If it is infinite, or no number.
        """
        number = _number(value, -math.inf, math.inf)
        if math.isnan(number):
            return False
        if self._n < self.warm_up:
            self._n += 1
            step = number - self._mean
            self._mean += step / self._n
            self._squares += step * (number - self._mean)
            return False
        z = _standard(number - self._mean, math.sqrt(self._squares / (self._n - 1)))
        for side, sign in enumerate((1, -1)):
            total = self._sums[side] + sign * z - self.delta
            self._sums[side], self._since[side] = (total, self._since[side] + 1) if total > 0 else (0.0, 0)
        highest = max((0, 1), key=self._sums.__getitem__)
        if self._sums[highest] <= self.threshold:
            return False
        self.started = self._since[highest]
        self._reset()
        return True


class Adwin:
    """A window that grows while the mean stays, and drops its old part where two parts differ beyond chance.

    Parameters
    ----------
    confidence : float
        How often at most a cut is wrong, at each value. The bound is cautious: far fewer are.
    every : int
        Look for a cut after so many values.
    low, high : float
        The range of the values, for the bound.

    References
    ----------
    A. Bifet and R. Gavaldà (2007), Learning from time-changing data with adaptive windowing, SIAM International
    Conference on Data Mining: the buckets, and the bound of their section 4 that uses the variance.

    Examples
    --------
    >>> alarms([0.1] * 500 + [0.9] * 100, Adwin())["began"].tolist()
    [500]
    """

    PER_SIZE = 5  # buckets of each size 1, 2, 4, … before the two oldest become one

    def __init__(self, confidence: float = 0.002, every: int = 32, low: float = 0.0, high: float = 1.0):
        if not (0 < confidence < 1 and every >= 1 and low < high):
            raise DataError(
                f"`confidence` must lie between 0 and 1, `every` be at least 1 and `low` below `high`, got: "
                f"{confidence}, {every}, {low}, {high}."
            )
        self.confidence, self.every, self.low, self.high = confidence, every, low, high
        self.started = 0
        self._buckets: list[tuple[int, float, float]] = []  # count, mean, squares about it; the oldest first
        self._seen = 0

    @property
    def width(self) -> int:
        """How many values the window holds."""
        return sum(bucket[0] for bucket in self._buckets)

    @property
    def mean(self) -> float:
        """Of the window; NaN before the first value."""
        return _merged(self._buckets)[1] if self._buckets else math.nan

    def update(self, value: float) -> bool:
        """Take the next value and say whether the window had to be cut.

        Parameters
        ----------
        value : float
            From `low` to `high`; a missing one is passed over.

        Returns
        -------
        bool
            Whether this value raises the alarm; ``started`` then says how many values ago the change began.

        Raises
        ------
        DataError
            If it is outside the range, or no number.
        """
        number = _number(value, self.low, self.high)
        if math.isnan(number):
            return False
        self._buckets.append((1, (number - self.low) / (self.high - self.low), 0.0))
        self._compress()
        self._seen += 1
        if self._seen % self.every:
            return False
        changed = False
        while cut := self._cut():
            del self._buckets[:cut]
            changed = True
        self.started = self.width if changed else 0
        return changed

    def _compress(self) -> None:
        """Where a size has too many buckets, make one of its two oldest."""
        end, size = len(self._buckets), 1
        while True:
            start = end
            while start and self._buckets[start - 1][0] == size:
                start -= 1
            if end - start <= self.PER_SIZE:
                return
            self._buckets[start : start + 2] = [_merged(self._buckets[start : start + 2])]
            end, size = start + 1, 2 * size

    def _cut(self) -> int:
        """How many of the oldest buckets differ from the rest; 0 if none do."""
        total, mean, squares = _merged(self._buckets)
        sure = math.log(2 * math.log(max(total, 3)) / self.confidence)
        old, sums = 0, 0.0
        best, where = 0.0, 0
        for place, (count, part, _) in enumerate(self._buckets[:-1], start=1):
            old, sums = old + count, sums + count * part
            new = total - old
            harmonic = 1 / (1 / old + 1 / new)
            bound = math.sqrt(2 / harmonic * squares / total * sure) + 2 / (3 * harmonic) * sure
            excess = abs(sums / old - (mean * total - sums) / new) / bound
            if excess > max(best, 1.0):
                best, where = excess, place
        return where


class Ddm:
    """A model that gets worse, seen from its mistakes: an alarm where the error rate is far above its lowest.

    Parameters
    ----------
    warning, alarm : float
        In standard errors above the lowest rate so far. ``warned`` is true between the two.
    warm_up : int
        So many values are taken before any alarm.

    References
    ----------
    J. Gama, P. Medas, G. Castillo and P. Rodrigues (2004), Learning with drift detection, Advances in Artificial
    Intelligence – SBIA.

    Examples
    --------
    >>> alarms([0, 0, 0, 1] * 100 + [0, 1] * 100, Ddm())["position"].tolist()
    [481]
    """

    def __init__(self, warning: float = 2.0, alarm: float = 3.0, warm_up: int = 30):
        if not (0 < warning <= alarm and warm_up >= 1):
            raise DataError(
                f"`warning` must be above 0 and at most `alarm`, `warm_up` at least 1, got: "
                f"{warning}, {alarm}, {warm_up}."
            )
        self.warning, self.alarm, self.warm_up = warning, alarm, warm_up
        self.started, self.warned = 0, False
        self._reset()

    def _reset(self) -> None:
        self._n, self._mistakes, self._since = 0, 0.0, 0
        self._lowest = (math.inf, math.inf)

    def update(self, value: float) -> bool:
        """Take the next outcome and say whether the model has become worse.

        Parameters
        ----------
        value : float
            1 for a mistake, 0 for none; a missing one is passed over.

        Returns
        -------
        bool
            Whether this value raises the alarm; ``started`` then says how many values ago the warning began.

        Raises
        ------
        DataError
            If it is neither 0 nor 1.
        """
        number = _number(value, 0.0, 1.0)
        if math.isnan(number):
            return False
        if number not in (0.0, 1.0):
            raise DataError(f"Ddm takes 0 (right) and 1 (a mistake), got: {value!r}.", "For other numbers: Adwin.")
        self._n += 1
        self._mistakes += number
        rate = self._mistakes / self._n
        error = math.sqrt(rate * (1 - rate) / self._n)
        if self._n < self.warm_up:
            return False
        if rate + error <= sum(self._lowest):
            self._lowest = (rate, error)
        above = rate + error - self._lowest[0]
        self.warned = above > self.warning * self._lowest[1]
        self._since = self._since + 1 if self.warned else 0
        if not above > self.alarm * self._lowest[1]:
            return False
        self.started = self._since
        self._reset()
        return True


def _number(value: Any, low: float, high: float) -> float:
    """A float, NaN where it is missing."""
    try:
        number = math.nan if pd.isna(value) else float(value)
    except (TypeError, ValueError) as error:
        raise DataError(f"A stream is of numbers, got: {value!r}.") from error
    if math.isinf(number) or not (math.isnan(number) or low <= number <= high):
        raise DataError(f"A value must be finite and from {low:g} to {high:g}, got: {value!r}.", "Scale it first.")
    return number


def _standard(step: float, spread: float) -> float:
    """In standard deviations; where all were alike, any step is a large one."""
    if spread:
        return step / spread
    return math.copysign(math.inf, step) if step else 0.0


def _merged(buckets: list[tuple[int, float, float]]) -> tuple[int, float, float]:
    """Count, mean and squares of several buckets together."""
    total = sum(count for count, _, _ in buckets)
    mean = sum(count * part for count, part, _ in buckets) / total
    squares = sum(inside + count * (part - mean) ** 2 for count, part, inside in buckets)
    return total, mean, squares
