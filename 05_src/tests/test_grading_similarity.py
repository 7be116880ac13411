import copy
import io
import json
import keyword
import random
import tokenize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course import notebooks
from course.grading import fingerprints
from course.grading.similarity import NOTE, similar, similar_text
from mlsd.errors import DataError

NONE = {"cells": []}
# Written apart from the reference solution, as another person would.
INDEPENDENT = {
    "assignment_1": [
        "%load_ext dotenv\n%dotenv",
        "import glob, os\nimport dask.dataframe as dd\nfolder = os.environ['PRICE_DATA']\n"
        "files = glob.glob(folder + '/**/*.parquet', recursive=True)\nlen(files)",
        "px = dd.read_parquet(files).set_index('ticker')\n"
        "dd_feat = px.groupby('ticker', group_keys=False).apply(\n"
        "    lambda x: x.sort_values('Date').assign(Close_lag_1=lambda y: y.Close.shift(1),\n"
        "        Adj_Close_lag_1=lambda y: y['Adj Close'].shift(1)),\n"
        "    meta=px._meta.assign(Close_lag_1=0.0, Adj_Close_lag_1=0.0)\n"
        ")\ndd_feat['returns'] = dd_feat.Close / dd_feat.Close_lag_1 - 1\n"
        "dd_feat['hi_lo_range'] = dd_feat['High'] - dd_feat['Low']",
        "df = dd_feat.compute()\ndf = df.sort_values(['ticker', 'Date'])\n"
        "df['ma10'] = df.groupby('ticker')['returns'].transform(lambda s: s.rolling(window=10).mean())\ndf.head()",
        "# It was not needed, dask has rolling too. But for small data pandas was faster on my laptop.",
    ],
    "assignment_2": [
        "from sklearn.model_selection import train_test_split, GridSearchCV\nX = fires_dt.iloc[:, :-1]\n"
        "Y = fires_dt['area']\n"
        "X_train, X_test, Y_train, Y_test = train_test_split(X, Y, test_size=0.3, random_state=42)",
        "num_cols = ['coord_x', 'coord_y', 'ffmc', 'dmc', 'dc', 'isi', 'temp', 'rh', 'wind', 'rain']\n"
        "cat_cols = ['month', 'day']\npreproc1 = ColumnTransformer(transformers=[('num', StandardScaler(), num_cols),\n"
        "    ('cat', OneHotEncoder(handle_unknown='ignore'), cat_cols)])\n"
        "preproc2 = ColumnTransformer(transformers=[\n"
        "    ('num', Pipeline([('imp', SimpleImputer()), ('pow', PowerTransformer())]),\n"
        "    num_cols), ('cat', OneHotEncoder(handle_unknown='ignore'), cat_cols)])",
        "pipeline_a = Pipeline(steps=[('preprocessing', preproc1), ('regressor', Lasso())])\n"
        "pipeline_b = Pipeline(steps=[('preprocessing', preproc2), ('regressor', Lasso())])",
        "grid_a = GridSearchCV(pipeline_a, {'regressor__alpha': [.1, 1, 10, 100]}, cv=5,\n"
        "    scoring='neg_mean_absolute_error')\n"
        "grid_a.fit(X_train, Y_train)\nprint(grid_a.best_params_, grid_a.best_score_)",
        "best = min([grid_a, grid_b], key=lambda g: -g.best_score_)\nbest_model = best.best_estimator_",
        "with open('model.pkl', 'wb') as f:\n    pickle.dump(best_model, f)",
    ],
}


def code(*sources):
    return {"cells": [{"cell_type": "code", "source": source} for source in sources]}


def words(*sources):
    return {"cells": [{"cell_type": "markdown", "source": source} for source in sources]}


def shipped(name):
    read = [json.loads(notebooks.derived_path(name, version).read_text("utf-8")) for version in ("solution", "learner")]
    return read[0], read[1]


def renamed(source, rename):
    """Python code with every variable of its own under another name."""
    tree = fingerprints._parsed(source)
    own = fingerprints._names([tree]).bound
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    changed = []
    for before, each in zip([None, *tokens], tokens, strict=False):
        mine = each.type == tokenize.NAME and each.string in own and not (before and before.string == ".")
        changed.append((each.type, rename(each.string) if mine else each.string))
    return tokenize.untokenize(changed)


ADD = """
def add(frame, window):
    total = 0
    for row in frame.values:
        total = total + row[0] * window if row[1] > 2 else total - row[2]
        frame.loc[row[0], 'x'] = total / len(frame)
    return frame.assign(y=total).sort_values('x').groupby('k').rolling(window).mean()
result = add(read(path), window=10).join(other.rename(columns=str.lower), how='left')
"""
OTHER = """
totals = {name: series.abs().max() for name, series in frame.items() if series.notna().any()}
keys = sorted(totals, key=totals.get, reverse=True)[:5]
while keys and totals[keys[-1]] < 1:
    keys.pop()
print([f'{key}: {totals[key]:.2f}' for key in keys], sep=', ', file=out, flush=True)
"""


@pytest.mark.parametrize("name", ["assignment_1", "assignment_2"])
def test_a_renamed_copy_is_found_first_and_an_independent_solution_is_not_listed(name):
    solution, starter = shipped(name)
    copied = copy.deepcopy(solution)
    for cell in copied["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code" and "%" not in text:
            cell["source"] = "# my own work\n" + renamed(text, lambda word: f"my_{word}")
    table = similar({"ann": solution, "bob": code(*INDEPENDENT[name]), "cy": copied}, starter)
    assert table.loc[0, ["one", "other", "similarity"]].tolist() == ["ann", "cy", 1.0]
    assert set(table["one"]) | set(table["other"]) == {"ann", "cy"}


@pytest.mark.parametrize("name", ["assignment_1", "assignment_2"])
def test_the_starter_matches_nobody(name):
    solution, starter = shipped(name)
    assert similar({"ann": starter, "bob": starter, "cy": solution}, starter, line=0, fewest=1).empty


def test_a_copy_is_found_in_a_longer_cell_of_another_kind_of_layout():
    table = similar({"ann": code(ADD), "bob": code("x = 1", f"{OTHER}\n{ADD}".replace("(", "(\n"))}, NONE)
    assert table.loc[0, ["cell_one", "cell_other"]].tolist() == [1, 2]
    assert table.loc[0, "similarity"] > 0.8


def test_words_are_compared_as_words_wherever_they_stand():
    said = (
        "it was not necessary because dask holds all rows of a ticker in one partition and the window never leaves it"
    )
    one, two = words(said), code(f"x = 1\n# {said.upper()}")
    three = code(f"print({said + '.'!r})")
    table = similar({"ann": one, "bob": two, "cy": three}, NONE)
    assert table["similarity"].tolist() == [1.0, 1.0, 1.0]


def test_a_cell_that_does_not_parse_is_compared_as_text():
    source = "dd_feat = = groupby ticker then shift one day and then divide the close by the close of the day before it"
    assert similar({"ann": code(source), "bob": code(source)}, NONE).loc[0, "similarity"] == 1.0


def test_magics_do_not_hide_a_copy():
    table = similar({"ann": code(ADD), "bob": code(f"%%time\n!pip install x\n{ADD}")}, NONE)
    assert table["similarity"].tolist() == [1.0]


def test_statements_and_lines_of_the_starter_are_taken_away():
    starter = {"cells": code(ADD)["cells"] + words(TEXT)["cells"]}
    one = {"cells": code(ADD.replace("total", "sum_") + "x = 1")["cells"] + starter["cells"][1:]}
    assert similar({"ann": one, "bob": one}, starter, line=0, fewest=1).empty


def test_what_many_have_in_common_does_not_count():
    everybody = {f"l{number}": code(ADD) for number in range(6)}
    pair = {"ann": code(ADD, OTHER), "bob": code(ADD, OTHER)}
    table = similar(everybody | pair, NONE)
    assert table[["one", "other", "cell_one"]].values.tolist() == [["ann", "bob", 2]]
    assert len(similar(everybody | pair, NONE, share=1)) == 29


def test_very_short_answers_do_not_count():
    short = "df['ma'] = df.groupby('ticker')['returns'].rolling(10).mean()"
    assert similar({"ann": code(short), "bob": code(short)}, NONE, line=0).empty


def test_the_most_alike_come_first_with_a_quote():
    half = code(ADD.replace("sort_values('x')", "drop(columns=['a'] + list('bc'))").replace("how='left'", "on=key"))
    table = similar({"ann": code(ADD), "bob": half, "cy": code(ADD)}, NONE, line=0)
    assert table["similarity"].is_monotonic_decreasing
    assert table.loc[0, "quote"].startswith("def add(frame, window): ⏎ total = 0 ⏎ for row")


@pytest.mark.parametrize(
    "odd",
    [None, [], {"cells": 3}, {"cells": [1, {"source": 5}, {}]}, {"cells": [{"source": ["a", 1]}]}, code("(" * 9000)],
)
def test_what_is_no_notebook_matches_nobody(odd):
    assert similar({"ann": odd, "bob": odd}, NONE).empty


def test_a_share_that_is_none_is_refused():
    with pytest.raises(DataError, match=r"`share` must be from 0 to 1, got: 20"):
        similar({}, NONE, share=20)


def test_the_list_says_that_it_is_no_verdict_and_shows_only_what_can_be_printed():
    evil = ADD.replace("'x'", "'\x1b[2J'")
    text = similar_text(similar({"ann\n\x1b": code(evil), "bob": code(evil)}, NONE), compared=2)
    assert text.startswith(
        "2 notebooks compared; pairs of cells that are alike by 50 % or more: 1.\n100 %  ann, cell 1 – bob"
    )
    assert text.endswith(NOTE)
    assert "\x1b" not in text


TEXT = "Read this first: every row of the table is a day, and days are sorted."
IDENTIFIERS = st.from_regex(r"[a-z_][a-z0-9_]{2,8}_q", fullmatch=True).filter(lambda word: not keyword.iskeyword(word))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(["frame", "window", "total", "row", "result", "add"]), IDENTIFIERS))
def test_new_names_for_variables_change_nothing(names):
    again = code(renamed(ADD, lambda word: names.get(word, word)))
    before, after = fingerprints.answers(code(ADD), NONE), fingerprints.answers(again, NONE)
    assert set(before[0].prints) == set(after[0].prints)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_similarity_is_symmetric_and_one_for_itself(seed):
    rng = random.Random(seed)
    lines = [*ADD.splitlines(), *OTHER.splitlines()]
    one, two = ("\n".join(rng.sample(lines, 9)) for _ in range(2))
    there = similar({"a": code(one), "b": code(two)}, NONE, line=0, fewest=1)
    back = similar({"a": code(two), "b": code(one)}, NONE, line=0, fewest=1)
    assert there["similarity"].tolist() == back["similarity"].tolist()
    itself = similar({"a": code(one), "b": code(one)}, NONE, line=0, fewest=1)
    assert itself["similarity"].tolist() == [1.0]
