"""The shape of the two packages: who imports whom, what an import costs, what each module offers and says."""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import course
import mlsd

# Each module may import only the ones before it. A new module gets its place here.
ORDER = {
    "mlsd": [
        "errors",
        "settings",
        "logs",
        "columns",
        "ports",
        "features",
        "datasets",
        "store",
        "price_csv",
        "lake",
        "course_data",
        "sampling",
        "labels",
        "evaluate",
        "models",
        "leakage",
        "drift",
        "tuning",
        "explain",
        "compose",
        "mlflow_server",
        "tracking",
        "serve",
        "monitor",
        "factory",
        "cluster",
        "services",
        "doctor",
        "cli",
    ],
    "course": [
        *("checks", "notebooks", "runner", "report", "grading", "gradebook"),
        *("curriculum", "cohort", "quizzes", "slides", "coverage", "onboarding", "cli"),
    ],
}
# Behind the scenes, a sentence may say it all; what a lab calls has its parameters and its result in a section each.
BEHIND = {
    "mlsd.columns",
    "mlsd.ports",
    "mlsd.compose",
    "mlsd.mlflow_server",
    "mlsd.services",
    "mlsd.doctor",
    "mlsd.cli",
}
BEHIND |= {f"mlsd.leakage.{name}" for name in ("case", "encoding", "imputation", "scaling", "scoring")}
BEHIND |= {"mlsd.drift.notes"}
BEHIND |= {f"mlsd.serve.{name}" for name in ("answering", "app", "explaining", "metrics", "openapi", "page", "server")}
BEHIND |= {"mlsd.explain.trees", "mlsd.explain.lightgbm_trees", "mlsd.explain.sources"}
BEHIND |= {"mlsd.tracking.connection", "mlsd.tracking.outbox", "mlsd.tracking.registry", "mlsd.tracking.record"}
BEHIND |= {"mlsd.datasets.market", "mlsd.price_csv", "mlsd.datasets.own_csv", "mlsd.datasets.rebuild", "course"}
# Their topic is scikit-learn's, so they import it at the top.
ESTIMATORS = {"mlsd.features.encoders", "mlsd.features.frame_encoder", "mlsd.sampling.folds", "mlsd.sampling.imbalance"}
ESTIMATORS |= {"mlsd.models.", "mlsd.leakage.", "mlsd.evaluate.", "mlsd.tuning."}

PACKAGES = {"mlsd": mlsd, "course": course}
SOURCES = {name: Path(package.__file__).parent for name, package in PACKAGES.items()}


def module_names(package):
    found = pkgutil.walk_packages(PACKAGES[package].__path__, f"{package}.")
    return [package, *(module.name for module in found)]


MODULES = [name for package in PACKAGES for name in module_names(package)]


def imports(file):
    """Every module that a file names in an import, written out in full, also inside functions."""
    inside = list(file.relative_to(SOURCES["mlsd"].parent).with_suffix("").parts)
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = inside[: -node.level] if node.level else []
            base = [*base, *(node.module or "").split(".")] if node.module else base
            yield from (".".join([*base, alias.name]) for alias in node.names)


def own_imports():
    """Pairs of file and imported module, for imports of our own packages."""
    for package, folder in SOURCES.items():
        for file in sorted(folder.rglob("*.py")):
            for name in imports(file):
                if name.split(".")[0] in PACKAGES:
                    yield package, file.relative_to(folder), name.split(".")


def test_mlsd_never_imports_course():
    assert [str(file) for package, file, name in own_imports() if (package, name[0]) == ("mlsd", "course")] == []


@pytest.mark.parametrize("package", ORDER)
def test_every_module_has_a_place_in_the_order(package):
    there = {module.name for module in pkgutil.iter_modules(PACKAGES[package].__path__)}
    assert there == set(ORDER[package]), (
        f"Put it in its place in ORDER in {__file__}: it may import what stands before it."
    )


@pytest.mark.parametrize("package", ORDER)
def test_imports_run_downwards_only(package):
    order = ORDER[package]
    upwards = []
    for owner, file, name in own_imports():
        here, there = file.with_suffix("").parts[0], "".join(name[1:2])
        inside = owner == name[0] == package and here in order and there in order
        if inside and order.index(there) > order.index(here):
            upwards.append(f"{file} imports {there}")
    assert upwards == []


# Runs in a fresh interpreter: an audit hook hears of every file opened for writing, process, thread and connection.
WATCHED = """
import importlib, json, sys
DOES = {"subprocess.Popen", "os.fork", "os.posix_spawn", "os.mkdir", "os.remove", "os.rename", "socket.connect",
        "socket.bind", "_thread.start_new_thread"}
did = []

def hear(event, details):
    if event == "open" and isinstance(details[1], str) and set(details[1]) & set("wax+"):
        did.append(f"{event} {details[0]}")
    elif event in DOES:
        did.append(f"{event} {details}")

sys.addaudithook(hear)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps({"did": did, "loaded": sorted({name.split(".")[0] for name in sys.modules})}))
"""


def watched_import(folder, *names):
    command = [sys.executable, "-B", "-c", WATCHED, *names]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_nothing_heavy(tmp_path, package):
    loaded = watched_import(tmp_path, package)["loaded"]
    heavy = {
        "pandas",
        "numpy",
        "pyarrow",
        "dask",
        "distributed",
        "mlflow",
        "shap",
        "sklearn",
        "sqlalchemy",
        "matplotlib",
    }
    assert heavy & set(loaded) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_does_nothing(tmp_path, package):
    assert watched_import(tmp_path, package)["did"] == []


def test_importing_every_module_does_nothing_and_leaves_the_slow_packages_alone(tmp_path):
    seen = watched_import(tmp_path, *MODULES)
    assert seen["did"] == []
    assert {"dask", "distributed", "mlflow", "shap", "matplotlib"} & set(seen["loaded"]) == set()


def test_only_modules_about_estimators_load_scikit_learn(tmp_path):
    others = [name for name in MODULES if not any(name.startswith(module) for module in ESTIMATORS)]
    assert "sklearn" not in watched_import(tmp_path, *others)["loaded"]


def offered(module):
    """Functions and classes that a module defines under a public name."""
    for name, thing in vars(module).items():
        mine = getattr(thing, "__module__", None) == module.__name__
        if mine and not name.startswith("_") and (inspect.isroutine(thing) or inspect.isclass(thing)):
            yield name, thing


def isort_style(name):
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("name", MODULES)
def test_all_names_what_a_module_offers_in_order(name):
    module = importlib.import_module(name)
    listed = list(getattr(module, "__all__", []))
    assert listed == sorted(listed, key=isort_style)
    assert [entry for entry in listed if not hasattr(module, entry)] == []
    assert {entry for entry, _ in offered(module)} - set(listed) == set()


def documented(module_name):
    """Every public function, class and method of a module, by the name that a reader would look for."""
    for name, thing in offered(importlib.import_module(module_name)):
        yield name, thing
        if inspect.isclass(thing):
            inherited = {method for base in thing.__mro__[1:] for method in vars(base)}
            for method, function in vars(thing).items():
                if inspect.isfunction(function) and not method.startswith("_") and method not in inherited:
                    yield f"{name}.{method}", function


def functions(module_name):
    for name, thing in documented(module_name):
        if inspect.isfunction(inspect.unwrap(thing)):
            yield name, thing, inspect.cleandoc(thing.__doc__ or "")


def is_behind(module_name):
    return any(module_name == module or module_name.startswith(f"{module}.") for module in BEHIND)


def section(docstring, title):
    """The text below a NumPy heading, or None where there is no such heading."""
    found = re.search(rf"^{title}\n-+\n(.*?)(?=\n\n\w+[ \w]*\n-+\n|\Z)", docstring, re.DOTALL | re.MULTILINE)
    return found and found[1]


def parameters(function):
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    found = inspect.signature(function).parameters.values()
    return [stars.get(each.kind, "") + each.name for each in found if each.name not in ("self", "cls")]


def is_sentence(docstring):
    return inspect.cleandoc(docstring or "").split("\n\n")[0].endswith((".", ":"))


@pytest.mark.parametrize("module", MODULES)
def test_every_module_and_public_name_starts_with_a_sentence(module):
    assert is_sentence(importlib.import_module(module).__doc__)
    assert [name for name, thing in documented(module) if not is_sentence(thing.__doc__)] == []


@pytest.mark.parametrize("module", MODULES)
def test_documented_parameters_are_those_of_the_signature(module):
    differ = []
    for name, function, docstring in functions(module):
        text = section(docstring, "Parameters")
        lines = re.findall(r"^(\S[^:\n]*?)(?: :.*)?$", text or "", re.MULTILINE)
        named = [entry for line in lines for entry in line.split(", ")]
        if named != parameters(function) and not (text is None and is_behind(module)):
            differ.append((name, named, parameters(function)))
    assert differ == []


@pytest.mark.parametrize("module", [module for module in MODULES if not is_behind(module)])
def test_what_a_function_returns_is_documented(module):
    """A function without parameters may say it in its sentence: 'The folder for log files.'"""
    differ = []
    for name, function, docstring in functions(module):
        returns = inspect.signature(function).return_annotation not in (None, "None")
        said = section(docstring, "Returns") or section(docstring, "Yields")
        if parameters(function) and bool(said) != returns:
            differ.append(name)
    assert differ == []
