"""Partial dependence and ICE: what the model would answer if one column had another value and all else stayed."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns
from .attributions import _Parts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ice", "partial_dependence", "profiles"]

MOST_NAMES = 30
MOST_LINES = 200
AVERAGE, ROW, SHARE = "#D55E00", "#0072B2", "#999999"


def ice(pipeline: Any, X: pd.DataFrame, column: str, *, output: str = "raw", points: int = 20) -> pd.DataFrame:
    """A curve for each row: the answer for each value of one column, the row's other columns as they are.

    Parameters
    ----------
    pipeline : estimator
        Fitted.
    X : pandas.DataFrame, shape (n, d)
        Rows as the pipeline takes them. Each is asked about once for each value: take a sample of a large table.
    column : str
        The column to change.
    output : {"raw", "probability"}
        As for :func:`shap_values`: log-odds (or a forest's votes), or the probability of the second class. A regressor
        has "raw" alone: its prediction.
    points : int
        How many values of a number: quantiles of the column, each one that X really holds. A column of names is asked
        about the 30 most frequent.

    Returns
    -------
    pandas.DataFrame, shape (n, values)
        X's index; a column for each value, in order. Its mean over the rows is the partial dependence.

    Raises
    ------
    DataError
        If X is no frame or has no rows, the column has no values, or the model has more than two classes.
    ColumnError
        If X has no such column.

    Notes
    -----
    Some of these rows cannot exist: a January flight at 30 degrees is asked about, too. Where columns go together,
    trust a curve only near a row's own value.

    References
    ----------
    A. Goldstein and others (2015), Peeking Inside the Black Box, Journal of Computational and Graphical Statistics 24.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> X = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [5.0, 6.0, 5.0]})
    >>> model = LinearRegression().fit(X, 2 * X["a"])
    >>> ice(model, X, "a").round(6).iloc[0].tolist()
    [0.0, 2.0, 4.0]
    """
    values = _values(X, column, points)
    ask = _Parts.of(pipeline, output).answer
    answers = [ask(X.assign(**{column: _filled(X[column], value)})) for value in values]
    if answers[0].shape[1] > 1:
        raise DataError(
            f"The model gives {answers[0].shape[1]} outputs a row; curves are drawn of one.",
            "Ask about one class: fit it against the rest.",
        )
    return pd.DataFrame(np.hstack(answers), index=X.index, columns=pd.Index(values, name=column))


def partial_dependence(
    pipeline: Any, X: pd.DataFrame, columns: str | tuple[str, str], *, output: str = "raw", points: int = 20
) -> pd.DataFrame:
    """The mean answer for each value of a column, or for each pair of values of two.

    Parameters
    ----------
    pipeline : estimator
        Fitted.
    X : pandas.DataFrame
        Rows to average over.
    columns : str or pair of str
        Which.
    output : {"raw", "probability"}
        As for :func:`ice`.
    points : int
        Values of each column.

    Returns
    -------
    pandas.DataFrame
        The column (or both) with its values, ``average`` of the answers, ``spread`` (their standard deviation over
        the rows), and ``rows``: how many rows of X lie nearest to this value. Few rows: little to trust.

    Raises
    ------
    DataError, ColumnError
        As :func:`ice`.

    References
    ----------
    J. Friedman (2001), Greedy Function Approximation, Annals of Statistics 29, section 8.2.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> X = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [5.0, 6.0, 5.0]})
    >>> model = LinearRegression().fit(X, 2 * X["a"] + X["b"])
    >>> partial_dependence(model, X, "a")[["a", "average"]].round(2).to_numpy().tolist()
    [[0.0, 5.33], [1.0, 7.33], [2.0, 9.33]]
    """
    first, *second = [columns] if isinstance(columns, str) else columns
    if not second:
        curves = ice(pipeline, X, first, output=output, points=points)
        counts = _nearest(X[first], curves.columns).value_counts()
        return pd.DataFrame(
            {
                first: curves.columns,
                "average": curves.mean().to_numpy(),
                "spread": curves.std(ddof=0).to_numpy(),
                "rows": counts.reindex(range(curves.shape[1]), fill_value=0).to_numpy(),
            }
        )
    if len(second) > 1 or first == second[0]:
        raise DataError(f"Name one column or two different ones, got: {columns!r}.")
    values = _values(X, second[0], points)
    theirs = _nearest(X[second[0]], pd.Index(values))
    pieces = []
    for place, value in enumerate(values):
        table = partial_dependence(
            pipeline, X.assign(**{second[0]: _filled(X[second[0]], value)}), first, output=output, points=points
        )
        near = _nearest(X.loc[(theirs == place).to_numpy(), first], pd.Index(table[first])).value_counts()
        table["rows"] = near.reindex(range(len(table)), fill_value=0).to_numpy()
        table.insert(1, second[0], value)
        pieces.append(table)
    return pd.concat(pieces, ignore_index=True)


def profiles(
    curves: pd.DataFrame, *, unit: str = "", centred: bool = False, seed: int = 0, ax: "Axes | None" = None
) -> "Axes":
    """Draw ICE curves and their mean.

    Parameters
    ----------
    curves : pandas.DataFrame
        From :func:`ice`.
    unit : str
        Of the output.
    centred : bool
        Whether each curve begins at zero: shows whether the rows agree about the column's effect.
    seed : int
        Which 200 rows are drawn, when there are more; the mean is of all.
    ax : matplotlib Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        Thin lines for rows, a thick dashed one for their mean (the partial dependence).
    """
    shown = curves.sub(curves.iloc[:, 0], axis="index") if centred else curves
    ax = ax or _new_axes()
    numbers = pd.api.types.is_numeric_dtype(curves.columns)
    at = curves.columns if numbers else range(curves.shape[1])
    lines = shown.sample(min(len(shown), MOST_LINES), random_state=seed)
    ax.plot(at, lines.T.to_numpy(), color=ROW, alpha=0.25, linewidth=0.7)
    ax.plot(at, shown.mean().to_numpy(), "o--", color=AVERAGE, linewidth=2.5, markersize=4, label="mean of all rows")
    if not numbers:
        ax.set_xticks(range(curves.shape[1]), [str(name) for name in curves.columns], rotation=45, ha="right")
    name = str(curves.columns.name)
    said = "change from the first value" if centred else "prediction"
    ax.set(xlabel=name, ylabel=f"{said} ({unit})" if unit else said)
    ax.set_title(f"If {name} were another: {len(curves):,} rows")
    ax.legend(frameon=False)
    return ax


def _values(X: pd.DataFrame, column: str, points: int) -> list[Any]:
    """Values that the column really holds: spread over its quantiles, or the most frequent names."""
    if not isinstance(X, pd.DataFrame) or X.empty:
        raise DataError(f"X must be a DataFrame with rows, got: {type(X).__name__}.", "Its columns name the answer.")
    require_columns(list(X.columns), [column], where="X")
    if points < 2:
        raise DataError(f"`points` must be 2 or more, got: {points}.")
    known = X[column].dropna()
    if known.empty:
        raise DataError(f"Column {column!r} has no values: all {len(X)} are missing.")
    if pd.api.types.is_numeric_dtype(known) and not pd.api.types.is_bool_dtype(known):
        return known.quantile(np.linspace(0, 1, points), interpolation="nearest").unique().tolist()
    return sorted(known.value_counts().index[:MOST_NAMES].tolist())


def _filled(old: pd.Series, value: Any) -> pd.Series:
    """The column with one value everywhere, of the type that the pipeline was fitted on."""
    return pd.Series(value, index=old.index).astype(old.dtype)


def _nearest(cells: pd.Series, values: pd.Index) -> pd.Series:
    """The place of the value that is nearest to each cell; names that are not asked about have none."""
    known = cells.dropna()
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        places = pd.Series(values.get_indexer(pd.Index(known)), index=known.index)
        return places[places >= 0].reindex(cells.index)
    edges = (values.to_numpy(float)[1:] + values.to_numpy(float)[:-1]) / 2
    return pd.Series(np.searchsorted(edges, known.to_numpy(float)), index=known.index).reindex(cells.index)


def _new_axes() -> "Axes":
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(8, 3.8), layout="constrained")[1]
