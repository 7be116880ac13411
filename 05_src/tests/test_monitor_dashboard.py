"""The dashboard as a file and live: complete in itself, escaped, filtered by keyboard, fresh."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from mlsd import monitor, ports
from mlsd.errors import DataError, ServiceError, SettingsError
from mlsd.monitor.rules import Rule

from .real import browser

needs_browser = pytest.mark.skipif(browser.chromium() is None, reason="no Chromium here: install it to test the page")
RULE = Rule("too sure", "mean_prediction", above=0.4, patience=2, severity="critical", says="Look at the model.")
TOML = '[[rule]]\nname = "too sure"\nmetric = "mean_prediction"\nabove = 0.4\nmin_rows = 1\n'


def served(days=10, rows=60):
    """Synthetic: half-way, predictions and the temperature rise."""
    rng = np.random.default_rng(0)
    late = np.arange(days * rows) >= days * rows // 2
    times = pd.date_range("2013-02-01", periods=days * rows, freq=pd.Timedelta("1D") / rows, tz="UTC")
    columns = {"time": times, "probability": np.where(late, 0.5, 0.2), "seconds": 0.01, "late": late.astype("int64")}
    origin = rng.choice(["EWR", "JFK", "<script>alert(1)</script>"], len(times))
    return pd.DataFrame(columns | {"temp": rng.normal(np.where(late, 40, 30)), "origin": origin})


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    log = served()
    path = tmp_path_factory.mktemp("a folder") / "new" / "february.html"
    found = monitor.dashboard(log, reference=log.iloc[:300], labels="late", rules=RULE, path=path, by="origin")
    assert found == path
    return path


class Tags(HTMLParser):
    """Every tag with its attributes; complains about what is not closed."""

    def __init__(self, text):
        super().__init__()
        self.seen, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def test_the_file_is_complete_in_itself(file):
    text = file.read_text(encoding="utf-8")
    assert re.findall(r"(?:https?:)?//[\w.]+\.\w+|@import|url\(|\ssrc=|<link", text) == []
    assert "default-src 'none'" in text


def test_every_tag_is_closed_and_every_id_is_one_of_a_kind(file):
    tags = Tags(file.read_text(encoding="utf-8"))
    ids = [attributes["id"] for _, attributes in tags.seen if "id" in attributes]
    assert tags.open == []
    assert len(ids) == len(set(ids))


def test_a_value_that_a_stranger_sent_cannot_become_a_script(file):
    tags = Tags(file.read_text(encoding="utf-8"))
    assert [tag for tag, _ in tags.seen].count("script") == 1
    assert "origin = <script>alert(1)</script>" in [each.get("data-slice") for _, each in tags.seen]


def test_each_chart_says_in_words_what_it_shows(file):
    charts = [
        each["aria-label"] for tag, each in Tags(file.read_text(encoding="utf-8")).seen if each.get("role") == "img"
    ]
    mean = next(told for told in charts if told.startswith("Predicted and observed"))
    assert "10 windows from 2013-02-01 to 2013-02-10. Predicted: lowest 0.2 on 2013-02-01, highest 0.5" in mean
    assert mean.endswith("Limits: 0.4. 1 alert.")


def test_the_alert_stands_in_words_with_its_state(file):
    text = file.read_text(encoding="utf-8")
    assert '<h2 id="a">1 open alert</h2>' in text
    assert "■ critical, open" in text
    assert "Look at the model. mean prediction was above 0.4 in 5 windows from 2013-02-06 on" in text


def test_a_log_without_rows_gives_a_page_that_says_so(tmp_path):
    path = monitor.dashboard(served().iloc[:0], path=tmp_path / "empty.html")
    assert "Nothing was asked yet" in path.read_text(encoding="utf-8")


def test_slices_by_two_features_stand_side_by_side(tmp_path):
    log = served().assign(origin="EWR", dest="LAX")
    text = monitor.dashboard(log, path=tmp_path / "two.html", by=["origin", "dest"]).read_text(encoding="utf-8")
    slices = [each["data-slice"] for _, each in Tags(text).seen if each.get("class") == "slice"]
    assert slices == ["all", "origin = EWR", "dest = LAX"]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with browser.opened(tmp_path_factory.mktemp("browser")) as page:
        yield page


def rows(page, table):
    return page.ask(f"[...document.querySelectorAll('#{table} tbody tr:not([hidden])')].map(r => r.innerText)")


@needs_browser
def test_the_filters_work_by_keyboard(page, file):
    page.resize(1280, 900)
    page.go(file.as_uri())
    assert (len(rows(page, "numbers")), len(rows(page, "alerts"))) == (10, 1)
    for _ in range(2):  # the link to the table, then the slice
        page.press("Tab")
    assert page.ask("document.activeElement.id") == "slice"
    for _ in range(2):
        page.tell("Input.dispatchKeyEvent", type="keyDown", key="ArrowDown", code="ArrowDown", windowsVirtualKeyCode=40)
    shown = page.ask("[...document.querySelectorAll('section.slice')].filter(s => !s.hidden).map(s => s.dataset.slice)")
    assert shown == ["origin = EWR"]  # after the whole, and what a stranger sent
    assert rows(page, "alerts") == []


@needs_browser
def test_a_stretch_of_time_is_shown_in_charts_tables_and_alerts(page, file):
    page.go(file.as_uri())
    page.ask("to = document.getElementById('to'); to.value = 3; to.dispatchEvent(new Event('change'))")
    assert [row[:10] for row in rows(page, "numbers")] == [f"2013-02-0{day}" for day in range(1, 5)]
    assert page.ask("document.querySelector('svg.time').getAttribute('viewBox')") == "-0.5 -4 4 108"
    assert rows(page, "alerts") == []


@needs_browser
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_screen_and_nothing_keeps_anybody_out(page, file, width):
    page.resize(width, 800, phone=width < 500)
    page.go(file.as_uri())
    assert page.ask("document.documentElement.scrollWidth") <= width
    assert page.ask("document.querySelector('#alerts td:last-child').getBoundingClientRect().right") <= width
    assert page.barriers() == []


@needs_browser
def test_without_scripts_charts_and_numbers_are_there(page, file):
    page.tell("Emulation.setScriptExecutionDisabled", value=True)
    page.go(file.as_uri())
    seen = page.ask("[...document.querySelectorAll('#filters, svg.time, #numbers')].map(e => e.offsetParent && e.id)")
    page.tell("Emulation.setScriptExecutionDisabled", value=False)
    assert seen[0] is None
    assert len(rows(page, "numbers")) == 10


def lines(times, probability):
    facts = {"status": "ok", "probability": probability, "seconds": 0.01, "features": {"temp": 30.0}}
    return "".join(json.dumps({"time": each.isoformat(), **facts}) + "\n" for each in times)


@pytest.fixture
def live(tmp_path):
    """A live page of a served model: its address and its log."""
    now = pd.Timestamp.now(tz="UTC")
    log = tmp_path / "data" / "served" / "late-flights" / f"{now:%Y-%m-%d}-1.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text(lines([now - pd.Timedelta(days=day) for day in (2, 1, 0)], 0.2))
    rules = tmp_path / "data" / "monitor" / "late-flights" / "rules.toml"
    rules.parent.mkdir(parents=True)
    rules.write_text(TOML)
    port = ports.free()
    code = f"from mlsd import monitor; monitor.run('late-flights@champion', port={port})"
    process = subprocess.Popen([sys.executable, "-c", code], env=dict(os.environ), stdout=subprocess.PIPE, text=True)
    assert f"127.0.0.1:{port}" in process.stdout.readline()
    yield f"http://127.0.0.1:{port}/", log
    process.terminate()
    process.wait(30)
    process.stdout.close()


def asked(address):
    for _ in range(200):
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=60) as answer:
                return answer.read().decode()
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


@needs_browser
def test_the_live_page_hears_of_what_is_served_and_keeps_its_filters(page, live):
    address, log = live
    asked(address)
    page.resize(1280, 900)
    page.go(address)
    assert page.ask("document.querySelector('#a').innerText") == "Alerts"
    page.ask("from = document.getElementById('from'); from.value = 1; from.dispatchEvent(new Event('change'))")
    with log.open("a") as file:
        file.write(lines([pd.Timestamp.now(tz="UTC")] * 9, 0.9))
    page.wait("document.querySelector('#a').innerText == '1 open alert'")
    assert len(rows(page, "numbers")) == 2


def test_the_live_tables_are_there_for_programs(live):
    address, _ = live
    measures = json.loads(asked(f"{address}measures.json"))
    assert [window["rows"] for window in measures] == [1, 1, 1]
    assert measures[-1]["complete"] is False
    assert json.loads(asked(f"{address}alerts.json")) == []


def test_run_writes_the_file_that_is_asked_for(tmp_path, capsys):
    log = tmp_path / "data" / "served" / "it" / "2013-02-01-1.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text(lines(pd.date_range("2013-02-01", periods=3, tz="UTC"), 0.9))
    (tmp_path / "rules.toml").write_text(TOML)
    monitor.run("it", html=tmp_path / "it.html", rules=tmp_path / "rules.toml")
    assert str(tmp_path / "it.html") in capsys.readouterr().out
    assert "1 open alert" in (tmp_path / "it.html").read_text(encoding="utf-8")


def test_what_was_never_served_cannot_be_watched():
    with pytest.raises(DataError, match="Nothing is recorded under"):
        monitor.run("absent", html="absent.html")


def test_a_file_that_is_not_there_or_of_another_kind_is_named(tmp_path):
    with pytest.raises(DataError, match=r"There is no file .*absent\.parquet"):
        monitor.run("it", reference=tmp_path / "absent.parquet")
    with pytest.raises(DataError, match=r"labels\.txt is neither Parquet nor CSV"):
        monitor.dashboard(served(), labels=tmp_path / "labels.txt", path=tmp_path / "it.html")


def test_a_taken_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServiceError, match=f"Port {port} is taken by"):
            monitor.dashboard(served(), port=port)


def test_a_rules_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match="There is no file"):
        monitor.dashboard(served(), rules=tmp_path / "absent.toml", path=tmp_path / "it.html")


def test_labels_and_reference_may_be_files(tmp_path):
    log = served(days=2)
    log[["temp"]].to_parquet(tmp_path / "reference.parquet")
    pd.DataFrame({"temp": log["temp"], "late": 1, "known_at": log["time"]}).to_csv(tmp_path / "labels.csv", index=False)
    files = {"reference": tmp_path / "reference.parquet", "labels": tmp_path / "labels.csv", "key": "temp"}
    text = monitor.dashboard(log, path=tmp_path / "it.html", **files).read_text(encoding="utf-8")
    assert "Calibration gap" in text
    assert "<b>Drift</b>" in text
