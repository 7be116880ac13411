"""The verdict on a challenger: the served log of its trial and the labels that have come in, put to the rule."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ColumnError, DataError
from ..evaluate import losses
from ..monitor.asked import FEATURE, prepare
from ..serve.rollout import assign
from ..serve.served_log import read_log
from .rollout import Rollout, decide, decide_canary, looks

__all__ = ["verdict"]

PAIR = ["time", "request_id", "row"]


def verdict(
    name: str,
    *,
    labels: "pd.Series | pd.DataFrame",
    key: str | Sequence[str],
    known: str = "known",
    rule: Rollout | None = None,
    clusters: str | None = None,
    challenger: str | None = None,
    now: Any = None,
    folder: Path | None = None,
) -> tuple[str, pd.DataFrame]:
    """Whether a trial on real requests is over, and how it ends.

    In a shadow, each labelled row has both answers (:func:`decide`); in a canary, the requests that were drawn for the
    challenger are compared with the others (:func:`decide_canary`). The log says which of the two it was. Only what was
    asked beside the present champion counts.

    Parameters
    ----------
    name : str
        The model, as registered.
    labels : pandas.Series or pandas.DataFrame
        What happened, 0 or 1, by `key`, as for ``monitor.measure``.
    key : str or list of str
        The column of log and labels that names a case, such as ``flight_id``.
    known : str
        The labels' column with the time when each was known. Without it, labels count in the order of the requests:
        then look when all labels of a stretch of time are there.
    rule : Rollout, optional
        As it was written down before the trial.
    clusters : str, optional
        What shares its luck: a column of the log, or a stretch of time such as ``"1D"``.
    challenger : str, optional
        A version; by default the last that was on trial.
    now : datetime, optional
        Labels that became known later do not count.
    folder : pathlib.Path, optional
        The served log, as for ``serve.read_log``.

    Returns
    -------
    (str, pandas.DataFrame)
        ``promote``, ``stop``, ``keep`` or ``wait``, and a row a look: ``rows, gain, low, high``. It also says ``stop``
        where the challenger failed at surely more rows than allowed. ``attrs`` of the table holds ``how`` (shadow or
        canary), ``champion``, ``challenger``, ``labelled`` (rows) and ``failed`` (rows that it did not answer).

    Raises
    ------
    DataError
        If there was no trial, labels or answers cannot be used, or `clusters` is neither column nor stretch of time.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> verdict("late-flights", labels=arrivals, key="flight_id", clusters="1D")[0]  # doctest: +SKIP
    'promote'
    """
    rule = rule or Rollout()
    trial = _last_trial(read_log(name, shadows=True, folder=folder), name, challenger)
    asked = prepare(trial, labels, key, known, now)
    if not asked.is_probability and asked.frame["answer"].notna().any():
        raise DataError(f"{name!r} does not answer with probabilities, which the rule compares.")
    trial = trial.loc[asked.frame.index].assign(answer=asked.frame["answer"], label=asked.frame["label"])
    trial["order"] = _order(trial, labels, key, known)
    trial["cluster"] = _clusters(trial, clusters)
    on_trial, is_canary = trial["challenger"].iloc[0], trial["share"].notna().iloc[0]
    ended = _of_canary if is_canary else _of_shadow
    (said, table), labelled, failed = ended(trial, on_trial, rule, clusters is not None)
    if (looks(failed, level=rule.level)["low"] > rule.failed).any():
        said = "stop"
    table.attrs |= {"how": "canary" if is_canary else "shadow", "labelled": labelled, "failed": int(failed.sum())}
    table.attrs |= {"champion": trial["champion"].iloc[0], "challenger": on_trial}
    return said, table


def _last_trial(log: pd.DataFrame, name: str, challenger: str | None) -> pd.DataFrame:
    """The lines of a challenger's last trial, of one kind, beside the last champion of it."""
    versions = log["challenger"].dropna()
    if versions.empty or (challenger is not None and challenger not in set(versions)):
        raise DataError(
            f"The log of {name!r} holds no trial of {f'version {challenger!r}' if challenger else 'a challenger'}.",
            f"Serve it first: `mlsd serve {name}@champion --challenger {name}@challenger`.",
        )
    trial = log[log["challenger"] == (challenger or versions.iloc[-1])]
    trial = trial[trial["share"].notna() == pd.notna(trial["share"].iloc[-1])]
    by_champion = trial[trial["version"] != trial["challenger"]]
    champion = by_champion["version"].iloc[-1] if len(by_champion) else None
    before = by_champion.loc[by_champion["version"] != champion, "time"].max()
    return trial[~(trial["time"] <= before)].assign(champion=champion)


def _order(trial: pd.DataFrame, labels: Any, key: Any, known: str) -> pd.Series:
    """When each label became known, as a number; the time of the request where the labels do not say."""
    if not isinstance(labels, pd.DataFrame) or known not in labels:
        return trial["time"].astype("int64").astype("float64")
    keys = [key] if isinstance(key, str) else list(key)
    there = labels[labels[known].notna()]
    moments = there[keys].assign(label=there[known].astype("int64"))
    return prepare(trial, moments, key, known, None).frame["label"]


def _clusters(trial: pd.DataFrame, clusters: str | None) -> Any:
    if clusters is None:
        return 0
    for column in (clusters, f"{FEATURE}{clusters}"):
        if column in trial:
            return trial[column]
    try:
        return trial["time"].dt.floor(clusters)
    except ValueError as error:
        fix = 'Name a column of the log, or a stretch of time such as "1D".'
        raise ColumnError(f"`clusters` is neither a column nor a stretch of time: {clusters!r}.", fix) from error


def _of_shadow(trial: pd.DataFrame, version: str, rule: Rollout, is_clustered: bool) -> Any:
    """Both answers to the same row."""
    shadow = trial[trial["status"] == "shadow"].drop_duplicates(PAIR)
    champion = trial[(trial["status"] == "ok") & (trial["version"] != version)].drop_duplicates(PAIR)
    pairs = champion.merge(shadow[[*PAIR, "answer"]], on=PAIR, suffixes=("", "_shadow"))
    failed = pairs["answer_shadow"].isna().to_numpy()
    known = pairs[~failed & pairs["label"].notna()].sort_values("order", kind="stable")
    clusters = known["cluster"] if is_clustered else None
    if known.empty:
        return ("wait", looks([])), 0, failed
    ended = decide(known["label"], known["answer"], known["answer_shadow"], rule, clusters=clusters)
    return ended, len(known), failed


def _of_canary(trial: pd.DataFrame, version: str, rule: Rollout, is_clustered: bool) -> Any:
    """Requests that were drawn for the challenger, and the others, whoever answered in the end."""
    drawn = pd.Series(False, index=trial.index)
    for share in trial["share"].unique():
        ids = trial.loc[trial["share"] == share, "request_id"]
        drawn[ids.index] = assign(ids, share, salt=version)
    answered = trial[trial["status"] == "ok"].assign(drawn=drawn)
    failed = (answered.loc[answered["drawn"], "version"] != version).to_numpy()
    known = answered[answered["label"].notna() & answered["share"].between(0, 1, inclusive="neither")]
    if known.empty:
        return ("wait", looks([])), 0, failed
    known = known.assign(loss=losses(known["label"], known["answer"]))
    firsts = {"loss": "mean", "order": "max", "drawn": "first", "share": "first", "cluster": "first"}
    requests = known.groupby("request_id", sort=False).agg(firsts).sort_values("order", kind="stable")
    clusters = requests["cluster"] if is_clustered else None
    ended = decide_canary(requests["loss"], requests["drawn"], requests["share"], rule, clusters=clusters)
    return ended, len(known), failed
