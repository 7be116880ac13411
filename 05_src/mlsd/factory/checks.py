"""Is this month's data what it should be? Good rows go on, bad ones are kept aside with their reason."""

import pandas as pd

from ..errors import DataError, require_columns
from .spec import Checks

__all__ = ["sort_out"]


def sort_out(frame: pd.DataFrame, checks: Checks, *, where: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Divide rows into good and bad.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row an observation.
    checks : Checks
        Columns that may not be missing, that are unique together, ranges of numbers and allowed values. A missing cell
        breaks neither a range nor a list of values: name its column in `required` if it must be there.
    where : str
        Which data, for the message.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        The good rows as they are, and the bad ones with a column ``reason`` (all that is wrong with it).

    Raises
    ------
    ColumnError
        If a column of the checks is not there.
    DataError
        If there are no rows, or a larger share than ``most_rejected`` is bad.

    Examples
    --------
    >>> frame = pd.DataFrame({"temp": [40.0, 4000.0], "origin": ["EWR", "EWR"]})
    >>> good, bad = sort_out(frame, Checks(ranges={"temp": [-40, 120]}, most_rejected=0.5), where="January")
    >>> bad["reason"].tolist()
    ['temp is 4000.0, allowed are -40 to 120']
    """
    named = [*checks.required, *checks.unique, *checks.ranges, *checks.values]
    require_columns(frame.columns, list(dict.fromkeys(named)), where=where)
    if frame.empty:
        raise DataError(f"{where} has no rows.", "Look at where the data comes from, or begin later.")
    reasons = pd.Series("", index=frame.index)
    for column in checks.required:
        reasons = _add(reasons, frame[column].isna(), f"{column} is missing")
    for column, (least, most) in checks.ranges.items():
        outside = frame[column].notna() & ~frame[column].between(least, most)
        said = column + " is " + frame[column].astype(str) + f", allowed are {least:g} to {most:g}"
        reasons = _add(reasons, outside, said)
    for column, allowed in checks.values.items():
        strange = frame[column].notna() & ~frame[column].isin(allowed)
        reasons = _add(reasons, strange, column + " is " + frame[column].astype(str) + f", allowed are {allowed}")
    if checks.unique:
        again = frame.duplicated(checks.unique, keep="first")
        reasons = _add(reasons, again, f"the same {', '.join(checks.unique)} as a row before")
    bad = reasons != ""
    if bad.mean() > checks.most_rejected:
        raise DataError(
            f"{where}: {bad.sum():,} of {len(frame):,} rows are bad ({bad.mean():.1%}, at most "
            f"{checks.most_rejected:.1%} is allowed). The first: {reasons[bad].iloc[0]}.",
            "Mend the data, or change `checks` in the spec if the rows are right.",
        )
    return frame[~bad], frame[bad].assign(reason=reasons[bad])


def _add(reasons: pd.Series, bad: pd.Series, said: "str | pd.Series") -> pd.Series:
    joined = reasons.where(reasons == "", reasons + "; ") + said
    return reasons.mask(bad, joined)
