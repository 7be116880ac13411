"""The synthetic market behind ``make_prices``.

Log returns are ``beta * market + own``. Each part is a normal draw times a volatility that wanders on two time scales
(a log-normal stochastic volatility model), and both volatilities jump in the crisis of spring 2020.

References
----------
R. Cont (2001), "Empirical properties of asset returns: stylized facts and statistical issues", Quantitative Finance 1,
223-236. S. J. Taylor (1986), "Modelling Financial Time Series", Wiley.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

__all__ = ["Lives", "simulate"]

BLOCK = 128  # tickers made at a time, so that memory for intermediate results stays small

# What test_datasets_prices.py asks for held for 59 of 60 seeds with 50 tickers. Volatilities are daily, of log returns.
MARKET_VOLATILITY, OWN_VOLATILITY = 0.0076, 0.0065
MARKET_AT_WORST, OWN_AT_WORST = 6.6, 3.0  # volatility in the crisis, times a calm day's
GATHERING_DAYS, CALMING_DAYS = 14, 78  # calendar days until the worst, and the time constant of the way back
MEMORY = ((0.90, 0.05), (0.997, 0.82))  # (day-to-day correlation, variance) of the log volatility's two time scales
SURPRISE = 0.16  # variance of the log volatility's part that no memory explains: fat tails
SHADOW = 0.78  # how far high and low reach beyond open and close, in daily volatilities
DRIFT = 0.06 / 252  # the market's, a day
FALL = ("2020-02-20", "2020-03-23", -0.012)  # the crisis of 2020: first day, last day, drift
REBOUND = ("2020-03-24", "2020-04-30", 0.006)
UNREST = ("2020-05-01", "2020-07-31", DRIFT)


@dataclass(frozen=True)
class Lives:
    """What happens to each ticker, as positions in the trading days.

    Parameters
    ----------
    first, last : numpy.ndarray of int64
        The first and the last day with a row.
    split : numpy.ndarray of int64
        The first day at the price after a share split; -1 where there is none.
    ratio : numpy.ndarray of float64
        New shares for an old one.
    """

    first: np.ndarray
    last: np.ndarray
    split: np.ndarray
    ratio: np.ndarray


def simulate(days: pd.DatetimeIndex, n_tickers: int, seed: int) -> tuple[Lives, dict[str, np.ndarray]]:
    """Simulate the prices of some tickers over some days.

    Parameters
    ----------
    days : pandas.DatetimeIndex
        The trading days, in order.
    n_tickers : int
        How many tickers.
    seed : int
        Any whole number from 0 upwards.

    Returns
    -------
    lives : Lives
        When each ticker comes, splits and goes.
    columns : dict of str to numpy.ndarray
        Open, High, Low, Close, Adj Close in dollars and Volume in shares, ticker after ticker, listed days only.
    """
    market_seed, lives_seed, *block_seeds = np.random.SeedSequence(seed).spawn(2 + -(-n_tickers // BLOCK))
    market = _market_returns(days, np.random.default_rng(market_seed))
    lives = _draw_lives(n_tickers, len(days), np.random.default_rng(lives_seed))
    ends = np.cumsum(lives.last - lives.first + 1)
    columns: dict[str, np.ndarray] = {}
    start = 0
    for block, block_seed in enumerate(block_seeds):
        tickers = slice(block * BLOCK, min((block + 1) * BLOCK, n_tickers))
        made = _simulate_block(days, market, lives, tickers, np.random.default_rng(block_seed))
        stop = ends[tickers.stop - 1]
        for name, values in made.items():
            columns.setdefault(name, np.empty(ends[-1], values.dtype))[start:stop] = values
        start = stop
    return lives, columns


def _draw_lives(n_tickers: int, n_days: int, rng: np.random.Generator) -> Lives:
    first = np.zeros(n_tickers, "int64")
    last = np.full(n_tickers, n_days - 1)
    order = rng.permutation(n_tickers)
    n_ipos, n_delistings = round(0.15 * n_tickers), round(0.10 * n_tickers)
    ipos, delisted = order[:n_ipos], order[n_ipos : n_ipos + n_delistings]
    first[ipos] = (n_days * rng.uniform(0.1, 0.6, len(ipos))).astype("int64")
    last[delisted] = (n_days * rng.uniform(0.4, 0.9, len(delisted))).astype("int64")
    splitting = rng.permutation(n_tickers)[: round(0.20 * n_tickers)]
    split = np.full(n_tickers, -1)
    split[splitting] = (first + (last - first) * rng.uniform(0.1, 0.9, n_tickers)).astype("int64")[splitting]
    split[split <= first] = -1  # no day before it that the split could be seen from
    return Lives(first, last, split, rng.choice([2.0, 2.0, 3.0, 4.0], n_tickers))


def _market_returns(days: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Daily log returns that all tickers share.

    Only their order is random: within each March-to-February year, and each part of the crisis, they are the quantiles
    of a normal distribution times the volatility of the day. So two calm years are alike, whatever the seed.
    """
    raw = rng.standard_normal(len(days)) * np.exp(_log_volatility(1, len(days), rng)[0])
    period = (days - pd.DateOffset(months=2)).year.to_numpy(copy=True)
    drift = np.full(len(days), DRIFT)
    for label, (first, last, mean) in enumerate([FALL, REBOUND, UNREST]):
        within = np.asarray((days >= pd.Timestamp(first)) & (days <= pd.Timestamp(last)))
        period[within], drift[within] = label, mean
    grouped = pd.Series(raw).groupby(period)
    shares = (grouped.rank() - 0.5) / grouped.transform("size")
    shocks = np.array([NormalDist().inv_cdf(share) for share in shares])
    moves = drift + MARKET_VOLATILITY * _level(days, MARKET_AT_WORST) * shocks
    echo = (moves[1:] @ moves[:-1]) / (moves @ moves)  # a few wild days can make yesterday seem to foretell today
    moves[1:] -= echo * moves[:-1]
    return moves


def _level(days: pd.DatetimeIndex, at_worst: float) -> np.ndarray:
    """Volatility as a multiple of a calm day's: 1 until the crisis, a quick rise, a slow way back."""
    since_start, since_turn = (np.asarray((days - pd.Timestamp(day)).days) for day in (FALL[0], FALL[1]))
    gathered = np.clip((since_start + 1) / GATHERING_DAYS, 0, 1)
    return 1 + (at_worst - 1) * gathered * np.exp(-np.maximum(since_turn, 0) / CALMING_DAYS)


def _log_volatility(n_series: int, n_days: int, rng: np.random.Generator) -> np.ndarray:
    """Sum of two autoregressions in each row, one row a series, one column a day."""
    memory, variance = (np.array(each)[:, None] for each in zip(*MEMORY, strict=True))
    shocks = np.sqrt(variance) * np.array([_mirrored((n_series, n_days), rng) for _ in MEMORY]).transpose(2, 0, 1)
    path = np.ascontiguousarray(shocks)  # (days, time scales, series)
    path[1:] *= np.sqrt(1 - memory**2)
    for day in range(1, n_days):
        path[day] += memory * path[day - 1]
    total = path.sum(axis=1).T
    # Many series are spread equally wide on every day, so that no year is calmer by luck; a few hardly change.
    usual = variance.sum()
    return total * np.sqrt((10 + n_series) * usual / (10 * usual + (total**2).sum(axis=0)))


def _mirrored(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Normal draws where every row has a twin of the opposite sign, so that many tickers together are nobody's luck."""
    draws = rng.standard_normal((-(-shape[0] // 2), shape[1]))
    return np.concatenate([draws, -draws])[: shape[0]]


def _simulate_block(
    days: pd.DatetimeIndex, market: np.ndarray, lives: Lives, tickers: slice, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """The number columns of some tickers, flat, ticker by ticker, listed days only."""
    first, last, split, ratio = (each[tickers, None] for each in (lives.first, lives.last, lives.split, lives.ratio))
    shape = len(first), len(days)
    beta = np.exp(0.2 * _mirrored((shape[0], 1), rng))
    wander = _log_volatility(*shape, rng)
    own = OWN_VOLATILITY * np.exp(0.15 * _mirrored((shape[0], 1), rng) + wander) * _level(days, OWN_AT_WORST)
    surprise = np.exp(np.sqrt(SURPRISE) * rng.standard_normal(shape))
    returns = beta * market + own * surprise * rng.standard_normal(shape)
    volatility = np.hypot(own, beta * MARKET_VOLATILITY * _level(days, MARKET_AT_WORST))

    position = np.arange(len(days))
    listed = (position >= first) & (position <= last)
    close = np.cumsum(returns, axis=1)
    close += _anchor(close, listed, split, ratio, rng)
    factor = np.where(position < split, ratio, 1.0)
    busy = 0.3 * np.minimum(np.abs(returns) / volatility, 4) + 0.5 * wander - np.log(factor)
    made = _candles(close[listed], returns[listed], volatility[listed], factor[listed], rng)
    return made | {"Volume": _volume(busy, rng)[listed]}


def _candles(
    close: np.ndarray, returns: np.ndarray, volatility: np.ndarray, factor: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Prices of a day in dollars from log prices free of splits; `factor` puts the splits in."""
    opened = close - 0.7 * returns + 0.3 * volatility * rng.standard_normal(len(close))
    reach = SHADOW * volatility
    high = np.maximum(opened, close) + reach * np.abs(rng.standard_normal(len(close)))
    low = np.minimum(opened, close) - reach * np.abs(rng.standard_normal(len(close)))
    logs = {"Open": opened, "High": high, "Low": low, "Close": close}
    made = {name: np.maximum(np.round(np.exp(log) * factor, 2), 0.01) for name, log in logs.items()}
    return made | {"Adj Close": np.round(made["Close"] / factor, 6)}


def _volume(busy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shares traded, in hundreds, from how busy a day is for its ticker (log scale)."""
    usual = rng.normal(13.5, 1.0, (len(busy), 1))
    shares = np.exp(usual + busy + 0.35 * rng.standard_normal(busy.shape))
    return np.maximum(np.round(shares, -2), 100).astype("int64")


def _anchor(
    close: np.ndarray, listed: np.ndarray, split: np.ndarray, ratio: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """What to add to each log price path: a typical price of about 60 dollars, or a high one on the eve of a split."""
    typical = rng.normal(np.log(60), 0.5, split.shape) - np.average(close, axis=1, weights=listed)[:, None]
    eve = np.take_along_axis(close, np.maximum(split - 1, 0), axis=1) + np.log(ratio)
    return np.where(split > 0, np.log(rng.uniform(150, 500, split.shape)) - eve, typical)
