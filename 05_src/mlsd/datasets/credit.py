"""Who will be 90 days late with a payment: a seeded, synthetic table, and the learner's own copy of the real one.

The real table ("Give Me Some Credit", 150,000 borrowers) may not be shipped. The synthetic one has its columns under
plain names, and its traps: a target that is rare, an income that is missing and changes what another column means, a
code that stands among counts, and a ratio with a tail so long that it hides everything else from a linear model.

How it is made: one hidden stress moves every borrower's utilisation, age, income and lateness; the columns get the
quartiles that users of the real table describe; then the risk is a logistic function of the columns, with bends and
steps that a line cannot follow.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError
from .own_csv import read_cells, refuse, to_numbers

__all__ = ["CREDIT_COLUMNS", "make_credit", "read_credit"]

# Column of the real file -> ours, in our order.
CREDIT_COLUMNS = {
    "SeriousDlqin2yrs": "delinquency",
    "RevolvingUtilizationOfUnsecuredLines": "revolving_unsecured_line_utilization",
    "age": "age",
    "NumberOfTime30-59DaysPastDueNotWorse": "num_30_59_days_late",
    "DebtRatio": "debt_ratio",
    "MonthlyIncome": "monthly_income",
    "NumberOfOpenCreditLinesAndLoans": "num_open_credit_loans",
    "NumberOfTimes90DaysLate": "num_90_days_late",
    "NumberRealEstateLoansOrLines": "num_real_estate_loans",
    "NumberOfTime60-89DaysPastDueNotWorse": "num_60_89_days_late",
    "NumberOfDependents": "num_dependents",
}
WITH_GAPS = ("monthly_income", "num_dependents")
RATIOS = ("revolving_unsecured_line_utilization", "debt_ratio")

# (level, value) of a column's distribution
UTILIZATION = (
    [0, 0.07, 0.1, 0.25, 0.5, 0.75, 0.9, 0.978, 0.99, 1],
    [0, 0, 0.0015, 0.03, 0.15, 0.56, 0.97, 1, 1.25, 2.4],
)
AGE = ([0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1], [21, 24, 33, 41, 52, 63, 72, 87, 103])
# log of the usual count, what stress adds, what chance adds
LATENESS = {
    "num_30_59_days_late": (-2.45, 0.75, 1.2),
    "num_60_89_days_late": (-4.1, 1.1, 1.1),
    "num_90_days_late": (-4.05, 1.3, 1.3),
}
NO_INCOME, NO_DEPENDENTS_EITHER = 0.185, 0.135
FAR_TAIL, WRONG_UNIT, CODED, CODE = 0.0018, 0.0015, 0.0016, 98


def make_credit(n_rows: int = 150_000, seed: int = 0) -> pd.DataFrame:
    """Make a synthetic table of borrowers; the same arguments give the same bytes.

    Parameters
    ----------
    n_rows : int
        How many borrowers. Below about 50,000, the rates of rare groups scatter.
    seed : int
        Any whole number from 0 upwards.

    Returns
    -------
    pandas.DataFrame
        ``delinquency`` : int64, 1 if the borrower was 90 days late in the two years that followed (about 6.6 %).
        ``revolving_unsecured_line_utilization`` : float64, balance over limit; 2 % above 1, a few in the thousands.
        ``age`` : int64, years. ``num_30_59_days_late, num_60_89_days_late, num_90_days_late`` : int64, times; 98 is a
        code, not a count, and stands in all three at once.
        ``debt_ratio`` : float64, monthly debt over income, or the debt itself in dollars where the income is missing.
        ``monthly_income`` : float64, dollars, missing for 18 %; one in 700 is a hundred times too high.
        ``num_open_credit_loans, num_real_estate_loans`` : int64.
        ``num_dependents`` : float64, missing for 2.5 %, only where the income is. ``frame.attrs["synthetic"]`` is True.

    Raises
    ------
    DataError
        If there is no row to make.

    Examples
    --------
    >>> credit = make_credit(n_rows=1000, seed=0)
    >>> credit.shape, credit.attrs["synthetic"]
    ((1000, 11), True)
    """
    if n_rows < 1:
        raise DataError(f"No borrowers to make: n_rows={n_rows}.", "Ask for at least one row.")
    rng = np.random.default_rng(seed)
    coded, far = rng.random(n_rows) < CODED, rng.random(n_rows) < FAR_TAIL
    columns, utilization_rank = _draw_columns(n_rows, rng)
    risk = 1 / (1 + np.exp(-_log_odds(columns, utilization_rank)))
    risk = np.where(coded, 0.5, np.where(far, 0.07, risk))
    columns["delinquency"] = (rng.random(n_rows) < risk).astype("int64")
    for name in LATENESS:
        columns[name] = np.where(coded, CODE, columns[name])
    tail = np.exp(rng.normal(7, 1, n_rows))
    columns[RATIOS[0]] = np.where(far, tail, columns[RATIOS[0]])
    frame = pd.DataFrame({name: columns[name] for name in CREDIT_COLUMNS.values()})
    frame[list(RATIOS)] = frame[list(RATIOS)].round(6)
    frame.attrs["synthetic"] = True
    return frame


def read_credit(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read your own copy of the real ``cs-training.csv`` into the columns of :func:`make_credit`.

    Parameters
    ----------
    path : path
        The file of the "Give Me Some Credit" competition, with its row numbers in a column without a name, or a file
        that already has the plain names. Columns in another order are put right, others left out.

    Returns
    -------
    pandas.DataFrame
        Columns and types as :func:`make_credit` returns them; ``NA`` and empty cells become missing; rows in the
        file's order.

    Raises
    ------
    DataError
        If the file is missing, empty or not UTF-8, or a cell is not what its column holds: file, line, column and value
        are named. Only the income and the dependents may be missing.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "credit.csv"
    ...     make_credit(n_rows=1000).to_csv(path, index=False)
    ...     own = read_credit(path)
    >>> own.equals(make_credit(n_rows=1000))
    True
    """
    path = Path(path)
    cells = read_cells(path, CREDIT_COLUMNS, or_else=list(CREDIT_COLUMNS.values()))
    frame = pd.DataFrame(index=cells.index)
    for column, name in zip(cells, CREDIT_COLUMNS.values(), strict=True):
        whole = name not in (*RATIOS, *WITH_GAPS)
        missing = ("NA", "") if name in WITH_GAPS else ()
        frame[name] = to_numbers(cells[column], path, whole=whole, missing=missing)
    target = next(iter(cells))
    refuse(~frame["delinquency"].isin([0, 1]), cells[target], path, "0 or 1")
    return frame


def _draw_columns(n_rows: int, rng: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray]:
    from scipy.special import ndtr

    stress = rng.standard_normal(n_rows)

    def like_stress(correlation: float) -> np.ndarray:
        return correlation * stress + np.sqrt(1 - correlation**2) * rng.standard_normal(n_rows)

    utilization_rank = ndtr(like_stress(0.587))
    age = np.rint(np.interp(ndtr(like_stress(-0.2)), *AGE))
    wealth = like_stress(-0.15)
    late = {
        name: np.minimum(rng.poisson(np.exp(usual + pull * stress + chance * rng.standard_normal(n_rows))), 17)
        for name, (usual, pull, chance) in LATENESS.items()
    }
    houses = rng.poisson(np.exp(-0.35 + 0.45 * wealth + 0.45 * rng.standard_normal(n_rows)))
    cards = rng.poisson(np.exp(1.85 + 0.1 * wealth - 0.08 * stress + 0.55 * rng.standard_normal(n_rows)))
    family = rng.poisson(np.exp(-0.55 - 0.0006 * (age - 42) ** 2 + 0.8 * rng.standard_normal(n_rows)))
    no_income = rng.random(n_rows) < NO_INCOME
    no_dependents = no_income & (rng.random(n_rows) < NO_DEPENDENTS_EITHER)
    in_the_wrong_unit = rng.random(n_rows) < WRONG_UNIT
    income = np.rint(np.exp(8.6 + 0.6 * wealth) * np.where(in_the_wrong_unit, 100, 1))
    debt = np.exp(rng.normal(6.87, 0.95, n_rows)) * (1 + 1.1 * houses)
    columns = {
        "revolving_unsecured_line_utilization": np.interp(utilization_rank, *UTILIZATION),
        "age": age.astype("int64"),
        "debt_ratio": np.where(no_income, np.rint(0.68 * debt), debt / (income + 1)),
        "monthly_income": np.where(no_income, np.nan, income),
        "num_open_credit_loans": houses + cards,
        "num_real_estate_loans": houses,
        "num_dependents": np.where(no_dependents, np.nan, family),
    }
    return columns | late, utilization_rank


def _log_odds(columns: dict[str, np.ndarray], utilization_rank: np.ndarray) -> np.ndarray:
    """Risk as log odds. Its steps and bends (a burden, one house or many, few cards) are what trees find."""
    houses, times = columns["num_real_estate_loans"], columns["num_90_days_late"]
    has_income = ~np.isnan(columns["monthly_income"])
    return (
        -3.945
        + 3.20 * np.clip(utilization_rank - 0.25, 0, None) ** 1.42
        + 0.79 * (utilization_rank > 0.978)
        + 0.12 * np.log1p(columns["num_30_59_days_late"])
        + 0.30 * (columns["num_60_89_days_late"] > 0)
        + 2.00 * (times > 0)
        + 0.16 * np.minimum(times, 5)
        - 0.025 * np.clip(columns["age"] - 40, 0, None)
        - 0.020 * np.clip(columns["age"] - 60, 0, None)
        + 1.07 * (has_income & (columns["debt_ratio"] > 0.45))
        - 0.10 * ~has_income
        + 0.10 * (columns["num_open_credit_loans"] <= 2)
        - 0.60 * (houses == 1)
        + 0.84 * (houses >= 4)
    )
