"""What programs that Ansible does not start take along: all that they import of ours, and nothing else."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from auditor.fleet import ssh_exec
from auditor.system import resources

ON_HOST = resources.get_resources_folder() / "on_host"
PROGRAMS = [ON_HOST / "evidence/evidence.py", *sorted((ON_HOST / "contain").glob("*/*.py"))]
PROGRAMS = [program for program in PROGRAMS if "module_utils" not in program.parts]
ONLY_THIS = """
import sys
sys.path.insert(0, sys.argv[1])
import asked
print(*sorted(name for name in sys.modules if "luytre" in name or name.startswith("auditor.")))
"""


def imported(source: str) -> set[str]:
    """Modules and what is imported of them, by Python's own parser."""
    return {
        f"{node.module}.{name.name}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module and "luytre" in node.module
        for name in node.names
    }


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_all_that_is_imported_goes_along(program: Path) -> None:
    modules = ssh_exec.list_imported_modules(program)
    for file in (program, *modules.values()):
        for name in imported(file.read_text("utf-8")):
            whole, parent = (f"{part.replace('.', '/')}.py" for part in (name, name.rpartition(".")[0]))
            assert {whole, parent} & set(modules), f"{file} imports {name}"


def test_a_program_takes_along_nothing_that_it_does_not_import() -> None:
    modules = ssh_exec.list_imported_modules(ON_HOST / "contain/access/account.py")
    assert "ansible/module_utils/luytre_shared/incidents/action_runner.py" in modules
    assert not [name for name in modules if "/luytre/" in name or "applications" in name]


@pytest.mark.parametrize("program", ["evidence/evidence.py", "contain/sites/web.py"])
def test_a_program_starts_from_its_archive_alone(program: str, tmp_path: Path) -> None:
    archive = tmp_path / "asked.zip"
    archive.write_bytes(ssh_exec.pack_program(ON_HOST / program, {"release.json": b"{}"}))
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", ONLY_THIS, archive], capture_output=True, text=True, check=True
    )
    assert "luytre_shared.files.safe_open" in done.stdout
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as sent:
        assert sent.read("release.json") == b"{}"
