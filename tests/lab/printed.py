"""What the program prints to be typed in an incident: by an office, and by whoever is root on a host."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.fixtures import INVENTORY, Ended, environment, run

ON_HOST = re.compile(r"    (sudo .*|! .*|echo .*)")
WHERE = re.compile(r"needs manual review \(not contained automatically\): .* on (\w+)\)")


class Office:
    """The lab's inventory and a history, which are nobody else's.

    Who collects evidence signs it in the office's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._state = folder, environment(folder)
        self._inventory = str(shutil.copytree(INVENTORY, folder / "inventory"))

    def run(self, *arguments: str) -> Ended:
        """Run a command of ours as it is printed."""
        return run(self._state, *arguments)

    def incident(self, *arguments: str) -> Ended:
        """Run a verb of incidents for the office."""
        return self.run("incident", *arguments, "--who", "Văn phòng", "-i", self._inventory, "--lang", "en")

    def next_step(self, incident: str) -> Mapping[str, Any]:
        """Return what comes next."""
        said = self.run("incident", "next", incident, "-i", self._inventory, "--json", "--lang", "en")
        step: Mapping[str, Any] = said.json
        return step

    def hunted(self, name: str, *hosts: str) -> Mapping[str, Any]:
        """Hunt on hosts."""
        shown = ("--output", str(self._folder / name), "--json", "--format", "json")
        done = self.run("hunt", "-i", self._inventory, "--limit", ",".join(hosts), *shown)
        assert done.code in (0, 1), done.err
        said: Mapping[str, Any] = done.json
        return said


@dataclass(frozen=True)
class Typed:
    """A command that was printed for a host, and what it came to there."""

    host: str
    says: str
    """The words of its step."""
    command: str
    code: int
    out: str


Types = Callable[[str, str], subprocess.CompletedProcess[bytes]]
"""Runs a command on a host as a person types it there, into bash and as root."""


def type_steps(out: str, types: Types) -> Iterator[Typed]:
    """Type what is printed for each host there, in that order."""
    host, says = "", ""
    for line in out.splitlines():
        if found := WHERE.match(line):
            host = found[1]
        elif found := ON_HOST.fullmatch(line):
            yield type_one(host, says, found[1], types)
        else:
            says = line


def type_one(host: str, says: str, command: str, types: Types) -> Typed:
    """Type one command on a host."""
    done = types(host, command)
    return Typed(host, says, command, done.returncode, (done.stdout + done.stderr).decode())


def traces(document: Mapping[str, Any], host: str, *, weak: bool = True) -> list[Mapping[str, Any]]:
    """Return the traces of a host that a hunt tells of."""
    mine = [f for f in document["findings"] if f["control"].startswith("compromise.") and f["host"] == host]
    sure = [trace for finding in mine for trace in finding["violations"]]
    hunt = next(one for one in document["hunts"] if one["host"] == host)
    return [*sure, *(hunt["weak"] if weak else ())]
