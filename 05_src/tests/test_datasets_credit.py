import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from mlsd.datasets.credit import CREDIT_COLUMNS, make_credit, read_credit
from mlsd.errors import ColumnError, DataError

LATE = ["num_30_59_days_late", "num_60_89_days_late", "num_90_days_late"]
UTILIZATION = "revolving_unsecured_line_utilization"
REAL_LINE = "1,1,0.766126609,45,2,0.802982129,9120,13,0,6,0,2"


@pytest.fixture(scope="module", params=[0, 1, 2])
def credit(request) -> pd.DataFrame:
    return make_credit(n_rows=100_000, seed=request.param)


def auc(model, credit: pd.DataFrame) -> float:
    X, y = credit.drop(columns="delinquency"), credit["delinquency"]
    half = len(credit) // 2
    with threadpool_limits(1):  # several threads make boosted trees crawl on a busy machine
        model.fit(X[:half], y[:half])
        return roc_auc_score(y[half:], model.predict_proba(X[half:])[:, 1])


def logistic(scaler):
    return make_pipeline(SimpleImputer(strategy="median"), scaler, LogisticRegression(max_iter=500))


def real_file(tmp_path, *lines: str):
    path = tmp_path / "cs-training.csv"
    path.write_text("\n".join([",".join(["", *CREDIT_COLUMNS]), *lines]) + "\n", encoding="utf-8")
    return path


def test_the_same_seed_gives_the_same_table_and_another_seed_another():
    one = make_credit(n_rows=500, seed=7)
    assert_frame_equal(one, make_credit(n_rows=500, seed=7))
    assert not one.equals(make_credit(n_rows=500, seed=8))


@settings(max_examples=20, deadline=None)
@given(n_rows=st.integers(1, 300), seed=st.integers(0, 2**32))
def test_a_table_of_any_size_has_the_eleven_columns_and_says_that_it_is_synthetic(n_rows, seed):
    frame = make_credit(n_rows=n_rows, seed=seed)
    assert frame.shape == (n_rows, 11)
    assert list(frame) == list(CREDIT_COLUMNS.values())
    assert frame.attrs == {"synthetic": True}


def test_no_rows_are_refused():
    with pytest.raises(DataError, match="n_rows=0"):
        make_credit(n_rows=0)


def test_between_6_4_and_6_9_percent_are_delinquent(credit):
    assert 0.064 <= credit["delinquency"].mean() <= 0.069


def test_income_is_missing_for_a_fifth_and_dependents_only_where_income_is(credit):
    no_income, no_dependents = credit["monthly_income"].isna(), credit["num_dependents"].isna()
    assert 0.17 <= no_income.mean() <= 0.20
    assert 0.02 <= no_dependents.mean() <= 0.03
    assert no_income[no_dependents].all()


def test_the_debt_ratio_is_an_amount_of_money_where_the_income_is_missing(credit):
    median = credit.groupby(credit["monthly_income"].isna())["debt_ratio"].median()
    assert median[False] == pytest.approx(0.3, abs=0.03)
    assert median[True] == pytest.approx(1100, abs=100)


def test_code_98_stands_in_all_three_lateness_columns_at_once_and_half_of_it_is_delinquent(credit):
    coded = credit[LATE] == 98
    assert (coded.all(axis=1) == coded.any(axis=1)).all()
    assert coded.any(axis=1).mean() == pytest.approx(0.0015, abs=0.0005)
    assert credit.loc[coded.any(axis=1), "delinquency"].mean() == pytest.approx(0.5, abs=0.15)


def test_lateness_is_a_small_count_where_it_is_not_the_code(credit):
    assert credit[LATE].mask(credit[LATE] == 98).max().max() <= 17


def test_utilisation_has_median_0_15_two_percent_above_1_and_a_far_tail(credit):
    utilization = credit[UTILIZATION]
    assert utilization.median() == pytest.approx(0.15, abs=0.01)
    assert (utilization > 1).mean() == pytest.approx(0.02, abs=0.005)
    assert utilization.max() > 5000


def test_risk_rises_with_utilisation_from_2_to_22_percent(credit):
    decile = pd.qcut(credit[UTILIZATION].rank(method="first"), 10, labels=False)
    risk = credit["delinquency"].groupby(decile).mean()
    assert [risk[0], risk[9]] == pytest.approx([0.02, 0.22], abs=0.02)
    assert risk.loc[3:].is_monotonic_increasing


def test_risk_falls_with_age_from_10_to_2_percent(credit):
    risk = credit["delinquency"].groupby(pd.qcut(credit["age"], 10, labels=False)).mean()
    assert [risk[0], risk[9]] == pytest.approx([0.10, 0.02], abs=0.015)
    assert risk.iloc[::2].is_monotonic_decreasing


def test_risk_rises_steeply_with_the_times_90_days_late(credit):
    risk = credit.groupby("num_90_days_late")["delinquency"].mean()
    assert risk[0] == pytest.approx(0.045, abs=0.003)
    assert [risk[1], risk[2]] == pytest.approx([0.33, 0.42], abs=0.05)


def test_a_logistic_regression_on_raw_columns_is_weak(credit):
    assert auc(logistic(StandardScaler()), credit) == pytest.approx(0.69, abs=0.025)


def test_a_power_transform_lifts_it(credit):
    assert auc(logistic(PowerTransformer()), credit) == pytest.approx(0.80, abs=0.015)


def test_boosted_trees_see_more_than_a_line(credit):
    assert 0.82 <= auc(HistGradientBoostingClassifier(max_depth=4, max_iter=80), credit) <= 0.84


def test_a_line_of_the_real_file_lands_in_the_plain_columns(tmp_path):
    own = read_credit(real_file(tmp_path, REAL_LINE, "2,0,0.957151019,40,0,0.121876201,NA,4,0,0,0,NA"))
    assert own.iloc[0].tolist() == [1, 0.766126609, 45, 2, 0.802982129, 9120, 13, 0, 6, 0, 2]
    assert own.loc[1, ["monthly_income", "num_dependents"]].isna().all()
    assert (own.dtypes == make_credit(n_rows=1).dtypes).all()


def test_a_file_with_the_plain_names_is_read_too(tmp_path):
    made = make_credit(n_rows=300, seed=3)
    made.to_csv(tmp_path / "credit.csv")
    assert_frame_equal(read_credit(tmp_path / "credit.csv"), made)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (1, "2", r"line 3, column 'SeriousDlqin2yrs': got '2', needs 0 or 1"),
        (2, "", r"line 3, column 'RevolvingUtilizationOfUnsecuredLines': got '', needs a number, 0 or more"),
        (3, "old", r"line 3, column 'age': got 'old', needs a whole number, 0 or more"),
        (4, "1.5", r"line 3, column 'NumberOfTime30-59DaysPastDueNotWorse': got '1.5', needs a whole number"),
        (5, "inf", r"line 3, column 'DebtRatio': got 'inf', needs a number"),
        (6, "-1", r"line 3, column 'MonthlyIncome': got '-1', needs a number"),
        (8, "NA", r"line 3, column 'NumberOfTimes90DaysLate': got 'NA', needs a whole number"),
    ],
)
def test_a_cell_that_is_wrong_is_named_with_file_line_column_and_value(tmp_path, column, value, message):
    cells = REAL_LINE.split(",")
    cells[column] = value
    with pytest.raises(DataError, match=r"cs-training.csv, " + message):
        read_credit(real_file(tmp_path, REAL_LINE, ",".join(cells)))


def test_several_wrong_cells_are_counted(tmp_path):
    bad = REAL_LINE.replace(",45,", ",x,")
    with pytest.raises(DataError, match=r"got 'x', .*\(2 such lines\)"):
        read_credit(real_file(tmp_path, bad, bad))


def test_a_missing_column_is_named(tmp_path):
    path = real_file(tmp_path, REAL_LINE)
    path.write_text(path.read_text(encoding="utf-8").replace("DebtRatio", "debtratio"), encoding="utf-8")
    with pytest.raises(ColumnError, match=r"'DebtRatio' is not in .*cs-training.csv[\s\S]*mean 'debtratio'"):
        read_credit(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2,3,4\n5\n1,2,3,4,5,6\n", "is not a table"),
        (b"age\n\xff\xfe\n", "is not UTF-8 text"),
    ],
)
def test_a_file_that_is_no_csv_table_is_refused(tmp_path, content, message):
    path = tmp_path / "own.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_credit(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"There is no file .*nowhere.csv"):
        read_credit(tmp_path / "nowhere.csv")
