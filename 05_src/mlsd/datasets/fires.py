"""Burned area of forest fires: a seeded, synthetic park, and the learner's own copy of the real table.

The real table holds 517 fires in the Montesinho park in Portugal; no licence lets us ship it. Here the weather is
simulated day by day, the Canadian Fire Weather Index system turns it into moisture codes, fires start on dry days, and
their burned area is drawn. As in the real table, weather says little about how much burns.

References
----------
P. Cortez and A. Morais (2007), "A data mining approach to predict forest fires using meteorological data", EPIA: the
real table, and the finding that no model beats the median by absolute error.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError
from .fire_weather import drought_code, duff_moisture_code, fine_fuel_moisture_code, initial_spread_index
from .own_csv import read_cells, refuse, to_numbers

__all__ = [
    "FIRE_COLUMNS",
    "make_fires",
    "read_fires",
]

FIRE_COLUMNS = ("X", "Y", "month", "day", "FFMC", "DMC", "DC", "ISI", "temp", "RH", "wind", "rain", "area")
WHOLE = ("X", "Y", "RH")
NAMES = {
    "month": ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    "day": ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
}

# How many of 517 fires fall on each month and place; how likely each weekday is against the average.
FIRES_BY_MONTH = np.array([2, 20, 54, 9, 2, 17, 32, 184, 172, 15, 1, 9])
FIRES_BY_X = np.array([48, 73, 55, 91, 30, 86, 60, 61, 13])
FIRES_BY_Y = np.array([0, 44, 64, 203, 125, 74, 0, 1, 6])
WEEKDAY = np.array([1.0, 0.85, 0.75, 0.85, 1.15, 1.15, 1.25])

FIRES_A_SEASON = 130
FIRST_YEAR = 2000
# log(area in hectares) at equal steps of probability among the fires that burn more than nothing, then the far tail
AREA_LEVELS = np.array([0.0, 0.04, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 1.0])
AREA_LOGS = np.log([0.1, 0.5, 2.2, 6.4, 15.5, 44.0, 120.0, 250.0, 1100.0])
NOTHING_BURNT = 0.48
# What makes a fire grow, in standard deviations: hot, windy, dry, and far from the roads in the east
DANGER = {"temp": 0.7, "wind": 1.0, "RH": -0.4, "DMC": 0.7, "X": 0.7}


def make_fires(n_rows: int = 517, seed: int = 0, signal: float = 0.19) -> pd.DataFrame:
    """Make a synthetic table of forest fires; the same arguments give the same bytes.

    Parameters
    ----------
    n_rows : int
        How many fires, spread over about one season for every 130.
    seed : int
        Any whole number from 0 upwards.
    signal : float
        Share of the variation of the burned area's ranks that weather and place explain, from 0 to 1. At 0 the area has
        nothing to do with the other columns. The default leaves a good model an R² of log(1 + area) of 0.10 to 0.15.

    Returns
    -------
    pandas.DataFrame
        The columns of the real file: ``X, Y`` (int64, square of a 9 × 9 map), ``month, day`` (str, three letters),
        ``FFMC, DMC, DC, ISI`` (float64, codes of the Fire Weather Index), ``temp`` (°C), ``RH`` (int64, %), ``wind``
        (km/h), ``rain`` (mm in the 24 hours to noon), ``area`` (hectares, 0 for nearly half of the fires).
        ``frame.attrs["synthetic"]`` is True.

    Raises
    ------
    DataError
        If there is no row to make, or `signal` is not between 0 and 1.

    Examples
    --------
    >>> fires = make_fires(seed=0)
    >>> fires.shape, fires["month"].value_counts().head(2).to_dict()
    ((517, 13), {'aug': 184, 'sep': 172})
    """
    if n_rows < 1 or not 0 <= signal <= 1:
        raise DataError(
            f"No fires to make: n_rows={n_rows}, signal={signal}.", "Ask for at least one row; 0 <= signal <= 1."
        )
    rng = np.random.default_rng(seed)
    days = _simulate_days(-(-n_rows // FIRES_A_SEASON), rng)
    fires = days.iloc[_draw_days(days, n_rows, rng)].reset_index(drop=True)
    for place, counts in (("X", FIRES_BY_X), ("Y", FIRES_BY_Y)):
        fires[place] = rng.choice(np.arange(1, 10), n_rows, p=counts / counts.sum())
    fires["area"] = _draw_area(fires, signal, rng)
    fires = fires[list(FIRE_COLUMNS)]
    fires.attrs["synthetic"] = True
    return fires


def read_fires(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read your own copy of the real ``forestfires.csv`` into the columns of :func:`make_fires`.

    Parameters
    ----------
    path : path
        The file, as the UCI Machine Learning Repository offers it. Columns in another order are put right, others left
        out; names of months and days may be in capitals.

    Returns
    -------
    pandas.DataFrame
        Columns and types as :func:`make_fires` returns them; rows in the file's order.

    Raises
    ------
    DataError
        If the file is missing, empty or not UTF-8, or a cell is not what its column holds: file, line, column and value
        are named.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "forestfires.csv"
    ...     make_fires(seed=0).to_csv(path, index=False)
    ...     own = read_fires(path)
    >>> own.equals(make_fires(seed=0))
    True
    """
    path = Path(path)
    cells = read_cells(path, FIRE_COLUMNS)
    frame = pd.DataFrame(index=cells.index)
    for name in FIRE_COLUMNS:
        if name in NAMES:
            frame[name] = cells[name].str.lower()
            refuse(~frame[name].isin(NAMES[name]), cells[name], path, f"one of {list(NAMES[name])}")
        else:
            frame[name] = to_numbers(cells[name], path, whole=name in WHOLE, negative=name == "temp")
    return frame


def _simulate_days(n_seasons: int, rng: np.random.Generator) -> pd.DataFrame:
    """Daily weather and codes, all seasons side by side, each from 1 January with the codes' usual start values."""
    calendar = pd.date_range(f"{FIRST_YEAR}-01-01", periods=365)  # its weekdays serve for the first season
    ffmc, dmc, dc = (np.full(n_seasons, start) for start in (85.0, 6.0, 15.0))
    anomaly, wet = np.zeros(n_seasons), np.zeros(n_seasons, bool)
    rows = []
    for position, date in enumerate(calendar):
        summer = np.cos(2 * np.pi * (position - 210) / 365)
        anomaly = 0.75 * anomaly + 3.0 * rng.standard_normal(n_seasons)
        wet = rng.random(n_seasons) < np.where(wet, 0.45, 0.20) * (1 - 0.72 * summer)
        rain = np.where(wet, np.round(rng.gamma(0.7, 9.0, n_seasons), 1), 0.0)
        temp = np.round(np.clip(14.5 + 8.5 * summer + anomaly - 3.0 * wet, -4, 36), 1)
        humidity = 46 - 7 * summer - 1.6 * anomaly + 28 * wet + 9 * rng.standard_normal(n_seasons)
        humidity = np.clip(np.rint(humidity), 15, 100)
        wind = np.round(np.clip(rng.gamma(5.0, 0.8, n_seasons), 0.4, 9.4), 1)
        ffmc = fine_fuel_moisture_code(ffmc, temp=temp, humidity=humidity, wind=wind, rain=rain)
        dmc = duff_moisture_code(dmc, temp=temp, humidity=humidity, rain=rain, month=date.month)
        dc = drought_code(dc, temp=temp, rain=rain, month=date.month)
        rows.append(np.array([temp, humidity, wind, rain, ffmc, dmc, dc]))
    return _as_frame(np.array(rows), calendar)


def _as_frame(rows: np.ndarray, calendar: pd.DatetimeIndex) -> pd.DataFrame:
    n_days, _, n_seasons = rows.shape
    flat = rows.transpose(2, 0, 1).reshape(n_seasons * n_days, -1)
    days = pd.DataFrame(flat, columns=["temp", "RH", "wind", "rain", "FFMC", "DMC", "DC"])
    days["ISI"] = initial_spread_index(days["FFMC"].to_numpy(), days["wind"].to_numpy())
    for code in ("FFMC", "DMC", "DC", "ISI"):
        days[code] = days[code].round(1)
    days["RH"] = days["RH"].astype("int64")
    later_seasons = np.repeat(np.arange(n_seasons), n_days)  # 365 days are 52 weeks and a day
    weekday = (np.tile(calendar.day_of_week, n_seasons) + later_seasons) % 7
    for name, number in (("month", np.tile(calendar.month, n_seasons) - 1), ("day", weekday)):
        days[name] = pd.Series(np.array(NAMES[name])[number], dtype="str")
    return days


def _draw_days(days: pd.DataFrame, n_rows: int, rng: np.random.Generator) -> np.ndarray:
    """Positions of the days on which the fires start: each month its share, mostly on dry days and at weekends."""
    exact = FIRES_BY_MONTH / FIRES_BY_MONTH.sum() * n_rows
    quota = np.floor(exact).astype("int64")
    quota[np.argsort(quota - exact, kind="stable")[: n_rows - quota.sum()]] += 1
    liking = np.exp(0.2 * (days["FFMC"] - 90)) * (days["rain"] < 1)
    liking = (liking + 1e-9) * WEEKDAY[days["day"].map(NAMES["day"].index)]
    drawn = []
    for name, count in zip(NAMES["month"], quota, strict=True):
        in_month = np.flatnonzero(days["month"] == name)
        chance = liking.to_numpy()[in_month]
        drawn.append(rng.choice(in_month, count, p=chance / chance.sum()))
    return rng.permutation(np.concatenate(drawn))


def _draw_area(fires: pd.DataFrame, signal: float, rng: np.random.Generator) -> np.ndarray:
    """Hectares: ranks from danger and chance, mapped to the same long-tailed distribution whatever the seed."""
    causes = np.column_stack([_standard(fires[name]) for name in DANGER])
    danger = _standard(causes @ np.array(list(DANGER.values())))
    chance = rng.standard_normal(len(fires))
    if len(fires) > 10 * len(DANGER):  # else 517 rows hold much more or much less signal, by luck
        chance -= causes @ np.linalg.lstsq(causes, chance)[0]
    latent = np.sqrt(signal) * danger + np.sqrt(1 - signal) * _standard(chance)
    share = (latent.argsort().argsort() + rng.random(len(fires))) / len(fires)
    burnt = np.interp((share - NOTHING_BURNT) / (1 - NOTHING_BURNT), AREA_LEVELS, np.exp(AREA_LOGS))
    return np.where(share < NOTHING_BURNT, 0.0, np.round(burnt, 2))


def _standard(values: pd.Series | np.ndarray) -> np.ndarray:
    centred = np.asarray(values, dtype="float64") - np.mean(values)
    return centred / (centred.std() or 1.0)
