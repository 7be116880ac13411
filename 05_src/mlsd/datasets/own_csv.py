"""Your own CSV file: its cells as text, then as numbers, with an error that names file, line, column and value."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError, require_columns

__all__ = ["read_cells", "refuse", "to_numbers"]


def read_cells(path: Path, columns: Iterable[str], *, or_else: Iterable[str] = ()) -> pd.DataFrame:
    """The cells of some columns as text, one row a line of the file.

    Parameters
    ----------
    path : Path
        A CSV file.
    columns : iterable of str
        The columns to take, in this order.
    or_else : iterable of str
        Other names for them, taken if the file has all of those.

    Raises
    ------
    DataError
        If the file is missing, empty, not UTF-8 or not a table.
    ColumnError
        If a column is missing.
    """
    fix = "Export it again as CSV (UTF-8, commas, a first line with the columns' names)."
    try:
        cells = pd.read_csv(path, dtype="str", keep_default_na=False, skip_blank_lines=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.", "Check the path and the working folder.") from None
    except pd.errors.EmptyDataError:
        raise DataError(f"{path} is empty.", fix) from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}.", fix) from None
    except pd.errors.ParserError as error:
        raise DataError(f"{path} is not a table: {str(error).strip()}.", fix) from None
    wanted = list(or_else) if or_else and set(or_else) <= set(cells) else list(columns)
    require_columns(cells.columns, wanted, where=str(path))
    return cells[wanted].apply(lambda column: column.str.strip())


def to_numbers(
    cells: pd.Series, path: Path, *, whole: bool = False, negative: bool = False, missing: Iterable[str] = ()
) -> pd.Series:
    """One column as float64, or int64 if `whole`; the texts in `missing` become NaN.

    Raises
    ------
    DataError
        If a cell is not a finite number, or is below 0 without `negative`: file, line, column and value are named.
    """
    gaps = cells.isin(list(missing))
    values = pd.to_numeric(cells.mask(gaps), errors="coerce").astype("float64")
    good = values.abs().lt(np.inf) & ((values >= 0) | negative)
    if whole:
        good &= values % 1 == 0
    allowed = f"a {'whole ' if whole else ''}number{'' if negative else ', 0 or more'}"
    refuse(~(good | gaps), cells, path, allowed)
    return values.astype("int64") if whole else values


def refuse(bad: pd.Series, cells: pd.Series, path: Path, allowed: str) -> None:
    """Raise a DataError that names the first bad cell, if there is one."""
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        more = f" ({int(bad.sum())} such lines)" if bad.sum() > 1 else ""
        raise DataError(
            f"{path}, line {row + 2}, column {cells.name!r}: got {cells.iloc[row]!r}, needs {allowed}{more}.",
            "Correct or delete the line.",
        )
