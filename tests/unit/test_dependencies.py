"""The rules of dependency: a package imports only what is below it, and folders stay small enough to be searched."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
FLOORS = (
    *(
        "cli",
        "commands",
        "lab",
        "incidents",
        "timers",
        "mail",
        "report",
        "hardening",
        "history",
        "results",
        "content",
        "compromise",
        "audit",
    ),
    *(
        "indicators",
        "vulnerabilities",
        "feeds",
        "fleet",
        "inventory",
        "web",
        "scans",
        "facts",
        "text",
        "system",
        "errors",
        "models",
    ),
)
"""From the top: each imports itself and what comes after it. ``docs/architecture.md`` tells what each is for."""
ONLY = {"lab": ("commands", "lab")}
"""What only these import."""
SENT_ALONG = {"auditor.text.redact", "auditor.text.secret_spans"}
"""What programs on hosts import of the controller's, because it is sent with them: evidence loses its secrets there."""
MOST_MODULES, MOST_LINES = 15, 550


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Line and full name of whatever of ours a module imports, inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)


def floor(name: str) -> int | None:
    """The floor that a module's full name is on; None when it is no package of ours."""
    parts = name.split(".")
    return FLOORS.index(parts[1]) if parts[0] == "auditor" and len(parts) > 1 and parts[1] in FLOORS else None


def wrong(name: str, source: str) -> Iterator[str]:
    """Imports of a module (by its full name) that run upward, or reach what is not for it."""
    here = floor(name)
    for line, other in imported(source):
        there = floor(other)
        if here is None or there is None:
            continue
        package = FLOORS[there]
        if there < here or FLOORS[here] not in ONLY.get(package, FLOORS):
            yield f"{name.replace('.', '/')}.py:{line} imports {other}, and {FLOORS[here]} is below {package} or not for it"


def modules() -> Iterable[tuple[str, Path]]:
    for path in sorted((TOP / "auditor").rglob("*.py")):
        yield ".".join(path.relative_to(TOP).with_suffix("").parts), path


def test_every_package_has_its_floor() -> None:
    names = {
        path.stem for path in (TOP / "auditor").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert names - {"__init__"} == set(FLOORS)


def test_nothing_imports_upward() -> None:
    assert [problem for name, path in modules() for problem in wrong(name, path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "name, source",
    [
        ("auditor.text.translations", "from auditor.report import files"),
        ("auditor.models.base", "def late():\n    import auditor.history.runs"),
        ("auditor.report.files", "from auditor import lab"),
        ("auditor.facts.web.nginx", "from auditor.fleet.runner import play"),
    ],
)
def test_an_import_that_runs_upward_is_named(name: str, source: str) -> None:
    (problem,) = wrong(name, source)
    assert problem.startswith(name.replace(".", "/"))


def test_hosts_programs_import_nothing_of_the_controller() -> None:
    paths = [path for top in ("on_host", "roles", "playbooks") for path in sorted((TOP / top).rglob("*.py"))]
    assert len(paths) > 100
    assert [
        f"{path.relative_to(TOP)}:{line}"
        for path in paths
        for line, name in imported(path.read_text("utf-8"))
        if name.partition(".")[0] == "auditor" and name not in SENT_ALONG
    ] == []


def test_folders_and_modules_stay_small() -> None:
    folders: dict[str, int] = {}
    for name, path in modules():
        if path.stem != "__init__":
            folders[name.rpartition(".")[0]] = folders.get(name.rpartition(".")[0], 0) + 1
    assert {folder: count for folder, count in folders.items() if count > MOST_MODULES} == {}
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in modules()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


MOST_IMPORTS_IN_FUNCTIONS = 26
"""Each has a reason on its line: what few need and is slow to load, or comes while hosts answer."""


def imports_in_functions(path: Path) -> Iterator[str]:
    """Each import that waits for a function to be called, as ``path:line: text``."""
    source = path.read_text("utf-8")
    lines = source.splitlines()
    functions = (
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    inside = {
        inner.lineno for node in functions for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)
    }
    yield from (f"{path.relative_to(TOP)}:{line}: {lines[line - 1].strip()}" for line in sorted(inside))


def test_modules_import_at_the_top_but_for_a_few_with_a_reason() -> None:
    found = [
        text
        for top in ("auditor", "on_host", "roles", "playbooks", "tools")
        for path in sorted((TOP / top).rglob("*.py"))
        for text in imports_in_functions(path)
    ]
    assert [text for text in found if not text.partition("# noqa: PLC0415  ")[2]] == []
    assert len(found) <= MOST_IMPORTS_IN_FUNCTIONS, found


def test_an_import_in_a_function_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "TOP", tmp_path)
    (tmp_path / "a.py").write_text("import os\n\ndef f():\n    def g():\n        import re\n", "utf-8")
    assert list(imports_in_functions(tmp_path / "a.py")) == ["a.py:5: import re"]


# --- on hosts ---------------------------------------------------------------------------------------------------

PACKAGES_ON_HOSTS = (
    ("luytre_contain", "luytre_evidence", "luytre_guard", "luytre_hunt"),
    ("luytre_change",),
    ("luytre",),
    ("luytre_shared",),
)
"""From the top: each imports itself and what comes after its floor. Programs and Ansible's modules stand above them all."""
FOLDERS_ON_HOSTS = {
    "luytre_contain": (("sites",), ("databases",)),
    "luytre_hunt": (("starts", "running"),),
    "luytre_guard": (("",), ("rollback_point",), ("changes",), ("daemons",), ("files",), ("os",)),
    "luytre": (
        *(("on_demand",), ("access", "system", "web")),
        *(("logins",), ("daemons",), ("web_servers",), ("sites",), ("os",), ("parsers",)),
    ),
    "luytre_shared": (
        *(("applications",), ("databases",), ("incidents",)),
        *(("access",), ("os",), ("files",), ("parsers",)),
    ),
}
"""The folders of a package, from the top; decision 87 tells what each is for."""
MOST_LINES_ON_HOSTS = 450


def floor_on_hosts(name: str) -> tuple[int, int, str] | None:
    """The floor of a module's package and of its folder, and the package; None for what is not of ours."""
    package, *rest = name.removeprefix("ansible.module_utils.").split(".")
    floors = [number for number, names in enumerate(PACKAGES_ON_HOSTS) if package in names]
    if not floors:
        return None
    folders = FOLDERS_ON_HOSTS.get(package, ())
    within = next((number for number, names in enumerate(folders) if rest and rest[0] in names), 0)
    return floors[0], within, package


def wrong_on_hosts(name: str, source: str) -> Iterator[str]:
    """Imports of a host's module (by its full name) that run upward, or aside to another package."""
    here = floor_on_hosts(name)
    assert here is not None
    for line, other in imported(source):
        there = floor_on_hosts(other) if other.startswith("ansible.module_utils.luytre") else here
        if (
            there is None
            or there[0] < here[0]
            or (there[0] == here[0] and there[2] != here[2])
            or (there[2] == here[2] and there[1] < here[1])
        ):
            yield f"{name}:{line} imports {other}"


def modules_on_hosts() -> Iterator[tuple[str, Path]]:
    for folder in sorted((TOP / "on_host").glob("*/module_utils")):
        for path in sorted(folder.rglob("*.py")):
            yield ".".join(path.relative_to(folder).with_suffix("").parts), path


def test_every_folder_on_hosts_has_its_floor() -> None:
    found: dict[str, set[str]] = {}
    for name, _path in modules_on_hosts():
        package, *rest = name.split(".")
        found.setdefault(package, set()).update(rest[:1] if len(rest) > 1 else [])
    named = {
        package: {name for names in folders for name in names} - {""} for package, folders in FOLDERS_ON_HOSTS.items()
    }
    assert {package: folders for package, folders in found.items() if folders} == named
    assert set(found) == {package for packages in PACKAGES_ON_HOSTS for package in packages}


def test_nothing_on_hosts_imports_upward() -> None:
    assert [p for name, path in modules_on_hosts() for p in wrong_on_hosts(name, path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "name, other",
    [
        ("luytre_shared.databases.site_database", "luytre.web"),
        ("luytre_shared.files.safe_open", "luytre_shared.os"),
        ("luytre.sites.visitor_bans", "luytre.web"),
        ("luytre_guard.files.store", "luytre_guard.rollback_point"),
        ("luytre_hunt.places", "luytre_contain.sites"),
        ("luytre_change.transaction", "luytre_nginx"),
    ],
)
def test_an_import_on_hosts_that_runs_upward_is_named(name: str, other: str) -> None:
    (problem,) = wrong_on_hosts(name, f"from ansible.module_utils.{other} import x")
    assert problem.startswith(name)


def test_folders_and_modules_on_hosts_stay_small() -> None:
    paths = [path for top in ("on_host", "roles", "playbooks") for path in sorted((TOP / top).rglob("*.py"))]
    folders: dict[Path, int] = {}
    for path in paths:
        if path.stem != "__init__":
            folders[path.parent] = folders.get(path.parent, 0) + 1
    assert {str(folder): count for folder, count in folders.items() if count > MOST_MODULES} == {}
    lines = {str(path.relative_to(TOP)): len(path.read_text("utf-8").splitlines()) for path in paths}
    assert {name: count for name, count in lines.items() if count > MOST_LINES_ON_HOSTS} == {}


def test_no_helper_on_hosts_is_told_by_an_underscore_and_no_file_is_a_link() -> None:
    paths = [path for top in ("on_host", "roles", "playbooks") for path in sorted((TOP / top).rglob("*"))]
    assert [str(path) for path in paths if path.is_symlink()] == []
    assert [
        str(path) for path in paths if path.suffix == ".py" and path.stem.startswith("_") and path.stem != "__init__"
    ] == []


def test_an_audit_loads_nothing_of_what_contains_visits_or_prints_forms() -> None:
    """Every nightly audit of every host pays for it."""
    heavy = ("httpx", "docx", "cryptography", "fontTools", "lxml", "pygments", "auditor.content", "auditor.mail")
    code = (
        "import sys, auditor.commands.audit, auditor.commands.audit_results, auditor.audit.run;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
