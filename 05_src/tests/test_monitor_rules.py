"""Rules from TOML with each mistake named; alerts that open after patience, close after calm, and are told once."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsd import monitor
from mlsd.errors import ColumnError, DataError, SettingsError
from mlsd.monitor.rules import Rule

GOOD = '[[rule]]\nname = "gap"\nmetric = "calibration_gap"\nabove = 0.03\npatience = "2 of 3"\nsays = "Retrain."\n'


def written(folder, text):
    path = folder / "the rules.toml"
    path.write_text(text, encoding="utf-8")
    return path


def windows(values, metric="missing", **columns):
    starts = pd.date_range("2013-02-01", periods=len(values), tz="UTC")
    return pd.DataFrame({"start": starts, "slice": "all", "rows": 900, metric: values} | columns)


def days(alerts, column):
    return alerts[column].dt.day.tolist()


def test_rules_are_read_in_the_order_of_the_file(tmp_path):
    rules = monitor.read_rules(written(tmp_path, GOOD + '[[rule]]\nname = "few"\nmetric = "rows"\nbelow = 10\n'))
    assert rules == [
        Rule("gap", "calibration_gap", above=0.03, patience="2 of 3", says="Retrain."),
        Rule("few", "rows", below=10),
    ]


MISTAKES = [
    ('metric = "rowz"', r"`metric` must be one of \[.*'rows'.*did you mean 'rows'\?\), got: 'rowz'"),
    ('severity = "bad"', r"`severity` must be one of \['info', 'warning', 'critical'\], got: 'bad'"),
    ("patience = 0", "`patience` must be a number of windows from 1"),
    ('patience = "3 of 2"', "`patience` must be .*'3 of 2'"),
    ('above = "1"', "`above` must be a number, got: '1'"),
    ("min_rows = -1", "`min_rows` must be a whole number from 0, got: -1"),
    ("calm = 0", "`calm` must be a whole number from 1, got: 0"),
    ("says = 5", "`says` must be a text, got: 5"),
    ("abvoe = 1", r"`abvoe` is no key of a rule \(did you mean 'above'\?\)"),
    ("above = 1\nbelow = 2", r"`above` \(1\) must not be less than `below` \(2\)"),
    ("", "`above` or `below` must be given"),
]


@pytest.mark.parametrize(("line", "words"), MISTAKES)
def test_a_mistake_is_named_with_file_rule_and_key(tmp_path, line, words):
    key = line.split(" ")[0]
    lines = [f'name = "it"\n{line}', *([] if key == "metric" else ['metric = "rows"'])]
    path = written(tmp_path, "\n".join(["[[rule]]", *lines]))
    with pytest.raises(SettingsError, match=rf"(?s)the rules\.toml has .*rule 1 \(it\): .*{words}"):
        monitor.read_rules(path)


def test_all_mistakes_are_told_at_once(tmp_path):
    wrong = GOOD + GOOD + '[[rule]]\nmetric = "rows"\nabove = true\n'
    with pytest.raises(SettingsError, match="has 3 mistakes") as caught:
        monitor.read_rules(written(tmp_path, wrong))
    for words in ("rule 2 (gap): `name` is taken by rule 1", "rule 3 (no name): `name` is missing", "`above` must be"):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is no rule"),
        ("[rule]\nname = 'x'\n", "with two brackets"),
        ("[[rules]]\n", "`rules` is no key of a rules file"),
        ("[[rule]\n", "is no TOML"),
    ],
)
def test_a_file_that_holds_no_rules_is_named(tmp_path, text, words):
    with pytest.raises(SettingsError, match=words):
        monitor.read_rules(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"There is no file .*absent\.toml"):
        monitor.read_rules(tmp_path / "absent.toml")


def test_a_rule_by_hand_is_checked_like_one_from_a_file():
    with pytest.raises(SettingsError, match="Rule 'x' cannot be used: `metric` must be one of"):
        Rule("x", "nonsense", above=1)


def test_patience_waits_for_windows_in_a_row():
    table = windows([0.9, 0.0, 0.9, 0.9, 0.9, 0.9])
    assert days(monitor.alerts(table, Rule("gaps", "missing", above=0.3, patience=3)), "opened") == [5]


def test_two_of_three_need_not_be_neighbours():
    table = windows([0.9, 0.0, 0.0, 0.9, 0.0, 0.9])
    assert days(monitor.alerts(table, Rule("gaps", "missing", above=0.3, patience="2 of 3")), "opened") == [6]


def test_one_alert_stays_open_through_a_short_calm_and_closes_after_a_long_one():
    table = windows([0.9, 0.9, 0.0, 0.9, 0.0, 0.0, 0.0, 0.9, 0.9])
    found = monitor.alerts(table, Rule("gaps", "missing", above=0.3, patience=2))
    assert days(found, "opened") == [2, 9]
    assert [found["closed"][0].day, found["closed"].isna().tolist()] == [6, [False, True]]
    assert found["windows"].tolist() == [3, 2]


def test_a_value_on_the_limit_is_within():
    assert monitor.alerts(windows([0.3, 0.3]), Rule("gaps", "missing", above=0.3)).empty


def test_an_alert_names_the_worst_value_and_the_limit_that_it_passed():
    table = windows([0.02, -0.05, 0.04, 0.0], "calibration_gap", labelled=900)
    found = monitor.alerts(table, Rule("gap", "calibration_gap", above=0.01, below=-0.01, severity="critical"))
    assert found.loc[0, ["worst", "limit", "severity"]].tolist() == [-0.05, -0.01, "critical"]


def test_the_message_says_what_where_since_when_and_how_bad():
    table = windows([0.1, 0.4, 0.5], "worst_effect", worst_column=["temp", "temp", "pressure"])
    found = monitor.alerts(table, Rule("drift", "worst_effect", above=0.3, patience=2, says="Other weather."))
    assert found["message"][0] == (
        "Other weather. worst effect was above 0.3 in 2 windows from 2013-02-02 on; the worst was 0.5 (pressure) on "
        "2013-02-03. It is open."
    )


def test_small_windows_count_neither_for_nor_against():
    table = windows([0.9, 0.0, 0.9, 0.9], rows=[900, 3, 900, 3])
    assert days(monitor.alerts(table, Rule("gaps", "missing", above=0.3, patience=2)), "opened") == [3]


def test_what_comes_from_labels_counts_labelled_rows():
    table = windows([0.5, 0.5], "brier", labelled=[49, 50])
    assert days(monitor.alerts(table, Rule("loss", "brier", above=0.3)), "opened") == [2]


def test_few_rows_raise_the_alarm_about_traffic_but_not_in_a_window_that_is_not_over():
    table = windows([900, 3, 2], "rows", complete=[True, True, False])
    found = monitor.alerts(table, Rule("few", "rows", below=10))
    assert found[["windows", "worst"]].values.tolist() == [[1, 3]]


def test_a_rule_looks_at_the_whole_unless_it_names_a_slice_or_each():
    table = pd.concat([windows([0.0]), windows([0.9]).assign(slice="origin = JFK")], ignore_index=True)
    found = {
        name: len(monitor.alerts(table, Rule("gaps", "missing", above=0.3, slice=name)))
        for name in ("all", "origin = JFK", "each")
    }
    assert found == {"all": 0, "origin = JFK": 1, "each": 1}


def test_a_rule_for_a_slice_that_is_not_measured_is_named():
    with pytest.raises(DataError, match="for the slice 'dest = LAX'; measured are"):
        monitor.alerts(windows([0.9]), Rule("gaps", "missing", above=0.3, slice="dest = LAX"))


def test_two_rules_of_one_name_and_a_missing_measure_are_named():
    rule = Rule("gaps", "missing", above=0.3)
    with pytest.raises(DataError, match="Two rules are called 'gaps'"):
        monitor.alerts(windows([0.9]), [rule, rule])
    with pytest.raises(ColumnError, match="'missing' is not in the measures"):
        monitor.alerts(windows([0.9], "brier"), rule)


def test_without_windows_there_are_no_alerts():
    assert monitor.alerts(windows([]), Rule("gaps", "missing", above=0.3)).empty


BEYOND = st.lists(st.booleans(), max_size=40)


@settings(deadline=None, max_examples=40)
@given(BEYOND, st.integers(1, 4), st.integers(0, 3))
def test_alerts_of_a_rule_never_overlap_and_each_has_its_patience(beyond, needed, more):
    table = windows([float(each) for each in beyond])
    found = monitor.alerts(table, Rule("it", "missing", above=0.5, patience=f"{needed} of {needed + more}"))
    assert (found["closed"].iloc[:-1].to_numpy() < found["opened"].iloc[1:].to_numpy()).all()
    assert (found["windows"] >= needed).all()


@settings(deadline=None, max_examples=40)
@given(BEYOND)
def test_more_patience_never_opens_an_alert_where_less_opens_none(beyond):
    table = windows([float(each) for each in beyond])
    firsts = [monitor.alerts(table, Rule("it", "missing", above=0.5, patience=n))["opened"].min() for n in (1, 2, 3)]
    times = [first for first in firsts if pd.notna(first)]
    assert times == sorted(times)
    assert [pd.isna(first) for first in firsts] == sorted(pd.isna(first) for first in firsts)
