"""The running case as one table: what was known before each departure, and whether the flight then came late."""

import pandas as pd

from .. import features
from ..errors import DataError
from .flights import load_airports, load_flights, load_planes, load_weather

__all__ = ["load_late_flights"]

LATE_MINUTES = 30
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
COLUMNS = [
    *("decided_at", "known_at", "month", "day_of_week", "minute_of_day", "carrier", "flight", "tailnum", "origin"),
    *("dest", "distance", "plane_age", "manufacturer", "seats", *WEATHER, "weather_age", "recent_delay", "late"),
]


def load_late_flights(hours_before: float = 2) -> pd.DataFrame:
    """Will a flight arrive more than 30 minutes late, asked before its departure? Each row knows what was known then.

    Parameters
    ----------
    hours_before : float
        How many hours before the scheduled departure the question is asked, at least 1: nobody left earlier than that.

    Returns
    -------
    pandas.DataFrame
        327,346 rows, one a flight that arrived, in order of ``decided_at``:

        ``decided_at`` : UTC, the scheduled departure less `hours_before`.
        ``known_at`` : UTC, the arrival. The label is known from then on. Never a feature: it tells the delay.
        ``month``; ``day_of_week`` : 0 is Monday; ``minute_of_day`` : the scheduled departure, on a New York clock.
        ``carrier, flight, tailnum, origin, dest``; ``distance`` : miles.
        ``plane_age`` : years since it was made; ``manufacturer``; ``seats``. Missing if the register has no such plane.
        ``temp, dewp, humid, wind_dir, wind_speed, wind_gust, precip, pressure, visib`` : as :func:`load_weather`, at
        the origin, the last hour that had ended at ``decided_at``. ``weather_age`` : hours since it ended.
        ``recent_delay`` : mean departure delay, in minutes, of the flights that left the same airport in the three
        hours that ended at ``decided_at``; missing if none did.
        ``late`` : 1 if it arrived more than 30 minutes late, else 0.

    Raises
    ------
    DataError
        If `hours_before` is less than 1.

    Notes
    -----
    The 9,430 flights that were cancelled or diverted are left out: whether they would have been late, nobody knows.
    A model trained on the rest promises nothing about them. The tail number is the one that flew; an airline may still
    change the plane in the last two hours.

    **Arrivals.** ``sched_arr_time`` is on the destination's clock, so the instant is looked up in that airport's zone:
    the first time after the scheduled departure at which that clock shows it. The four destinations that the table of
    airports lacks are in Puerto Rico and on the Virgin Islands.

    Examples
    --------
    >>> flights = load_late_flights()
    >>> flights.shape, round(float(flights["late"].mean()), 3)
    ((327346, 26), 0.157)
    """
    if not hours_before >= 1:
        raise DataError(
            f"`hours_before` must be at least 1, got: {hours_before!r}.",
            "Some flights left 43 minutes early: asked later than that, their own delay would be a feature.",
        )
    flights = _with_instants(load_flights())
    flights["decided_at"] = flights["scheduled"] - pd.Timedelta(hours=hours_before)
    arrived = flights[flights["arr_delay"].notna()].sort_values("decided_at", kind="stable", ignore_index=True)
    arrived = _with_recent_delay(_with_weather(_with_plane(_with_label(arrived))), flights)
    return arrived[COLUMNS]


def _with_instants(flights: pd.DataFrame) -> pd.DataFrame:
    """Add the instants of the scheduled and of the actual departure."""
    scheduled = flights["time_hour"] + _minutes(flights["minute"])
    return flights.assign(scheduled=scheduled, departed=scheduled + _minutes(flights["dep_delay"]))


def _with_label(flights: pd.DataFrame) -> pd.DataFrame:
    local = flights["scheduled"].dt.tz_convert("America/New_York")
    return flights.assign(
        day_of_week=local.dt.day_of_week.astype("int64"),
        minute_of_day=60 * flights["hour"] + flights["minute"],
        known_at=_scheduled_arrival(flights) + _minutes(flights["arr_delay"]),
        late=(flights["arr_delay"] > LATE_MINUTES).astype("int64"),
    )


def _scheduled_arrival(flights: pd.DataFrame) -> pd.Series:
    """The first instant after the scheduled departure at which the destination's clock shows ``sched_arr_time``."""
    zones = load_airports().set_index("faa")["tzone"]
    zone = flights["dest"].map(zones).fillna("America/Puerto_Rico")
    parts = [_arrival_in(name, part) for name, part in flights.groupby(zone)]
    return pd.concat(parts).reindex(flights.index)


def _arrival_in(zone: str, flights: pd.DataFrame) -> pd.Series:
    left = flights["scheduled"].dt.tz_convert(zone).dt.tz_localize(None)
    clock = _minutes(flights["sched_arr_time"] // 100 * 60 + flights["sched_arr_time"] % 100)
    arrival = left.dt.normalize() + clock
    arrival += pd.to_timedelta((arrival <= left).astype("int64"), unit="D")
    return arrival.dt.tz_localize(zone, ambiguous=False, nonexistent="shift_forward").dt.tz_convert("UTC")


def _with_plane(flights: pd.DataFrame) -> pd.DataFrame:
    planes = load_planes()[["tailnum", "year", "manufacturer", "seats"]].rename(columns={"year": "made"})
    flights = flights.merge(planes, on="tailnum", how="left", validate="many_to_one")
    return flights.assign(plane_age=flights["year"] - flights["made"])


def _with_weather(flights: pd.DataFrame) -> pd.DataFrame:
    weather = load_weather()
    weather["hour_ended"] = weather["time_hour"] + pd.Timedelta(hours=1)
    flights = features.add_asof(
        flights, weather, on="decided_at", other_on="hour_ended", by="origin", columns=[*WEATHER, "hour_ended"]
    )
    return flights.assign(weather_age=(flights["decided_at"] - flights["hour_ended"]).dt.total_seconds() / 3600)


def _with_recent_delay(flights: pd.DataFrame, every: pd.DataFrame) -> pd.DataFrame:
    """Put departures and decisions on one line of time; a decision has no delay of its own, so it only looks back."""
    departures = every[["origin", "departed", "dep_delay"]].dropna().rename(columns={"departed": "at"})
    decisions = flights[["origin", "decided_at"]].rename(columns={"decided_at": "at"})
    line = pd.concat([departures, decisions], keys=["departure", "decision"], names=["kind", "row"]).reset_index()
    line["place"] = range(len(line))  # departures first: one at the very instant of the decision is known
    line = features.add_rolling(line, by="origin", order_by=["at", "place"], column="dep_delay", window="3h")
    return flights.assign(recent_delay=line["dep_delay_mean_3h"].to_numpy()[len(departures) :])


def _minutes(number: pd.Series) -> pd.Series:
    return pd.to_timedelta(number, unit="min")
