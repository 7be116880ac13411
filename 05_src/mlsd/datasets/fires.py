"""Burned area of forest fires: a seeded, synthetic park, and the learner's own copy of the real table.

The real table holds 517 fires in the Montesinho park in Portugal; no licence lets us ship it. Here the weather is
simulated day by day, the Canadian Fire Weather Index system turns it into moisture codes, fires start on dry days, and
their burned area is drawn. As in the real table, weather says little about how much burns.

References
----------
C. E. Van Wagner and T. L. Pickett (1985), "Equations and FORTRAN program for the Canadian Forest Fire Weather Index
System", Forestry Technical Report 33. C. E. Van Wagner (1987), "Development and structure of the Canadian Forest Fire
Weather Index System", Forestry Technical Report 35: the recurrences below, with their constants.
P. Cortez and A. Morais (2007), "A data mining approach to predict forest fires using meteorological data", EPIA: the
real table, and the finding that no model beats the median by absolute error.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError
from .own_csv import read_cells, refuse, to_numbers

__all__ = [
    "FIRE_COLUMNS",
    "drought_code",
    "duff_moisture_code",
    "fine_fuel_moisture_code",
    "initial_spread_index",
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

# Day length factors of the two slow codes, January to December, for about 46 degrees north.
DMC_DAY_LENGTH = np.array([6.5, 7.5, 9.0, 12.8, 13.9, 13.9, 12.4, 10.9, 9.4, 8.0, 7.0, 6.0])
DC_DAY_LENGTH = np.array([-1.6, -1.6, -1.6, 0.9, 3.8, 5.8, 6.4, 5.0, 2.4, 0.4, -1.6, -1.6])


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


def fine_fuel_moisture_code(
    before: np.ndarray, *, temp: np.ndarray, humidity: np.ndarray, wind: np.ndarray, rain: np.ndarray
) -> np.ndarray:
    """The next day's FFMC: how dry the litter is, 0 (soaked) to 101.

    Parameters
    ----------
    before : array
        Yesterday's code.
    temp, humidity, wind, rain : arrays of the same shape
        At noon: °C, %, km/h; rain of the last 24 hours in mm.

    Examples
    --------
    >>> code = fine_fuel_moisture_code(np.array(85.0), temp=17, humidity=42, wind=25, rain=0)
    >>> round(float(code), 2)
    87.69
    """
    water = 147.2 * (101 - before) / (59.5 + before)
    rained = np.maximum(rain - 0.5, 1e-9)  # 0.5 mm stay in the trees
    wetter = water + 42.5 * rained * np.exp(-100 / (251 - water)) * (1 - np.exp(-6.93 / rained))
    wetter += np.where(water > 150, 0.0015 * (water - 150) ** 2 * np.sqrt(rained), 0)
    water = np.where(rain > 0.5, np.minimum(wetter, 250), water)
    warmth = 0.18 * (21.1 - temp) * (1 - np.exp(-0.115 * humidity))
    if_drying = 0.942 * humidity**0.679 + 11 * np.exp((humidity - 100) / 10) + warmth
    if_wetting = 0.618 * humidity**0.753 + 10 * np.exp((humidity - 100) / 10) + warmth
    dry_air, damp_air = humidity / 100, 1 - humidity / 100
    speed = 0.581 * np.exp(0.0365 * temp)
    drying = speed * (0.424 * (1 - dry_air**1.7) + 0.0694 * np.sqrt(wind) * (1 - dry_air**8))
    wetting = speed * (0.424 * (1 - damp_air**1.7) + 0.0694 * np.sqrt(wind) * (1 - damp_air**8))
    dried = if_drying + (water - if_drying) * 10**-drying
    wetted = if_wetting - (if_wetting - water) * 10**-wetting
    water = np.where(water > if_drying, dried, np.where(water < if_wetting, wetted, water))
    return np.clip(59.5 * (250 - water) / (147.2 + water), 0, 101)


def duff_moisture_code(
    before: np.ndarray, *, temp: np.ndarray, humidity: np.ndarray, rain: np.ndarray, month: np.ndarray | int
) -> np.ndarray:
    """The next day's DMC: how dry the loose layer under the litter is, 0 upwards.

    Parameters
    ----------
    before : array
        Yesterday's code.
    temp, humidity, rain : arrays of the same shape
        At noon: °C, %; rain of the last 24 hours in mm.
    month : int or array of int
        1 to 12, for the length of the day.

    Examples
    --------
    >>> code = duff_moisture_code(np.array(6.0), temp=17, humidity=42, rain=0, month=4)
    >>> round(float(code), 2)
    8.55
    """
    sink = 0.92 * rain - 1.27
    water = 20 + np.exp(5.6348 - before / 43.43)
    depth = np.log(np.maximum(before, 1))
    slope = np.where(
        before <= 33, 100 / (0.5 + 0.3 * before), np.where(before <= 65, 14 - 1.3 * depth, 6.2 * depth - 17.2)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        wetter = water + 1000 * sink / (48.77 + slope * sink)
        after_rain = np.maximum(244.72 - 43.43 * np.log(wetter - 20), 0)
    start = np.where(rain > 1.5, after_rain, before)
    dried = 1.894e-6 * np.maximum(temp + 1.1, 0) * (100 - humidity) * DMC_DAY_LENGTH[np.asarray(month) - 1]
    return start + 100 * dried


def drought_code(before: np.ndarray, *, temp: np.ndarray, rain: np.ndarray, month: np.ndarray | int) -> np.ndarray:
    """The next day's DC: how dry the deep layer is, 0 upwards.

    Parameters
    ----------
    before : array
        Yesterday's code.
    temp, rain : arrays of the same shape
        At noon: °C; rain of the last 24 hours in mm.
    month : int or array of int
        1 to 12, for the length of the day.

    Examples
    --------
    >>> round(float(drought_code(np.array(15.0), temp=17, rain=0, month=4)), 2)
    19.01
    """
    wetter = 800 * np.exp(-before / 400) + 3.937 * (0.83 * rain - 1.27)
    after_rain = np.maximum(400 * np.log(800 / np.maximum(wetter, 1)), 0)
    start = np.where(rain > 2.8, after_rain, before)
    dried = 0.36 * (np.maximum(temp, -2.8) + 2.8) + DC_DAY_LENGTH[np.asarray(month) - 1]
    return start + 0.5 * np.maximum(dried, 0)


def initial_spread_index(ffmc: np.ndarray, wind: np.ndarray) -> np.ndarray:
    """The ISI: how fast a fire would spread, from today's FFMC and the wind in km/h.

    Examples
    --------
    >>> round(float(initial_spread_index(np.array(87.692980), wind=25)), 2)
    10.85
    """
    water = 147.2 * (101 - ffmc) / (59.5 + ffmc)
    return 0.208 * np.exp(0.05039 * wind) * 91.9 * np.exp(-0.1386 * water) * (1 + water**5.31 / 4.93e7)


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
