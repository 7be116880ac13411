"""Synthetic tables with one known leak each, and clean ones that look suspicious: an exam for leakage audits.

Twenty tables have a leak, ten have none. The honest part of each is made alike: customers with age, income, visits and
more, and a target that depends on a few of these and on chance. Then one leak is planted, of the size that the draw
gives. A clean table has instead what is often taken for a leak: a strong feature, shares between 0 and 1, spikes, gaps
that mean something.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["PlantedLeak", "make_leaks"]

START = pd.Timestamp("2025-01-01")


@dataclass(frozen=True)
class PlantedLeak:
    """A synthetic table and the answer key.

    Attributes
    ----------
    name : str
        What the table is called, for example ``mean of all rows``.
    X : pandas.DataFrame
        Features, with the columns that `given` names.
    y : pandas.Series
        The target.
    given : dict
        What else an audit may know: ``groups``, ``time`` or ``decided_at``, each the name of a column of X.
    kind : str or None
        The kind of the leak, in the words of :mod:`mlsd.leakage`; None where the table is clean.
    columns : tuple of str
        The columns that leak; empty where the rows do.
    """

    name: str
    X: pd.DataFrame
    y: pd.Series
    given: dict[str, Any] = field(default_factory=dict)
    kind: str | None = None
    columns: tuple[str, ...] = ()

    def __repr__(self):
        rows, columns = self.X.shape
        return f"PlantedLeak({self.name!r}, {self.kind or 'clean'}, {rows} rows × {columns} columns, synthetic)"


def make_leaks(seed: int = 0) -> list[PlantedLeak]:
    """Make twenty synthetic tables with a leak and ten without; the same seed gives the same tables.

    Parameters
    ----------
    seed : int
        Seed of every draw: sizes (300 to 5,000 rows), strengths, and which columns leak.

    Returns
    -------
    list of PlantedLeak
        First the twenty, then the clean ten.

    Examples
    --------
    >>> tables = make_leaks()
    >>> len(tables), sum(table.kind is None for table in tables)
    (30, 10)
    >>> tables[6]
    PlantedLeak('median of all rows', imputation, 956 rows × 8 columns, synthetic)
    """
    made = []
    for place, (name, make) in enumerate(_MAKERS.items()):
        draw = np.random.default_rng([seed, place])
        made.append(PlantedLeak(name.replace("_", " "), *make(draw)))
    return made


# The honest part.


def _customers(draw: np.random.Generator, rows: int | None = None) -> pd.DataFrame:
    rows = rows or int(np.exp(draw.uniform(np.log(300), np.log(5_000))))
    wealth = draw.normal(size=rows)
    return pd.DataFrame(
        {
            "age": draw.integers(18, 90, rows),
            "income": np.exp(10 + 0.5 * wealth + 0.3 * draw.normal(size=rows)).round(2),
            "visits": draw.poisson(4, rows),
            "basket": draw.gamma(2, 20, rows),
            "distance": draw.lognormal(1.5, 0.8, rows),
            "tenure": draw.exponential(3, rows).round(1),
            "region": draw.choice(["north", "south", "east", "west"], rows, p=[0.4, 0.3, 0.2, 0.1]),
            "member": draw.random(rows) < 0.4,
        }
    )


def _risk(draw: np.random.Generator, X: pd.DataFrame, strength: float = 1.0) -> np.ndarray:
    """A score that depends on four honest columns."""
    parts = [np.log(X["income"]), X["visits"], np.log1p(X["distance"]), X["region"].eq("north").astype(float)]
    standard = [(part - part.mean()) / part.std() for part in parts]
    return (
        strength
        * sum(weight * part for weight, part in zip(draw.uniform(0.3, 0.8, 4), standard, strict=True)).to_numpy()
    )


def _outcome(draw: np.random.Generator, risk: np.ndarray, share: float | None = None) -> pd.Series:
    """Yes or no: the riskiest, as far as chance lets them be."""
    share = share or draw.uniform(0.15, 0.5)
    hidden = risk + draw.logistic(size=len(risk))
    return pd.Series((hidden > np.quantile(hidden, 1 - share)).astype(int), name="churned")


def _amount(draw: np.random.Generator, risk: np.ndarray) -> pd.Series:
    return pd.Series(50 + 10 * risk + 10 * draw.normal(size=len(risk)), name="spent")


def _honest(draw: np.random.Generator, rows: int | None = None) -> tuple[pd.DataFrame, pd.Series]:
    X = _customers(draw, rows)
    return X, _outcome(draw, _risk(draw, X))


def _days(count: np.ndarray) -> pd.TimedeltaIndex:
    return pd.to_timedelta(count, unit="D").round("s")


# The twenty. Each gives X, y, what is known besides, the kind and the columns.


def _random_walk(draw: np.random.Generator) -> tuple[Any, ...]:
    rows = int(draw.integers(400, 3_000))
    day, level = np.arange(rows), draw.normal(size=rows).cumsum()
    X = pd.DataFrame({"day": START + _days(day), "stock": draw.normal(size=rows).cumsum(), "week": day // 7})
    X = X.assign(weekday=day % 7, temperature=15 - 10 * np.cos(day / 58) + draw.normal(size=rows))
    return X, pd.Series(level + draw.normal(size=rows), name="demand"), {"time": "day"}, "time", ("day",)


def _waves_of_fraud(draw: np.random.Generator) -> tuple[Any, ...]:
    X = _customers(draw, int(draw.integers(1_000, 5_000)))
    wave = np.arange(len(X)) * int(draw.integers(25, 50)) // len(X)
    X = X.assign(at=START + _days(np.sort(draw.random(len(X))) * 365), shop=1000 + wave)
    trick = draw.normal(0, 2, wave.max() + 1)
    return X, _outcome(draw, _risk(draw, X) + trick[wave]), {"time": "at"}, "time", ("at",)


def _standard_scores(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    names = ["income", "basket", "distance", "tenure"][: draw.integers(1, 5)]
    X[names] = (X[names] - X[names].mean()) / X[names].std(ddof=int(draw.integers(2)))
    return X, y, {}, "scaling", tuple(names)


def _fitted_scaler(draw: np.random.Generator) -> tuple[Any, ...]:
    from sklearn import preprocessing

    X, y = _honest(draw)
    kind = draw.choice(["MinMaxScaler", "RobustScaler", "QuantileTransformer", "PowerTransformer"])
    options = {"n_quantiles": min(1_000, len(X)), "output_distribution": "normal"} if kind[0] == "Q" else {}
    names = ["income", "basket", "distance"]
    X[names] = getattr(preprocessing, kind)(**options).fit_transform(X[names])
    return X, y, {}, "scaling", tuple(names)


def _mean_of_all_rows(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    names = ["income", "basket", "age"][: draw.integers(1, 4)]
    X[names] = X[names].astype(float).mask(draw.random((len(X), len(names))) < draw.uniform(0.05, 0.3))
    X[names] = X[names].fillna(X[names].mean())
    return X, y, {}, "imputation", tuple(names)


def _mean_of_the_class(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    X["basket"] = X["basket"].mask(draw.random(len(X)) < draw.uniform(0.1, 0.4))
    X["basket"] = X["basket"].fillna(X["basket"].groupby(y).transform("mean"))
    return X, y, {}, "imputation", ("basket",)


def _median_of_all_rows(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    names = ["income", "distance"][: draw.integers(1, 3)]
    X[names] = X[names].mask(draw.random((len(X), len(names))) < draw.uniform(0.05, 0.3))
    X[names] = X[names].fillna(X[names].median())
    return X, y, {}, "imputation", tuple(names)


def _rate_of_each_town(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    town = draw.integers(0, len(X) // int(draw.integers(4, 20)), len(X))
    return X.assign(town_rate=y.groupby(town).transform("mean")), y, {}, "target encoding", ("town_rate",)


def _smoothed_rate(draw: np.random.Generator) -> tuple[Any, ...]:
    from sklearn.preprocessing import TargetEncoder

    X = _customers(draw)
    risk = _risk(draw, X)
    y = _amount(draw, risk) if draw.random() < 0.5 else _outcome(draw, risk)
    shop = draw.integers(0, len(X) // int(draw.integers(5, 15)), (len(X), 1)).astype(str)
    X["shop_mean"] = TargetEncoder(smooth=draw.choice([5.0, 20.0])).fit(shop, y).transform(shop)[:, 0]
    return X, y, {}, "target encoding", ("shop_mean",)


def _rows_between_rows(draw: np.random.Generator) -> tuple[Any, ...]:
    from imblearn.over_sampling import SMOTE

    X = _customers(draw, int(draw.integers(1_000, 5_000)))[["income", "basket", "distance", "tenure", "age"]]
    X["hours"] = draw.normal(30, 8, len(X))
    risk = 0.5 * np.log(X["income"]) + 0.02 * X["age"] + 0.03 * X["hours"]
    y = _outcome(draw, (risk - risk.mean()).to_numpy(), draw.uniform(0.04, 0.12))
    more, labels = SMOTE(random_state=int(draw.integers(1_000))).fit_resample(X.astype(float), y)
    return (*_shuffled(draw, more, labels), {}, "oversampling", ())


def _copies_of_a_rare_class(draw: np.random.Generator) -> tuple[Any, ...]:
    X = _customers(draw)
    y = _outcome(draw, _risk(draw, X), draw.uniform(0.06, 0.15))
    rare = np.flatnonzero(y)
    places = np.r_[np.arange(len(X)), draw.choice(rare, int(draw.uniform(0.5, 1) * (len(X) - 2 * len(rare))))]
    return (*_shuffled(draw, X.take(places), y.take(places)), {}, "oversampling", ())


def _copied_rows(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    places = np.r_[np.arange(len(X)), draw.choice(len(X), int(draw.uniform(0.05, 0.4) * len(X)))]
    return (*_shuffled(draw, X.take(places), y.take(places)), {}, "duplicates", ())


def _copies_with_small_changes(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    copied = draw.choice(len(X), int(draw.uniform(0.1, 0.4) * len(X)), replace=False)
    again = X.iloc[copied].copy()
    names = ["income", "basket", "distance"]
    again[names] *= 1 + 10 ** draw.uniform(-7, -4) * draw.normal(size=(len(again), 3))
    return (*_shuffled(draw, pd.concat([X, again]), pd.concat([y, y.iloc[copied]])), {}, "duplicates", ())


def _several_visits_of_a_patient(draw: np.random.Generator) -> tuple[Any, ...]:
    people = _customers(draw, int(draw.integers(100, 500)))
    who = draw.integers(0, len(people), len(people) * int(draw.integers(4, 10)))
    X = people.iloc[who].reset_index(drop=True).assign(patient=who, pulse=draw.normal(70, 10, len(who)).round())
    X["basket"] += draw.normal(size=len(X))
    ill = _outcome(draw, _risk(draw, people)).to_numpy()[who] ^ (draw.random(len(who)) < 0.1)
    return X, pd.Series(ill, name="ill"), {"groups": "patient"}, "groups", ("patient",)


def _a_customer_number(draw: np.random.Generator) -> tuple[Any, ...]:
    people = _customers(draw, int(draw.integers(100, 400)))
    habit = 8 * draw.normal(size=len(people)) + 5 * _risk(draw, people)
    who = draw.integers(0, len(people), len(people) * int(draw.integers(5, 10)))
    X = people.iloc[who].reset_index(drop=True).assign(customer=[f"C{number:04d}" for number in who])
    X["visits"] = draw.poisson(4, len(X))
    y = pd.Series(40 + habit[who] + 4 * draw.normal(size=len(who)), name="spent")
    return X, y, {}, "groups", ("customer",)


def _closed_later(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    asked = START + pd.to_timedelta(draw.integers(0, 300 * 24 * 60, len(X)), unit="min")
    opened = asked - _days(draw.exponential(20, len(X)))
    closed = pd.Series(asked + _days(draw.exponential(10, len(X)) + 15 * y.to_numpy()))
    X = X.assign(asked=asked, opened=opened, closed=closed.where(draw.random(len(X)) < 0.9))
    return X, y, {"decided_at": "asked"}, "after decision", ("closed",)


def _filled_if_it_happened(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    happened = y.eq(1) & (draw.random(len(X)) < draw.choice([0.5, 0.8, 1.0]))
    value = draw.exponential(10, len(X)).round(1)
    X["days_to_refund"] = np.where(happened, value, np.nan if draw.random() < 0.6 else 0.0)
    return X, y, {}, "after decision", ("days_to_refund",)


def _target_in_other_words(draw: np.random.Generator) -> tuple[Any, ...]:
    X = _customers(draw)
    risk = _risk(draw, X)
    if draw.random() < 0.5:
        y = _amount(draw, risk)
        X["points"] = (np.exp(y / 40) * 100).round() if draw.random() < 0.5 else y + draw.normal(0, 1, len(y))
    else:
        y = _outcome(draw, risk).map({0: "stays", 1: "goes"})
        X["calls"] = np.where(y == "goes", 6.0, 2.0) + draw.normal(0, 1, len(y))
    return X, y, {}, "target proxy", (X.columns[-1],)


def _before_and_after(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    before = draw.lognormal(7, 0.7, len(X))
    moved = np.where(y == 1, -1, 1) * draw.gamma(3, 15, len(X))
    X = X.assign(balance_before=before.round(2), balance_after=(before + moved).round(2))
    return X, y, {}, "target proxy", ("balance_before", "balance_after")


def _number_of_the_scan(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    order = np.argsort(y.to_numpy() * draw.choice([1.0, 2.0]) + draw.random(len(X)) * 1.2)
    number = np.empty(len(X), dtype=int)
    number[order] = np.arange(len(X))
    X["scan_id"] = number + 10_000 if draw.random() < 0.5 else [f"scan-{n:05d}" for n in number]
    return X, y, {}, "generation process", ("scan_id",)


def _shuffled(draw: np.random.Generator, X: pd.DataFrame, y: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    order = draw.permutation(len(X))
    return X.iloc[order].reset_index(drop=True), y.iloc[order].reset_index(drop=True)


# The clean ten. Each looks like one of the twenty.


def _one_strong_feature(draw: np.random.Generator) -> tuple[Any, ...]:
    X = _customers(draw)
    X["late_payments"] = draw.normal(size=len(X))
    return X, _outcome(draw, _risk(draw, X, 0.5) + draw.uniform(2.5, 4) * X["late_payments"].to_numpy())


def _shares(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    online, visits = draw.beta(2, 2, len(X)), draw.integers(1, 30, len(X))
    X = X.assign(online=online, opened=draw.binomial(visits, 0.3) / visits, returned=draw.random(len(X)).round(2))
    X["discount"] = np.clip(draw.normal(0.4, draw.uniform(0.15, 0.4), len(X)), 0, 1)
    return X, y


def _few_whole_numbers(draw: np.random.Generator) -> tuple[Any, ...]:
    rows = int(draw.integers(500, 4_000))
    mood = draw.normal(size=rows)
    X = pd.DataFrame({f"answer_{q}": np.clip(np.round(3 + mood + draw.normal(size=rows)), 1, 5) for q in range(5)})
    return X.astype(int), _outcome(draw, mood + X["answer_0"].to_numpy() / 2)


def _spikes(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    usual = draw.random(len(X)) < 0.4
    X["hours"] = np.where(usual, 40, np.clip(draw.normal(40, 10, len(X)).round(), 1, 99))
    X["gift"] = np.where(draw.random(len(X)) < 0.6, 0.0, draw.gamma(2, 30, len(X)))
    X["change"] = np.where(draw.random(len(X)) < 0.3, 0.0, draw.normal(size=len(X)))
    return X, y


def _gaps_that_mean_something(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    hidden = draw.random(len(X)) < np.where(y == 1, draw.uniform(0.3, 0.7), draw.uniform(0.05, 0.2))
    X["income"] = X["income"].mask(hidden)
    X["tenure"] = X["tenure"].mask(draw.random(len(X)) < 0.3)
    X["region"] = X["region"].mask(draw.random(len(X)) < 0.1)
    return X, y


def _groups_that_do_not_matter(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    return X.assign(branch=draw.integers(0, len(X) // int(draw.integers(4, 30)), len(X))), y, {"groups": "branch"}


def _time_without_drift(draw: np.random.Generator) -> tuple[Any, ...]:
    X, y = _honest(draw)
    return X.assign(at=START + _days(np.sort(draw.random(len(X))) * 365)), y, {"time": "at"}


def _components_and_normals(draw: np.random.Generator) -> tuple[Any, ...]:
    rows = int(draw.integers(300, 4_000))
    raw = draw.normal(size=(rows, 4)) @ draw.normal(size=(4, 4))
    raw -= raw.mean(axis=0)
    turned = raw @ np.linalg.svd(raw, full_matrices=False)[2].T
    X = pd.DataFrame(turned, columns=["c1", "c2", "c3", "c4"]).assign(
        z1=draw.normal(size=rows), z2=draw.normal(size=rows)
    )
    return X, _outcome(draw, raw[:, 0] + X["z1"].to_numpy(), 0.5)


def _small_and_mixed(draw: np.random.Generator) -> tuple[Any, ...]:
    X, _ = _honest(draw, 300)
    kinds = draw.choice(["low", "middle", "high"], len(X), p=[0.4, 0.35, 0.25])
    X = X.assign(country="CA", nothing=np.nan, grade=pd.Categorical(draw.choice(list("ABC"), len(X))))
    return X, pd.Series(kinds, name="level")


def _dates_before_the_decision(draw: np.random.Generator) -> tuple[Any, ...]:
    X = _customers(draw)
    asked = START + _days(draw.integers(0, 300, len(X)))
    joined = asked - _days(1 + draw.exponential(300, len(X)))
    X = X.assign(asked=asked, joined=joined, due=asked + pd.Timedelta(days=30), order_id=draw.permutation(len(X)) + 1)
    X["postcode"] = draw.integers(10_000, 10_000 + len(X) // 8, len(X)).astype(str)
    return X, _amount(draw, _risk(draw, X)), {"decided_at": "asked"}


_LEAKS: list[Callable[[np.random.Generator], tuple[Any, ...]]] = [
    _random_walk, _waves_of_fraud, _standard_scores, _fitted_scaler, _mean_of_all_rows, _mean_of_the_class,
    _median_of_all_rows, _rate_of_each_town, _smoothed_rate, _rows_between_rows, _copies_of_a_rare_class,
    _copied_rows, _copies_with_small_changes, _several_visits_of_a_patient, _a_customer_number, _closed_later,
    _filled_if_it_happened, _target_in_other_words, _before_and_after, _number_of_the_scan,
]  # fmt: skip
_CLEAN: list[Callable[[np.random.Generator], tuple[Any, ...]]] = [
    _one_strong_feature, _shares, _few_whole_numbers, _spikes, _gaps_that_mean_something, _groups_that_do_not_matter,
    _time_without_drift, _components_and_normals, _small_and_mixed, _dates_before_the_decision,
]  # fmt: skip
_MAKERS = {make.__name__.strip("_"): make for make in [*_LEAKS, *_CLEAN]}
