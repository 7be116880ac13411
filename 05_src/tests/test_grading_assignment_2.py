"""The grader of assignment 2, through the real box: the reference, the starter, and what learners do in between."""

import json
import runpy
import sys
from pathlib import Path

import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, mean_absolute_error, r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import (
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    StandardScaler,
    TargetEncoder,
)

from course.grading import assignment, batch, box, collect, inside
from course.grading.inside import hooks  # noqa: F401
from mlsd import datasets, settings

boxed = pytest.mark.skipif(box.level()[0] != box.FULL, reason=f"no full box here: {box.level()[1]}")
CASES = runpy.run_path(str(Path(__file__).parent / "cases/grading_assignment_2.py"))
CELLS, LEARNERS, QUICK = CASES["CELLS"], CASES["LEARNERS"], CASES["QUICK"]
SOLUTION = "03_instructional_team/solutions/assignment_2.ipynb"
MARKED = [(learner, key) for learner in LEARNERS for key in learner.marks]


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """All of them in one batch: submission by name, with its marks by criterion."""
    folder = tmp_path_factory.mktemp("submissions")
    opened = assignment.open_assignment("assignment_2")
    found = [
        collect.Found(learner.name, written(folder / f"{n}.ipynb", learner), "") for n, learner in enumerate(LEARNERS)
    ]
    found.append(collect.Found("starter", settings.root() / "02_activities/assignments/assignment_2.ipynb", ""))
    return {each.name: each for each in batch.grade(opened, found)}


def written(path, learner):
    """The solution's notebook with the learner's edits."""
    notebook = json.loads((settings.root() / SOLUTION).read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in cells:
        cell["source"] = "".join(cell["source"])
    for old, new in [*QUICK, *learner.edits]:
        edit(cells, old, new)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def edit(cells, old, new):
    if old.startswith("cell:"):
        place = list(CELLS).index(old.removeprefix("cell:"))
        cells[place]["source"] = new
        return
    assert any(old in cell["source"] for cell in cells), f"the solution does not hold {old!r}"
    for cell in cells:
        cell["source"] = cell["source"].replace(old, new)


def marks_of(submission):
    return {mark.criterion: mark for mark in submission.marks}


@boxed
@pytest.mark.parametrize(("learner", "key"), MARKED, ids=[f"{learner.name[:40]}: {key}" for learner, key in MARKED])
def test_a_mark_is_what_a_person_would_give_and_says_why(graded, learner, key):
    share, word = learner.marks[key]
    mark = marks_of(graded[learner.name])[key]
    assert mark.mark == share * mark.points, mark
    assert word in f"{mark.reason} {mark.hint} {mark.notes}"


@boxed
@pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: learner.name[:60])
def test_a_mistake_costs_only_the_criteria_that_it_is_about(graded, learner):
    marks = marks_of(graded[learner.name])
    others = {key: mark for key, mark in marks.items() if key not in learner.marks and key != "interprets_shap"}
    assert {key: mark.mark for key, mark in others.items()} == {key: mark.points for key, mark in others.items()}


@boxed
@pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: learner.name[:60])
def test_the_cause_is_kept_apart_from_the_mark(graded, learner):
    for key, cause in learner.cause.items():
        assert marks_of(graded[learner.name])[key].cause == cause, key


@boxed
def test_the_starter_earns_nothing(graded):
    assert [mark.mark for mark in graded["starter"].marks] == [0] * 15


@boxed
@pytest.mark.parametrize(
    ("key", "word"),
    [("splits_x_y", "Ana Maria"), ("shap_local_global", "a slow explainer"), ("month_day_categorical", "")],
)
def test_what_was_put_right_is_told_to_the_grader(graded, key, word):
    mark = marks_of(graded["paths, arguments and types of other machines and other years"])[key]
    assert mark.mark == mark.points
    assert word in mark.notes


@boxed
def test_the_box_records_without_a_mistake_of_its_own(graded):
    remarks = [remark for each in graded.values() for remark in each.remarks if "could not record" in remark]
    assert remarks == []


@pytest.fixture
def probe(monkeypatch, tmp_path):
    """The probe as a module, outside of a box: it records into a file."""
    monkeypatch.setitem(sys.modules, "inside", inside)
    monkeypatch.setitem(sys.modules, "inside.hooks", inside.hooks)
    module = assignment.load(settings.root() / "03_instructional_team/grading/assignment_2/probe.py")
    with (tmp_path / "facts").open("wb") as facts:
        module.seen = module._Seen(inside.hooks.Box({}, tmp_path, facts.fileno(), b"", 1 << 20))
        yield module


def search_of(candidates, fires):
    X, y = fires[["temp", "wind"]], fires["area"]
    return GridSearchCV(Ridge(), {"alpha": list(range(candidates))}, cv=5), X, y


def test_a_search_that_would_take_too_long_runs_evenly_spaced_candidates_of_its_own(probe, monkeypatch):
    monkeypatch.setattr(probe, "SEARCH_SECONDS", 1e-9)
    search, X, y = search_of(199, datasets.make_fires(50))
    name, grid = probe._cut(search, X, y, {"param_grid": search.param_grid, "n_iter": None})
    assert (name, grid) == ("param_grid", [{"alpha": [0]}, {"alpha": [198]}])


def test_a_search_that_is_quick_runs_whole(probe):
    search, X, y = search_of(20, datasets.make_fires(50))
    assert probe._cut(search, X, y, {"param_grid": search.param_grid, "n_iter": None}) is None


def test_what_a_search_was_asked_is_recorded_before_it_runs(probe, tmp_path):
    search, X, y = search_of(20, datasets.make_fires(50))
    probe._before_search(0, search, X, y)
    fact = json.loads((tmp_path / "facts").read_text().splitlines()[0])
    assert (fact["fact"], fact["cv"]["folds"], fact["scoring"], len(fact["grid"][0]["alpha"])) == (
        "search",
        5,
        None,
        20,
    )


@pytest.mark.parametrize(
    ("scorer", "kind"),
    [
        (make_scorer(mean_absolute_error, greater_is_better=False), "error"),
        (make_scorer(mean_absolute_error), "worst"),
        (make_scorer(r2_score), "other"),
        (lambda model, X, y: -abs(model.predict(X) - y).max(), "error"),
        (mean_absolute_error, "invalid"),
        ("neg_median_absolute_error", "error"),
        ("r2", "other"),
        (None, "other"),
        ("rmse", "invalid"),
    ],
)
def test_a_scorer_is_known_by_what_it_does(probe, scorer, kind):
    judge = assignment.load(settings.root() / "03_instructional_team/grading/assignment_2/judge.py")
    assert judge._one_metric(probe._scoring(scorer))[0] == kind


@pytest.mark.parametrize(
    ("transformer", "bent"),
    [(StandardScaler(), False), (PCA(2), False), (PowerTransformer(), True), (KBinsDiscretizer(4), True)],
)
def test_a_transformer_bends_numbers_or_not_whatever_it_is_called(probe, transformer, bent):
    fires = datasets.make_fires(200)
    found = probe._behaviour(ColumnTransformer([("n", transformer, ["temp", "wind", "RH"])]), fires, fires["area"])
    assert (max(found["bend"].values()) > 1e-6) == bent


@pytest.mark.parametrize(
    ("encoder", "axes"), [(OneHotEncoder(), 6), (OrdinalEncoder(), 1), (TargetEncoder(), 1), ("drop", 0)]
)
def test_a_category_moves_the_output_on_as_many_axes_as_it_is_encoded(probe, encoder, axes):
    fires = datasets.make_fires(300)
    columns = ColumnTransformer([("n", StandardScaler(), ["temp"]), ("d", encoder, ["day"])])
    assert probe._behaviour(columns, fires, fires["area"])["calendar"]["day"]["axes"] == axes
