"""A label model: how far each function or annotator can be trusted, found without a single true label."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from .codes import from_codes, vote_codes

__all__ = ["LabelModel", "label_model"]

logger = logging.getLogger(__name__)

COPIES = 0.95  # kappa of two functions' answers from which on one looks like a copy of the other
APART = 0.05  # share of rows on which a pair may answer otherwise than two independent functions would


@dataclass(frozen=True)
class LabelModel:
    """What the votes say together.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a function: ``coverage`` (share of rows it votes on) and ``accuracy``, the share of its votes that the
        model believes.
    probability : pandas.DataFrame
        One column a class: how probable it is in each row; missing where nobody votes.
    labels : pandas.Series
        The most probable class of each row; missing where nobody votes, and in a tie.
    balance : pandas.Series
        The share of each class in all rows.
    confusion : pandas.DataFrame
        How probable each answer is (columns; missing for abstaining), by function and true class (index).
    pairs : pandas.DataFrame
        One row a pair of functions: ``kappa`` of their answers, and ``apart``, the share of rows on which they answer
        otherwise than they would if they erred independently.
    notes : tuple of str
        What makes the result doubtful; empty if nothing was found.
    iterations : int
        Steps until nothing changed.
    """

    table: pd.DataFrame
    probability: pd.DataFrame
    labels: pd.Series
    balance: pd.Series
    confusion: pd.DataFrame
    pairs: pd.DataFrame
    notes: tuple[str, ...]
    iterations: int


def label_model(
    votes: pd.DataFrame,
    *,
    balance: Mapping[Any, float] | None = None,
    classes: Sequence[Any] | None = None,
    abstaining_informs: bool = False,
    smoothing: float = 1.0,
    max_iterations: int = 2000,
    tolerance: float = 1e-6,
) -> LabelModel:
    """Weigh the votes by how far each function can be trusted, by the EM algorithm of Dawid and Skene.

    Parameters
    ----------
    votes : pandas.DataFrame
        One column a function or annotator, missing where it abstains or was not asked.
    balance : mapping of class to share, optional
        The share of each class, if you know it; it is then kept. Default: found with the rest.
    classes : sequence, optional
        What may be voted for. Default: the keys of `balance`, or else what was voted for.
    abstaining_informs : bool
        False: that a function abstains, or somebody was not asked, says nothing about the row. A function that only
        ever votes 1 then says nothing at all. True: a function may abstain more often on one class than on the other,
        so that such a rule says something by voting; it is one more answer whose meaning the model must find.
    smoothing : float
        Votes that each function gets in addition, spread over its answers as all functions together answer. They keep
        every probability above zero.
    max_iterations : int
        Stop here at the latest.
    tolerance : float
        Stop when no probability changes by more.

    Returns
    -------
    LabelModel
        Its ``notes`` say when the result is doubtful; they are logged as warnings as well.

    Raises
    ------
    DataError
        If fewer than three functions vote (their agreement then fits good and bad ones alike), if a vote is none of the
        classes, or if the balance is none.

    Notes
    -----
    The model takes the functions for independent of each other once the true class is given. Two rules that look at
    the same column are not, and count twice. It starts from the shares of the votes, so the same votes give the same
    result, and "the class that functions vote for" keeps its meaning.

    References
    ----------
    A. P. Dawid and A. M. Skene (1979), Maximum likelihood estimation of observer error-rates using the EM algorithm,
    Applied Statistics 28 (1), 20-28.

    Examples
    --------
    >>> said = pd.DataFrame({"a": [1, 1, 0, 0, 1, 0], "b": [1, 1, 0, 0, 0, 0], "c": [1, 0, 0, 0, 1, None]})
    >>> label_model(said).labels.tolist()
    [1, 1, 0, 0, 1, 0]
    """
    codes, names = vote_codes(votes, classes if classes is not None else (list(balance) if balance else None))
    prior = None if balance is None else _prior(balance, names)
    _require_three(votes, codes)
    rows, patterns, counts = _patterns(codes)
    answers = _one_hot(patterns, len(names), abstaining_informs)
    fit = _em(answers, counts, patterns, len(names), prior, smoothing, max_iterations, tolerance)
    pairs = _pairs(list(votes.columns), answers, counts, fit)
    table = _table(list(votes.columns), patterns, counts, fit)
    silent = (patterns.max(axis=1) < 0)[rows]
    probability = np.where(silent[:, np.newaxis], np.nan, fit.posterior[rows])
    notes = _notes(table, pairs, patterns, counts, fit)
    for note in notes:
        logger.warning(note)
    return LabelModel(
        table=table,
        probability=pd.DataFrame(probability, index=votes.index, columns=names),
        labels=_most_probable(probability, names, votes.index),
        balance=pd.Series(fit.prior, index=pd.Index(names, name="class"), name="share"),
        confusion=_confusion(list(votes.columns), names, fit),
        pairs=pairs,
        notes=notes,
        iterations=fit.iterations,
    )


@dataclass(frozen=True)
class _Fit:
    posterior: np.ndarray  # patterns x classes
    prior: np.ndarray  # classes
    theta: np.ndarray  # functions x classes x answers
    iterations: int
    settled: bool


def _em(
    answers: np.ndarray,
    counts: np.ndarray,
    patterns: np.ndarray,
    n_classes: int,
    prior: np.ndarray | None,
    smoothing: float,
    max_iterations: int,
    tolerance: float,
) -> _Fit:
    """answers: patterns x functions x answers, 0 or 1; all zero where an abstention is no answer."""
    posterior = _start(patterns, n_classes, prior)
    usual = np.einsum("p,pja->ja", counts, answers) + 1e-9
    usual = smoothing * usual / usual.sum(axis=1, keepdims=True)
    for iteration in range(1, max_iterations + 1):
        weight = posterior * counts[:, None]
        balance = weight.sum(axis=0) / counts.sum() if prior is None else prior
        theta = np.einsum("pk,pja->jka", weight, answers) + usual[:, None, :]
        theta /= theta.sum(axis=2, keepdims=True)
        log = np.log(np.maximum(balance, 1e-300)) + np.einsum("pja,jka->pk", answers, np.log(theta))
        new = np.exp(log - log.max(axis=1, keepdims=True))
        new /= new.sum(axis=1, keepdims=True)
        moved, posterior = np.abs(new - posterior).max(), new
        if moved < tolerance:
            return _Fit(posterior, balance, theta, iteration, True)
    return _Fit(posterior, balance, theta, max_iterations, False)


def _start(patterns: np.ndarray, n_classes: int, prior: np.ndarray | None) -> np.ndarray:
    """The shares of the votes of each pattern; the balance (or none) where nobody votes."""
    shares = np.stack([(patterns == code).sum(axis=1) for code in range(n_classes)], axis=1).astype(float)
    base = np.full(n_classes, 1 / n_classes) if prior is None else prior
    shares += base * 0.5
    return shares / shares.sum(axis=1, keepdims=True)


def _one_hot(patterns: np.ndarray, n_classes: int, abstaining_informs: bool) -> np.ndarray:
    answers = (patterns[:, :, None] == np.arange(n_classes)).astype(float)
    if not abstaining_informs:
        return answers
    return np.concatenate([answers, (patterns < 0)[:, :, None].astype(float)], axis=2)


def _prior(balance: Mapping[Any, float], names: list[Any]) -> np.ndarray:
    shares = np.array([balance.get(name, np.nan) for name in names], dtype=float)
    if not (
        np.isfinite(shares).all() and (shares > 0).all() and abs(shares.sum() - 1) < 1e-6 and len(balance) == len(names)
    ):
        raise DataError(
            f"`balance` must give each of the classes {names} a share above 0, together 1; got: {dict(balance)}."
        )
    return shares


def _require_three(votes: pd.DataFrame, codes: np.ndarray) -> None:
    voting = [str(name) for name, used in zip(votes.columns, codes.max(axis=0), strict=True) if used >= 0]
    if len(voting) < 3:
        raise DataError(
            f"Only {len(voting)} function(s) vote: {voting}. With fewer than three, their agreement fits good and bad "
            "ones alike.",
            "Write a third one that looks at something else, or take labels.majority(votes).",
        )


def _patterns(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pattern of each row, the different patterns of votes, and how many rows have each: few, however many rows."""
    rows = np.zeros(len(codes), dtype="int64")
    for column in codes.T:  # numbered anew after each function, so that no number grows too large
        rows = np.unique(rows * (codes.max() + 2) + column + 1, return_inverse=True)[1]
    _, first, counts = np.unique(rows, return_index=True, return_counts=True)
    return rows, codes[first], counts


def _most_probable(probability: np.ndarray, names: list[Any], index: pd.Index) -> pd.Series:
    best = probability.max(axis=1, keepdims=True)
    clear = (probability > best - 1e-9).sum(axis=1) == 1
    return from_codes(np.where(clear, probability.argmax(axis=1), -1), names, index)


def _table(names: list[Any], patterns: np.ndarray, counts: np.ndarray, fit: _Fit) -> pd.DataFrame:
    """An answer's mean belief, where it is given: the share of the votes that the model takes for right."""
    voted = patterns >= 0
    belief = np.take_along_axis(fit.posterior, np.maximum(patterns, 0), axis=1)
    votes = counts @ voted
    right = counts @ (belief * voted)
    return pd.DataFrame(
        {"coverage": votes / counts.sum(), "accuracy": right / np.where(votes, votes, np.nan)},
        index=pd.Index(names, name="function"),
    )


def _confusion(functions: list[Any], names: list[Any], fit: _Fit) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([functions, names], names=["function", "class"])
    answers = [*names, None][: fit.theta.shape[2]]
    return pd.DataFrame(fit.theta.reshape(-1, fit.theta.shape[2]), index=index, columns=pd.Index(answers, dtype=object))


def _pairs(functions: list[Any], answers: np.ndarray, counts: np.ndarray, fit: _Fit) -> pd.DataFrame:
    found = [
        {"first": functions[i], "second": functions[j], **_pair(answers[:, i], answers[:, j], counts, fit, i, j)}
        for i, j in combinations(range(len(functions)), 2)
    ]
    return pd.DataFrame(found)


def _pair(left: np.ndarray, right: np.ndarray, counts: np.ndarray, fit: _Fit, i: int, j: int) -> dict[str, float]:
    """Compare how often a pair gives each two answers with how often it would if the two erred independently."""
    both = counts * left.sum(axis=1) * right.sum(axis=1)
    if not both.sum():
        return {"rows": 0, "kappa": float("nan"), "apart": float("nan")}
    seen = np.einsum("p,pa,pb->ab", both, left, right) / both.sum()
    expected = np.einsum("k,ka,kb->ab", both @ fit.posterior / both.sum(), fit.theta[i], fit.theta[j])
    by_chance = seen.sum(axis=1) @ seen.sum(axis=0)
    kappa = (np.trace(seen) - by_chance) / (1 - by_chance) if by_chance < 1 else float("nan")
    return {"rows": int(both.sum()), "kappa": float(kappa), "apart": float(np.abs(seen - expected).sum() / 2)}


def _notes(
    table: pd.DataFrame, pairs: pd.DataFrame, patterns: np.ndarray, counts: np.ndarray, fit: _Fit
) -> tuple[str, ...]:
    notes = _dependent(pairs) + _useless(table, patterns, fit)
    overlapping = counts[(patterns >= 0).sum(axis=1) >= 2].sum() / counts.sum()
    if overlapping < 0.01:
        notes.append("Fewer than 1 % of the rows have two votes or more: what each function is worth is a guess.")
    if fit.prior.min() < 0.001:
        notes.append(
            f"Nearly all rows went to one class: {fit.prior.round(4).tolist()}. Give `balance` if you know it."
        )
    if not fit.settled:
        notes.append(f"Not settled after {fit.iterations} steps: raise `max_iterations`.")
    return tuple(notes)


def _dependent(pairs: pd.DataFrame) -> list[str]:
    """Pairs that agree, or err, together more than independent functions would."""
    notes = []
    for number, pair in enumerate(pairs.to_dict("records")):
        names, kappa = [pair["first"], pair["second"]], pair["kappa"]
        who = f"{names[0]!r} and {names[1]!r}"
        rest = pairs[(pairs["first"].isin(names) | pairs["second"].isin(names)) & (pairs.index != number)]["kappa"]
        if kappa >= COPIES:
            why = "if one was made from the other, they count twice. Take one out."
            notes.append(f"{who} answer nearly alike (kappa {kappa:.2f}): {why}")
        elif kappa > 0.5 and kappa > 2 * rest.max():
            why = "both are very good, or both look at the same thing."
            notes.append(f"{who} agree far more (kappa {kappa:.2f}) than either does with the rest: {why}")
        if pair["apart"] > APART + max(pair["rows"], 1) ** -0.5:  # less may be noise
            why = "some functions, these or others, err together."
            notes.append(
                f"{who} give {100 * pair['apart']:.0f} % of their answers unlike independent errors would: {why}"
            )
    return notes


def _useless(table: pd.DataFrame, patterns: np.ndarray, fit: _Fit) -> list[str]:
    """Functions that the model can make nothing of, or believes less than votes at random."""
    shares = fit.theta[:, :, : len(fit.prior)].transpose(0, 2, 1) @ fit.prior
    chance = (shares / shares.sum(axis=1, keepdims=True)) @ fit.prior
    notes = []
    for name, accuracy, least, votes in zip(table.index, table["accuracy"], chance, patterns.T, strict=True):
        if fit.theta.shape[2] == len(fit.prior) and len(np.unique(votes[votes >= 0])) == 1:
            notes.append(f"{name!r} only ever votes for one class: it says nothing unless `abstaining_informs=True`.")
        elif accuracy < least - 0.01:
            notes.append(f"{name!r} is believed in {100 * accuracy:.0f} % of its votes, less than at random.")
    return notes
