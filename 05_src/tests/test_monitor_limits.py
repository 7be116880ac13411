"""Limits from calm windows keep their promise: they go by ranks, so that the distribution does not matter."""

import numpy as np
import pandas as pd
import pytest

from mlsd import drift, monitor
from mlsd.errors import DataError, SettingsError
from mlsd.monitor.calm import false_alarm_rate
from mlsd.monitor.rules import Rule

SEEDS, CALM, LATER = 200, 60, 120


def windows(values, metric="missing"):
    starts = pd.date_range("2013-01-01", periods=len(values), tz="UTC")
    return pd.DataFrame({"start": starts, "slice": "all", "rows": 900, metric: values})


def alarms(patience, false_alarms):
    """Alerts a window over many seeds in which nothing ever changes."""
    opened = 0
    for seed in range(SEEDS):
        values = np.random.default_rng(seed).lognormal(size=CALM + LATER)
        limit = monitor.limits(windows(values[:CALM]), "missing", false_alarms=false_alarms, patience=patience)
        opened += len(monitor.alerts(windows(values[CALM:]), Rule("it", "missing", patience=patience, **limit)))
    return opened / SEEDS / LATER


@pytest.mark.parametrize("patience", [1, 2, "2 of 3"])
def test_calm_windows_open_no_more_alerts_than_promised(patience):
    rate = alarms(patience, 0.02)
    assert 0.005 < rate < 0.02 * 1.2  # four standard errors of 200 limits


def test_without_patience_the_limit_of_a_patient_rule_cries_wolf():
    rng = np.random.default_rng(0)
    calm, later = windows(rng.normal(size=90)), windows(rng.normal(size=900))
    limit = monitor.limits(calm, "missing", patience=3)
    patient, hasty = (len(monitor.alerts(later, Rule("it", "missing", patience=n, **limit))) for n in (3, 1))
    assert hasty > 5 * patient


def test_the_limit_is_one_of_the_calm_values_and_nearer_with_more_patience():
    calm = windows(np.arange(100.0))
    found = [monitor.limits(calm, "missing", patience=patience)["above"] for patience in (1, 2, 3)]
    assert found[0] == 99
    assert found == sorted(found, reverse=True)


def test_both_sides_share_the_false_alarms():
    found = monitor.limits(windows(np.arange(1000.0)), "missing", patience=1, side="both", false_alarms=0.02)
    assert found == {"above": 990.0, "below": 9.0}


@pytest.mark.parametrize("needs", [(1, 1), (2, 2), (2, 3), (3, 5)])
def test_the_rate_is_that_of_a_simulation(needs):
    rng, needed, of = np.random.default_rng(1), *needs
    calm = np.sort(rng.random((40_000, 20)), axis=1)
    new = rng.random((40_000, of + 1)) > calm[:, [-3]]
    before, now = new[:, :-1].sum(axis=1) >= needed, new[:, 1:].sum(axis=1) >= needed
    assert false_alarm_rate(3, 20, needs) == pytest.approx((now & ~before).mean(), rel=0.1)


def test_too_few_calm_windows_are_named_with_what_they_allow():
    with pytest.raises(
        DataError, match=r"28 calm windows are too few for 0\.01 .* the rarest that they allow is 0\.03"
    ):
        monitor.limits(windows(np.arange(28.0)), "missing", patience=1)
    with pytest.raises(DataError, match="there must be at least 2"):
        monitor.limits(windows([]), "missing")


def test_small_windows_and_other_slices_do_not_set_a_limit():
    calm = windows(np.arange(100.0)).assign(rows=[900] * 99 + [3])
    calm = pd.concat([calm, calm.assign(slice="origin = JFK", missing=1e6)], ignore_index=True)
    assert monitor.limits(calm, "missing", patience=1, false_alarms=0.02)["above"] == 97


@pytest.mark.parametrize(
    ("options", "words"),
    [({"side": "left"}, "`side` must be one of"), ({"false_alarms": 1}, "`false_alarms` must lie between 0 and 1")],
)
def test_an_option_that_is_not_allowed_is_named(options, words):
    with pytest.raises(DataError, match=words):
        monitor.limits(windows(np.arange(100.0)), "missing", **options)


def test_a_metric_that_does_not_exist_is_named():
    with pytest.raises(SettingsError, match="did you mean 'missing'"):
        monitor.limits(windows([0.1]), "misssing")


def test_drift_of_calm_logs_keeps_the_promise_too():
    """The whole way: rows, windows, effects, limits, alerts."""
    rng = np.random.default_rng(3)
    reference = drift.prepare(pd.DataFrame({"temp": rng.normal(size=2000)}))
    times = pd.date_range("2013-01-01", periods=110 * 40, freq="36min", tz="UTC")
    log = pd.DataFrame({"time": times, "probability": 0.5, "temp": rng.normal(size=len(times))})
    measured = monitor.measure(log, reference=reference)
    calm, later = measured.iloc[:60], measured.iloc[60:]
    rule = Rule("drift", "worst_effect", patience=2, min_rows=0, **monitor.limits(calm, "worst_effect", min_rows=0))
    assert calm["worst_effect"].min() > 0
    assert len(monitor.alerts(later, rule)) <= 2
