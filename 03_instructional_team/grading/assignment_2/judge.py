"""How assignment 2 is judged: from what was called with what, and how it behaved, to the rubric's levels.

Nothing here runs or holds an object of the learner's: only the facts that ``probe.py`` sent out of the box, and the
source where nothing could be run. What two criteria could both be blamed for is held against one of them only.
"""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from course.grading.evidence import Call, Evidence
from course.grading.judging import Verdict, full, missing, part, quote

__all__ = [
    "baseline_and_advanced_models",
    "cv_5_folds",
    "error_metric",
    "four_pipelines",
    "grids_four_values",
    "month_day_categorical",
    "nonlinear_transform",
    "onehot_handles_unknown",
    "pickles_pipeline",
    "selects_best_by_metric",
    "shap_local_global",
    "splits_x_y",
    "train_test_split_rs42",
    "two_preprocessors",
]

Fact = dict[str, Any]

SEARCHES = ("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV", "grid_search")
VALIDATIONS = ("cross_val_score", "cross_validate", "cross_val_predict")
TRIVIAL = {"fit_intercept", "copy_X", "copy_X_train", "n_jobs", "verbose", "random_state", "warm_start", "positive"}
SIMPLE = ("linear_model", "neighbors", "dummy")
EITHER = {"DecisionTreeRegressor", "SVR", "LinearSVR", "NuSVR", "ExtraTreeRegressor", "PLSRegression", "KernelRidge"}
BENDS = {
    *("PowerTransformer", "QuantileTransformer", "KBinsDiscretizer", "SplineTransformer", "PolynomialFeatures"),
    *("Binarizer", "KernelPCA", "Nystroem", "RBFSampler"),
}
ENCODERS = {"OneHotEncoder", "TargetEncoder", "OrdinalEncoder"}
NOT_ERRORS = ("r2", "explained_variance", "accuracy", "roc", "f1", "precision", "recall", "d2_", "balanced", "jaccard")
CHOSEN_NAMES = {"best_model", "final_model", "best_pipeline", "best_estimator", "best_pipe", "final_pipeline", "best"}
LOCAL, GLOBAL = (
    ("waterfall", "force", "decision", "bar"),
    ("beeswarm", "bar", "summary", "violin", "heatmap", "decision", "force"),
)
STUB = "<ellipsis>"  # what the starter's names hold until somebody gives them something
READ = "The notebook did not run so far; this was read in its source."


# --- X, Y and the split


def splits_x_y(seen: Evidence) -> Verdict:
    """X holds every column but area; Y holds area."""
    used = [
        (fact["tables"][0], fact["tables"][1], fact["cell"]) for fact in seen.of("split") if len(fact["tables"]) > 1
    ]
    used = used or [(fact["table"], fact["y"], fact["cell"]) for fact in seen.of("search") if fact["table"]]
    named = [(fact["X"], fact["y"], fact["cell"]) for fact in seen.of("named")]
    verdicts = [_x_and_y(seen, *each) for each in used] or [_x_and_y(seen, *each) for each in named]
    if not verdicts:
        reads = _source(seen, r"""\.drop\(.*['"]area['"]""") or _source(
            seen, r"""\by\w*\s*=.*['"]area['"]""", re.IGNORECASE
        )
        return (
            full(reads, reason=READ, cause="only read")
            if reads
            else missing(hint="Set X to all columns but area, Y to area.")
        )
    if any(verdict.share == 0 and "target" in verdict.hint for verdict in verdicts):
        return next(verdict for verdict in verdicts if verdict.share == 0)
    return max(verdicts, key=lambda verdict: verdict.share)


def _x_and_y(seen: Evidence, X: Fact | None, y: Fact | None, cell: int | None) -> Verdict:
    columns = (X or {}).get("columns") or []
    words: Fact = {"quote": quote(seen.cell(cell), "area", "X")}
    if any(_is_area(seen, column["values"]) for column in columns):
        return part(0.0, cell, **words, hint="X holds the target: a model that sees the answer learns nothing.")
    targets = (y or {}).get("columns") or []
    if len(targets) != 1 or not _is_area(seen, targets[0]["values"]):
        return part(
            0.0,
            cell,
            **words,
            reason="Y is not the area, as it is or transformed.",
            hint="Y is what you want to predict.",
        )
    lacking, extra = _compared(seen, columns)
    if not lacking and not extra:
        return full(cell, **words, notes=_survived(seen, "path"))
    what = "; ".join(
        filter(
            None,
            ("lacks " + ", ".join(lacking) if lacking else "", "has also " + ", ".join(extra[:5]) if extra else ""),
        )
    )
    return part(
        0.5,
        cell,
        **words,
        hint=f"X {what}.",
        notes=f"X {what}. With a reason in the notebook, a person may give the full mark.",
    )


def _is_area(seen: Evidence, values: list[Any]) -> bool:
    """The area, some rows of it, or any rising function of it: equal values stay equal, and their order stays."""
    area = seen.expected["area"]
    if not values or any(isinstance(value, str) for value in values):
        return False
    if len(values) == len(area):
        one, other = (np.unique(np.array(each), return_inverse=True)[1] for each in (values, area))
        return bool(np.array_equal(np.sort(one), np.sort(other)) and len(set(values)) > 50)
    return len(set(values)) > 20 and any(
        _within(values, [float(value) for value in change(np.array(area))])
        for change in (np.asarray, np.log1p, np.sqrt)
    )


def _within(values: list[Any], others: list[Any]) -> bool:
    """Whether nearly all of the values, each as often as it stands there, are among the others."""
    some, all_ = (Counter(_rounded(value) for value in each) for each in (values, others))
    return sum((some & all_).values()) >= 0.9 * len(values)


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, (int, float)) else str(value).lower()


def _compared(seen: Evidence, columns: list[Fact]) -> tuple[list[str], list[str]]:
    """Which features X lacks, and which columns it has beside them."""
    features = [name for name in seen.expected if name != "area"]
    left, extra = list(features), []
    for column in columns:
        name = column["name"].lower()
        own = next(
            (each for each in features if name == each or (name.startswith(f"{each}_") and each in ("month", "day"))),
            None,
        )
        own = own or next((each for each in left if _within(column["values"], seen.expected[each])), None)
        own = own or next((each for each in left if name.strip("_ ") == each.removeprefix("coord_")), None)
        if own is None:
            extra.append(column["name"])
        elif own in left:
            left.remove(own)
    if len(columns) == len(features) and len(extra) == len(left):  # the same columns, changed
        return [], []
    return left, extra


def train_test_split_rs42(seen: Evidence) -> Verdict:
    """A split with seed 42 and a reasonable share of test rows."""
    verdicts = [
        _split(seen, *each) for each in zip(seen.of("split"), [*seen.of("split done"), *[{}] * 99], strict=False)
    ]
    if verdicts:
        return max(verdicts, key=lambda verdict: verdict.share)
    for call in seen.called("train_test_split"):
        seed = call.keyword("random_state")
        return Verdict(1.0 if seed == 42 else 0.5, READ, (call.cell,), cause="only read")
    if cell := _source(seen, r"\.sample\(\s*frac|ShuffleSplit\("):
        return part(
            0.5,
            cell,
            reason="There is a split, but not with train_test_split.",
            hint="Use train_test_split with random_state=42.",
        )
    return missing(hint="Use train_test_split with random_state=42.")


def _split(seen: Evidence, fact: Fact, done: Fact) -> Verdict:
    words: Fact = {"quote": quote(seen.cell(fact["cell"]), "train_test_split(", "random_state")}
    rows = (done.get("rows") or [None, None])[:2]
    share = rows[1] / (rows[0] + rows[1]) if None not in rows and sum(rows) else None
    seed = fact["seed"] == 42
    size = share is None or 0.15 <= share <= 0.405
    if seed and size:
        odd = share is not None and not 0.195 <= share <= 0.305
        return full(fact["cell"], **words, notes=f"The test set has {share:.0%} of the rows." if odd else "")
    hint = (
        "Set random_state=42 in train_test_split itself."
        if not seed
        else f"{share:.0%} of the rows are a poor test set."
    )
    notes = "np.random.seed(42) stands in the source." if not seed and _source(seen, r"random\.seed\(\s*42") else ""
    return part(0.5, fact["cell"], **words, hint=hint, notes=notes)


# --- preprocessors


def two_preprocessors(seen: Evidence) -> Verdict:
    """Two that really differ."""
    found = _preparations(seen, everything=True)
    if not found:
        calls = seen.called("ColumnTransformer", "make_column_transformer")
        if not calls:
            return missing(hint="Make two ColumnTransformers, preproc1 and preproc2.")
        return Verdict(1.0 if len(calls) > 1 else 0.5, READ, tuple(c.cell for c in calls[:2]), cause="only read")
    cells = [fact["cell"] for fact in found.values()]
    words: Fact = {"quote": quote(seen.cell(cells[0]), "Transformer(", "transformer(", "Pipeline(", "pipeline(")}
    if any(_differ(one, other) for one, other in itertools.combinations(found.values(), 2)):
        columns = any('"parts"' in key for key in found)
        return full(*cells, **words, notes="" if columns else "They are no ColumnTransformers.")
    if len(found) == 1 and len(_bound_preparations(seen)) < 2:
        return part(0.5, *cells, **words, reason="There is only one preprocessor.")
    return part(0.5, *cells, **words, hint="What does preproc2 do to a number that preproc1 does not?")


def _preparations(seen: Evidence, everything: bool = False) -> dict[str, Fact]:
    """The preprocessors that count, by what they are: those of the pipelines, and those that have a name.

    Parts of others do not count. Where there are column transformers, only they do.
    """
    tried = {fact["key"]: fact for fact in seen.of("preparation")}
    used = [fact["preparation"] for fact in _pipelines(seen) if fact["preparation"]]
    named = [fact["preparation"] for fact in _bound_preparations(seen)]
    keys = list(dict.fromkeys([*used, *named]))
    if any('"parts"' in key for key in keys):
        keys = [key for key in keys if '"parts"' in key]
    keys = [key for key in keys if key in tried and not any(key != other and key in other for other in keys)]
    if not everything and len(in_use := [key for key in keys if key in used]) > 1:
        keys = in_use
    made = {fact["preparation"]: fact["cell"] for name in ("made", "bound") for fact in reversed(seen.of(name))}
    return {key: tried[key] | {"cell": made.get(key) or tried[key]["cell"]} for key in keys}


def _bound_preparations(seen: Evidence) -> list[Fact]:
    known = {fact["id"] for fact in seen.of("bound") if not fact["fitted"]}  # others are copies, fitted by a search
    last = {fact["name"]: fact for fact in seen.of("bound") if fact["kind"] == "preparation" and fact["id"] in known}
    different = {fact["id"]: fact for fact in last.values()}
    return list(different.values())


def _differ(one: Fact, other: Fact) -> bool:
    if one.get("sample") is None or other.get("sample") is None:
        return bool(one["key"] != other["key"])
    columns = [Counter(map(tuple, np.round(np.array(each["sample"], dtype=float).T, 4))) for each in (one, other)]
    return columns[0] != columns[1]


def month_day_categorical(seen: Evidence) -> Verdict:
    """Month and day are categories in both."""
    found = _preparations(seen)
    if not found:
        return _read_encoder(seen, r"['\"]month['\"]", "Give month and day to a OneHotEncoder.")
    shares, notes = [], set()
    for fact in found.values():
        for column in ("month", "day"):
            share, note = _as_category(fact, column)
            shares.append(share)
            notes.add(note)
    cells = [fact["cell"] for fact in found.values()]
    if max(shares) == 0 and _dummies(seen):
        return part(
            0.5,
            *cells,
            reason="Month and day are encoded, but not by the preprocessors.",
            hint="Let each preprocessor encode them.",
        )
    share = 1.0 if min(shares) == 1 else 0.5 if max(shares) > 0 else 0.0
    words: Fact = {
        "quote": quote(seen.cell(cells[0]), "month", "Encoder("),
        "notes": "; ".join(sorted(filter(None, notes))),
    }
    return (
        full(*cells, **words) if share == 1 else part(share, *cells, **words, hint="August is not eight times January.")
    )


def _as_category(fact: Fact, column: str) -> tuple[float, str]:
    about = (fact.get("calendar") or {}).get(column)
    if fact["error"] or about is None:
        return _as_category_by_structure(fact, column)
    axes, text = about["axes"], json.dumps(fact["is_"])
    if axes is None:
        return 0.0, f"{column} stays a word."
    if axes == 1 and "TargetEncoder" in text:
        return 1.0, "A TargetEncoder: one number for each category, learnt from the target."
    if axes == 2 and about["levels"] > 4 and not any(name in text for name in ENCODERS):
        return 0.5, f"{column} goes round a circle: neither a category nor a plain number."
    return float(axes > 1 or (axes == 1 and about["levels"] == 2)), ""


def _as_category_by_structure(fact: Fact, column: str) -> tuple[float, str]:
    for part_ in _walk(fact["is_"]):
        for name, inside, columns in part_.get("parts", []):
            if column in (columns if isinstance(columns, list) else [columns]) and "OneHotEncoder" in json.dumps(
                inside
            ):
                return 1.0, f"{name!r} could not be fitted in the box ({fact['error']}); its parts were read."
    return 0.0, fact["error"]


def _dummies(seen: Evidence) -> bool:
    tables = [fact["tables"][0] for fact in seen.of("split") if fact["tables"]] or [
        f["table"] for f in seen.of("search")
    ]
    names = {column["name"].lower() for table in tables if table for column in table["columns"]}
    return sum(name.startswith(("month_", "day_")) for name in names) > 6


def _walk(is_: Any) -> Iterator[Fact]:
    """Each estimator in a structure."""
    if isinstance(is_, dict):
        if "class" in is_:
            yield is_
        for value in is_.values():
            yield from _walk(value)
    elif isinstance(is_, list):
        for each in is_:
            yield from _walk(each)


def _read_encoder(seen: Evidence, pattern: str, hint: str) -> Verdict:
    calls = seen.called("OneHotEncoder")
    if calls and _source(seen, pattern):
        return full(calls[0].cell, reason=READ, cause="only read")
    return missing(hint=hint)


def onehot_handles_unknown(seen: Evidence) -> Verdict:
    """An unseen month or day raises no error, and the encoder says so."""
    found = _preparations(seen)
    if not found:
        return _read_encoder(
            seen, r"handle_unknown\s*=\s*['\"](?!error)", "Say what the encoder does with handle_unknown."
        )
    each = [_unseen_passes(fact) for fact in found.values()]
    cells = [fact["cell"] for fact in found.values()]
    words: Fact = {"quote": quote(seen.cell(cells[0]), "handle_unknown", "Encoder(")}
    notes = "; ".join(sorted({note for _, note in each if note}))
    if all(share is None for share, _ in each):
        return part(
            0.0,
            *cells,
            reason="There is no encoder that could meet an unseen month or day.",
            hint="See handle_unknown of OneHotEncoder.",
        )
    shares = [share or 0.0 for share, _ in each]
    share = 1.0 if min(shares) == 1 else 0.5 if max(shares) > 0 else 0.0
    if share == 1:
        return full(*cells, **words, notes=notes)
    return part(
        share, *cells, **words, notes=notes, hint="What does each encoder do with a month or day that it has not seen?"
    )


def _unseen_passes(fact: Fact) -> tuple[float | None, str]:
    encoders = [each for each in _walk(fact["is_"]) if each["class"].endswith("Encoder")]
    calendar = fact.get("calendar") or {}
    acts = [name for name, about in calendar.items() if about["axes"] != 0]
    if not encoders and not acts:
        return None, ""
    explicit = [each.get("params", {}).get("handle_unknown") is not None for each in encoders]
    if fact["error"]:
        return float(bool(encoders) and all(explicit)), f"Not tried, only read: {fact['error']}"
    if not encoders:
        own = all(not calendar[name]["unseen"] for name in acts) and all(calendar[name]["axes"] for name in acts)
        return (1.0 if own else 0.0), "No encoder of scikit-learn's."
    passed = [not calendar[name]["unseen"] for name in acts]
    if passed and all(passed):
        without = [each["class"] for each, said in zip(encoders, explicit, strict=True) if not said]
        if "OneHotEncoder" not in without:
            return 1.0, f"{without[0]} takes unseen values without being told." if without else ""
        return 0.5, "One encoder does not say it."
    by_hand = any(isinstance(each.get("params", {}).get("categories"), list) for each in encoders)
    return (0.5, "All categories are listed by hand.") if by_hand else (0.5 if any(passed) else 0.0, "")


def nonlinear_transform(seen: Evidence) -> Verdict:
    """Numbers are transformed nonlinearly, and two pipelines use it."""
    bent = {fact["key"]: fact for fact in _all_tried(seen).values() if _is_bent(fact)}
    using = [fact for fact in _pipelines(seen) if fact["preparation"] in bent or _bends_in_steps(fact)]
    found = [fact for key, fact in _preparations(seen, everything=True).items() if key in bent]
    if not using and not found:
        calls = seen.called(*BENDS, "log1p") if not _preparations(seen) else []
        if calls or (not _preparations(seen) and _source(seen, r"FunctionTransformer\(.*(log|sqrt)")):
            return full(*(call.cell for call in calls[:1]), reason=READ, cause="only read")
        if not _preparations(seen):
            return missing(hint="See PowerTransformer, QuantileTransformer, or a logarithm in a FunctionTransformer.")
        return part(0.0, *_cells(_preparations(seen).values()), hint="A scaler moves and stretches; it bends nothing.")
    cells = _cells(found or using)
    words: Fact = {"quote": quote(seen.cell(cells[0]), *(f"{name}(" for name in (*BENDS, "FunctionTransformer")))}
    return (
        full(*cells, **words)
        if _how_many(using) >= 2
        else part(0.5, *cells, **words, hint="Which of your pipelines use it?")
    )


def _all_tried(seen: Evidence) -> dict[str, Fact]:
    return {fact["key"]: fact for fact in seen.of("preparation")}


def _is_bent(fact: Fact) -> bool:
    if fact["error"]:
        return any(each["class"] in BENDS for each in _walk(fact["is_"]))
    bends = [bend for bend in (fact["bend"] or {}).values() if bend is not None]
    words = [each["class"] for each in _walk(fact["is_"])]
    return any(bend > 1e-6 for bend in bends) or (not bends and any(word in BENDS for word in words))


def _bends_in_steps(fact: Fact) -> bool:
    steps = fact["is"].get("steps", [])[:-1] if isinstance(fact["is"], dict) else []
    return any(isinstance(step[1], dict) and step[1]["class"] in BENDS for step in steps)


def _cells(facts: Any) -> list[int]:
    return [fact["cell"] for fact in facts if fact["cell"] is not None] or [0]


# --- pipelines


def _pipelines(seen: Evidence) -> list[Fact]:
    """The pipelines with a model: what names hold at last and searches were given, without copies of a best one."""
    best = [fact["best"] for fact in seen.of("found")]
    last = {fact["name"]: fact for fact in seen.of("bound") if fact["kind"] == "pipeline"}
    given = [fact for fact in _searches(seen, every=True) if fact["steps"]]
    asked = {fact["estimator"] for fact in given}
    objects: dict[int, Fact] = {}
    first = {fact["id"]: fact["cell"] for fact in reversed(seen.of("bound"))}
    for fact in last.values():
        copied = fact["search"] is not None or (fact["fitted"] and fact["is"] in best)
        if fact["id"] in asked or not copied:
            objects[fact["id"]] = fact | {"cell": first[fact["id"]]}
    for fact in given:
        objects.setdefault(fact["estimator"], fact)
    found = list(objects.values()) or [fact for fact in seen.of("made") if fact["search"] is None]
    return [fact for fact in found if STUB not in json.dumps(fact["is"])]


def _how_many(pipelines: list[Fact]) -> int:
    return len({fact.get("id", fact.get("estimator", place)) for place, fact in enumerate(pipelines)})


def _uses_preparation(seen: Evidence, fact: Fact) -> bool:
    columns = any('"parts"' in fact_["preparation"] for fact_ in _bound_preparations(seen))
    return bool(fact["preparation"]) and ('"parts"' in fact["preparation"] or not columns)


def _class(fact: Fact) -> str:
    """The class of the model at the end, out of its wrappers."""
    is_ = fact["model"]
    while isinstance(is_, dict) and (inner := _inner(is_)) is not None:
        is_ = inner
    return is_["class"] if isinstance(is_, dict) else str(is_)


def _inner(is_: Fact) -> Any:
    params = is_.get("params", {})
    wrapped = is_["class"] in ("TransformedTargetRegressor", *SEARCHES)
    return params.get("regressor", params.get("estimator")) if wrapped else None


def _kind(fact: Fact) -> str:
    is_ = fact["model"]
    while isinstance(is_, dict) and (inner := _inner(is_)) is not None:
        is_ = inner
    if not isinstance(is_, dict):
        return "none"
    if is_["class"] in EITHER:
        return "either"
    return "simple" if any(f".{word}" in is_["module"] for word in SIMPLE) else "advanced"


def four_pipelines(seen: Evidence) -> Verdict:
    """Each of two preprocessors with each of two models."""
    found = _pipelines(seen)
    if not found:
        calls = [call for call in seen.called("Pipeline", "make_pipeline") if _has_model(call)]
        if not calls:
            return missing(hint="Make four pipelines of a preprocessor and a model.")
        share = 1.0 if len(calls) >= 4 else 0.5 if len(calls) > 1 else 0.25
        return Verdict(share, READ, tuple(call.cell for call in calls[:4]), cause="only read")
    cells = [fact["cell"] for fact in found]
    words: Fact = {"quote": quote(seen.cell(cells[0]), "Pipeline(", "pipeline(")}
    n, using = _how_many(found), [fact for fact in found if _uses_preparation(seen, fact)]
    if n == 1:
        return part(0.25, *cells, **words)
    if not using:
        return part(
            0.5,
            *cells,
            **words,
            reason="No pipeline uses a preprocessor.",
            hint="Where do month and day become numbers?",
        )
    covered = _covered(seen, using)
    names = {tuple(fact["steps"]) for fact in found}
    notes = "" if names == {("preprocessing", "regressor")} else f"Steps are named {sorted(names)[0]}."
    if covered == 4:
        return full(*cells, **words, notes=notes)
    hint = "Look at which preprocessor each of the four holds."
    return part(0.75 if covered == 3 and n >= 4 else 0.5, *cells, **words, hint=hint, notes=notes)


def _covered(seen: Evidence, pipelines: list[Fact]) -> int:
    """How many of the four pairs there are, for the two preprocessors and the two models that make it most."""
    by = [lambda fact: fact["preparation"]]
    if len({fact["preparation"] for fact in pipelines}) == 1 and len(_bound_preparations(seen)) > 1:
        by = [lambda fact: fact["preparation_id"]]  # two that do the same: held against them elsewhere
    most = 0
    for model in (_class, _kind):
        pairs = Counter((by[0](fact), model(fact)) for fact in pipelines)
        rows, columns = ({pair[place] for pair in pairs} for place in (0, 1))
        if len(columns) == 1:  # one model in all four: held against them elsewhere
            counts = sorted((min(pairs[row, column], 2) for row in rows for column in columns), reverse=True)
            most = max(most, sum(counts[:2]))
        for two in itertools.combinations(rows, min(len(rows), 2)):
            for models in itertools.combinations(columns, min(len(columns), 2)):
                most = max(most, sum((row, column) in pairs for row in two for column in models))
    return most


def _has_model(call: Call) -> bool:
    import ast

    text = ast.unparse(call.node)
    return bool(re.search(r"regress|Ridge|Lasso|Forest|Boost|Net\b|Neighbors|SVR|model", text, re.IGNORECASE))


def baseline_and_advanced_models(seen: Evidence) -> Verdict:
    """The same simple model in two, the same more complex one in two."""
    found = [fact for fact in _pipelines(seen) or _searches(seen, every=True) if _kind(fact) != "none"]
    if not found:
        names = {
            call.name.rpartition(".")[2]
            for call in seen.calls
            if re.search(r"Regress|Ridge|Lasso|ElasticNet|SVR", call.name)
        }
        if not names - {"Regressor"}:
            return missing(hint="Give two pipelines a simple model, two a more complex one.")
        return Verdict(1.0 if len(names) > 1 else 0.5, READ, cause="only read", notes=", ".join(sorted(names)))
    cells, counts = [fact["cell"] for fact in found], Counter(_class(fact) for fact in found)
    kinds = {_class(fact): _kind(fact) for fact in found}
    said = ", ".join(f"{n} × {name}" for name, n in counts.items())
    packages = {fact["package"] for fact in seen.of("survived") if fact.get("package")}
    notes = said + "".join(f"; {name} is not in the course: another model stood in for it" for name in sorted(packages))
    words: Fact = {"quote": quote(seen.cell(cells[0]), "Pipeline(", "pipeline("), "notes": notes}
    for simple, advanced in itertools.permutations(counts, 2):
        pair = kinds[simple] in ("simple", "either") and kinds[advanced] in ("advanced", "either")
        whole = {kinds[simple], kinds[advanced]} != {"either"}
        enough = min(counts[simple], counts[advanced]) >= 2 or (len(counts) == 2 and sum(counts.values()) < 4)
        if pair and whole and enough:
            return full(*cells, **words)
    return part(0.5, *cells, **words, hint=f"Your pipelines hold {said}.")


# --- searches


def _searches(seen: Evidence, every: bool = False) -> list[Fact]:
    """The last search of each pipeline; where nothing is searched, what is cross-validated."""
    facts = [fact for fact in seen.of("search") if fact["kind"] in SEARCHES]
    facts = facts or [fact for fact in seen.of("search") if fact["kind"] in VALIDATIONS]
    if every:
        return facts
    return list({_which(seen, fact): fact for fact in facts}.values())


def _which(seen: Evidence, fact: Fact) -> Any:
    """Which of the pipelines a search is of: the same object, or the same preprocessor and model."""
    return fact["estimator"] if _one_preparation(seen) else (fact["preparation"], _class(fact))


def _one_preparation(seen: Evidence) -> bool:
    facts = [fact for fact in seen.of("search") if fact["kind"] in SEARCHES]
    pairs = {(fact["preparation"], _class(fact)) for fact in facts}
    return len(pairs) < len({fact["estimator"] for fact in facts})


def _found(seen: Evidence) -> dict[int, Fact]:
    return {fact["n"]: fact for fact in seen.of("found")}


def cv_5_folds(seen: Evidence) -> Verdict:
    """Five folds in every search, on the training rows."""
    searches = _searches(seen)
    if not searches:
        calls = seen.called(*SEARCHES, *VALIDATIONS)
        if not calls:
            return missing(hint="Use GridSearchCV with cv=5.")
        said = [call.keyword("cv") for call in calls]
        return Verdict(
            1.0 if all(cv in (None, 5) for cv in said) else 0.5,
            READ,
            (calls[0].cell,),
            cause="only read",
            notes=f"cv is {said}",
        )
    cells = [fact["cell"] for fact in searches]
    words: Fact = {"quote": quote(seen.cell(cells[0]), "cv=", "SearchCV(", "fit(")}
    folds = {_n_folds(seen, fact) for fact in searches}
    if folds != {5}:
        return part(0.5, *cells, **words, hint=f"Number of folds: {', '.join(map(str, sorted(folds, key=str)))}.")
    if any(_sees_test(fact["X"]) for fact in searches):
        return part(
            0.5,
            *cells,
            **words,
            hint="The searches were fitted on the test rows too: give them the training rows only.",
        )
    odd = {str(fact["cv"]["said"]) for fact in searches} - {"5", "KFold", "None"}
    return full(*cells, **words, notes=f"cv: {', '.join(sorted(odd))}" if odd else "")


def _n_folds(seen: Evidence, fact: Fact) -> Any:
    done = _found(seen).get(fact["n"], {})
    return fact["cv"]["folds"] or done.get("splits") or "unknown"


def _sees_test(X: Fact) -> bool:
    if X["test_rows"] is not None:
        return bool(X["test_rows"] > 0)
    rows = X["split_rows"]
    return rows is not None and X["rows"] in (sum(rows), rows[1])


def error_metric(seen: Evidence) -> Verdict:
    """The same error in all searches."""
    searches = _searches(seen)
    if not searches:
        calls = seen.called(*SEARCHES, *VALIDATIONS)
        if not calls:
            return missing(hint="Give the searches an error as scoring.")
        said = [call.keyword("scoring") for call in calls]
        right = [isinstance(scoring, str) and not scoring.startswith(NOT_ERRORS) for scoring in said]
        return Verdict(
            1.0 if all(right) else 0.5 if any(right) else 0.0,
            READ,
            (calls[0].cell,),
            cause="only read",
            notes=f"scoring is {said}",
        )
    metrics = [_metric(fact) for fact in searches]
    cells = [fact["cell"] for fact in searches]
    words: Fact = {"quote": quote(seen.cell(cells[0]), "scoring", "SearchCV(")}
    kinds, names = {kind for kind, _ in metrics}, {name for _, name in metrics}
    notes = "; ".join(filter(None, (", ".join(sorted(names)), _survived(seen, "squared"))))
    if kinds == {"error"}:
        if len(names) == 1:
            return full(*cells, **words, notes=notes)
        return part(0.5, *cells, **words, notes=notes, hint="The errors differ, so the searches cannot be compared.")
    if "worst" in kinds:
        return part(
            0.5,
            *cells,
            **words,
            notes=notes,
            hint="The search takes the largest score: see greater_is_better of make_scorer.",
        )
    if kinds & {"error", "invalid"}:
        return part(0.5, *cells, **words, notes=notes, hint=f"Scored by: {', '.join(sorted(names))}.")
    return part(
        0.0, *cells, **words, notes=notes, hint="Without scoring, the searches maximise R²." if "R²" in names else ""
    )


def _metric(fact: Fact) -> tuple[str, str]:
    """What a search chooses by: ("error" | "other" | "worst" | "invalid", its name)."""
    scoring = fact["scoring"]
    if isinstance(scoring, dict) and "each" in scoring:
        if isinstance(fact["refit"], str) and fact["refit"] in scoring["each"]:
            return _one_metric(scoring["each"][fact["refit"]])
        all_ = [_one_metric(each) for each in scoring["each"].values()]
        return next((each for each in all_ if each[0] == "error"), all_[0] if all_ else ("other", "R²"))
    return _one_metric(scoring)


def _one_metric(scoring: Any) -> tuple[str, str]:
    if scoring is None:
        return "other", "R²"
    if isinstance(scoring, str):
        wrong = any(scoring.startswith(word) for word in NOT_ERRORS)
        valid = scoring.startswith("neg_") or scoring == "max_error"
        return ("other" if wrong else "error" if valid else "invalid"), "R²" if scoring == "r2" else scoring
    name = scoring["function"]
    if "error" in scoring:
        return ("invalid" if "error" in name or "deviance" in name else "other"), name
    exact, near, far = scoring["exact"], scoring["near"], scoring["far"]
    if (abs(exact - 1) < 1e-9 and abs(scoring["mean"]) < 1e-6) or name.startswith(NOT_ERRORS):
        return "other", name
    return ("error" if exact >= near >= far and exact > far else "worst" if far > exact else "other"), name


def grids_four_values(seen: Evidence) -> Verdict:
    """At least four candidates of hyperparameters that matter in each grid."""
    searches = _searches(seen)
    if not searches:
        calls = seen.called(*SEARCHES)
        return (
            full(calls[0].cell, reason=READ, cause="only read") if calls else missing(hint="Give GridSearchCV a grid.")
        )
    cells = [fact["cell"] for fact in searches]
    words: Fact = {"quote": quote(seen.cell(cells[0]), "__", "SearchCV(")}
    if searches[0]["kind"] in VALIDATIONS:
        tried = Counter(
            key for key, _ in {(_which(seen, f), json.dumps(f["model"])) for f in _searches(seen, every=True)}
        )
        if max(tried.values()) < 2:
            return missing(hint="Give GridSearchCV a grid.")
        return Verdict(1.0 if min(tried.values()) >= 4 else 0.5, "Candidates were tried in a loop.", tuple(cells))
    grids = [_candidates(fact) for fact in searches]
    notes = "; ".join(
        f"{_class(fact)}: {n} candidates of {', '.join(names) or 'nothing'}"
        for fact, (n, names) in zip(searches, grids, strict=True)
    )
    if not any(names for _, names in grids):
        return part(0.0, *cells, **words, notes=notes, reason="The grids are empty.")
    idle = any({_bare(name) for name in names} <= TRIVIAL for _, names in grids)
    unfinished = any(fact["n"] not in _found(seen) for fact in searches)
    unsearched = not unfinished and len(searches) < min(_how_many(_pipelines(seen)), 4)
    notes = "; ".join(filter(None, (notes, _survived(seen, "cut short"))))
    if min(n for n, _ in grids) < 4 or idle or unsearched:
        hint = "Some pipelines have no grid." if unsearched else "Which hyperparameters change the model most? " + notes
        return part(0.5, *cells, **words, notes=notes, hint=hint)
    return full(*cells, **words, notes=notes)


def _bare(name: str) -> str:
    return name.rpartition("__")[2]


def _candidates(fact: Fact) -> tuple[int, list[str]]:
    """How many different candidates a grid has, and the names of what varies in it."""
    total, names = 0, []
    for grid in fact["grid"]:
        sizes = {
            name: len({json.dumps(v) for v in values}) if isinstance(values, list) else 10**6
            for name, values in grid.items()
        }
        total += int(np.prod([float(size) for size in sizes.values()] or [1.0]))
        names += [name for name, size in sizes.items() if size > 1]
    if isinstance(fact["draws"], int):
        total = min(total, fact["draws"])
    return total, list(dict.fromkeys(names)) or [name for grid in fact["grid"] for name in grid]


# --- the best model


def _matching(seen: Evidence, model: Fact) -> set[int]:
    """Numbers of the searches whose best model this is: the same object, an equal one, or one of the same make."""
    if model["search"] is not None:
        return {model["search"]}
    found = seen.of("found")
    same = {fact["n"] for fact in found if fact["best"] == model["is"] or _last(fact["best"]) == model["model"]}
    return same or {
        fact["n"]
        for fact in _searches(seen)
        if _class(fact) == _class(model) and model["preparation"] in (None, fact["preparation"])
    }


def _last(is_: Any) -> Any:
    steps = is_.get("steps") if isinstance(is_, dict) else None
    return steps[-1][1] if steps else is_


def _chosen(seen: Evidence) -> list[Fact]:
    """The model that the learner goes on with: what the name of the best holds at last, and what is saved."""
    models = [fact for fact in seen.of("bound") if fact["kind"] != "preparation"]
    last = {fact["name"]: fact for fact in models if fact["kind"] != "model" or fact["fitted"]}
    named = [fact for name, fact in last.items() if name.lower() in CHOSEN_NAMES]
    if not named:
        others = [
            fact
            for name, fact in last.items()
            if re.search(r"best|final|winner|chosen|champion", name, re.IGNORECASE) and "[" not in name
        ]
        named = others if len({min(_matching(seen, fact), default=None) for fact in others}) == 1 else []
    saved = [
        model | {"cell": fact["cell"]}
        for fact in seen.of("dumped")
        for model in fact["models"]
        if model["kind"] != "preparation" and model["fitted"]
    ]
    if len({min(_matching(seen, model), default=None) for model in saved}) > 1:
        saved = [] if named else saved[-1:]
    return [*named, *saved]


def selects_best_by_metric(seen: Evidence) -> Verdict:
    """What is saved and explained is the best of the searches by their own metric."""
    chosen = _chosen(seen) or [
        model | {"cell": fact["cell"]} for fact in seen.of("explainer") for model in fact["models"]
    ]
    if not chosen:
        tried = seen.failed("best_estimator_", "best_score_")
        cell = tried.number if tried else None
        return (
            full(cell, reason=READ, cause="only read")
            if cell
            else missing(hint="Assign the winner of the searches to best_model.")
        )
    cells = [fact["cell"] for fact in chosen]
    words: Fact = {"quote": quote(seen.cell(cells[0]), "best", "max(", "min(")}
    found = {fact["n"]: _score(fact, _found(seen)[fact["n"]]) for fact in _searches(seen) if fact["n"] in _found(seen)}
    scores = {n: score for n, score in found.items() if score is not None and np.isfinite(score)}
    if found and not scores and all(_matching(seen, fact) & set(found) for fact in chosen):
        return full(*cells, **words, notes="All scores are missing, so there is nothing to choose by.")
    if not scores:
        return part(
            0.5,
            *cells,
            **words,
            reason="A model is chosen, but not by cross-validation.",
            hint="Compare best_score_ of the searches.",
        )
    best = _best(seen, scores)
    if all(_matching(seen, fact) & best for fact in chosen):
        return full(*cells, **words)
    tests = {n: _found(seen)[n]["test"]["rmse"] for n in scores if _found(seen)[n]["test"]}
    by_test = tests and any(min(tests, key=lambda n: tests[n]) in _matching(seen, fact) for fact in chosen)
    reason = "The model with the smallest error on the test rows is taken; the folds prefer another." if by_test else ""
    notes = "On the learner's own table, another model may have been best in the folds: see what is printed."
    return part(
        0.5, *cells, **words, reason=reason, notes=notes, hint="Which search has the smallest error in its folds?"
    )


def _score(fact: Fact, done: Fact) -> float | None:
    if done["score"] is not None or not done["scores"]:
        return done["score"]
    named = [
        name
        for name in done["scores"]
        if _one_metric((fact["scoring"] or {}).get("each", {}).get(name[10:]))[0] == "error"
    ]
    return done["scores"][(named or list(done["scores"]))[0]]


def _best(seen: Evidence, scores: dict[int, float]) -> set[int]:
    """The best by what the searches maximise; where a scorer keeps the worst, the smallest error is right too."""
    top = max(scores.values())
    best = {n for n, score in scores.items() if np.isclose(score, top, rtol=1e-9)}
    metrics = [_metric(fact) for fact in _searches(seen)]
    if any(kind == "worst" for kind, _ in metrics):
        best |= {n for n, score in scores.items() if score == min(scores.values())}
    if len(set(metrics)) > 1:  # searches that cannot be compared: held against them elsewhere
        best |= set(scores)
    return best


def pickles_pipeline(seen: Evidence) -> Verdict:
    """The whole fitted pipeline is saved, to a file that is closed."""
    calls = seen.called("pickle.dump", "joblib.dump", "dump", "dumps")
    dumped = [fact for fact in seen.of("dumped") if fact["models"]]
    if not dumped:
        if not calls:
            return missing(hint="Save best_model with pickle.dump in a `with open(...)`.")
        if any(fact["type"] != "ellipsis" for fact in seen.of("dumped")):
            return part(0.5, calls[0].cell, reason="What is saved is no model.", hint="Save the fitted pipeline.")
        closed = any(_closed(call) for call in calls)
        return Verdict(1.0 if closed else 0.5, READ, (calls[0].cell,), cause="only read")
    failed = {fact["cell"] for fact in seen.of("dump failed")}
    verdicts = [_saved(seen, fact, calls, fact["cell"] in failed) for fact in dumped]
    return max(verdicts, key=lambda verdict: verdict.share)


def _saved(seen: Evidence, fact: Fact, calls: list[Call], failed: bool) -> Verdict:
    words: Fact = {"quote": quote(seen.cell(fact["cell"]), "dump")}
    whole = [model for model in fact["models"] if model.get("preparation") and model["kind"] != "preparation"]
    here = [call for call in calls if call.cell == fact["cell"]] or calls
    closed = (
        fact["into"] == "path" or any(_closed(call) for call in here) or _source(seen, r"write_bytes\(") is not None
    )
    hint = (
        "Saving ended with an error: functions without a name cannot be pickled."
        if failed
        else "What is saved holds no model."
        if all(model["kind"] == "preparation" for model in fact["models"])
        else "The preprocessing is missing: nobody can use this model on a row of the table."
        if not whole
        else "The pipeline is not fitted."
        if not any(model["fitted"] for model in whole)
        else "Open the file with `with`."
        if not closed
        else ""
    )
    return part(0.5, fact["cell"], **words, hint=hint) if hint else full(fact["cell"], **words)


def _closed(call: Call) -> bool:
    """Whether its file is closed whatever happens: below a `with`, or joblib's own affair."""
    place = str(call.argument(1) if len(call.node.args) > 1 else call.keyword("file") or "")
    opens = "open(" in place
    by_name = call.name.startswith("joblib") and not opens and len(call.node.args) > 1 and not call.inside_with
    return (call.inside_with and not opens) or (by_name and _looks_like_path(call))


def _looks_like_path(call: Call) -> bool:
    import ast

    return isinstance(call.node.args[1], (ast.Constant, ast.JoinedStr, ast.BinOp))


# --- SHAP


def shap_local_global(seen: Evidence) -> Verdict:
    """A local and a global plot of the chosen model."""
    plots = seen.of("plot")
    if not plots:
        return _read_plots(seen)
    local = [fact for fact in plots if fact["rows"] == 1 and fact["plot"].startswith(LOCAL)]
    everywhere = [fact for fact in plots if (fact["rows"] or 0) > 1 and fact["plot"].startswith(GLOBAL)]
    cells = [fact["cell"] for fact in (local + everywhere or plots)]
    share = 0.5 * bool(local) + 0.5 * bool(everywhere)
    notes = ", ".join(sorted({f"{fact['plot']} of {fact['rows']} rows" for fact in plots}))
    notes += "".join(f"; {said}" for said in [_survived(seen, "explainer")] if said)
    notes += "".join(f"; {fact['plot']} ended with {fact['error']}" for fact in seen.of("plot failed"))
    words: Fact = {"quote": quote(seen.cell(cells[0]), "shap.plots", "_plot("), "notes": notes}
    if share and not any(_explains_chosen(seen, fact) for fact in local + everywhere):
        return part(
            share / 2,
            *cells,
            **words,
            reason="The plots explain another model than the chosen one.",
            hint="Explain best_model.",
        )
    if share == 1:
        return full(*cells, **words)
    hint = (
        "A waterfall shows one row: give it one."
        if everywhere
        else "A beeswarm of the training rows shows all at once."
    )
    return part(
        share, *cells, **words, hint=hint, reason="" if share else "The plots show neither one row nor all rows."
    )


def _read_plots(seen: Evidence) -> Verdict:
    names = " ".join(call.name for call in seen.calls)
    share = 0.5 * bool(re.search("waterfall|force", names)) + 0.5 * bool(
        re.search(r"beeswarm|summary_plot|plots\.bar", names)
    )
    if not share:
        return missing(hint="Draw shap.plots.waterfall of one row and shap.plots.beeswarm of the training rows.")
    explainers = seen.of("explainer")
    if explainers and not any(_explains_chosen(seen, {"explainer": fact["n"]}) for fact in explainers):
        return Verdict(share / 2, f"{READ} The explainer has another model than the chosen one.", cause="only read")
    return Verdict(share, READ, cause="only read")


def _explains_chosen(seen: Evidence, plot: Fact) -> bool:
    explainer = next((fact for fact in seen.of("explainer") if fact["n"] == plot["explainer"]), None)
    chosen = [number for fact in _chosen(seen) for number in _matching(seen, fact)]
    if explainer is None or not explainer["models"] or not chosen:
        return True  # not known: not held against anybody
    return any(_matching(seen, model) & set(chosen) for model in explainer["models"])


def _survived(seen: Evidence, *words: str) -> str:
    """A word to the grader on what the box put right so that the notebook could go on."""
    found = [fact for fact in seen.of("survived") if any(word in fact["what"] for word in words)]
    told = []
    for fact in found:
        about = fact.get("path") or (f"{fact['ran']} of {fact['of']} candidates were run" if "ran" in fact else "")
        told.append(f"{fact['what']}: {about}" if about else fact["what"])
    return "; ".join(dict.fromkeys(told))


def _source(seen: Evidence, pattern: str, flags: Any = 0) -> int | None:
    """The first of the learner's cells whose source, without remarks, holds a pattern."""
    for cell in seen.code:
        code = "\n".join(line for line in cell.source.splitlines() if not line.lstrip().startswith("#"))
        if re.search(pattern, code, flags):
            return cell.number
    return None
