"""The bundle's list of packages: all that the program needs, by the lock alone."""

from __future__ import annotations

import platform
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tools import bundle

LOCK = (bundle.ROOT / "requirements.lock").read_text("utf-8")


def test_holds_what_is_needed_with_hashes_and_nothing_that_only_tests_need() -> None:
    names = bundle.resolve_packages(bundle.dependencies())
    assert {"ansible-core", "ansible-runner", "python-calamine", "pydantic-core", "cffi"} <= names
    assert names.isdisjoint({"pytest", "mypy", "ansible-lint", "luytre"})
    pins = list(bundle.iter_pins(LOCK, names))
    assert len(pins) == len(names)
    for entry in pins:
        assert re.match(r"[\w.-]+==\S+", entry) and "--hash=sha256:" in entry and "#" not in entry
        assert entry.count("\n") == entry.count("\\\n") + 1


def test_a_package_that_the_lock_lacks_is_an_error() -> None:
    with pytest.raises(KeyError, match="no-such"):
        list(bundle.iter_pins(LOCK, {"no-such"}))


def test_the_package_says_nothing_of_where_it_was_made(tmp_path: Path) -> None:
    home = tmp_path / "opt/luytre/venv"
    (home / "bin").mkdir(parents=True)
    (home / "lib").mkdir()
    (home / "bin/auditor").write_text(f"#!{home}/bin/python\n")
    (home / "pyvenv.cfg").write_text(f"home = /usr/bin\ncommand = /usr/bin/python3 -m venv {home}\n")
    bundle.relocate(home, tmp_path)
    assert (home / "bin/auditor").read_text() == "#!/opt/luytre/venv/bin/python\n"
    assert str(tmp_path) not in (home / "pyvenv.cfg").read_text()


PYTHON = """#!/bin/sh
# Stands for python: makes what a venv has, and is killed together with the script at the moment that FAIL names.
case "$*" in
-c*) exit 0 ;;
"-m venv"*)
    for last; do :; done
    [ "${FAIL:-}" != venv ] || { rm -rf "$last/lib"; kill -9 $PPID; exit 1; }
    mkdir -p "$last/bin" "$last/lib"
    echo "home = x" >"$last/pyvenv.cfg"
    cp "$0" "$last/bin/python"
    ;;
*"pip --isolated install"*)
    [ "${FAIL:-}" != pip ] || { kill -9 $PPID; exit 1; }
    printf '#!/bin/sh\\necho auditor\\n' >"${0%/*}/auditor"
    chmod +x "${0%/*}/auditor"
    ;;
esac
"""


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """A bundle, but for what pip would read."""
    whole = tmp_path / "luytre"
    (whole / "wheels").mkdir(parents=True)
    (whole / "wheels/pip-1.whl").touch()
    (whole / "python").write_text(f"0.0 {platform.machine()}\n")
    shutil.copyfile(bundle.INSTALL, whole / "install")
    (whole / "SHA256SUMS").write_text(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  wheels/pip-1.whl\n"
    )
    (whole / "guides").mkdir()
    (whole / "guides/index.html").write_text("new")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python0.0").write_text(PYTHON)
    (tmp_path / "bin/python0.0").chmod(0o755)
    return whole


def install(whole: Path, folder: Path, fail: str = "") -> subprocess.CompletedProcess[str]:
    own = {"PATH": f"{whole.parent}/bin:/usr/bin:/bin", "FAIL": fail, "LUYTRE_LINK": "no"}
    return subprocess.run(
        ["sh", whole / "install", folder], env=own, capture_output=True, text=True, check=False, umask=0
    )


@pytest.mark.parametrize("moment", ["venv", "pip"])
def test_killed_in_the_middle_it_is_installed_by_the_same_command(unpacked: Path, moment: str) -> None:
    folder = unpacked.parent / "opt"
    for _ in range(2):
        assert install(unpacked, folder, moment).returncode == -signal.SIGKILL
    done = install(unpacked, folder)
    assert done.returncode == 0, done.stderr
    (folder / "venv/lib/old.py").touch()
    assert install(unpacked, folder, moment).returncode == -signal.SIGKILL
    assert install(unpacked, folder).returncode == 0
    assert not (folder / "venv/lib/old.py").exists()
    assert (folder / "venv/share/doc/luytre/html/index.html").read_text() == "new"
    writable = [path for path in folder.rglob("*") if path.stat().st_mode & 0o022]
    assert writable == []


def test_what_is_not_ours_is_not_emptied(unpacked: Path) -> None:
    folder = unpacked.parent / "opt"
    (folder / "venv").mkdir(parents=True)
    (folder / "venv/letter").touch()
    done = install(unpacked, folder)
    assert done.returncode == 2 and "was not made by this" in done.stderr
    assert [path.name for path in (folder / "venv").iterdir()] == ["letter"]
    (unpacked / "wheels/pip-1.whl").write_text("x")
    done = install(unpacked, unpacked.parent / "other")
    assert done.returncode == 2 and "damaged" in done.stderr and not (unpacked.parent / "other").exists()
