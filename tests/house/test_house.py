"""The house keeps its own rules: layers, a light start, what travels, what is said."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

import adjudge
from adjudge.cli.program import app
from adjudge.wiring import shipped

ROOT = Path(__file__).parents[2]
HEAVY = ("textual", "sqlmodel", "sqlalchemy", "sklearn", "alembic")


def commands():
    """List every command as the words one types."""

    def walk(command, path):
        inner = getattr(command, "commands", {})
        if not inner:
            yield path
        for name, one in inner.items():
            yield from walk(one, (*path, name))

    return sorted(walk(get_command(app), ()))


def modules(package):
    """Name every module of a package."""
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, package + "."):
        yield module.name


def in_python(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


# --- layers and imports -----------------------------------------------------------
def test_imports_only_go_downstairs():
    ran = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


_LIGHT = """
import sys
from adjudge.cli import run
code = 0
for line in sys.argv[1].splitlines():
    assert run([*line.split(), "--help"]) == 0, line
    for name in sys.argv[2].split():
        if name in sys.modules:
            print(f"adjudge {line} --help loads {name}", file=sys.stderr)
            code = 1
sys.exit(code)
"""


def test_help_of_every_command_loads_nothing_heavy():
    """A static graph cannot prove that an import is late."""
    lines = "\n".join(["", *(" ".join(path) for path in commands())])
    ran = in_python(_LIGHT, lines, " ".join(HEAVY))
    assert ran.returncode == 0, ran.stderr


_LOADS = """
import importlib, sys
for name in sys.argv[1].split():
    importlib.import_module(name)
found = [m for m in sys.argv[2].split() if m in sys.modules]
print(" ".join(found))
"""


@pytest.mark.parametrize(
    ("package", "never"),
    [
        ("adjudge.domain", "numpy scipy sklearn sqlalchemy textual rich typer"),
        ("adjudge.stats", "sklearn sqlalchemy textual rich typer pydantic"),
        ("adjudge.formats", "numpy sqlalchemy textual rich typer"),
        ("adjudge.errors", "pydantic numpy"),
    ],
)
def test_the_lower_floors_load_nothing_from_above(package, never):
    found = importlib.import_module(package)
    names = list(modules(package)) if hasattr(found, "__path__") else [package]
    ran = in_python(_LOADS, " ".join(names), never)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == ""


_SERVICES = "storage.engine.store services.work.judging services.measuring.agreement"


def test_a_command_pays_only_for_what_it_uses():
    """Tables are for migrations, and of SciPy a plain agreement needs nothing."""
    names = " ".join(f"adjudge.{name}" for name in _SERVICES.split())
    ran = in_python(
        _LOADS, names, "sqlalchemy sqlmodel alembic scipy.special scipy.sparse sklearn"
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, ""), ran.stderr


def test_line_mode_pays_for_no_screens():
    ran = in_python(_LOADS, "adjudge.tui.plain.plain", "textual")
    assert (ran.returncode, ran.stdout.strip()) == (0, ""), ran.stderr


# --- every deed asks who does it --------------------------------------------------
# What stands here decides who acts, or works before anybody can be known.
_WITHOUT_ACTOR = {
    "adjudge.services.people.people.identify",
    "adjudge.services.people.people.owner",
    "adjudge.services.people.people.with_login",
    "adjudge.services.storekeeping.init",
    "adjudge.services.storekeeping.open_store",
    "adjudge.services.storekeeping.restore",
    "adjudge.services.storekeeping.examine",
}
# Whether somebody may see their own gate depends on the queue: a test of its own.
_ASKS_LATER = {"adjudge.services.people.qualification.gate"}
# Walks over deeds, each of which asks; and the routes that deeds take inside.
_WALKS = {"demo", "crowd", "routing"}


def deeds():
    """List every public function of the services that takes a bench."""
    for name in modules("adjudge.services"):
        if name.rpartition(".")[2] in _WALKS:
            continue
        module = importlib.import_module(name)
        for called, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != name or called.startswith("_"):
                continue
            parameters = list(inspect.signature(function).parameters)
            if f"{name}.{called}" in _ASKS_LATER:
                continue
            if parameters[:1] == ["bench"] and parameters[1:2] != ["unit"]:
                yield pytest.param(function, id=f"{name}.{called}")


@pytest.mark.parametrize("deed", deeds())
def test_who_may_nothing_gets_nothing_from_any_deed(deed, sqlite_bench):
    """Default deny: a deed asks for its act before it looks at anything."""
    from adjudge.domain.people import Actor
    from adjudge.errors import NotAllowedError

    path = f"{deed.__module__}.{deed.__name__}"
    parameters = inspect.signature(deed).parameters
    if "actor" not in parameters:
        assert path in _WITHOUT_ACTOR, f"{path} asks nobody who acts"
        return
    visitor = Actor.model_construct(name="visitor", role="visitor")
    needed = {
        name: "x"
        for name, p in parameters.items()
        if p.default is p.empty and name not in {"bench", "actor"}
    }
    with pytest.raises(NotAllowedError, match="may not"):
        deed(sqlite_bench, visitor, **needed)


# --- what travels with the program ------------------------------------------------
def test_the_wheel_takes_fixtures_guidelines_and_migrations_along():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]
    wheel = build["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["src/adjudge"]
    assert wheel["force-include"] == {
        "fixtures": "adjudge/_shipped/fixtures",
        "guidelines": "adjudge/_shipped/guidelines",
    }
    versions = ROOT / "src/adjudge/storage/migrations/versions"
    assert list(versions.glob("0001*.py"))


def test_what_travels_is_found_in_a_checkout_and_when_installed(tmp_path, monkeypatch):
    assert (shipped.folder("guidelines") / "helpfulness.md").is_file()
    assert (shipped.folder("fixtures") / "sample" / "comparisons.jsonl").is_file()
    installed = tmp_path / "adjudge"
    (installed / "_shipped" / "guidelines").mkdir(parents=True)
    monkeypatch.setattr(adjudge, "__file__", str(installed / "__init__.py"))
    assert shipped.folder("guidelines") == installed / "_shipped" / "guidelines"


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == adjudge.__version__


def test_every_dependency_says_why_it_is_there():
    text = (ROOT / "pyproject.toml").read_text()
    block = text.partition("dependencies = [")[2].partition("\n]")[0]
    lines = [line for line in block.splitlines() if '"' in line]
    bare = [
        line
        for before, line in zip(
            ["", *block.splitlines()], block.splitlines(), strict=False
        )
        if '"' in line and "# " not in line and not before.strip().startswith("#")
    ]
    assert lines
    assert bare == []


# --- what the manual says -----------------------------------------------------------
def pages():
    return "\n".join(
        p.read_text(encoding="utf-8") for p in sorted((ROOT / "docs").glob("*.md"))
    )


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_the_manual_names_every_command(path):
    words = r"[ `|]+".join(map(re.escape, path))
    inner = re.escape(path[-1])
    # `db backup FILE` · `db restore FILE`, or one line with several: `list\|show`.
    several = rf"{re.escape(path[0])} [^\n]*\b{inner}\b"
    found = re.search(rf"\b{words}\b|\b{several}", pages())
    assert found is not None, f"docs/ name no `adjudge {' '.join(path)}`"


def options():
    """List every option of every command that is not on all of them."""

    def walk(command, path):
        for name, one in getattr(command, "commands", {}).items():
            yield from walk(one, (*path, name))
        for parameter in command.params:
            for flag in parameter.opts:
                if flag.startswith("--"):
                    yield flag

    return sorted(set(walk(get_command(app), ())))


@pytest.mark.parametrize("flag", options())
def test_the_manual_names_every_option(flag):
    found = re.search(rf"{re.escape(flag)}\b", pages())
    assert found is not None, f"docs/ name no option {flag}"


def test_the_manual_names_every_exit_code():
    from adjudge import errors

    codes = {0, 130} | {
        kind.exit_code
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.AdjudgeError)
    }
    manual = (ROOT / "docs/manual.md").read_text(encoding="utf-8")
    table = manual.partition("## Exit codes")[2]
    assert {int(n) for n in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == codes


def test_the_manual_names_every_setting():
    from adjudge.wiring.settings import Settings

    manual = (ROOT / "docs/manual.md").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"| `{name}` |" in manual


def test_the_manual_names_every_reason_of_exclusion_and_result_state():
    from typing import get_args

    from adjudge.domain.resolution import State

    for state in get_args(State):
        assert f"`{state}`" in pages()


def bindings():
    """List every key that some screen of the workbench shows."""
    from textual.binding import Binding

    found = {}
    for name in modules("adjudge.tui"):
        module = importlib.import_module(name)
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if not kind.__module__.startswith("adjudge.tui"):
                continue
            for binding in vars(kind).get("BINDINGS", ()):
                if isinstance(binding, Binding) and binding.description:
                    for key in binding.key.split(","):
                        found[key.strip()] = binding.description
    return found


_SIGNS = {
    "question_mark": "?", "exclamation_mark": "!", "slash": "/", "full_stop": ".",
    "comma": ",", "colon": ":", "semicolon": ";", "plus": "+", "minus": "-",
    "left_square_bracket": "[", "right_square_bracket": "]", "equals_sign": "=",
    "less_than_sign": "<", "greater_than_sign": ">", "vertical_line": "|",
    "escape": "Esc", "enter": "Enter", "tab": "Tab", "backspace": "Backspace",
    "up": "↑", "down": "↓", "left": "←", "right": "→", "home": "Home", "end": "End",
    "pageup": "PgUp", "pagedown": "PgDn", "delete": "Del", "backslash": "\\",
}  # fmt: skip


def test_the_keys_page_names_every_key():
    page = (ROOT / "docs/keys.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page))

    def is_named(key):
        sign = _SIGNS.get(key, key)
        other = sign.upper() if re.fullmatch(r"f\d+", sign) else sign
        return bool({sign, other, sign.replace("ctrl+", "^")} & named)

    missing = {key: does for key, does in bindings().items() if not is_named(key)}
    assert missing == {}
