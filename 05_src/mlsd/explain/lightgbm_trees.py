"""LightGBM's trees, for exact Shapley values. LightGBM is no dependency: its models are known by their booster."""

from typing import Any

import numpy as np

from .trees import Tree

__all__ = ["lightgbm_trees", "raw_scores"]


def lightgbm_trees(model: Any) -> list[Tree] | None:
    """The trees of a fitted LightGBM model, whose sum is its raw score.

    Parameters
    ----------
    model : LGBMClassifier, LGBMRegressor or LGBMRanker
        Fitted.

    Returns
    -------
    list of Tree or None
        None for what the trees here cannot say: linear leaves, averaged trees (random forest), splits by category,
        zero as missing.

    References
    ----------
    The format is ``Booster.dump_model``'s; https://lightgbm.readthedocs.io, "Advanced Topics", has the rules of
    missing values.
    """
    dumped = model.booster_.dump_model()
    if dumped.get("average_output") or model.get_params().get("linear_tree"):
        return None
    outputs = dumped["num_tree_per_iteration"]
    structures = [each["tree_structure"] for each in dumped["tree_info"]]
    nodes = [_in_order(each) for each in structures]
    if any(node.get("decision_type", "<=") != "<=" or node.get("missing_type") == "Zero" for n in nodes for node in n):
        return None
    return [_tree(each, place % outputs, outputs) for place, each in enumerate(nodes)]


def raw_scores(model: Any, matrix: Any) -> np.ndarray:
    """The sum of the trees: log-odds for a classifier, which has no ``decision_function``."""
    return np.asarray(model.predict(matrix, raw_score=True), dtype=float)


def _in_order(root: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes, each before its children, with its children's places."""
    nodes, waiting = [], [root]
    while waiting:
        node = dict(waiting.pop(0))
        nodes.append(node)
        for side in ("left_child", "right_child"):
            if side in node:
                waiting.append(node[side])
                node[side] = len(nodes) + len(waiting) - 1
    return nodes


def _tree(nodes: list[dict[str, Any]], output: int, outputs: int) -> Tree:
    value = np.zeros((len(nodes), outputs))
    value[:, output] = [node.get("leaf_value", 0.0) for node in nodes]
    threshold = np.array([node.get("threshold", 0.0) for node in nodes], dtype=float)
    by_default = np.array([node.get("default_left", True) for node in nodes])
    as_missing = np.array([node.get("missing_type") == "NaN" for node in nodes])
    return Tree(
        left=np.array([node.get("left_child", -1) for node in nodes]),
        right=np.array([node.get("right_child", -1) for node in nodes]),
        feature=np.array([node.get("split_feature", 0) for node in nodes]),
        value=value,
        threshold=threshold,
        # a split that saw no missing value while it was grown takes one for zero
        missing_left=np.where(as_missing, by_default, threshold >= 0),
        categories_left={},
    )
