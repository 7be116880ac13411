"""Lab 08: rebuild a run from its record, what four friends changed, the best run that compares, a challenger.

The answers name runs and models of the learner's own; what is right is looked up where those are kept.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from . import Hint, describe, is_a, near, question

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient

__all__ = ["best_run", "challenger", "four_friends", "rebuilt"]

REBUILT = "a dict with run_id, roc_auc and mean_probability"
SAME_ROWS = ["params.data.digest", "params.split.time", "params.split.test_from", "params.split.test_share"]
BY_ALIAS = "Ask by the alias, name@challenger: that stays true when another version becomes the challenger."
FORGOTTEN = {
    "seed": "You drew the rows with another seed: hers is in the tags, as mlsd.seed.",
    "C": "That is the model with its default C: set clf__C from the record, as a number.",
    "test": "These are the training rows: score on those from split.test_from on.",
    "probability": "predict gives 0 or 1. You need the probability of being late: predict_proba(...)[:, 1].",
}
CAUSES = ("seed", "split", "data", "parameter")
WHY_CAUSE = {
    ("seed", "data"): "The digest differs, but so does the seed, and the seed draws the rows: it is the cause.",
    ("seed", "parameter"): "random_state differs because it is set from the seed: the seed is the cause.",
    ("data", "seed"): "The seeds are equal. With the same seed and another digest, it was the file that changed.",
    ("data", "parameter"): "No parameter of the model differs. Look at params.data.digest.",
    ("split", "data"): "The digest is the same: these are the same rows, cut at another date.",
    ("parameter", "data"): "The digest is the same. Compare the settings of the model: params.clf__...",
}


@question("08.1", takes=REBUILT)
def rebuilt(answer: Any) -> Hint | None:
    """The recorded score again, and a mean that only the one who has the model knows."""
    hint = is_a(answer, dict, REBUILT) or _is_run(answer.get("run_id"))
    if hint:
        return hint
    if "clf__C" not in _run(answer["run_id"]).data.params:
        return Hint("this is another run", "run_id is the colleague's: leave it as it is in the first line.")
    for name, number in _rebuilt(answer["run_id"]).items():
        if near(answer.get(name), number, 1e-9, hint=""):
            return _what_was_forgotten(name, answer)
    return None


@question("08.2", takes="a dict with 'seed', 'split', 'data' or 'parameter' for the id of each friend's run")
def four_friends(answer: Any) -> Hint | None:
    """The cause of each difference: the seed before what it draws, the file before what is fitted on it."""
    hint = is_a(answer, dict, "a dict with one word for the id of each run")
    hint = hint or next(filter(None, map(_is_run, answer)), None)
    hint = hint or next(filter(None, map(_is_cause, answer, answer.values())), None)
    if hint:
        return hint
    missing = 4 - len(answer)
    return Hint(f"{missing} of the four friends are missing", "friends[name] is the id of a run.") if missing else None


@question("08.3", takes="the run_id of a run, as text")
def best_run(answer: Any) -> Hint | None:
    """The best test score among the runs with the data and the split of the one in use."""
    hint = _is_run(answer)
    if hint:
        return hint
    runs = _runs_beside(answer)
    if not (runs["name"] == "in use").any():
        return Hint("this run is none of the seven", "Look for it in `runs`, in the column run_id.")
    chosen, in_use = runs.loc[answer], runs[runs["name"] == "in use"].iloc[-1]
    differs = [column for column in SAME_ROWS if chosen[column] != in_use[column]]
    fair = runs[(runs[SAME_ROWS] == in_use[SAME_ROWS]).all(axis="columns")]
    if not differs and chosen["roc_auc"] == fair["roc_auc"].max():
        return None
    said = f"{chosen['name']}: not the best that may be compared"
    if differs == SAME_ROWS[:1]:
        return Hint(said, "Its data digest is another: these are other rows, asked one hour before departure.")
    if differs:
        return Hint(said, "Its split is another: a random one tests on days that the model was trained on.")
    if chosen["train_roc_auc"] == runs["train_roc_auc"].max():
        return Hint(
            said, "It has the best score on its training rows: it knows them by heart. Look at metrics.roc_auc."
        )
    if chosen["start"] == runs["start"].max():
        return Hint(said, "It is the newest. That says nothing about how well it predicts.")
    return Hint(said, "Of the runs with the digest and the split of the one in use, take the highest metrics.roc_auc.")


@question("08.4", takes="the text that tracking.load takes, such as 'name@alias'")
def challenger(answer: Any) -> Hint | None:
    """A newer version than the champion's, found by its alias; the champion stays."""
    hint = is_a(answer, str, "the text that tracking.load takes")
    if hint:
        return Hint(hint.differs, BY_ALIAS)
    name, _, alias = answer.partition("@")
    if alias != "challenger":
        return Hint(f"got the text {answer[:60]!r}", _other_than_the_alias(alias))
    versions = _versions(name)
    if not versions:
        return Hint(f"there is no model {name[:60]!r}", "The name is in MODEL: f'{MODEL}@challenger'.")
    return _beside_the_champion(versions)


def _what_was_forgotten(name: str, answer: dict[str, Any]) -> Hint | None:
    given, run_id = answer.get(name), answer["run_id"]
    mistakes = {_rebuilt(run_id, step)[name]: why for step, why in FORGOTTEN.items()}
    mistakes[_share_late(run_id)] = "That is the share that was late. What did the model say, on average?"
    hint = "Go through the record: rows (sample_rows, the seed, sort_index), split, C. All values are text at first."
    found = near(given, _rebuilt(run_id)[name], 1e-9, hint=hint, mistakes=mistakes)
    return found and Hint(f"{name}: {found.differs}", found.hint)


@cache
def _rebuilt(run_id: str, forgotten: str = "") -> dict[str, float]:
    from sklearn.metrics import roc_auc_score

    from mlsd import models

    record = _run(run_id).data
    seed = 0 if forgotten == "seed" else int(record.tags["mlsd.seed"])
    train, test = _sides(run_id, seed)
    settings = {} if forgotten == "C" else {"clf__C": float(record.params["clf__C"])}
    model = models.flights_logistic().set_params(**settings, clf__random_state=seed).fit(train, train["late"])
    scored = train if forgotten == "test" else test
    probability = model.predict(scored) if forgotten == "probability" else model.predict_proba(scored)[:, 1]
    return {"roc_auc": float(roc_auc_score(scored["late"], probability)), "mean_probability": float(probability.mean())}


def _sides(run_id: str, seed: int) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    from mlsd import sampling

    params = _run(run_id).data.params
    rows = _flights().sample(int(params["sample_rows"]), random_state=seed).sort_index()
    return sampling.split_by_time(rows, time=params["split.time"], test_from=params["split.test_from"])


def _share_late(run_id: str) -> float:
    return float(_sides(run_id, int(_run(run_id).data.tags["mlsd.seed"]))[1]["late"].mean())


@cache
def _flights() -> "pd.DataFrame":
    from mlsd import datasets

    return datasets.load_late_flights()


def _is_cause(run_id: str, given: Any) -> Hint | None:
    tags = _run(run_id).data.tags
    who, word = tags.get("mlflow.runName"), given.strip().lower() if isinstance(given, str) else given
    if "repeats" not in tags:
        return Hint(f"{who} repeats nobody's run", "The keys are the ids of the four friends' runs: friends[name].")
    if not isinstance(word, str) or word not in CAUSES:
        return Hint(f"{who}: expected one of {', '.join(CAUSES)}, got {describe(given)}")
    right = _cause(run_id, tags["repeats"])
    if word == right:
        return None
    why = WHY_CAUSE.get((right, word), f"Put {who}'s row beside Ana's and look at each column that differs.")
    return Hint(f"{who}: not the {word}", why)


def _cause(run_id: str, other_id: str) -> str:
    run, other = _run(run_id).data, _run(other_id).data
    if run.tags["mlsd.seed"] != other.tags["mlsd.seed"]:
        return "seed"
    differs = {name for name in run.params | other.params if run.params.get(name) != other.params.get(name)}
    if any(name.startswith("split.") for name in differs):
        return "split"
    return "data" if "data.digest" in differs else "parameter"


def _runs_beside(run_id: str) -> "pd.DataFrame":
    """The runs of the same experiment and the same visit, by id."""
    import pandas as pd

    run = _run(run_id)
    found = _client().search_runs([run.info.experiment_id], f"tags.visit = '{run.data.tags.get('visit')}'")
    rows = {
        each.info.run_id: {"name": each.info.run_name, "start": each.info.start_time}
        | {column: each.data.params.get(column.removeprefix("params."), "") for column in SAME_ROWS}
        | {metric: each.data.metrics.get(metric) for metric in ("roc_auc", "train_roc_auc")}
        for each in found
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def _other_than_the_alias(alias: str) -> str:
    if alias == "champion":
        return "That is the champion: it stays, and the new version gets the alias challenger."
    if alias == "latest":
        return f"The newest version need not be the challenger: tomorrow somebody registers another one. {BY_ALIAS}"
    return f"A version's number means the same model for ever. {BY_ALIAS}" if not alias else BY_ALIAS


def _versions(name: str) -> dict[str, int]:
    """The newest version of a model and those with an alias; empty if there is no such model."""
    found = _client().search_registered_models(f"name = '{name}'") if "'" not in name else []
    if not found:
        return {}
    every = _client().search_model_versions(f"name = '{name}'")
    aliases = {alias: int(version) for alias, version in found[0].aliases.items()}
    return aliases | {"newest": max((int(each.version) for each in every), default=0)}


def _beside_the_champion(versions: dict[str, int]) -> Hint | None:
    champion, rival, newest = versions.get("champion"), versions.get("challenger"), versions["newest"]
    if newest < 2:
        return Hint("the model has one version", "Register the logistic model under the same name: that is version 2.")
    back = "Give the alias champion back to the version that had it."
    if champion is None or champion == newest:
        return Hint("the champion has changed", f"Moving champion puts the new model to work at once. {back}")
    if rival is None:
        return Hint("no version has the alias challenger", "set_registered_model_alias(MODEL, 'challenger', version).")
    if rival == champion:
        return Hint("champion and challenger are the same version", "The challenger is the version that you added.")
    return Hint("the challenger is older than the champion", back) if rival < champion else None


def _is_run(answer: Any) -> Hint | None:
    from mlflow.exceptions import MlflowException

    where = "The id is in the column run_id, 32 letters and digits; a name may belong to several runs."
    hint = is_a(answer, str, "the id of a run")
    if hint:
        return Hint(hint.differs, where)
    try:
        _run(answer)
    except MlflowException:
        return Hint(f"there is no run with the id {answer[:60]!r}", where)
    return None


def _run(run_id: str) -> Any:
    return _client().get_run(run_id)


def _client() -> "MlflowClient":
    """MLflow's client with a short patience; a server that is down is known in 2 seconds."""
    from mlsd import settings
    from mlsd.tracking import connection

    connection.require(settings.tracking_uri())
    return connection.client(settings.tracking_uri())
