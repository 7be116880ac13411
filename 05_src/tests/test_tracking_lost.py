"""A server that is lost and comes back, on a line that loses answers: nothing lost, nothing twice."""

import json
import shutil
import socket
import subprocess
import sys
import uuid
from collections import Counter
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsd import cli, settings, tracking
from mlsd.errors import ServiceError, WriteError
from mlsd.tracking import outbox
from mlsd.tracking import runs as tracked

from .real.broken_line import broken_line
from .real.postgres import free_port

SEARCH = SimpleNamespace(
    table=pd.DataFrame({"params": [{"C": n} for n in range(8)], "mean_test_score": [n / 8 for n in range(8)]})
)
SYNC = [sys.executable, "-m", "mlsd.cli", "tracking", "sync"]


@pytest.fixture
def line(mlflow_server, monkeypatch):
    """The way to the server; what is set as ``line.loses`` gets lost."""
    with broken_line(mlflow_server) as line:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", line.address)
        yield line


@pytest.fixture
def name():
    """An experiment and a model that no other test uses."""
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def client(mlflow_server):
    """The server itself, seen past the line."""
    from mlflow import MlflowClient

    return MlflowClient(mlflow_server, registry_uri=mlflow_server)


def everything(path):
    return True


def after(number, *, only=""):
    """Loses every answer but the first few."""
    left = iter(range(number))
    return lambda path: only in path and next(left, None) is None


def once_each(*paths):
    """Loses the first answer of each kind of request."""
    left = set(paths)

    def loses(path):
        kind = next((each for each in left if path.partition("?")[0].endswith(each)), None)
        left.discard(kind)
        return kind is not None

    return loses, left


def model():
    return LogisticRegression().fit([[0], [1]], [0, 1])


def runs(client, name):
    return client.search_runs([client.get_experiment_by_name(name).experiment_id])


def assert_search_is_whole(client, name):
    found = [run for run in runs(client, name) if "mlflow.parentRunId" in run.data.tags]
    (parent,) = (run for run in runs(client, name) if "mlflow.parentRunId" not in run.data.tags)
    logged = {run.data.params["C"]: run.data.metrics for run in found}
    assert Counter(run.info.status for run in [parent, *found]) == {"FINISHED": 9}
    assert logged == {str(n): {"mean_test_score": n / 8} for n in range(8)}
    assert {run.data.tags["mlflow.parentRunId"] for run in found} == {parent.info.run_id}
    assert {len(client.get_metric_history(run.info.run_id, "mean_test_score")) for run in found} == {1}


def assert_one_of_everything(client, name, run_id):
    run = client.get_run(run_id)
    assert [each.info.run_id for each in runs(client, name)] == [run_id]
    assert (run.info.status, run.data.params["C"], run.data.metrics) == ("FINISHED", "1", {"loss": 0.5})
    assert len(client.get_metric_history(run_id, "loss")) == len(run.inputs.dataset_inputs) == 1
    assert sorted(file.path for file in client.list_artifacts(run_id)) == ["model", "note.txt"]
    (version,) = client.search_model_versions(f"name = '{name}'")
    assert (version.run_id, client.get_model_version_by_alias(name, "best").version) == (run_id, version.version)


def log_everything(run, name, folder):
    (folder / "note.txt").write_text("kept")
    run.log_params({"C": 1})
    run.log_metrics({"loss": 0.5}, step=1)
    run.log_data(SEARCH.table[["mean_test_score"]], "toy")
    run.log_file(folder / "note.txt")
    (folder / "note.txt").unlink()
    return run.register(model(), name, alias="best")


def lose_a_run(line, name, **params):
    """A run that the server knows, of which it does not hear the end."""
    line.loses = lambda path: False
    with tracking.run(name) as run:
        line.loses = everything
        run.log_params({"C": 1} | params)
    line.loses = lambda path: False
    return run


@pytest.mark.parametrize("step", ["registered-models/create", "model-versions/create", "registered-models/alias"])
def test_an_answer_that_is_lost_once_makes_nothing_twice(step, line, client, name, tmp_path):
    others = ["experiments/create", "runs/create", "log-batch", "log-inputs", "note.txt", "MLmodel", "runs/update"]
    line.loses, left = once_each(step, *others)
    with tracking.run(name) as run:
        assert log_everything(run, name, tmp_path) == 1
    assert (left, tracking.waiting()) == (set(), [])
    assert_one_of_everything(client, name, run.run_id)


@pytest.mark.parametrize("number", [0, 1, 4, 9])
def test_all_that_follows_a_lost_server_is_kept_and_sent_once(number, line, client, name, tmp_path):
    with tracking.run(name) as run:
        line.loses = after(number)
        version = log_everything(run, name, tmp_path)
    assert (len(tracking.waiting()), version) == (1, None)
    line.loses = lambda path: False
    assert (tracking.sync().runs, tracking.waiting()) == (1, [])
    assert_one_of_everything(client, name, run.run_id)
    assert list(outbox.outbox().iterdir()) == [outbox.outbox() / "sync.lock"]


@pytest.mark.parametrize("number", [3, 12, 20])
def test_a_search_in_which_the_server_is_lost_is_whole_after_a_sync(number, line, client, name):
    with tracking.run(name) as run:
        line.loses = after(number)
        run.log_search(SEARCH)
    line.loses = lambda path: False
    assert tracking.sync().left == 0
    assert_search_is_whole(client, name)


def test_a_sync_that_is_interrupted_again_and_again_comes_to_an_end(line, client, name):
    with tracking.run(name) as run:
        line.loses = after(5)
        run.log_search(SEARCH)
    for _ in range(50):
        line.loses = after(9)
        try:
            if tracking.sync().left == 0:
                break
        except ServiceError:
            pass
    assert tracking.waiting() == []
    assert_search_is_whole(client, name)


def test_a_second_sync_sends_nothing(line, name):
    lose_a_run(line, name)
    tracking.sync()
    line.asked.clear()
    assert (tracking.sync(), line.asked) == (tracking.Synced(), [])


def test_a_run_whose_server_is_back_at_its_end_is_sent_then(line, client, name):
    with tracking.run(name) as run:
        line.loses = everything
        run.log_params({"C": 1})
        line.loses = lambda path: False
    assert tracking.waiting() == []
    assert client.get_run(run.run_id).info.status == "FINISHED"


def test_a_run_that_begins_without_the_server_gets_its_id_later(line, client, name):
    lose_a_run(line, name)
    line.loses = everything
    with tracking.run(name) as run:
        run.log_metrics({"loss": 0.5})
    key, line.loses = run.run_id, lambda path: False
    sent = tracking.sync()
    assert sent.runs == 2
    assert client.get_run(sent.ids[key]).data.metrics == {"loss": 0.5}


def test_the_lost_server_is_named_once_with_what_to_do(line, name, caplog):
    lose_a_run(line, name)
    (record,) = (record for record in caplog.records if record.name == "mlsd.tracking.runs")
    assert f"The MLflow server at {line.address} is gone" in record.message
    assert "`mlsd tracking sync` sends what is missing" in record.message


@pytest.mark.parametrize("listens", [False, True])
def test_a_server_that_never_answered_stops_the_work_before_it_begins(listens, name, monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listens:
            silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address.replace("//", "//me:secret@"))
        with pytest.raises(ServiceError, match=rf"at {address} \(waited at most 2 seconds\)(?s:.*)`mlsd up`"):
            tracking.Run(name)
        with pytest.raises(ServiceError, match="No MLflow server answers"):
            tracking.load("any@alias")
    assert tracking.waiting() == []


def test_an_outbox_that_cannot_be_written_says_so(line, name):
    settings.data_dir().mkdir()
    outbox.outbox().write_text("in the way")
    with pytest.raises(WriteError, match=r"server is lost, and .+ cannot be written: File exists(?s:.*)is not kept"):
        lose_a_run(line, name)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk needs /dev/full")
def test_a_full_disk_says_so(line, client, name):
    run = tracking.Run(name)
    outbox.outbox().mkdir(parents=True)
    (outbox.outbox() / f"{client.get_run(run.run_id).data.tags['mlsd.root']}.jsonl").symlink_to("/dev/full")
    line.loses = everything
    with pytest.raises(WriteError, match=r"No space left on device(?s:.*)Free disk space"):
        run.log_params({"C": 1})


def test_a_line_that_was_cut_costs_no_other(line, client, name):
    run = lose_a_run(line, name)
    (file,) = tracking.waiting()
    file.write_text(file.read_text() + '\n{"kind": "batch", "run": "' + "\n" + file.read_text() + '\n{"kind"')
    assert tracking.sync().problems == []
    assert client.get_run(run.run_id).info.status == "FINISHED"


def test_no_line_is_lost_when_its_file_is_taken_away(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSD_DATA_DIR", str(tmp_path))
    operations = [{"kind": "end", "root": "r", "run": "r", "number": number} for number in range(500)]
    writer = Thread(target=lambda: [outbox.keep(each) for each in operations])
    writer.start()
    taken, file = 0, outbox.outbox() / "r.jsonl"
    while writer.is_alive():
        if file.exists():
            file.replace(tmp_path / f"{taken}.taken")
            taken += 1
    writer.join()
    files = [*tmp_path.glob("*.taken"), *tracking.waiting()]
    seen = Counter(json.loads(line)["number"] for each in files for line in each.read_text().split("\n") if line)
    assert set(seen) == set(range(500))


def test_a_password_is_never_written_down(line, client, name, monkeypatch, caplog):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", line.address.replace("//", "//me:pass-word@"))
    with tracking.run(name) as run:
        line.loses = everything
        log_everything(run, name, settings.data_dir().parent)
    kept = [file.read_bytes() for file in settings.data_dir().rglob("*") if file.is_file()]
    assert [b"pass-word" in text for text in kept] == [False] * len(kept)
    assert "pass-word" not in caplog.text
    line.loses = lambda path: False
    assert tracking.sync().runs == 1
    assert_one_of_everything(client, name, run.run_id)


def test_what_waits_for_another_server_is_left_alone(line, mlflow_server, name, monkeypatch):
    lose_a_run(line, name)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    assert (tracking.sync().left, len(tracking.waiting())) == (1, 1)


def test_two_syncs_at_once_do_not_meet(line, client, name):
    run = lose_a_run(line, name)
    is_at_work, may_go_on = Event(), Event()
    line.loses = lambda path: "log-batch" in path and (is_at_work.set() or not may_go_on.wait(60))
    first = subprocess.Popen(SYNC, stdout=subprocess.PIPE, text=True)
    try:
        assert is_at_work.wait(60)
        with pytest.raises(WriteError, match=r"Another `mlsd tracking sync` is at work(?s:.*)Wait"):
            tracking.sync()
    finally:
        may_go_on.set()
        output, _ = first.communicate(timeout=60)
    assert (first.returncode, "1 runs are whole now" in output) == (0, True)
    assert client.get_run(run.run_id).data.params == {"C": "1"}


def test_a_sync_that_is_killed_is_taken_up_by_the_next(line, client, name):
    with tracking.run(name) as run:
        line.loses = everything
        run.log_search(SEARCH)
    is_at_work, may_go_on = Event(), Event()
    lost = after(11)
    line.loses = lambda path: lost(path) and (is_at_work.set() or not may_go_on.wait(60))
    first = subprocess.Popen(SYNC, stdout=subprocess.DEVNULL)
    try:
        assert is_at_work.wait(60)
    finally:
        first.kill()
        first.wait()
        may_go_on.set()
    assert [file.suffix for file in tracking.waiting()] == [".sending"]
    line.loses = lambda path: False
    assert (tracking.sync().runs, tracking.waiting()) == (9, [])
    assert_search_is_whole(client, name)


def test_what_mlflow_refuses_is_put_aside_and_the_rest_is_sent(line, client, name, capsys):
    with tracking.run(name) as run:
        client.log_param(run.run_id, "C", 2)
        line.loses = everything
        run.log_params({"C": 1})
    line.loses = lambda path: False
    assert cli.main(["tracking", "sync"]) == 1
    told = capsys.readouterr()
    assert "MLflow refused: batch of run" in told.err
    assert "Changing param values is not allowed" in told.err
    assert client.get_run(run.run_id).info.status == "FINISHED"
    (refused,) = outbox.outbox().glob("*.refused")
    assert json.loads(refused.read_text())["params"] == {"C": "1"}


def test_the_command_says_what_it_sent_and_what_is_left(line, name, capsys):
    assert cli.main(["tracking", "sync"]) == 0
    assert capsys.readouterr().out == "Nothing waits to be sent.\n"
    lose_a_run(line, name)
    assert cli.main(["tracking", "sync"]) == 0
    assert "1 runs are whole now, 2 operations sent.\n" in capsys.readouterr().out


def test_the_command_without_a_server_names_the_one_that_starts_it(line, name, capsys, monkeypatch):
    lose_a_run(line, name)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    assert cli.main(["tracking", "sync"]) == 2
    assert "Start it with `mlsd up`" in capsys.readouterr().err


def test_files_are_kept_even_if_their_owner_deletes_them(line, client, name, tmp_path):
    folder = tmp_path / "my folder"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    with tracking.run(name) as run:
        line.loses = everything
        run.log_file(folder, to="all")
        shutil.rmtree(folder)
    line.loses = lambda path: False
    tracking.sync()
    assert Path(client.download_artifacts(run.run_id, "all/a.txt")).read_text() == "a"


def test_what_waits_is_sent_in_the_order_of_its_runs():
    roots = [tracked._Line("order").root for _ in range(20)]
    assert roots == sorted(roots)
    outbox.outbox().mkdir(parents=True)
    for name in ("b.jsonl", "a.jsonl", "a.sending", "c.sending"):
        (outbox.outbox() / name).touch()
    assert [file.name for file in tracking.waiting()] == ["a.sending", "a.jsonl", "b.jsonl", "c.sending"]
