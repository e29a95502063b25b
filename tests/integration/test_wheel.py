"""The wheel alone, in an empty folder, is the whole product."""

from __future__ import annotations

import json
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel, and our own environment's dependencies behind it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder), "."],
        check=True,
        timeout=120,
    )
    venv.create(folder / "venv")
    python = folder / "venv/bin/python"
    (wheel,) = folder.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", str(wheel)], check=True, timeout=120)
    (packages,) = (folder / "venv/lib").glob("python*/site-packages")
    behind = [path for path in site.getsitepackages() if path != str(packages)]
    (packages / "zz_dependencies.pth").write_text("\n".join(behind) + "\n", "utf-8")
    (python.parent / "ansible-playbook").symlink_to(Path(sys.executable).parent / "ansible-playbook")
    return python.parent / "auditor"


def run(command: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([command, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_lists_the_same_controls_as_the_checkout(installed: Path, tmp_path: Path) -> None:
    from_wheel = run(installed, tmp_path, "controls", "list", "--json")
    assert from_wheel.returncode == 0, from_wheel.stderr
    from_checkout = run(Path(sys.executable).parent / "auditor", Path.cwd(), "controls", "list", "--json")
    assert json.loads(from_wheel.stdout) == json.loads(from_checkout.stdout)


def test_audits_this_machine_with_the_roles_it_carries(installed: Path, tmp_path: Path) -> None:
    ended = run(installed, tmp_path, "audit", "--local", "--json", "--output", str(tmp_path / "out"))
    assert ended.returncode in (0, 1, 3), ended.stderr
    document = json.loads(ended.stdout)
    statuses = {finding["status"] for finding in document["findings"]}
    assert "pass" in statuses
    assert {finding["host"] for finding in document["findings"]} == {"localhost"}


def test_carries_the_official_report_s_template_fonts_and_their_licence(installed: Path, tmp_path: Path) -> None:
    asked = "from auditor.report.official.typeset import ASSETS; print(*sorted(p.name for p in ASSETS.rglob('*')))"
    told = run(installed.parent / "python", tmp_path, "-c", asked).stdout.split()
    assert {"official.docx", "official.typ", "technical.typ", "form.typ", "LICENSE"} <= set(told)
    assert sum(name.endswith(".ttf") for name in told) == 4
