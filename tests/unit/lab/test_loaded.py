"""A command of a program that is loaded once is as if it was a program of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lab import loaded

SOURCE = """
import atexit, os, sys
loaded_by = os.getpid()
def main():
    atexit.register(print, "tidied")
    print(sys.argv, sys.stdin.read(), os.getcwd(), os.environ["LUYTRE_STATE"], loaded_by)
    print(sys.stderr.isatty(), file=sys.stderr)
    if sys.argv[1] == "fails":
        raise ValueError(sys.argv[1])
    sys.exit(int(sys.argv[1]))
"""
SAYS = loaded.Program("says", tidies=True)


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    (tmp_path / "says.py").write_text(SOURCE, "utf-8")
    return {**os.environ, "PYTHONPATH": str(tmp_path), "LUYTRE_STATE": "one"}


def test_each_has_its_own_words_folder_environment_and_code(environment: Mapping[str, str], tmp_path: Path) -> None:
    def command(number: int) -> tuple[int, list[str], str]:
        own = {**environment, "LUYTRE_STATE": f"state-{number}"}
        done = loaded.run(SAYS, ["says", str(number)], own, given=f"tre {number}", cwd=tmp_path)
        return done.returncode, done.stdout.splitlines(), done.stderr

    with ThreadPoolExecutor() as pool:
        ended = list(pool.map(command, range(9)))
    loaders = {lines[0].rpartition(" ")[2] for _, lines, _ in ended}
    for number, (code, lines, complaint) in enumerate(ended):
        said = lines[0].rpartition(" ")[0]
        assert (code, complaint) == (number, "False\n")
        assert said == f"['says', '{number}'] tre {number} {tmp_path} state-{number}"
        assert lines[1:] == ["tidied"]
    assert len(loaders) == 1


def test_what_a_program_falls_over_is_told(environment: Mapping[str, str]) -> None:
    done = loaded.run(SAYS, ["says", "fails"], environment)
    assert done.returncode == 1
    assert "ValueError: fails" in done.stderr


def test_what_a_program_may_read_while_it_loads_has_it_loaded_anew(environment: Mapping[str, str]) -> None:
    first, again, other = (
        loaded.run(SAYS, ["says", "0"], own).stdout.splitlines()[0].rpartition(" ")[2]
        for own in (environment, {**environment, "LUYTRE_STATE": "two"}, {**environment, "LUYTRE_INVENTORY": "x"})
    )
    assert first == again != other
