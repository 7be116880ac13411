"""Exact Shapley values of tree ensembles, in original columns, against every row of a background.

A leaf of a tree is reached if each condition on its path holds. Give some original columns the explained row's values
and the others a background row's: the leaf is reached when every column on its path brings values that pass all of that
column's conditions. So a pair of rows sorts a leaf's columns into four: both rows pass (does not matter), only the
explained row passes (it must come from that one: p columns), only the background row passes (it must not: q columns),
neither passes (the leaf is out of reach). What the leaf adds to a column's Shapley value is then

    value · (p - 1)! q! / (p + q)!     for each of the p columns,
  - value · p! (q - 1)! / (p + q)!     for each of the q columns.

A column stands for all that was made of it: its one-hot parts, its bends, its missing indicator. That is the Shapley
value of the original column, which adding up the values of the parts is not when they interact in a tree.

References
----------
S. Lundberg et al. (2020), From local explanations to global understanding with explainable AI for trees, Nature Machine
Intelligence 2, 56–67 (interventional Tree SHAP; the game for one pair of rows).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np

__all__ = ["Tree", "shapley", "trees_of"]


@dataclass(frozen=True)
class Tree:
    """One tree: arrays by node. A leaf has left == -1; ``value`` has a column for each output."""

    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    value: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    categories_left: dict[int, tuple[np.ndarray, np.ndarray]]

    def goes_left(self, node: int, values: np.ndarray) -> np.ndarray:
        """For each value of the node's feature, whether its row goes to the left."""
        missing = np.isnan(values)
        if node in self.categories_left:
            left, known = self.categories_left[node]
            code = np.where(missing | (values < 0) | (values > 255), 0, values).astype(int)
            missing |= (values < 0) | (values > 255) | ~known[code]
            passes = left[code]
        else:
            with np.errstate(invalid="ignore"):
                passes = values <= self.threshold[node]
        return np.where(missing, self.missing_left[node], passes)


def shapley(trees: list[Tree], rows: np.ndarray, background: np.ndarray, owner: np.ndarray, columns: int) -> np.ndarray:
    """Shapley values of the sum of trees.

    Parameters
    ----------
    trees : list of Tree
        Their outputs are added.
    rows, background : numpy.ndarray, shapes (n, p) and (m, p)
        What the trees take.
    owner : numpy.ndarray of int, shape (p,)
        The original column of each of the p; -1 for one that never varies.
    columns : int
        How many original columns there are, at most 63.

    Returns
    -------
    numpy.ndarray, shape (n, columns, outputs)
        Their sum over the columns is the output of a row less the mean output of the background.
    """
    result = np.zeros((len(rows), columns, trees[0].value.shape[1]))
    both = np.concatenate([rows, background])
    for tree in trees:
        for value, path_columns, fails in _leaves(tree, both, owner):
            if path_columns:
                _add_leaf(result, value, path_columns, fails[: len(rows)], fails[len(rows) :])
    return result


def _leaves(tree: Tree, values: np.ndarray, owner: np.ndarray) -> Iterator[tuple[np.ndarray, list[int], np.ndarray]]:
    """Each leaf's value, the columns on its path, and for each row a bit for every column that fails on the way."""
    waiting: list[tuple[int, int, np.ndarray]] = [(0, 0, np.zeros(len(values), dtype=np.uint64))]
    while waiting:
        node, path, fails = waiting.pop()
        if tree.left[node] == -1:
            yield tree.value[node], [bit for bit in range(64) if path >> bit & 1], fails
            continue
        feature = tree.feature[node]
        left = tree.goes_left(node, values[:, feature])
        column = int(owner[feature])
        if column < 0:  # every row goes the same way
            waiting.append((int(tree.left[node] if left[0] else tree.right[node]), path, fails))
            continue
        bit = np.uint64(1 << column)
        waiting.append((int(tree.left[node]), path | 1 << column, np.where(left, fails, fails | bit)))
        waiting.append((int(tree.right[node]), path | 1 << column, np.where(left, fails | bit, fails)))


def _add_leaf(
    result: np.ndarray, value: np.ndarray, columns: list[int], row_fails: np.ndarray, background_fails: np.ndarray
) -> None:
    rows, which = np.unique(row_fails, return_inverse=True)
    others, counts = np.unique(background_fails, return_counts=True)
    only_row, only_other = others & ~rows[:, None], rows[:, None] & ~others
    weight = counts / counts.sum() * ((rows[:, None] & others) == 0)
    if not weight.any():
        return
    p, q = np.bitwise_count(only_row), np.bitwise_count(only_other)
    gain, loss = weight * GAIN[p, q], weight * GAIN[q, p]
    bits = np.array(columns, dtype=np.uint64)
    share = np.einsum("rb,rbc->rc", gain, (only_row[:, :, None] >> bits & np.uint64(1)).astype(float))
    share -= np.einsum("rb,rbc->rc", loss, (only_other[:, :, None] >> bits & np.uint64(1)).astype(float))
    result[:, columns] += (share[:, :, None] * value)[which]


def _gains(most: int = 64) -> np.ndarray:
    """(p - 1)! q! / (p + q)! for each p and q."""
    table = np.zeros((most, most))
    for p in range(1, most):
        table[p] = [factorial(p - 1) * factorial(q) / factorial(p + q) for q in range(most)]
    return table


GAIN = _gains()


def trees_of(model: Any) -> list[Tree] | None:
    """The trees of a fitted scikit-learn model, scaled so that their sum is its raw output but for a constant.

    Raw is what ``decision_function`` or ``predict`` gives, and ``predict_proba`` for single trees and forests.

    Returns
    -------
    list of Tree or None
        None if the model is of another kind.
    """
    from sklearn.ensemble import (
        ExtraTreesClassifier,
        ExtraTreesRegressor,
        GradientBoostingClassifier,
        GradientBoostingRegressor,
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
        RandomForestClassifier,
        RandomForestRegressor,
    )
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    if isinstance(model, DecisionTreeClassifier | DecisionTreeRegressor):
        return [_grown(model.tree_, 1.0)]
    if isinstance(model, RandomForestClassifier | RandomForestRegressor | ExtraTreesClassifier | ExtraTreesRegressor):
        return [_grown(each.tree_, 1 / len(model.estimators_)) for each in model.estimators_]
    if isinstance(model, GradientBoostingClassifier | GradientBoostingRegressor) and _starts_constant(model):
        outputs = model.estimators_.shape[1]
        grid = [(output, each) for stage in model.estimators_ for output, each in enumerate(stage)]
        return [_grown(each.tree_, model.learning_rate, output, outputs) for output, each in grid]
    if isinstance(model, HistGradientBoostingClassifier | HistGradientBoostingRegressor):
        return [
            _histogram_tree(model, each, output, len(stage))
            for stage in model._predictors
            for output, each in enumerate(stage)
        ]
    return None


def _starts_constant(model: Any) -> bool:
    from sklearn.dummy import DummyClassifier, DummyRegressor

    return isinstance(model.init_, DummyClassifier | DummyRegressor) or model.init_ == "zero"


def _grown(tree: Any, scale: float, output: int = 0, outputs: int = 1) -> Tree:
    value = tree.value[:, 0, :] if outputs == 1 else _in_column(tree.value[:, 0, 0], output, outputs)
    missing = getattr(tree, "missing_go_to_left", np.zeros(tree.node_count))
    return Tree(
        left=tree.children_left,
        right=tree.children_right,
        feature=tree.feature,
        value=value * scale,
        threshold=tree.threshold,
        missing_left=np.asarray(missing, dtype=bool),
        categories_left={},
    )


def _histogram_tree(model: Any, predictor: Any, output: int, outputs: int) -> Tree:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    known, place = _known_categories(model)
    return Tree(
        left=np.where(leaf, -1, nodes["left"].astype(int)),
        right=np.where(leaf, -1, nodes["right"].astype(int)),
        feature=nodes["feature_idx"],
        value=_in_column(nodes["value"], output, outputs),
        threshold=nodes["num_threshold"],
        missing_left=nodes["missing_go_to_left"].astype(bool),
        categories_left={
            int(number): (
                _members(predictor.raw_left_cat_bitsets[nodes[number]["bitset_idx"]]),
                _members(known[place[nodes[number]["feature_idx"]]]),
            )
            for number in np.flatnonzero(nodes["is_categorical"].astype(bool) & ~leaf)
        },
    )


def _known_categories(model: Any) -> tuple[np.ndarray, np.ndarray]:
    known, place = model._bin_mapper.make_known_categories_bitsets()
    return known, place


def _members(bitset: np.ndarray) -> np.ndarray:
    """256 truth values from eight words of 32 bits."""
    return (bitset[:, None] >> np.arange(32, dtype=np.uint32) & 1).astype(bool).ravel()


def _in_column(values: np.ndarray, output: int, outputs: int) -> np.ndarray:
    table = np.zeros((len(values), outputs))
    table[:, output] = values
    return table
