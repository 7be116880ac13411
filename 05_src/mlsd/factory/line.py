"""One model's life, a month at a time: take data in, let the champion answer, watch it, replace it when that pays."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from .. import monitor, settings
from ..evaluate import losses
from ..serve import score
from . import release, training
from .gates import Gate, Trial, judge, probabilities
from .serving import serves_alike
from .spec import Spec
from .steps import Made, Shop

__all__ = ["Champion", "live", "months_of"]

ANSWERS, MEASURES, GATES = "answers.parquet", "measures.parquet", "gates.json"
Map = Callable[[Callable[..., Made], Iterable[Any]], list[Made]]


@dataclass(frozen=True)
class Champion:
    """The model that answers: where it is kept, its version, and the month at whose end it was made."""

    key: str
    folder: Path
    candidate: str
    version: int
    period: str
    rows_seen: int


def months_of(spec: Spec) -> list[str]:
    """The months of a spec's calendar.

    Parameters
    ----------
    spec : Spec
        With ``data.first`` and ``data.last``.

    Returns
    -------
    list of str
        Such as ``["2013-01", "2013-02"]``.
    """
    return [str(each) for each in pd.period_range(spec.data.first, spec.data.last, freq="M")]


def live(shop: Shop, spec: Spec, line: str, value: Any = None, *, each: Map) -> list[dict[str, Any]]:
    """Live through all months; whatever is done already is found, not done again.

    Parameters
    ----------
    shop : Shop
        Where steps are kept.
    spec : Spec
        What to make.
    line : str
        The registered model's name.
    value : object
        The value of ``data.each`` that this line is for, or None.
    each : function
        As ``map``: calls a function for each candidate, here or on a cluster, and returns the results in order.

    Returns
    -------
    list of dict
        One a month: ``line, period``; ``data``; ``answers``, ``alerts`` (those that opened) and ``open`` (all that are
        open at the end) if there was a champion; ``reasons`` for a new candidate; ``outcome`` if one was made
        (``candidates, chosen, metrics, gates, released, version``); ``champion`` at the end of the month; ``steps``
        (name, seconds, found).
    """
    months, champion, story, watched = list[Made](), None, list[dict[str, Any]](), list[Path]()
    for period in months_of(spec):
        months.append(training.month(shop, spec, line, value, period))
        told: dict[str, Any] = {"line": line, "period": period, "data": months[-1].facts, "steps": [months[-1]]}
        if champion is not None:
            seen = _watch(shop, spec, line, champion, months[-1], period, watched)
            watched.append(seen.folder)
            told |= seen.facts
            told["steps"].append(seen)
        told["reasons"] = _reasons(spec, champion, months, period, told.get("open", []))
        if told["reasons"]:
            outcome, steps = _replace(shop, spec, line, champion, months, period, told["reasons"], each)
            told["outcome"], told["steps"] = outcome, told["steps"] + steps
            if outcome["released"]:
                champion, watched = _crowned(outcome, steps, months, period), []
        told["champion"] = None if champion is None else {"version": champion.version, "candidate": champion.candidate}
        told["steps"] = [{"step": s.step, "key": s.key, "seconds": s.seconds, "found": s.found} for s in told["steps"]]
        story.append(told)
    return story


def _watch(shop: Shop, spec: Spec, line: str, champion: Champion, rows: Made, period: str, before: list[Path]) -> Made:
    """Let the champion answer a month, and measure the windows; alerts look at all windows since its release."""

    def make(folder: Path) -> dict[str, Any]:
        model, frame = training.read_model(champion.folder), pd.read_parquet(rows.folder / training.ROWS)
        learned = pd.read_parquet(champion.folder / training.LEARNED)
        inputs = [str(name) for name in getattr(model[0], "columns", model.feature_names_in_)]
        frame["probability"] = score(model, frame)["probability"]
        frame[[spec.data.decided, spec.data.target, "probability"]].to_parquet(folder / ANSWERS, index=False)
        log = frame[[*inputs, "probability"]].assign(time=frame[spec.data.decided])
        end = (pd.Period(period, "M") + 1).start_time.tz_localize(log["time"].dt.tz)
        measures = monitor.measure(
            log,
            reference=learned[inputs].assign(probability=probabilities(model, learned)),
            labels=frame[[spec.data.target, spec.data.known]],
            known=spec.data.known,
            now=end,
            every=spec.watch.every,
            min_effect=spec.watch.min_effect,
        )
        measures.to_parquet(folder / MEASURES, index=False)
        since = pd.concat([*(pd.read_parquet(each / MEASURES) for each in before), measures], ignore_index=True)
        alerts = monitor.alerts(since, spec.watch.rules)
        new = alerts[alerts["opened"] >= measures["start"].min()]
        known = frame[frame[spec.data.known] < end]
        open_ = alerts.loc[alerts["closed"].isna(), "rule"].tolist()
        return {"answers": _answers(known, spec), "alerts": _plain(new), "open": open_}

    inputs = {
        "champion": champion.key,
        "rows": rows.facts["digest"],
        "watch": spec.watch,
        "before": [each.name for each in before],
    }
    return shop.step(f"watch {line} {period}", inputs, make)


def _answers(known: pd.DataFrame, spec: Spec) -> dict[str, Any]:
    y, p = known[spec.data.target], known["probability"]
    return {
        "rows": len(known),
        "mean_probability": float(p.mean()),
        "rate": float(y.mean()),
        "log_loss": float(losses(y, p).mean()),
    }


def _plain(alerts: pd.DataFrame) -> list[dict[str, Any]]:
    return json.loads(alerts.to_json(orient="records", date_format="iso"))


def _reasons(spec: Spec, champion: Champion | None, months: list[Made], period: str, alerts: list[str]) -> list[str]:
    """Why a new candidate should be made at the end of this month; empty if there is no reason."""
    if champion is None:
        return ["there is no champion yet"]
    plan, age = spec.retrain, (pd.Period(period, "M") - pd.Period(champion.period, "M")).n
    found = [f"alert: {rule}" for rule in alerts] if plan.on_alert else []
    if plan.every_months is not None and age >= plan.every_months:
        found.append(f"the champion is {age} months old")
    new = sum(each.facts["rows"] for each in months) - champion.rows_seen
    if plan.new_rows is not None and new >= plan.new_rows:
        found.append(f"{new:,} new rows")
    return found


def _replace(
    shop: Shop,
    spec: Spec,
    line: str,
    champion: Champion | None,
    months: list[Made],
    period: str,
    reasons: list[str],
    each: Map,
) -> tuple[dict[str, Any], list[Made]]:
    """Search each candidate, let the best stand trial against the champion or the baseline, release it or refuse it."""
    learn_from = training.window(spec, months, period)
    found = each(_Search(shop, spec, line, learn_from, period), list(spec.candidates))
    best = max(found, key=lambda made: made.facts["score"])
    steps, chosen = list(found), best.facts["candidate"]
    rival, rival_name = champion.folder if champion else None, f"version {champion.version}" if champion else ""
    if rival is None:
        baseline = training.fit_baseline(shop, spec, line, learn_from, period)
        steps.append(baseline)
        rival, rival_name = baseline.folder, "the baseline"
    tried = _trial(shop, spec, line, best, rival, rival_name, learn_from, period)
    gates = [Gate(**gate) for gate in tried.facts["gates"]]
    searches = {made.facts["candidate"]: made.folder for made in found}

    def make(_folder: Path) -> Mapping[str, Any]:
        return release.register(
            line,
            key=tried.key,
            period=period,
            reasons=reasons,
            searches=searches,
            chosen=chosen,
            gates=gates,
            metrics=tried.facts["metrics"],
            facts=_facts(spec, learn_from, best, tried),
            seed=spec.seed,
        )

    registered = shop.step(f"register {line} {period}", {"trial": tried.key, "reasons": reasons}, make)
    steps += [tried, registered]
    version, released = registered.facts["version"], all(gate.passed for gate in gates)
    if released and spec.serve.check_rows:
        steps.append(_serve(shop, spec, line, best, version, learn_from, period))
        gates.append(Gate(**steps[-1].facts["gate"]))
        released = gates[-1].passed
    if released:
        steps.append(
            shop.step(
                f"promote {line} {period}",
                {"key": registered.key},
                lambda _: _promote(line, version, period, best.folder),
            )
        )
    outcome = {
        "candidates": [made.facts | {"seconds": made.seconds} for made in found],
        "chosen": chosen,
        "key": best.key,
        "folder": str(best.folder),
        "rival": rival_name,
        "metrics": tried.facts["metrics"],
        "gates": [asdict(gate) for gate in gates],
        "released": released,
    }
    return outcome | registered.facts, steps


def _serve(
    shop: Shop, spec: Spec, line: str, best: Made, version: int, learn_from: training.Window, period: str
) -> Made:
    def make(_folder: Path) -> dict[str, Any]:
        rows = learn_from.rows(spec.data)[1]
        some = rows.sample(min(len(rows), spec.serve.check_rows), random_state=spec.seed)
        return {"gate": asdict(serves_alike(f"{line}/{version}", training.read_model(best.folder), some))}

    return shop.step(f"serve {line} {period}", {"best": best.key, "version": version, "serve": spec.serve}, make)


@dataclass(frozen=True)
class _Search:
    """One candidate's search as a call that can be sent to another process."""

    shop: Shop
    spec: Spec
    line: str
    learn_from: training.Window
    period: str

    def __call__(self, name: str) -> Made:
        return training.search(self.shop, self.spec, self.line, name, self.learn_from, self.period)


def _trial(
    shop: Shop,
    spec: Spec,
    line: str,
    best: Made,
    rival: Path,
    rival_name: str,
    learn_from: training.Window,
    period: str,
) -> Made:
    def make(folder: Path) -> dict[str, Any]:
        rows = learn_from.rows(spec.data)[1]
        model, other = training.read_model(best.folder), training.read_model(rival)
        trial = Trial(model, other, rival_name, rows, spec.data.target, spec.data.decided, best.facts["size_bytes"])
        gates = [asdict(gate) for gate in judge(trial, spec.gates)]
        (folder / GATES).write_text(json.dumps(gates, indent=1), encoding="utf-8")
        y, ours, theirs = rows[spec.data.target], probabilities(model, rows), probabilities(other, rows)
        metrics = {"log_loss": float(losses(y, ours).mean()), "rival_log_loss": float(losses(y, theirs).mean())}
        return {"gates": gates, "metrics": metrics | {"holdout_rows": len(rows), "rate": float(y.mean())}}

    inputs = {"best": best.key, "rival": rival.name, "rows": learn_from.digest, "gates": spec.gates}
    return shop.step(f"trial {line} {period}", inputs | {"from": learn_from.judge_from}, make)


def _facts(spec: Spec, learn_from: training.Window, best: Made, tried: Made) -> dict[str, Any]:
    """What a candidate was made from, under the names of a recipe."""
    model = training.read_model(best.folder)
    rows, test_rows = best.facts["rows"], tried.facts["metrics"]["holdout_rows"]
    return {
        "model": " > ".join(type(step).__name__ for _, step in model.steps),
        "load": spec.data.load,
        "load_params": spec.data.params,
        "target": spec.data.target,
        "data": learn_from.digest,
        "sample_rows": spec.train.sample_rows,
        "split": {"time": spec.data.decided, "test_from": f"{learn_from.judge_from:%Y-%m-%d}"},
        "scoring": [spec.search.scoring],
        "rows": rows + test_rows,
        "train_rows": rows,
        "test_rows": test_rows,
    }


def _promote(line: str, version: int, period: str, folder: Path) -> dict[str, Any]:
    """Let the alias point to the new version, and `mlsd monitor` compare with what that version learned from."""
    place = settings.data_dir() / "monitor" / line / "reference.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    learned, part = pd.read_parquet(folder / training.LEARNED), place.with_name(f".{place.name}.part")
    learned.assign(probability=probabilities(training.read_model(folder), learned)).to_parquet(part, index=False)
    part.replace(place)
    return release.promote(line, version, period)


def _crowned(outcome: dict[str, Any], steps: list[Made], months: list[Made], period: str) -> Champion:
    seen = sum(each.facts["rows"] for each in months)
    folder = next(made.folder for made in steps if made.key == outcome["key"])
    return Champion(outcome["key"], folder, outcome["chosen"], int(outcome["version"]), period, seen)
