"""The Canadian Fire Weather Index: how dry each layer of the forest floor is, day after day.

Each code is a recurrence: yesterday's code and today's noon weather give today's.

References
----------
C. E. Van Wagner and T. L. Pickett (1985), "Equations and FORTRAN program for the Canadian Forest Fire Weather Index
System", Forestry Technical Report 33. C. E. Van Wagner (1987), "Development and structure of the Canadian Forest Fire
Weather Index System", Forestry Technical Report 35: the recurrences below, with their constants.
"""

import numpy as np

__all__ = ["drought_code", "duff_moisture_code", "fine_fuel_moisture_code", "initial_spread_index"]

# Day length factors of the two slow codes, January to December, for about 46 degrees north.
DMC_DAY_LENGTH = np.array([6.5, 7.5, 9.0, 12.8, 13.9, 13.9, 12.4, 10.9, 9.4, 8.0, 7.0, 6.0])
DC_DAY_LENGTH = np.array([-1.6, -1.6, -1.6, 0.9, 3.8, 5.8, 6.4, 5.0, 2.4, 0.4, -1.6, -1.6])


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

    Returns
    -------
    array
        Today's code, of the same shape.

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

    Returns
    -------
    array
        Today's code, of the same shape.

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

    Returns
    -------
    array
        Today's code, of the same shape.

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
    """The ISI: how fast a fire would spread, from today's FFMC and the wind.

    Parameters
    ----------
    ffmc : array
        Today's code.
    wind : array
        At noon, in km/h.

    Returns
    -------
    array
        The index, of the same shape.

    Examples
    --------
    >>> round(float(initial_spread_index(np.array(87.692980), wind=25)), 2)
    10.85
    """
    water = 147.2 * (101 - ffmc) / (59.5 + ffmc)
    return 0.208 * np.exp(0.05039 * wind) * 91.9 * np.exp(-0.1386 * water) * (1 + water**5.31 / 4.93e7)
