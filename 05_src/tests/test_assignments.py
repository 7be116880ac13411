import json
import os
import re
import tomllib

import nbformat
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from course import notebooks, runner
from mlsd import cli, settings
from mlsd.errors import WriteError

ROOT = settings.root()
NAMES = ("assignment_1", "assignment_2")
JUDGED = {"automatic", "prefilled", "person"}
KEYS = {
    "assignment_1": [
        *("loads_env", "imports_dask", "reads_price_data_env", "globs_parquet"),
        *("groupby_ticker", "returns", "hi_lo_range", "dask_not_pandas"),
        *("compute_to_pandas", "moving_average", "moving_average_by_ticker", "comments"),
    ],
    "assignment_2": [
        *("splits_x_y", "train_test_split_rs42", "two_preprocessors", "month_day_categorical"),
        *("onehot_handles_unknown", "nonlinear_transform", "four_pipelines", "baseline_and_advanced_models"),
        *("pickles_pipeline", "cv_5_folds", "error_metric", "selects_best_by_metric"),
        *("grids_four_values", "shap_local_global", "interprets_shap"),
    ],
}
FEATURES = ["Close_lag_1", "Adj_Close_lag_1", "returns", "hi_lo_range"]

# Run below the notebook: what the tests ask of its names goes to a file.
LEFT_BY_A_STARTER = "print([dd_feat, feat] == [...] * 2)"
LEFT_BY_ASSIGNMENT_1 = """
dd_feat.reset_index().compute().to_parquet("dd_feat.parquet")
feat.to_parquet("feat.parquet")
assert isinstance(dd_feat, dd.DataFrame)
"""
LEFT_BY_ASSIGNMENT_2 = """
import json
with open("best_model.pkl", "rb") as file:
    loaded = pickle.load(file)
unseen = X_test.assign(month="xxx", day="yyy")
facts = {
    "steps": {name: list(pipeline.named_steps) for name, (pipeline, _) in pipelines.items()},
    "uses": {name: 1 + (pipeline["preprocessing"] is preproc2) for name, (pipeline, _) in pipelines.items()},
    "regressors": {name: type(pipeline["regressor"]).__name__ for name, (pipeline, _) in pipelines.items()},
    "folds": [search.n_splits_ for search in searches.values()],
    "scorings": sorted({search.scoring for search in searches.values()}),
    "candidates": [len(search.cv_results_["params"]) for search in searches.values()],
    "errors": {name: -search.best_score_ for name, search in searches.items()},
    "best": [name for name, search in searches.items() if search.best_estimator_ is best_model],
    "test_rows": len(X_test),
    "seen_rows": [len(train), len(everywhere.values), len(local.values)],
    "same_after_loading": bool((loaded.predict(X_test) == best_model.predict(X_test)).all()),
    "unseen": len(searches["A"].predict(unseen)) + len(searches["D"].predict(unseen)),
}
with open("facts.json", "w") as file:
    json.dump(facts, file)
"""


def cells(name, version):
    return nbformat.read(notebooks.derived_path(name, version, ROOT), as_version=4).cells


def prose(name):
    return "\n".join(cell.source for cell in cells(name, "learner") if cell.cell_type == "markdown")


def rubric(name):
    return tomllib.loads((ROOT / notebooks.STARTERS / f"{name}_rubric.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A learner's copy of the course, in a path with a space, after `mlsd data`."""
    root = tmp_path_factory.mktemp("assignments") / "my course"
    for folder in ("05_src", notebooks.STARTERS):
        (root / folder).mkdir(parents=True)
    (root / ".env.example").write_bytes((ROOT / ".env.example").read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "root", lambda: root)
        for name in ("MLSD_DATA_DIR", "PRICE_DATA", "CREDIT_DATA"):
            patch.delenv(name, raising=False)
        assert cli.main(["data", "--tickers", "4"]) == 0
    return root


def run(project, name, version, extra=""):
    """Run a notebook in the assignments' folder, with one cell more at its end."""
    notebook = nbformat.read(notebooks.derived_path(name, version, ROOT), as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(extra))
    folder = project / notebooks.STARTERS
    nbformat.write(notebook, folder / f"{name}.ipynb")
    own = {"MLSD_DATABASE_URL": "", "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    environment = {key: value for key, value in os.environ.items() if key != "PRICE_DATA"} | own
    path, limits = folder / f"{name}.ipynb", {"cell_seconds": 600, "watch": lambda *_: None}
    return runner.run_notebook(path, "learner", folder=folder, environment=environment, **limits)


def printed(done, stream="stdout"):
    outputs = [output for cell in runner.code_cells(done.notebook) for output in cell.outputs]
    return "".join(output.text for output in outputs if output.get("name") == stream)


def pictures(done):
    outputs = [output for cell in runner.code_cells(done.notebook) for output in cell.outputs]
    return sum("image/png" in output.get("data", {}) for output in outputs)


@pytest.fixture(scope="module")
def solution_1(project):
    return run(project, "assignment_1", "solution", LEFT_BY_ASSIGNMENT_1)


@pytest.fixture(scope="module")
def solution_2(project):
    return run(project, "assignment_2", "solution", LEFT_BY_ASSIGNMENT_2)


@pytest.fixture(scope="module")
def facts(project, solution_2):
    assert solution_2.failure is None
    return json.loads((project / notebooks.STARTERS / "facts.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def expected(project):
    """The features of assignment 1 by another way: a loop over tickers, in plain pandas."""
    made = []
    for folder in sorted((project / "05_src/data/prices").glob("SYN*")):
        one = pd.concat([pd.read_parquet(file) for file in folder.rglob("*.parquet")]).sort_values("Date")
        close, adjusted = one["Close"].to_list(), one["Adj Close"].to_list()
        one["Close_lag_1"], one["Adj_Close_lag_1"] = [float("nan"), *close[:-1]], [float("nan"), *adjusted[:-1]]
        one["returns"] = (one["Close"] - one["Close_lag_1"]) / one["Close_lag_1"]
        one["hi_lo_range"] = one["High"] - one["Low"]
        one["returns_ma_10"] = sum(one["returns"].shift(days) for days in range(10)) / 10
        made.append(one)
    return pd.concat(made, ignore_index=True)


@pytest.mark.parametrize("version", notebooks.VERSIONS)
@pytest.mark.parametrize("name", NAMES)
def test_building_again_gives_the_same_bytes(name, version):
    made = notebooks.derive(ROOT / notebooks.ASSIGNMENTS / f"{name}.py", version)
    assert notebooks.derived_path(name, version, ROOT).read_bytes() == made.encode()


def test_a_build_makes_starter_and_solution_where_relative_paths_mean_the_same(tmp_path):
    source = tmp_path / notebooks.ASSIGNMENTS / "assignment_3.py"
    source.parent.mkdir(parents=True)
    source.write_text("# %%\nanswer = ...\n# solution\n# %time answer = 1\n", encoding="utf-8")
    starter, solution = notebooks.build(tmp_path)
    assert starter == tmp_path / "02_activities/assignments/assignment_3.ipynb"
    assert solution == tmp_path / "03_instructional_team/solutions/assignment_3.ipynb"
    assert "%time" not in starter.read_text(encoding="utf-8")
    assert notebooks.out_of_date(tmp_path) == notebooks.lab_names(tmp_path) == []


def test_a_starter_that_somebody_worked_in_is_not_written_over(tmp_path):
    source = tmp_path / notebooks.ASSIGNMENTS / "assignment_3.py"
    source.parent.mkdir(parents=True)
    source.write_text("# %%\nanswer = ...\n", encoding="utf-8")
    starter, _ = notebooks.build(tmp_path)
    starter.write_text("mine", encoding="utf-8")
    with pytest.raises(WriteError, match=r"assignment_3\.ipynb\nFix: Copy them"):
        notebooks.build(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_the_starter_holds_no_answer(name):
    found = cells(name, "learner")
    assert not any("# solution" in cell.source or "solution" in cell.metadata.get("tags", []) for cell in found)
    assert sum(cell.source.startswith("*Write your answer here") for cell in found) == 1
    assert len(found) < len(cells(name, "solution"))


@pytest.mark.parametrize("name", NAMES)
def test_the_starter_runs_from_top_to_bottom_without_an_answer(project, name):
    done = run(project, name, "learner", LEFT_BY_A_STARTER if name == "assignment_1" else "print(best_model is ...)")
    assert (done.result, done.failure) == ("passed", None)
    assert (printed(done), printed(done, "stderr")) == ("True\n", "")


def test_the_solution_of_assignment_1_runs_without_a_warning(solution_1):
    assert (solution_1.result, solution_1.failure, printed(solution_1, "stderr")) == ("passed", None, "")


def test_the_dask_features_are_those_of_plain_pandas(project, solution_1, expected):
    assert solution_1.failure is None
    found = pd.read_parquet(project / notebooks.STARTERS / "dd_feat.parquet")
    found = found.sort_values(["ticker", "Date"], ignore_index=True)
    columns = ["ticker", "Date", *FEATURES]
    assert found["ticker"].nunique() == 4
    assert found["Date"].dt.year.nunique() > 3
    assert_frame_equal(found[columns], expected[columns], check_dtype=False, rtol=1e-9, atol=1e-12)


def test_the_moving_average_is_that_of_plain_pandas(project, solution_1, expected):
    assert solution_1.failure is None
    found = pd.read_parquet(project / notebooks.STARTERS / "feat.parquet")
    columns = ["ticker", "Date", "returns_ma_10"]
    assert_frame_equal(found[columns], expected[columns], check_dtype=False, rtol=1e-9, atol=1e-12)
    assert found["returns_ma_10"].isna().sum() == 4 * 10


def test_the_solution_of_assignment_2_runs_without_a_warning_and_draws_both_plots(solution_2):
    assert (solution_2.result, solution_2.failure, printed(solution_2, "stderr")) == ("passed", None, "")
    assert pictures(solution_2) == 2


def test_the_four_pipelines_pair_two_preprocessors_with_two_models(facts):
    assert set(map(tuple, facts["steps"].values())) == {("preprocessing", "regressor")}
    assert facts["uses"] == {"A": 1, "B": 2, "C": 1, "D": 2}
    models = facts["regressors"]
    assert models["A"] == models["B"] != models["C"] == models["D"]


def test_the_searches_use_five_folds_one_error_and_four_candidates(facts):
    assert facts["folds"] == [5] * 4
    assert facts["scorings"] == ["neg_root_mean_squared_error"]
    assert facts["candidates"] == [4] * 4


def test_the_best_model_has_the_smallest_error_and_is_the_one_that_was_saved(facts):
    assert facts["best"] == [min(facts["errors"], key=facts["errors"].get)]
    assert facts["same_after_loading"] is True


def test_an_unseen_month_passes_and_the_explanations_cover_the_rows_asked_for(facts):
    assert facts["unseen"] == 2 * facts["test_rows"] == 2 * 104
    assert facts["seen_rows"] == [413, 413, 1]


@pytest.mark.parametrize("name", NAMES)
def test_a_rubric_has_the_agreed_criteria_in_order(name):
    assert [criterion["key"] for criterion in rubric(name)["criterion"]] == KEYS[name]
    assert rubric(name)["notebook"] == f"{name}.ipynb"
    assert 0 < rubric(name)["result"]["complete_from"] < 1


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_gives_each_criterion_the_points_of_the_rubric(name):
    said = dict(re.findall(r"`(\w+)` \((\d+) points?\)", prose(name)))
    rubrics = {criterion["key"]: str(criterion["points"]) for criterion in rubric(name)["criterion"]}
    assert said == rubrics


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_says_the_total_and_the_rule_that_the_rubric_gives(name):
    criteria, share = rubric(name)["criterion"], rubric(name)["result"]["complete_from"]
    total = sum(criterion["points"] for criterion in criteria)
    assert f"{len(criteria)} criteria with 1 point each, {total} points in all" in " ".join(prose(name).split())
    assert f"From {100 * share:.0f} % of the" in prose(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_levels_of_a_criterion_fall_from_its_points_to_zero_each_with_a_reason(name):
    for criterion in rubric(name)["criterion"]:
        points = [level["points"] for level in criterion["levels"]]
        assert points == sorted(set(points), reverse=True), criterion["key"]
        assert (points[0], points[-1], len(points) > 2) == (criterion["points"], 0, True), criterion["key"]
        assert all(level["reason"].endswith(".") for level in criterion["levels"]), criterion["key"]


@pytest.mark.parametrize("name", NAMES)
def test_each_criterion_says_what_is_asked_what_for_and_who_judges(name):
    for criterion in rubric(name)["criterion"]:
        assert criterion["judged"] in JUDGED, criterion["key"]
        assert criterion["text"].endswith("."), criterion["key"]
        assert criterion["outcome"].endswith("."), criterion["key"]
        assert ("guide" in criterion) == (criterion["judged"] == "person"), criterion["key"]


DEMANDS = {
    "assignment_1": [
        *(
            "`%load_ext dotenv`",
            "`%dotenv`",
            "`PRICE_DATA`",
            "`glob`",
            "`dask.dataframe`",
            "`dd_feat`",
            "`Close_lag_1`",
        ),
        *("`Adj_Close_lag_1`", "`Close / Close_lag_1 - 1`", "`hi_lo_range`", '`groupby("ticker")`', "`compute()`"),
        *("10 days", "half for each question", "`assignment-1`"),
    ],
    "assignment_2": [
        *("`X`", "`Y`", "`random_state=42`", "`preproc1`", "`preproc2`", "`handle_unknown`", "nonlinear", "`cv=5`"),
        *(
            "`preprocessing`",
            "`regressor`",
            "`GridSearchCV`",
            "four candidates",
            "`best_model`",
            "`pickle`",
            "`with open(",
        ),
        *("waterfall", "beeswarm", "drop", "`assignment-2`"),
    ],
}


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_says_whatever_the_rubric_demands(name):
    assert [demand for demand in DEMANDS[name] if demand not in prose(name)] == []
