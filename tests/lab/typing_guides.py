"""Pages of the guides, typed to the letter on the lab.

Who types, what names are here, and what a person does between two commands.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from auditor import lab
from tests import guide
from tests.lab.fixtures import Ended, environment, run

type Hooks = Mapping[str, Callable[[], object]]
HURRIED = """
from auditor.content.crawler import session
from auditor.cli import main
session.RequestPacer.wait_for_next_request = lambda pace: None
main()
"""
"""A review that goes from address to address without its pause."""


@dataclass
class Office:
    """Record of who types, and what the page's names are here."""

    folder: Path
    names: dict[str, str] = field(default_factory=dict)
    typed: list[tuple[str, int, str]] = field(default_factory=list)

    @property
    def state(self) -> Mapping[str, str]:
        return {**environment(self.folder), "LUYTRE_INVENTORY": "inventories/lab", "LUYTRE_LANG": "vi"}

    def says(self, *arguments: str) -> Ended:
        return run(self.state, *arguments, cwd=self.folder)

    def types(self, command: str) -> None:
        """What the page shows, with this lab's names; nobody is there to say yes."""
        here = command
        for old, new in self.names.items():
            here = here.replace(old, new)
        program, *arguments = shlex.split(here)
        if program != "auditor":
            done = subprocess.run(
                ["sh", "-c", here], cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
            )
        elif arguments[0] == "review":
            words = [sys.executable, "-c", HURRIED, *arguments]
            done = subprocess.run(
                words, cwd=self.folder, env=dict(self.state), capture_output=True, text=True, timeout=600, check=False
            )
        else:
            ended = self.says(*arguments, *(["--yes"] if "--all-found" in arguments else []))
            done = subprocess.CompletedProcess(arguments, ended.code, ended.out, ended.err)
        self.typed.append((command, done.returncode, done.stdout + done.stderr))
        with (self.folder / "typed.log").open("a", encoding="utf-8") as log:
            print(f"$ {here}\n{self.said}exit {done.returncode}", file=log)

    @property
    def said(self) -> str:
        return self.typed[-1][2]

    def incident(self, verb: str, *arguments: str) -> None:
        ended = self.says("incident", verb, *arguments)
        assert ended.code == 0, (verb, arguments, ended.out + ended.err)

    def last(self) -> str:
        return str(json.loads(self.says("incident", "list", "--json").out)[-1]["id"])

    def newest(self) -> str:
        """Return the id of the newest run."""
        return str(json.loads(self.says("history", "list", "--json").out)[0]["id"])

    def number(self, means: str) -> str:
        """Return the number of the step that the last command of that kind took, the first of several."""
        said = next(
            said for command, _, said in reversed(self.typed) if f" {means} " in command and " release " not in command
        )
        found = re.search(r"số (\d+):", said)
        assert found is not None, said
        return found[1]


def root(script: str) -> str:
    done = lab.run_on_machine_as_root("web1", script)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def follow(office: Office, pages: Sequence[str], before: Hooks, after: Hooks) -> None:
    """Type pages from their first command to their last; what a person does around one by how it begins."""
    left = dict(before), dict(after)
    for command in (command for page in pages for command in guide.commands("en", page)):
        for hooks, now in ((left[0], True), (left[1], False)):
            if not now:
                office.types(command)
            for begins in [one for one in hooks if command.startswith(one)]:
                hooks.pop(begins)()
    assert left == ({}, {}), "the pages show it no longer"
