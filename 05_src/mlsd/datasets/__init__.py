"""Tables to learn on: real ones that are shipped, synthetic ones that are made, and readers for your own files.

The prefix promises: ``load_`` returns a shipped real table, ``make_`` a synthetic one (same seed, same bytes),
``read_`` your own file. Everything is offline and comes as a pandas frame.

========================================  =================================================================
load_flights, load_weather, load_planes,  every flight out of New York City in 2013, with weather, planes,
load_airports, load_airlines              airports and airlines
load_stocks                               daily prices of five companies, 2000 to 2013
make_prices, add_faults, read_prices,     fictitious tickers; faults to find, with an answer key; one CSV
write_price_csvs                          file a ticker
make_credit, read_credit                  who will be 90 days late with a payment
load_late_flights                         the running case: what was known before a departure, and the label
make_fires, read_fires                    the burned area of forest fires
make_leaks                                thirty small tables, twenty with a known leak, with the answer key
========================================  =================================================================

Where each shipped file comes from, and under which licence: DATA_LICENSES.md in this folder.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .credit import make_credit, read_credit
    from .faults import add_faults
    from .fires import make_fires, read_fires
    from .flights import load_airlines, load_airports, load_flights, load_planes, load_weather
    from .late_flights import load_late_flights
    from .leaks import PlantedLeak, make_leaks
    from .prices import make_prices, read_prices, write_price_csvs
    from .stocks import load_stocks

__all__ = [
    "PlantedLeak",
    "add_faults",
    "load_airlines",
    "load_airports",
    "load_flights",
    "load_late_flights",
    "load_planes",
    "load_stocks",
    "load_weather",
    "make_credit",
    "make_fires",
    "make_leaks",
    "make_prices",
    "read_credit",
    "read_fires",
    "read_prices",
    "write_price_csvs",
]

_HOMES = {
    "PlantedLeak": "leaks",
    "add_faults": "faults",
    "load_airlines": "flights",
    "load_airports": "flights",
    "load_flights": "flights",
    "load_late_flights": "late_flights",
    "load_planes": "flights",
    "load_stocks": "stocks",
    "load_weather": "flights",
    "make_credit": "credit",
    "make_fires": "fires",
    "make_leaks": "leaks",
    "make_prices": "prices",
    "read_credit": "credit",
    "read_fires": "fires",
    "read_prices": "prices",
    "write_price_csvs": "prices",
}


def __getattr__(name: str) -> Any:  # each topic is loaded when its first function is asked for
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
