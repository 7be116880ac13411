import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, RobustScaler, StandardScaler, TargetEncoder

from mlsd import leakage


@pytest.fixture
def draw():
    return np.random.default_rng(0)


@pytest.fixture(name="X")
def features(draw):
    return pd.DataFrame({"income": draw.lognormal(10, 0.5, 300), "size": draw.gamma(2, 3, 300)})


@pytest.fixture
def y(draw):
    return draw.random(300) < 0.4


def columns(found):
    return sorted(name for names in found["columns"] for name in names)


@pytest.mark.parametrize(
    "scaler", [StandardScaler(), MinMaxScaler(), RobustScaler(), QuantileTransformer(n_quantiles=300)]
)
def test_each_scaler_leaves_a_mark(X, y, scaler):
    scaled = pd.DataFrame(scaler.fit_transform(X), columns=X.columns)
    assert columns(leakage.audit_scaling(scaled, y)) == ["income", "size"]


def test_a_mark_survives_32_bits(X, y):
    scaled = pd.DataFrame(StandardScaler().fit_transform(X), columns=X.columns).astype("float32")
    assert columns(leakage.audit_scaling(scaled, y)) == ["income", "size"]


def test_simulated_normals_components_and_shares_bear_no_mark(draw, y):
    X = pd.DataFrame({"normal": draw.normal(size=300), "share": draw.random(300), "score": draw.normal(size=300) * 3})
    X["score"] -= X["score"].mean()
    X["clipped"] = np.clip(draw.normal(0.5, 0.4, 300), 0, 1)
    assert leakage.audit_scaling(X, y).empty


def test_one_column_from_0_to_1_may_be_a_share(draw, y):
    share = draw.random(300)
    share[:2] = 0.0, 1.0
    assert leakage.audit_scaling(pd.DataFrame({"share": share}), y).empty


def test_whole_numbers_divided_by_their_range_are_scaled(draw, y):
    age = draw.integers(18, 92, 300)
    X = pd.DataFrame({"age": (age - age.min()) / (age.max() - age.min()), "other": draw.normal(size=300)})
    assert columns(leakage.audit_scaling(X, y)) == ["age"]


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_gaps_filled_with_a_statistic_of_all_rows_are_found(X, y, statistic):
    X.loc[::7, "size"] = np.nan
    X["size"] = X["size"].fillna(X["size"].agg(statistic))
    found = leakage.audit_imputation(X, y)
    assert columns(found) == ["size"]
    assert f"the {statistic} of all 257 others" in found["evidence"].iloc[0] or statistic == "median"


def test_gaps_filled_with_the_mean_of_their_class_are_found(X, y):
    X["size"] = X["size"].mask(X.index % 5 == 0)
    X["size"] = X["size"].fillna(X["size"].groupby(y).transform("mean"))
    assert "the target filled these gaps" in leakage.audit_imputation(X, y)["evidence"].iloc[0]


def test_spikes_that_nature_makes_are_left_alone(draw, y):
    usual = draw.random(300) < 0.4
    X = pd.DataFrame({"hours": np.where(usual, 40, draw.normal(40, 9, 300).round())})
    X["gift"] = np.where(usual, 0, draw.gamma(2, 30, 300))
    X["change"] = np.where(usual, 0, draw.normal(size=300))
    assert leakage.audit_imputation(X, y).empty


def test_a_whole_mean_of_whole_numbers_is_luck(y):
    visits = np.r_[np.full(60, 4), np.tile([0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 11], 20)]
    assert leakage.audit_imputation(pd.DataFrame({"visits": visits}), y).empty


@pytest.mark.parametrize("how", ["mean", "smooth", "auto", "odds"])
def test_means_of_the_target_by_group_are_found(draw, X, y, how):
    shop = pd.Series(draw.integers(0, 10, 300), name="shop")
    mean = pd.Series(y).groupby(shop).transform("mean")
    encoder = TargetEncoder(smooth="auto" if how == "auto" else 10.0).fit(shop.to_frame(), y)
    smooth = encoder.transform(shop.to_frame())[:, 0]
    X["rate"] = {"mean": mean, "odds": np.log(mean / (1 - mean))}.get(how, smooth)
    assert columns(leakage.audit_encoding(X, y)) == ["rate"]


def test_means_of_a_quantity_are_found_and_measured(draw, X):
    shop = draw.integers(0, 60, 300)
    spent = pd.Series(draw.normal(size=300))
    found = leakage.audit_encoding(X.assign(usual=spent.groupby(shop).transform("mean")), spent)
    assert columns(found) == ["usual"]
    assert found["optimism"].iloc[0] > 0.1


def test_a_rate_from_other_rows_is_no_leak(draw, X, y):
    shop = draw.integers(0, 25, 300)
    past = pd.Series(draw.random(3000) < 0.4).groupby(draw.integers(0, 25, 3000)).mean()
    assert leakage.audit_encoding(X.assign(rate=past[shop].to_numpy()), y).empty
