"""A recipe: all that is needed to fit a model again. `Run.fit` follows and keeps it, `reproduce` follows it again."""

import importlib
import importlib.util
import json
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import sampling
from ..errors import DataError, require_columns
from . import connection, outbox, record, registry

if TYPE_CHECKING:
    from .runs import Run

__all__ = ["Fitted", "Recipe", "Reproduction", "fit_and_record", "known_id", "reproduce"]

SCORING = {
    "classifier": ("roc_auc", "average_precision", "neg_log_loss", "neg_brier_score"),
    "regressor": ("neg_mean_absolute_error", "neg_root_mean_squared_error", "r2"),
}
SPLITS = {
    frozenset({"time", "test_from"}),
    frozenset({"time", "test_from", "gap"}),
    frozenset({"group", "test_share"}),
    frozenset({"test_share"}),
}
FILE = "recipe.json"


@dataclass(frozen=True)
class Recipe:
    """What to load, how to split it, what to fit and how to score it.

    Attributes
    ----------
    model : estimator
        Unfitted.
    load : str
        The function that returns the data, as ``"module:function"``.
    load_params : dict
        Its arguments.
    target : str
        The column to predict; the others go to the model, which picks its own.
    split : dict
        ``{"time": column, "test_from": date}``, also with ``"gap"``: train before, test from that date on.
        ``{"group": column, "test_share": 0.2}``: a group is on one side only. ``{"test_share": 0.2}``: at random.
    scoring : list of str
        scikit-learn's names, such as ``"roc_auc"``. By default four for a classifier, three for a regressor.
    sample_rows : int, optional
        Take that many rows at random, for a quick look.
    seed : int
        For the sample, the split and every ``random_state``.
    """

    model: Any
    load: str
    target: str
    split: dict[str, Any]
    load_params: dict[str, Any] = field(default_factory=dict)
    scoring: tuple[str, ...] = ()
    sample_rows: int | None = None
    seed: int = 0

    @classmethod
    def of(
        cls,
        model: Any,
        load: Callable[..., pd.DataFrame],
        *,
        target: str,
        split: Mapping[str, Any],
        load_params: Mapping[str, Any] | None = None,
        scoring: Sequence[str] = (),
        sample_rows: int | None = None,
        seed: int = 0,
    ) -> "Recipe":
        """A recipe from a function that loads the data; the attributes say the rest.

        Raises
        ------
        DataError
            If the function cannot be imported by its name, or the split is not known.
        """
        if frozenset(split) not in SPLITS:
            raise DataError(
                f"`split` has the keys {sorted(split)}.",
                f"Allowed are {sorted(sorted(keys) for keys in SPLITS)}.",
            )
        params, path = _plain(dict(load_params or {}), "load_params"), _path(load)
        _require_a_loader(path)
        how = {name: str(value) if isinstance(value, pd.Timestamp) else value for name, value in split.items()}
        seeded = _seeded(model, seed)
        scorers = tuple(scoring) or SCORING["classifier" if hasattr(seeded, "predict_proba") else "regressor"]
        return cls(seeded, path, target, _plain(how, "split"), params, scorers, sample_rows, seed)


@dataclass(frozen=True)
class Fitted:
    """What following a recipe gave: the fitted ``model``, its ``metrics`` on ``test``, and the two sides as frames."""

    model: Any
    metrics: dict[str, float]
    train: pd.DataFrame
    test: pd.DataFrame


@dataclass(frozen=True)
class Reproduction:
    """What came out the second time.

    Attributes
    ----------
    same : bool
        Every metric is the same, to the last digit.
    table : pandas.DataFrame
        ``metric, recorded, reproduced, same``.
    differences : pandas.DataFrame
        ``what, recorded, now``: where data, code or environment are not what they were.
    model : estimator
        Fitted again.
    """

    same: bool
    table: pd.DataFrame
    differences: pd.DataFrame
    model: Any

    def __repr__(self) -> str:
        verdict = "the same to the last digit" if self.same else "NOT the same"
        changed = f"Changed since:\n{self.differences.to_string(index=False)}"
        since = changed if len(self.differences) else "Nothing has changed since."
        table = self.table.to_string(index=False, float_format=lambda value: repr(float(value)))
        return f"Metrics: {verdict}\n{table}\n\n{since}"


def fit_and_record(run: "Run", recipe: Recipe) -> Fitted:
    """Follow a recipe and write down everything about it.

    Parameters
    ----------
    run : Run
        Where to.
    recipe : Recipe
        What to do.

    Returns
    -------
    Fitted
        As :meth:`Run.fit`.
    """
    unfitted = registry.dump(recipe.model)  # first, so that what cannot be kept is known before the work
    frame = _frame(recipe)
    fitted = _follow(recipe, frame)
    run.log_params(_params(recipe))
    data = run.log_data(frame, recipe.load.partition(":")[2], source=f"{recipe.load} {recipe.load_params}")
    run.log_params({"train.rows": len(fitted.train), "test.rows": len(fitted.test)})
    run.log_metrics(fitted.metrics)
    written = {name: value for name, value in asdict(replace(recipe, model=None)).items() if name != "model"}
    written |= {"metrics": fitted.metrics, "data": data, "rows": len(frame)}
    written |= {"code": record.code(), "environment": record.environment()}
    with tempfile.TemporaryDirectory(prefix="mlsd ") as folder:
        (Path(folder) / FILE).write_text(json.dumps(written, indent=1), encoding="utf-8")
        (Path(folder) / "unfitted.skops").write_bytes(unfitted)
        run.log_file(folder, to="recipe")
    return fitted


def reproduce(run_id: str, *, trusted: Iterable[str] = ()) -> Reproduction:
    """Load, split, fit and score again as a run's record says, and compare.

    Parameters
    ----------
    run_id : str
        A run in which :meth:`Run.fit` was called.
    trusted : iterable of str
        Types in its model that you trust, as in :func:`load`.

    Returns
    -------
    Reproduction
        Whether the metrics are the same to the last digit, and what differs in data, code and environment.

    Raises
    ------
    DataError
        If there is no such run, it has no recipe, or its data cannot be loaded any more.
    ServiceError
        If the server does not answer within 2 seconds.
    """
    uri = connection.address()
    connection.require(uri)
    written, model = _written(uri, known_id(uri, run_id), trusted)
    names = ("load", "target", "split", "load_params", "scoring", "sample_rows", "seed")
    recipe = Recipe(model=model, **{name: written[name] for name in names})
    frame = _frame(recipe)
    now = {"data": record.digest(frame), "rows": len(frame), "code": record.code(), "environment": record.environment()}
    fitted = _follow(recipe, frame)
    table = _compared(written["metrics"], fitted.metrics)
    return Reproduction(bool(table["same"].all()), table, _differences(written, now), fitted.model)


def _frame(recipe: Recipe) -> pd.DataFrame:
    _require_a_loader(recipe.load)
    module, _, name = recipe.load.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise DataError(
            f"The data came from {recipe.load}, which is not there any more.", f"Restore {name}."
        ) from error
    frame = function(**recipe.load_params)
    require_columns(frame.columns, [recipe.target], where=f"what {recipe.load} returns")
    if recipe.sample_rows is None or recipe.sample_rows >= len(frame):
        return frame
    return frame.sample(recipe.sample_rows, random_state=recipe.seed).sort_index()


def _follow(recipe: Recipe, frame: pd.DataFrame) -> Fitted:
    from sklearn.base import clone
    from sklearn.metrics import check_scoring

    train, test = _split(recipe, frame)
    model = clone(recipe.model).fit(train.drop(columns=recipe.target), train[recipe.target])
    scorer = check_scoring(model, scoring=list(recipe.scoring))
    scores = scorer(model, test.drop(columns=recipe.target), test[recipe.target])
    return Fitted(model, {name: float(score) for name, score in scores.items()}, train, test)


def _split(recipe: Recipe, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    how = recipe.split
    if "time" in how:
        return sampling.split_by_time(frame, **how)
    if "group" in how:
        return sampling.split_by_group(frame, **how, seed=recipe.seed)
    from sklearn.model_selection import train_test_split

    try:
        train, test = train_test_split(frame, test_size=how["test_share"], random_state=recipe.seed)
    except ValueError as error:
        raise DataError(f"`split` {how} cannot divide {len(frame)} rows: {error}") from error
    return train, test


def _params(recipe: Recipe) -> dict[str, Any]:
    """The recipe as flat parameters, and every plain setting of the model under scikit-learn's own name."""
    split = {f"split.{name}": value for name, value in recipe.split.items()}
    load = {f"load.{name}": value for name, value in recipe.load_params.items()}
    settings = {
        name: value
        for name, value in recipe.model.get_params().items()
        if isinstance(value, str | int | float | bool | None)
    }
    steps = [step for _, step in getattr(recipe.model, "steps", [("", recipe.model)])]
    return {
        "model": " > ".join(type(step).__name__ for step in steps),
        "load": recipe.load,
        "target": recipe.target,
        "sample_rows": recipe.sample_rows,
        **load,
        **split,
        **settings,
    }


def _seeded(model: Any, seed: int) -> Any:
    from sklearn.base import clone

    fresh = clone(model)
    return fresh.set_params(**{name: seed for name in fresh.get_params() if name.rpartition("__")[2] == "random_state"})


def _path(load: Callable[..., Any]) -> str:
    """Where a function can be imported from; the shortest public place that has it."""
    module, name = getattr(load, "__module__", None), getattr(load, "__qualname__", "?")
    packages = [".".join(str(module).split(".")[:end]) for end in range(1, str(module).count(".") + 2)]
    for place in packages:
        if place != "__main__" and getattr(_imported(place), name, None) is load:
            return f"{place}:{name}"
    raise DataError(
        f"{name} of {module} cannot be imported by another process, so the run could not be reproduced.",
        "Put the function into a module, or use one of datasets or pandas with `load_params`.",
    )


def _require_a_loader(path: str) -> None:
    """Let a record call only what is there to load data: a record from a shared server is a stranger's text.

    That is mlsd, pandas' readers but for pickle, and modules of your own, which no package has installed.
    """
    module, _, name = path.partition(":")
    root = module.partition(".")[0]
    is_reader = root == "pandas" and name.startswith("read_") and name != "read_pickle"
    if root == "mlsd" or is_reader or _is_yours(root):
        return
    raise DataError(
        f"{path} is no function to load data with.",
        "Allowed are functions of mlsd, pandas' readers but read_pickle, and functions of a module of your own.",
    )


def _is_yours(root: str) -> bool:
    if root in sys.stdlib_module_names or root in sys.builtin_module_names:
        return False
    try:
        found = importlib.util.find_spec(root)
    except (ImportError, ValueError):
        return False
    installed = {Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")}
    # A module that is gone is told of when it is looked for.
    return found is None or not installed & set(Path(found.origin or "").resolve().parents)


def _imported(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def _plain(values: dict[str, Any], where: str) -> dict[str, Any]:
    """The same values, if JSON can keep them."""
    try:
        if json.loads(json.dumps(values)) == values:
            return values
    except (TypeError, ValueError):
        pass
    raise DataError(f"`{where}` must hold text, numbers, lists and dicts only, got: {values!r}.")


def known_id(uri: str, run_id: str) -> str:
    """MLflow's id: a run that began while the server was gone may be known by its key only.

    Parameters
    ----------
    uri : str
        Where the run is.
    run_id : str
        Its id or its key.

    Returns
    -------
    str
        Its id.

    Raises
    ------
    DataError
        If there is no such run.
    """
    mlflow = connection.client(uri)
    from mlflow.exceptions import MlflowException

    try:
        return str(mlflow.get_run(run_id).info.run_id)
    except MlflowException as error:
        every = [each.experiment_id for each in mlflow.search_experiments()]
        found = mlflow.search_runs(every, f"tags.`{outbox.KEY}` = '{run_id}'", max_results=1) if _is_key(run_id) else []
        if not found:
            raise DataError(f"There is no run {run_id!r} at {connection.without_password(uri)}.") from error
        return str(found[0].info.run_id)


def _is_key(run_id: str) -> bool:
    return len(run_id) == 32 and set(run_id) <= set("0123456789abcdef")


def _written(uri: str, run_id: str, trusted: Iterable[str]) -> tuple[dict[str, Any], Any]:
    mlflow = connection.client(uri)
    if not any(file.path == "recipe" for file in mlflow.list_artifacts(run_id)):
        raise DataError(
            f"Run {run_id} has no recipe.", "Only a run in which run.fit(...) was called can be reproduced."
        )
    with tempfile.TemporaryDirectory(prefix="mlsd ") as folder:
        path = Path(mlflow.download_artifacts(run_id, "recipe", folder))
        text, model = (path / FILE).read_text(encoding="utf-8"), (path / "unfitted.skops").read_bytes()
    return json.loads(text), registry.restore(model, trusted)


def _compared(recorded: dict[str, float], reproduced: dict[str, float]) -> pd.DataFrame:
    rows = [(name, value, reproduced[name], repr(value) == repr(reproduced[name])) for name, value in recorded.items()]
    return pd.DataFrame(rows, columns=["metric", "recorded", "reproduced", "same"])


def _differences(then: dict[str, Any], now: dict[str, Any]) -> pd.DataFrame:
    old, new = _flat(then), _flat(now)
    rows = [(name, old.get(name), new.get(name)) for name in sorted(old | new) if old.get(name) != new.get(name)]
    return pd.DataFrame(rows, columns=["what", "recorded", "now"])


def _flat(facts: dict[str, Any]) -> dict[str, Any]:
    environment = facts["environment"]
    packages = {f"package {name}": version for name, version in environment["packages"].items()}
    others = {f"environment {name}": value for name, value in environment.items() if name != "packages"}
    code = {f"code {name}": value for name, value in facts["code"].items()}
    return {"data digest": facts["data"], "data rows": facts["rows"], **code, **others, **packages}
