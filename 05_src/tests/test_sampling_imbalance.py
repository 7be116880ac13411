"""Resampling happens where a model is fitted and nowhere else, and probabilities can be brought back."""

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline as ImblearnPipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlsd.errors import DataError
from mlsd.sampling import Resampled, restore_rate

OVER, UNDER = RandomOverSampler(random_state=0), RandomUnderSampler(random_state=0)
SMALL_SMOTE = "SMOTE looks for five neighbours in the rare class; the check has three rows of it"


@pytest.fixture
def rare():
    """200 rows, 20 of them of the rare class, under an index of their own."""
    rng = np.random.default_rng(0)
    y = pd.Series((np.arange(200) % 10 == 0).astype(int), index=range(1000, 1200), name="late")
    X = pd.DataFrame({"a": rng.normal(y), "b": rng.normal(size=200)}, index=y.index)
    return X, y


def failures_expected(model):
    return {"check_fit2d_1feature": SMALL_SMOTE} if isinstance(model.sampler, SMOTE) else {}


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(
    [
        Resampled(LogisticRegression(), OVER),
        Resampled(RidgeClassifier(), UNDER),
        Resampled(LogisticRegression(), SMOTE(random_state=0)),
    ],
    expected_failed_checks=failures_expected,
)
def test_it_is_a_scikit_learn_classifier(estimator, check):
    check(estimator)


@pytest.mark.parametrize("sampler", [OVER, UNDER, SMOTE(random_state=0)])
def test_it_is_what_resampling_by_hand_and_then_fitting_gives(rare, sampler):
    X, y = rare
    by_hand = LogisticRegression().fit(*sampler.fit_resample(X, y))
    model = Resampled(LogisticRegression(), sampler).fit(X, y)
    assert (model.predict_proba(X) == by_hand.predict_proba(X)).all()
    assert (model.decision_function(X) == by_hand.decision_function(X)).all()
    assert (model.classes_.tolist(), model.feature_names_in_.tolist()) == ([0, 1], ["a", "b"])


class Noting(LogisticRegression):
    """Notes which rows it is fitted on and which it is asked about, by their index."""

    def fit(self, X, y):
        self.fitted_on_ = X.index.tolist()
        return super().fit(X, y)

    def predict(self, X):
        self.asked_about_ = X.index.tolist()
        return super().predict(X)


@pytest.mark.parametrize("sampler", [UNDER, OVER])
def test_in_a_cross_validation_only_the_training_folds_are_resampled(rare, sampler):
    X, y = rare
    balanced = {UNDER: [16, 16], OVER: [144, 144]}[sampler]
    done = cross_validate(Resampled(Noting(), sampler), X, y, cv=5, return_estimator=True, return_indices=True)
    for model, test in zip(done["estimator"], done["indices"]["test"], strict=True):
        assert model.counts_before_.tolist() == [144, 16]
        assert model.counts_after_.tolist() == balanced
        assert model.estimator_.asked_about_ == X.index[test].tolist()


def test_an_undersampled_row_is_one_of_the_training_rows(rare):
    X, y = rare
    model = Resampled(Noting(), UNDER).fit(X[:150], y[:150])
    assert len(set(model.estimator_.fitted_on_)) == 30
    assert set(model.estimator_.fitted_on_) < set(X.index[:150])


def test_it_is_the_last_step_of_a_scikit_learn_pipeline_and_its_parts_can_be_tuned(rare):
    X, y = rare
    clf = Resampled(LogisticRegression(), SMOTE(random_state=0))
    pipe = Pipeline([("impute", SimpleImputer()), ("scale", StandardScaler()), ("clf", clf)])
    pipe.set_params(clf__estimator__C=0.1, clf__sampler__k_neighbors=3).fit(X.mask(X > 2), y)
    assert pipe["clf"].estimator_.C == 0.1
    assert pipe["clf"].sampler.k_neighbors == 3
    assert pipe.predict_proba(X).shape == (200, 2)


def test_an_imbalanced_learn_pipeline_gives_the_same_without_it(rare):
    X, y = rare
    theirs = ImblearnPipeline([("scale", StandardScaler()), ("over", OVER), ("clf", LogisticRegression())])
    ours = Pipeline([("scale", StandardScaler()), ("clf", Resampled(LogisticRegression(), OVER))])
    assert (theirs.fit(X, y).predict_proba(X) == ours.fit(X, y).predict_proba(X)).all()


def test_neither_the_estimator_nor_the_sampler_that_was_passed_is_fitted(rare):
    model = Resampled(LogisticRegression(), clone(OVER)).fit(*rare)
    assert not hasattr(model.estimator, "coef_")
    assert not hasattr(model.sampler, "sampling_strategy_")


def test_it_offers_what_its_classifier_offers(rare):
    X, y = rare
    ridge = Resampled(RidgeClassifier(), UNDER)
    assert not hasattr(ridge, "predict_proba")
    assert hasattr(ridge.fit(X, y), "decision_function")


def test_missing_values_and_text_labels_go_where_its_parts_take_them(rare):
    X, y = rare
    labels = y.map({0: "on time", 1: "late"})
    trees = HistGradientBoostingClassifier(max_iter=2)
    gaps = X.mask(X > 1)
    assert set(Resampled(trees, UNDER).fit(gaps, labels).predict(gaps)) == {"late", "on time"}


def test_a_model_saved_by_skops_comes_back_the_same_and_holds_no_training_rows(rare):
    model = Resampled(LogisticRegression(), SMOTE(random_state=0)).fit(*rare)
    data = skops.io.dumps(model)
    trusted = skops.io.get_untrusted_types(data=data)
    again = skops.io.loads(data, trusted=trusted)
    assert trusted == ["imblearn.over_sampling._smote.base.SMOTE", "mlsd.sampling.imbalance.Resampled"]
    assert (again.predict_proba(rare[0]) == model.predict_proba(rare[0])).all()


@pytest.mark.parametrize("kind", [DataError, TypeError])
def test_a_sample_weight_is_refused_in_words(rare, kind):
    with pytest.raises(kind, match=r"(?s)takes no 'sample_weight'.*Weigh or resample, not both"):
        Resampled(LogisticRegression(), OVER).fit(*rare, sample_weight=np.ones(200))


def test_what_is_no_classifier_and_no_sampler_is_refused(rare):
    with pytest.raises(DataError, match="must be a classifier, got: LinearRegression"):
        Resampled(LinearRegression(), OVER).fit(*rare)
    with pytest.raises(DataError, match="must have fit_resample, got: StandardScaler"):
        Resampled(LogisticRegression(), StandardScaler()).fit(*rare)


# Probabilities brought back


def test_odds_are_restored_by_hand():
    by_hand = (0.8 / 0.2) * (0.1 / 0.9) / (0.5 / 0.5)
    assert restore_rate([0.8], trained_rate=0.5, true_rate=0.1)[0] == pytest.approx(by_hand / (1 + by_hand))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_restoring_keeps_the_order_and_can_be_undone(probability, trained, true):
    restored = restore_rate(sorted(probability), trained_rate=trained, true_rate=true)
    assert (np.diff(restored) >= 0).all()
    assert restore_rate(restored, trained_rate=true, true_rate=trained) == pytest.approx(sorted(probability), abs=1e-9)


def test_an_undersampled_model_is_calibrated_again():
    rng = np.random.default_rng(0)
    x = rng.normal(size=40_000)
    y = (rng.random(40_000) < 1 / (1 + np.exp(3.5 - x))).astype(int)
    said = Resampled(LogisticRegression(), UNDER).fit(x[:, None], y).predict_proba(x[:, None])[:, 1]
    restored = restore_rate(said, trained_rate=0.5, true_rate=y.mean())
    assert said.mean() > 5 * y.mean()
    assert restored.mean() == pytest.approx(y.mean(), rel=0.05)


def test_rates_and_probabilities_must_be_such():
    with pytest.raises(DataError, match="`true_rate` must lie between 0 and 1, got: 1"):
        restore_rate([0.5], trained_rate=0.5, true_rate=1)
    with pytest.raises(DataError, match=r"(?s)from 0 to 1.*predict_proba\(X\)\[:, 1\]"):
        restore_rate([0.5, np.nan], trained_rate=0.5, true_rate=0.1)
