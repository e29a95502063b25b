"""The bundle's list of packages: all that the program needs, by the lock alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import bundle

LOCK = (bundle.ROOT / "requirements.lock").read_text("utf-8")


def test_holds_what_is_needed_with_hashes_and_nothing_that_only_tests_need() -> None:
    names = bundle.needed(bundle.dependencies())
    assert {"ansible-core", "ansible-runner", "python-calamine", "pydantic-core", "cffi"} <= names
    assert names.isdisjoint({"pytest", "mypy", "ansible-lint", "luytre"})
    pins = list(bundle.pinned(LOCK, names))
    assert len(pins) == len(names)
    for entry in pins:
        assert re.match(r"[\w.-]+==\S+", entry) and "--hash=sha256:" in entry and "#" not in entry
        assert entry.count("\n") == entry.count("\\\n") + 1


def test_a_package_that_the_lock_lacks_is_an_error() -> None:
    with pytest.raises(KeyError, match="no-such"):
        list(bundle.pinned(LOCK, {"no-such"}))


def test_the_package_says_nothing_of_where_it_was_made(tmp_path: Path) -> None:
    home = tmp_path / "opt/luytre/venv"
    (home / "bin").mkdir(parents=True)
    (home / "lib").mkdir()
    (home / "bin/auditor").write_text(f"#!{home}/bin/python\n")
    (home / "pyvenv.cfg").write_text(f"home = /usr/bin\ncommand = /usr/bin/python3 -m venv {home}\n")
    bundle.moved(home, tmp_path)
    assert (home / "bin/auditor").read_text() == "#!/opt/luytre/venv/bin/python\n"
    assert str(tmp_path) not in (home / "pyvenv.cfg").read_text()
