"""A detector raises the alarm soon after the change, says where it began, and is quiet while nothing happens."""

import math

import numpy as np
import pandas as pd
import pytest

from mlsd import drift
from mlsd.errors import DataError

DETECTORS = [drift.PageHinkley, drift.Adwin, drift.Ddm]


def coin(seed, *parts):
    """Mistakes: so many at each rate, one part after the other."""
    rng = np.random.default_rng(seed)
    return np.concatenate([(rng.random(rows) < rate).astype(float) for rows, rate in parts])


@pytest.mark.parametrize(("detector", "most"), [(drift.PageHinkley, 2), (drift.Adwin, 1), (drift.Ddm, 8)])
def test_a_steady_stream_raises_few_alarms(detector, most):
    streams = [coin(seed, (1000, 0.3)) for seed in range(20)]
    assert sum(len(drift.alarms(stream, detector())) for stream in streams) <= most


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_sudden_change_is_seen_soon_and_placed(detector):
    found = drift.alarms(coin(0, (600, 0.2), (600, 0.6)), detector())
    first = found[found["position"] >= 600].iloc[0]
    assert first["position"] < 690
    assert abs(first["began"] - 600) < 60


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_gradual_change_is_seen_before_it_is_over(detector):
    rates = np.concatenate([np.full(600, 0.2), np.linspace(0.2, 0.7, 1000)])
    stream = (np.random.default_rng(1).random(1600) < rates).astype(float)
    found = drift.alarms(stream, detector())
    assert found.loc[found["position"] >= 600, "position"].iloc[0] < 1400


@pytest.mark.parametrize("sign", [1, -1])
def test_a_mean_that_falls_is_seen_as_one_that_rises(sign):
    steps = np.concatenate([np.zeros(200), np.full(100, 2.0)]) + np.random.default_rng(0).normal(size=300)
    found = drift.alarms(1000 * sign * steps, drift.PageHinkley())
    assert found["position"].iloc[0] == drift.alarms(sign * steps, drift.PageHinkley())["position"].iloc[0]
    assert 200 <= found["position"].iloc[0] < 220


def test_value_by_value_is_the_series():
    stream = coin(0, (300, 0.1), (300, 0.7))
    one, other = drift.Adwin(), drift.Adwin()
    assert [place for place, value in enumerate(stream) if one.update(value)] == list(
        drift.alarms(stream, other)["position"]
    )
    assert one.width == other.width


def test_an_alarm_has_the_label_of_its_time():
    days = pd.date_range("2013-01-01", periods=200)
    series = pd.Series(np.repeat([0.0, 9.0], 100) + np.tile([0.0, 1.0], 100), index=days)
    found = drift.alarms(series, drift.PageHinkley(warm_up=50))
    assert found["at"][0] == days[found["position"][0]]
    assert found["began_at"][0] == days[99]


def test_missing_values_are_passed_over():
    stream = [0.0, 1.0] * 60 + [None, np.nan, pd.NA] * 5 + [5.0] * 30
    found = drift.alarms(stream, drift.PageHinkley())
    assert found[["position", "began"]].iloc[0].tolist() == [136, 119]


def test_adwin_remembers_sums_exactly_in_few_buckets():
    values = np.random.default_rng(0).random(3000)
    window = drift.Adwin(confidence=1e-9)
    for value in values:
        window.update(value)
    assert window.width == 3000
    assert window.mean == pytest.approx(values.mean())
    assert len(window._buckets) < 80


def test_adwin_keeps_only_what_came_after_the_change():
    window = drift.Adwin()
    drift.alarms(coin(0, (1000, 0.1), (1000, 0.8)), window)
    assert window.width < 1100
    assert window.mean == pytest.approx(0.8, abs=0.06)


def test_adwin_takes_another_range():
    stream = 500 * coin(0, (500, 0.2), (500, 0.8)) - 100
    expected = drift.alarms(coin(0, (500, 0.2), (500, 0.8)), drift.Adwin())
    assert drift.alarms(stream, drift.Adwin(low=-100, high=400)).equals(expected)


def test_ddm_warns_before_the_alarm_and_ignores_what_gets_better():
    watch, warned = drift.Ddm(), []
    for value in coin(0, (500, 0.2), (200, 0.5)):
        if watch.update(value):
            break
        warned.append(watch.warned)
    assert warned[-1]
    assert drift.alarms(coin(0, (500, 0.5), (500, 0.1)), drift.Ddm()).empty


def test_a_stream_without_values_has_no_alarms():
    assert drift.alarms([], drift.Adwin()).columns.tolist() == ["position", "at", "began", "began_at"]
    assert math.isnan(drift.Adwin().mean)


def test_a_constant_stream_that_moves_is_seen_at_once():
    assert drift.alarms([1.0] * 100 + [1.5], drift.PageHinkley())["position"].tolist() == [100]


def test_values_that_a_detector_cannot_take_are_refused():
    with pytest.raises(DataError, match=r"A value must be finite and from 0 to 1, got: 1\.5"):
        drift.Adwin().update(1.5)
    with pytest.raises(DataError, match="must be finite"):
        drift.PageHinkley().update(np.inf)
    with pytest.raises(DataError, match="Ddm takes 0"):
        drift.Ddm().update(0.5)
    with pytest.raises(DataError, match="A stream is of numbers, got: 'x'"):
        drift.alarms(["x"], drift.PageHinkley())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: drift.PageHinkley(threshold=0), "`threshold` above 0"),
        (lambda: drift.Adwin(low=1, high=0), "`low` below `high`"),
        (lambda: drift.Ddm(warning=4), "at most `alarm`"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, words):
    with pytest.raises(DataError, match=words):
        make()
