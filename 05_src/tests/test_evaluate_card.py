"""A card says what is known, names what is not, and obeys nothing that stands in the facts."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsd.errors import DataError
from mlsd.evaluate import behaviour, card, slicing

FACTS = {
    "name": "late-flights",
    "version": 3,
    "aliases": ["champion", "eu"],
    "model": "ColumnTransformer > LogisticRegression",
    "run_id": "ab12",
    "load": "mlsd.datasets:load_late_flights",
    "load_params": {"hours_before": 2},
    "target": "late",
    "rows": 327346,
    "data": "0123456789abcdef",
    "sample_rows": None,
    "split": {"time": "decided_at", "test_from": "2013-09-01"},
    "scoring": ["roc_auc", "neg_log_loss"],
    "metrics": {"roc_auc": {"value": 0.7412, "low": 0.735, "high": 0.7474}, "neg_log_loss": -0.3},
    "params": {"clf__C": 0.1, "clf__verbose": False},
    "seed": 0,
    "code": {"commit": "c0ffee", "dirty": True, "digest": "d1"},
    "environment": {"lock": "10cc", "python": "3.11.9", "system": "linux x86_64", "packages": {"a": "1", "b": "2"}},
}
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """What a browser would see: the tags, whether they close, and each table cell's text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.attributes, self.cells = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data


def fact(text, label):
    """The value of a fact in a Markdown card."""
    return next(
        line.split(" | ")[1].removesuffix(" |") for line in text.splitlines() if line.startswith(f"| {label} |")
    )


def test_every_fact_of_a_run_is_in_its_card():
    text = card.model_card(FACTS)
    assert text.startswith("# Model card: late-flights, version 3\n")
    assert fact(text, "Aliases") == "champion, eu"
    assert fact(text, "Split") == r"time: decided\_at, test\_from: 2013-09-01"
    assert fact(text, "Files changed since the commit") == "yes"
    assert fact(text, "Packages installed") == "2"
    assert fact(text, "Sample of") == "all rows"
    assert r"| clf\_\_C | 0.1 |" in text


def test_metrics_come_with_their_interval_or_a_blank():
    text = card.model_card(FACTS)
    assert r"| roc\_auc | 0.7412 | 0.735 to 0.7474 |" in text
    assert r"| neg\_log\_loss | -0.3 | not recorded |" in text


def test_a_metric_that_was_asked_for_and_has_no_value_is_a_blank():
    assert "| r2 | not recorded | not recorded |" in card.model_card({"scoring": ["r2"], "metrics": {}})


def test_what_is_not_known_is_named_so():
    text = card.model_card({})
    assert text.startswith("# Model card: not recorded\n")
    for label in ("Commit", "Digest of the lock", "Seed", "Split", "Sample of", "Version"):
        assert fact(text, label) == "not recorded"
    for heading in ("Intended use", "Limits", "Metrics", "Slices", "Behaviour", "Parameters"):
        assert f"## {heading}\n\nnot recorded\n" in text


def test_none_that_was_recorded_is_no_blank():
    text = card.model_card({"aliases": [], "params": {}, "seed": 0, "code": {"dirty": False}, "version": float("nan")})
    assert fact(text, "Aliases") == "none"
    assert fact(text, "Seed") == "0"
    assert fact(text, "Files changed since the commit") == "no"
    assert "## Parameters\n\nnone\n" in text
    assert text.startswith("# Model card: not recorded\n")


def test_a_fact_without_a_place_is_not_lost():
    text = card.model_card({**FACTS, "licence": "MIT", "code": {"commit": "c0ffee", "branch": "main"}})
    assert "## Also recorded\n\n| name | value |\n| --- | --- |\n| licence | MIT |\n| code.branch | main |" in text
    assert "Also recorded" not in card.model_card(FACTS)


def test_slices_and_behaviour_stand_in_the_card():
    X = pd.DataFrame({"airport": ["EWR"] * 60 + ["JFK"] * 60})
    table = slicing.slices(X, [0, 1] * 60, [0.4, 0.3] * 30 + [0.2, 0.9] * 30, metric="error_rate")
    result = behaviour.Behaviour("invariance", False, 9, 2, "2 of 9 changed rows move", pd.DataFrame())
    text = card.model_card(FACTS, slices=table, behaviour=[result])
    assert "The worst 2 of 2 slices that were tested." in text
    assert "| airport = EWR | 60 | 60 | 0.5 | 0.5 | 0.5 |" in text
    assert "| invariance | FAILED | 9 | 2 | 2 of 9 changed rows move |" in text


def test_a_slice_without_an_interval_shows_blanks():
    table = pd.DataFrame({"slice": ["a"], "value": [np.float64(0.123456789)], "low": [np.nan]})
    assert "| a | 0.123457 | not recorded |" in card.model_card({}, slices=table)


def test_paragraphs_stay_paragraphs():
    text = card.model_card({}, intended_use="To warn\ntravellers.\n\nNot to *rank* airlines.")
    assert "## Intended use\n\nTo warn travellers.\n\nNot to \\*rank\\* airlines.\n" in text
    page = card.model_card({}, limits="One.\n\nTwo.", as_html=True)
    assert "<p>One.</p>\n<p>Two.</p>" in page


def test_a_script_in_a_parameter_is_text_in_both():
    evil = {"params": {"<script>alert(1)</script>": '"><img src=x onerror=alert(1)>'}, "name": "</title><script>"}
    page, text = card.model_card(evil, as_html=True), card.model_card(evil)
    assert {"script", "img"} & set(Page(page).tags) == set()
    assert "<script>alert(1)</script>" in Page(page).cells
    assert "<" not in text


@given(st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=60, deadline=None)
def test_no_text_can_leave_its_cell(name, value):
    facts = {"params": {name: value}, "name": value}
    assert Page(card.model_card(facts, as_html=True)).open == []
    row = next(line for line in card.model_card(facts).split("## Parameters\n")[1].split("\n") if "---" in line)
    rows = [line for line in card.model_card(facts).split("## Parameters\n")[1].split("\n") if line.startswith("|")]
    assert row == "| --- | --- |"
    assert len(rows) == 3
    assert sum(rows[2].replace("\\\\", "").replace("\\|", "").count(sign) for sign in "|") == 3


def test_the_page_loads_nothing_and_can_be_read_aloud():
    page = Page(card.model_card(FACTS, as_html=True))
    assert {"script", "link", "img", "iframe"} & set(page.tags) == set()
    assert {"src", "href", "style"} & {name for name, _ in page.attributes} == set()
    assert ("lang", "en") in page.attributes
    assert ("charset", "utf-8") in page.attributes
    assert page.tags.count("h1") == 1
    assert [value for name, value in page.attributes if name == "aria-label"][:2] == ["Model", "Data"]


def test_html_and_markdown_say_the_same():
    page = Page(card.model_card(FACTS, as_html=True)).cells
    text = card.model_card(FACTS).replace("\\", "").replace("&gt;", ">")
    cells = [cell for line in text.splitlines() if line.startswith("| ") for cell in line[2:-2].split(" | ")]
    assert page == [cell for cell in cells if cell != "---"]


def test_facts_of_the_wrong_shape_are_refused():
    with pytest.raises(DataError, match="`facts` must be a dict, got: str"):
        card.model_card("ab12")
    with pytest.raises(DataError, match=r"The fact 'metrics' must be a dict, got: 0\.7"):
        card.model_card({"metrics": 0.7})
