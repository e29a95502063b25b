"""Traces of intruders, put on running machines of the lab without their harm.

``compromised/planted.yml`` lists them all.

A word that would run something stands there as a placeholder, so that no file of ours holds code of intruders; it is
put in in memory, into files that begin with ``exit;``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Collection, Mapping
from subprocess import CompletedProcess
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from auditor.errors import LabError
from auditor.lab.spec import HERE, Name
from auditor.models import Domain, Model, Text
from auditor.models.reviews import Kind
from auditor.scans.traces import defang_address
from auditor.system.yaml_source import load_yaml

_WORDS: Mapping[str, str] = {
    "§eval§": "ev" + "al",
    "§system§": "sys" + "tem",
    "§include§": "incl" + "ude",
    "§move§": "move_uploaded_" + "file",
    "§GET§": "$_" + "GET",
    "§POST§": "$_" + "POST",
    "§COOKIE§": "$_" + "COOKIE",
    "§FILES§": "$_" + "FILES",
}
_INERT = "<?php exit;"
_PROGRAM = """
import json, os, pwd, subprocess, sys
for plant in json.load(sys.stdin):
    for file in plant["files"]:
        owner = pwd.getpwnam(file["owner"])
        folder = os.path.dirname(file["path"])
        missing = []
        while not os.path.isdir(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)
        for folder in reversed(missing):
            os.mkdir(folder)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        if file["added"]:
            with open(file["path"], "r+", encoding="utf-8") as opened:
                if file["text"] not in opened.read():
                    opened.write(file["text"])
        else:
            with open(file["path"], "w", encoding="utf-8") as opened:
                opened.write(file["text"])
            os.chmod(file["path"], int(file["mode"], 8))
            os.chown(file["path"], owner.pw_uid, owner.pw_gid)
    script = plant["script"].encode()
    done = subprocess.run(["sh", "-eu"], input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(plant["id"] + ": " + done.stdout.decode("utf-8", "replace").strip())
"""
Run = Callable[[list[str], bytes], CompletedProcess[bytes]]


class PlantedFile(Model):
    """A file that is planted."""

    path: Annotated[str, StringConstraints(pattern=r"^/[^\x00\n]+$")]
    owner: Name | Literal["www-data"] = "root"
    mode: Annotated[str, StringConstraints(pattern=r"^[0-7]{3,4}$")] = "644"
    added: bool = Field(default=False, description="to what is there, in place of a file of its own")
    text: str

    @property
    def planted_text(self) -> str:
        """Return the text as it is planted."""
        text = self.text
        for placeholder, word in _WORDS.items():
            text = text.replace(placeholder, word)
        return text


class ExpectedTrace(Model):
    """The marks by which the traces of a plant are known."""

    where: str | None = None
    target: Domain | None = Field(default=None, description="the foreign name that it is about")
    kinds: tuple[Kind, ...] = Field(default=(), description="any of them; none: of any kind")
    by: Literal["render", "known_good", "facts", "earlier"] | None = Field(
        default=None, description="what alone shows it: a browser, a manifest, an audit's facts, an earlier hunt"
    )

    def matches_trace(self, trace: Mapping[str, Any]) -> bool:
        """Return whether a trace, as findings have it, is of this."""
        about = defang_address(self.target) if self.target is not None else None
        place = trace["where"].partition(" (")[0] if "(" not in (self.where or "") else trace["where"]
        kind = not self.kinds or trace["kind"] in self.kinds
        return kind and self.where in (None, place) and about in (None, trace["target"])

    @model_validator(mode="after")
    def _check_trace_is_described(self) -> Self:
        if not (self.where or self.target or self.kinds):
            raise ValueError("it names neither a place nor a foreign name nor a kind")
        return self


class PlantedIntrusionTrace(Model):
    """One thing that an intruder left."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,39}$")]
    host: Name
    site: Domain | None
    what: Literal["content", "foothold"]
    how: Text
    told: ExpectedTrace
    files: tuple[PlantedFile, ...] = ()
    script: str = Field(default="", description="what a shell does there, as root, once the files are written")

    @model_validator(mode="after")
    def _check_planted_files_are_inert(self) -> Self:
        for file in self.files:
            before, _, code = file.text.partition(_INERT)
            if "§" in file.text and not (
                "luytre-lab" in code and "?>" not in code and "§" not in before and "<?" not in before
            ):
                raise ValueError(f"{file.path} does not begin with {_INERT!r} and the mark luytre-lab")
        return self


@functools.cache
def load_planted_intrusion_traces() -> tuple[PlantedIntrusionTrace, ...]:
    """Return all that is planted, in its order."""
    return tuple(PlantedIntrusionTrace.model_validate(entry) for entry in load_yaml(HERE / "compromised/planted.yml"))


def plant_intrusion_traces_on_machine(host: str, run: Run, only_ids: Collection[str] | None = None) -> None:
    """Put on a running machine what is listed for it, or only that of these ids.

    ``run`` runs a program there. Raises LabError naming what failed.
    """
    payload = [
        {
            "id": item.id,
            "script": item.script,
            "files": [{**file.model_dump(exclude={"text"}), "text": file.planted_text} for file in item.files],
        }
        for item in load_planted_intrusion_traces()
        if item.host == host and (only_ids is None or item.id in only_ids)
    ]
    process = run(["python3", "-c", _PROGRAM], json.dumps(payload).encode())
    if process.returncode:
        raise LabError(f"{host} could not be compromised: {process.stderr.decode('utf-8', 'replace').strip()[-600:]}")
