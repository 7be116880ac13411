"""The files around the packages: links lead somewhere, commands exist, settings agree, and no machine shows through."""

import json
import os
import re
import shutil
import subprocess
import sys
from urllib.parse import unquote

import pytest
import yaml

from mlsd import settings

ROOT = settings.root()
SET_BY_UP = {"PWD", "MLSD_PYTHON"}  # `mlsd up` works these out and passes them to compose
READERS_FILES = ["README.md", "SETUP.md"]


def repository_files():
    """What git keeps or would keep. The setting lets the tests run as another user than the checkout's owner."""
    listing = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True, encoding="utf-8").stdout
    return sorted({ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()})


FILES = repository_files()
MARKDOWN = [file for file in FILES if file.suffix == ".md"]


def short(file):
    return file.relative_to(ROOT).as_posix()


def text_of(*names):
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in names)


def as_yaml(file):
    return yaml.safe_load(file.read_text(encoding="utf-8"))


# Machines and people ---------------------------------------------------------------------------------------------

PRIVATE = rb"\.\./shared|(?<![\w.~*-])/(?:root|work|home/\w+|Users/\w+)/\w|[A-Z]:\\Users\\\w"


def test_no_file_names_a_folder_of_somebodys_machine():
    made_up = (ROOT / "05_src" / "tests" / "cases").glob("grading_*.py")  # strangers' paths, as learners write them
    found = {short(file): re.search(PRIVATE, file.read_bytes()) for file in set(FILES) - set(made_up)}
    assert {name: hit[0] for name, hit in found.items() if hit} == {}


def test_the_lock_names_no_index_and_no_host():
    assert re.findall(r".*(?:https?:|file:|--index|--extra|--find|-i ).*", text_of("05_src/requirements.txt")) == []


def test_every_line_of_the_lock_is_pinned_and_hashed():
    lines = [line for line in text_of("05_src/requirements.txt").replace("\\\n", " ").splitlines() if line.strip()]
    pins = [line for line in lines if not line.lstrip().startswith("#")]
    assert len(pins) > 50
    assert [line for line in pins if not re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []


# Settings --------------------------------------------------------------------------------------------------------


def test_env_example_names_what_settings_and_compose_read():
    named = re.findall(r"^(?:# ?)?([A-Z][A-Z_]+)=", text_of(".env.example"), re.MULTILINE)
    in_settings = re.findall(r"^([A-Z][A-Z_]+)  +\S", settings.__doc__ or "", re.MULTILINE)
    in_compose = set(re.findall(r"\$\{([A-Z_]+)", text_of("docker-compose.yml"))) - SET_BY_UP
    assert sorted(named) == sorted({*in_settings, *in_compose, "COMPOSE_PROFILES"})  # Compose's own


def test_env_example_holds_no_password():
    assert re.findall(r"^[A-Z_]*(?:PASSWORD|TOKEN|SECRET)[A-Z_]*=(.+)", text_of(".env.example"), re.MULTILINE) == []


def test_a_test_has_its_own_folders_and_reads_a_dotenv_file_only_below_its_own_root(tmp_path, monkeypatch):
    assert (settings.data_dir(), settings.log_dir()) == (tmp_path / "data", tmp_path / "logs")
    monkeypatch.setattr(settings, "root", lambda: tmp_path)
    (tmp_path / ".env").write_text("LOG_LEVEL=DEBUG\n")
    assert settings.log_level() == "DEBUG"


# Links -----------------------------------------------------------------------------------------------------------


def prose(file):
    """Markdown without its code, where brackets mean something else."""
    text = re.sub(r"^(```|~~~).*?^\1", "", file.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "`code`", text)


def links(file):
    for alt, target in re.findall(r"\[((?:!\[[^\]]*\]\([^)]*\)|[^\[\]])*)\]\(<?([^)>\s]+)>?[^)]*\)", prose(file)):
        yield from (inner for inner in re.findall(r"!\[[^\]]*\]\(([^)\s]+)", alt))
        yield target
    yield from re.findall(r"<(?:a|img)\b[^>]*?(?:href|src)=[\"']([^\"']+)", prose(file))


def headings(file):
    titles = re.findall(
        r"^#+ +(.+?) *#*$", re.sub(r"^```.*?^```", "", file.read_text(encoding="utf-8"), flags=re.M | re.S), re.M
    )
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("file", MARKDOWN, ids=short)
def test_every_relative_link_leads_somewhere(file):
    broken = []
    for link in links(file):
        target, _, anchor = unquote(link).partition("#")
        there = file.parent / target if target else file
        outside = re.match(r"[a-z][a-z0-9+.-]*:", link)
        if not outside and not (there.exists() and (not anchor or there.suffix != ".md" or anchor in headings(there))):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("file", MARKDOWN, ids=short)
def test_every_image_has_alt_text(file):
    bare = re.findall(r"!\[\s*\]\([^)]*\)", prose(file))
    bare += [tag for tag in re.findall(r"<img\b[^>]*>", prose(file)) if not re.search(r"alt=[\"'][^\"']+", tag)]
    assert bare == []


# Commands --------------------------------------------------------------------------------------------------------


def make_targets():
    return set(re.findall(r"^([a-z]+):.*## ", text_of("Makefile"), re.MULTILINE))


def help_of(*command):
    module = f"{command[0]}.cli"
    code = f"import sys; sys.argv = {[*command, '--help']!r}; from {module} import main; sys.exit(main())"
    wide = os.environ | {"COLUMNS": "200", "PYTHONUTF8": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=wide, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands_of(program):
    """The commands that a program's help lists, each with its line of help."""
    return dict(re.findall(r"^ {2,6}([a-z][a-z-]+)(?:(?: {2,}|\n {10,})(\S.*))?$", help_of(program), re.MULTILINE))


@pytest.mark.parametrize("program", ["mlsd", "course"])
def test_every_command_has_help_and_a_place_in_the_readers_files(program):
    commands = commands_of(program)
    assert commands
    assert [command for command, line in commands.items() if not line or len(help_of(program, command)) < 60] == []
    told = text_of(*READERS_FILES)
    assert [command for command in commands if not re.search(rf"\b{program} {command}\b", told)] == []


def run_lines():
    """Each line that a workflow, .ci/run or a commit hook runs."""
    for file in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        for job in as_yaml(file)["jobs"].values():
            yield from (line for step in job["steps"] for line in step.get("run", "").splitlines())
    yield from text_of(".ci/run").splitlines()
    for hook in as_yaml(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]:
        yield hook["entry"]


def test_the_commands_that_machines_run_exist():
    lines = "\n".join(run_lines())
    assert set(re.findall(r"\bmake ([a-z]+)", lines)) == {"labs", "lint", "setup", "test"}
    assert {"labs", "lint", "setup", "test"} <= make_targets()
    assert set(re.findall(r"\bcourse ([a-z]+)", lines)) <= set(commands_of("course"))


def test_ci_keeps_the_report_from_where_labs_writes_it():
    kept = set(re.findall(r"path: 05_src/logs/(\S+)/", text_of(".github/workflows/ci.yml")))
    assert kept == set(re.findall(r'log_dir\(\) / "([\w-]+)"', text_of("05_src/course/cli.py")))


def test_the_lines_for_windows_are_those_of_the_setup_page():
    windows = [line for line in run_lines() if line.startswith((".venv\\", "python -m venv"))]
    assert len(windows) > 5
    assert [line for line in windows if line not in text_of("SETUP.md")] == []


def test_the_readme_shows_the_two_commands_and_ci_runs_them():
    assert set(re.findall(r"make (?:labs|test)\b", text_of("README.md"))) == {"make labs", "make test"}
    assert "make test" in text_of(".ci/run")
    assert os.name == "nt" or os.access(ROOT / ".ci" / "run", os.X_OK)


# Workflows and forms ---------------------------------------------------------------------------------------------

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
COMMENTS = ROOT / ".github" / "workflows" / "assignment-comment.yml"
FORMS = sorted(set((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")) - {ROOT / ".github/ISSUE_TEMPLATE/config.yml"})


@pytest.mark.parametrize("file", [file for file in FILES if file.suffix in {".yml", ".yaml"}], ids=short)
def test_every_yaml_file_can_be_read(file):
    assert isinstance(as_yaml(file), dict)


# What actions/github-script hands to a script, with a pull request 7 that has no comment at first and ours afterwards.
FAKE_GITHUB = """
const said = [];
const rest = {
  pulls: { list: "pulls" },
  issues: {
    listComments: "comments",
    createComment: (it) => {
      said.push({ id: 99, body: it.body, user: { type: "Bot" } });
      tell("create", it.issue_number, it);
    },
    updateComment: (it) => tell("update", it.comment_id, it),
  },
};
const tell = (did, at, it) => console.log(JSON.stringify({ did, at, body: it.body }));
const open = [{ number: 3, head: { sha: "b" } }, { number: 7, head: { sha: "a" } }];
const github = { rest, paginate: async (what) => what === "pulls" ? open : said };
const context = { payload: { workflow_run: { head_sha: "a" } }, repo: { owner: "o", repo: "r" } };
const core = { info: () => {} };
const script = async () => { SCRIPT };
script().then(script);
"""


@pytest.mark.parametrize("file", WORKFLOWS, ids=short)
def test_workflows_only_read_and_use_actions_by_their_major_version(file):
    used = re.findall(r"uses: (\S+)", file.read_text(encoding="utf-8"))
    assert file == COMMENTS or as_yaml(file)["permissions"] == {"contents": "read"}
    assert [action for action in used if not re.fullmatch(r"actions/[a-z-]+@v\d+", action)] == []


def test_what_may_write_comments_checks_nothing_out_and_runs_nothing():
    (job,) = as_yaml(COMMENTS)["jobs"].values()
    assert as_yaml(COMMENTS)["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert [step["uses"].split("@")[0] for step in job["steps"]] == [
        "actions/download-artifact",
        "actions/github-script",
    ]
    assert not any("run" in step for step in job["steps"])


def test_what_runs_a_strangers_notebook_has_the_organisations_code_and_no_rights():
    text = text_of(".github/workflows/assignment-run.yml")
    assert "ref: ${{ github.event.pull_request.base.sha }}" in text
    assert "persist-credentials: false" in text
    assert "secrets." not in text
    assert "course check --boxed" in text


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node here: install it to run the comment's script")
def test_the_comment_is_one_a_pull_request_short_enough_and_harmless(tmp_path):
    (tmp_path / "comment").mkdir()
    hostile = "```\n@everyone <img src=x> [x](y) \u202e\x1b[31m\n" + "x\n" * 200_000
    (tmp_path / "comment" / "comment.txt").write_text(hostile, encoding="utf-8")
    script = as_yaml(COMMENTS)["jobs"]["comment"]["steps"][-1]["with"]["script"]
    (tmp_path / "run.js").write_text(FAKE_GITHUB.replace("SCRIPT", script), encoding="utf-8")
    done = subprocess.run(["node", "run.js"], cwd=tmp_path, capture_output=True, text=True, check=True)
    calls = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(call["did"], call["at"]) for call in calls] == [("create", 7), ("update", 99)]
    assert all(len(call["body"].encode()) < 64_000 for call in calls)
    assert all(line.startswith("    ") for line in calls[0]["body"].splitlines()[3:])
    assert not re.search(r"[\u202e\x1b]", calls[0]["body"])


def test_ci_covers_three_systems_and_the_oldest_and_newest_python():
    jobs = as_yaml(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]
    systems = {os for job in jobs.values() for os in [job["runs-on"], *job["strategy"]["matrix"].get("os", [])]}
    lowest, above = re.search(r">=(3\.\d+),<3\.(\d+)", text_of("pyproject.toml")).groups()
    assert {"ubuntu-latest", "macos-latest", "windows-latest"} <= systems
    assert {tuple(job["strategy"]["matrix"]["python"]) for job in jobs.values()} == {(lowest, f"3.{int(above) - 1}")}


@pytest.mark.parametrize("form", FORMS, ids=short)
def test_issue_forms_have_what_github_asks_for(form):
    content = as_yaml(form)
    questions = [part for part in content["body"] if part["type"] != "markdown"]
    assert {"name", "description", "body"} <= set(content)
    assert all(part["attributes"]["label"] for part in questions)
    assert len({part["id"] for part in questions}) == len(questions)


def test_a_blank_issue_is_not_offered_and_help_asks_for_the_doctors_words():
    assert as_yaml(ROOT / ".github/ISSUE_TEMPLATE/config.yml")["blank_issues_enabled"] is False
    assert "mlsd doctor" in text_of(".github/ISSUE_TEMPLATE/setup_help.yml")


def test_the_commit_hooks_need_no_download():
    repos = as_yaml(ROOT / ".pre-commit-config.yaml")["repos"]
    assert {repo["repo"] for repo in repos} == {"local"}
    assert {hook["language"] for repo in repos for hook in repo["hooks"]} == {"system"}
