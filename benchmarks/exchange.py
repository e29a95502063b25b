"""What we hand on before programs that we did not write: stix2-validator, medallion and pymisp.

    .venv/bin/python -m benchmarks.exchange

All of it is made up and stays on this machine: lists with every kind of indicator under every marking, what reviews and
hunts of ours saw, and an audit that met some. Each goes out as STIX 2.1 and MISP JSON, is handed to a TAXII server over
loopback in pages of three, and fetched again. The programs are fetched once, into an environment of their own. Exit
code 1 when one of them says no, or anything comes back another.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from auditor.audit import controls
from auditor.compromise.scan_cache import ScanCache
from auditor.history.hunts import HuntHistory
from auditor.history.runs import RunHistory
from auditor.history.scans import ScanHistory
from auditor.indicators import taxii
from auditor.indicators.indicator import TLPS
from auditor.indicators.observations import LEADING_KINDS
from auditor.models import Finding, Run, Scan, Status, Subject, clock
from auditor.models.hunts import Hunt
from auditor.scans.frontier import CrawlFrontier
from auditor.scans.traces import add_target_to_trace, build_masked_trace, make_trace_exact
from auditor.system import resources
from benchmarks.judging import tools

PYPI = {"stix2-validator": "3.3.2", "medallion": "3.0.0", "pymisp": "2.5.34.4"}
AUDITOR = Path(sys.executable).parent / "auditor"
PAGE = 3
COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
WORD = "made-up"
DIGEST = "5d" * 32
EXPECTED = "Given ID value"
"""What the validator warns of that is meant so: our ids are made of what they name, and not at random."""


def environment() -> Path:
    """Return the folder of the programs, fetched unless it is there.

    Raises CalledProcessError when the registry does not have them.
    """
    versions = [f"{name}=={version}" for name, version in PYPI.items()]
    done = tools.cache() / "+".join(versions)
    if not done.exists():
        done.parent.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", str(done)], check=True)
            subprocess.run([done / "bin/python", "-m", "pip", "install", "--quiet", *versions], check=True)
        except BaseException:
            shutil.rmtree(done, ignore_errors=True)
            raise
    return done / "bin"


def lists(folder: Path) -> Iterator[Path]:
    """Yield one of each marking, with every kind of value, and notes that no form may trip over."""
    for number, tlp in enumerate(TLPS):
        notes = ("=1+1", 'a "quoted" note', "Mã độc <b>", "back\\slash 'quote'", "", "\u202emirrored", "x" * 300)
        values = (
            *(f"203.0.11{number}.9", f"2a01:4f8:c0c:{number}::1", f"45.{number}.7.0/24", f"2a02:{number}::/40"),
            *(
                f"c2.evil{number}.test",
                f"http://evil{number}.test/gate.php?id='{number}'",
                f"https://8.8.8.8/a\\b{number}",
            ),
            *(f"{number}" * 32, f"{number}" * 40, f"{number}" * 64),
        )
        file = folder / f"list-{number}.csv"
        rows = (
            f'{value},"{notes[at % len(notes)].replace(chr(34), chr(34) * 2)}",{tlp}' for at, value in enumerate(values)
        )
        file.write_text("\n".join(["value,note,tlp", *rows]) + "\n", "utf-8")
        yield file


def seen(inventory: str, catalogue: controls.Catalogue) -> None:
    """Make up what a review, a hunt and an audit of ours have seen."""
    now = clock.format_iso_moment(clock.now())
    traces = tuple(
        add_target_to_trace(
            build_masked_trace(
                kind, f"{kind}.slot.test", where="/", sample="-", families=("hidden", "lexicon"), rules=("links",)
            ),
            f"{kind}.slot.test",
        )
        for kind in sorted(LEADING_KINDS)
    )
    look = Scan(
        id="look", site="antruc.test", started=now, seconds=1, known=1, fresh=1, visited=1, engine=True, traces=traces
    )
    ScanHistory().store_look_and_frontier(inventory, look, CrawlFrontier(site=look.site))
    shell = make_trace_exact(
        build_masked_trace("program", DIGEST, where="/x.php", sample="-", families=("tree",), rules=("eval",))
    )
    counts = dict.fromkeys(("seen", "same", "known", "judged", "unjudged", "left"), 0)
    told = {"id": "hunt", "host": "web1", "started": now, "seconds": 1, "warm": False, "cut_short": False, **counts}
    hunt = Hunt.model_validate({**told, "traces": (shell,)})
    file = ("/srv", "x.php", 1, 1, 1, DIGEST, 0, 0, "0" * 32, None)
    HuntHistory().store_hunt(inventory, hunt, ScanCache(host="web1", files=(file,)))
    finding = Finding(
        control="firewall.known_bad",
        subject=Subject(kind="host", id="web1"),
        host="web1",
        status=Status.FAIL,
        severity=catalogue["firewall.known_bad"].severity,
        violations=({"indicator": "c2.evil1.test", "list": "list-1", "where": "log", "path": "/var/log/a.log"},),
    )
    RunHistory().keep(
        Run(
            id="run",
            started=now,
            seconds=1,
            version="0",
            inventory=inventory,
            hosts=(),
            outcomes=(),
            findings=(finding,),
        )
    )


class Wrong(Exception):
    """One of the programs said no, or something came back another."""


def ours(*words: str) -> str:
    """Return one of our own commands. Raises Wrong when it fails."""
    done = subprocess.run([AUDITOR, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Wrong(f"auditor {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def validated(programs: Path, file: Path) -> str:
    """Return what the validator says of a bundle. Raises Wrong for anything but what is expected."""
    done = subprocess.run(
        [programs / "stix2_validator", "--version", "2.1", str(file)], capture_output=True, text=True, check=False
    )
    warned = [line for line in done.stdout.splitlines() if "[!]" in line or "Warning" in line or "{" in line]
    others = [line for line in warned if EXPECTED not in line and "Results" not in line]
    if done.returncode or "STIX JSON: Valid" not in done.stdout or others:
        raise Wrong(f"stix2-validator of {file.name}: {done.stdout}{done.stderr}")
    return f"valid, {len(warned)} warnings, all of ids that are not random"


def opened(programs: Path, file: Path) -> int:
    """Return how many attributes pymisp finds. Raises Wrong when it cannot open it, or writes another value."""
    code = (
        "import json, sys, pymisp; e = pymisp.MISPEvent(); e.load_file(sys.argv[1]);"
        "print(json.dumps([[a.type, a.value, [t.name for t in a.tags]] for a in json.loads(e.to_json()) and "
        "e.attributes]))"
    )
    done = subprocess.run([programs / "python", "-c", code, file], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Wrong(f"pymisp of {file.name}: {done.stderr}")
    attributes = json.loads(file.read_text())["Event"]["Attribute"]
    wrote = [[one["type"], one["value"], [tag["name"] for tag in one["Tag"]]] for one in attributes]
    if json.loads(done.stdout) != wrote:
        raise Wrong(f"pymisp of {file.name} reads something else than what was written")
    return len(wrote)


@contextmanager
def server(programs: Path, folder: Path) -> Iterator[str]:
    """Medallion over loopback, with one empty collection; its address."""
    data = {
        "/discovery": {"title": WORD, "api_roots": ["/api1/"]},
        "api1": {
            "information": {
                "title": WORD,
                "versions": ["application/taxii+json;version=2.1"],
                "max_content_length": 10**8,
            },
            "status": [],
            "collections": [
                {
                    "id": COLLECTION,
                    "title": WORD,
                    "can_read": True,
                    "can_write": True,
                    "media_types": [],
                    "objects": [],
                    "manifest": [],
                }
            ],
        },
    }
    settings = {
        "backend": {
            "module": "medallion.backends.memory_backend",
            "module_class": "MemoryBackend",
            "filename": str(folder / "data.json"),
        },
        "users": {WORD: WORD},
        "taxii": {"max_page_size": PAGE},
    }
    (folder / "data.json").write_text(json.dumps(data))
    (folder / "medallion.json").write_text(json.dumps(settings))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "medallion.log").open("w") as log:
        running = subprocess.Popen(
            [programs / "medallion", "--port", str(port), folder / "medallion.json"], stdout=log, stderr=log
        )
    try:
        for _ in range(300):
            with socket.socket() as tried:
                if not tried.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/api1/collections/{COLLECTION}/"
    finally:
        running.terminate()
        running.wait()


def held(text: str) -> Mapping[str, Any]:
    """Objects by their id."""
    return {one["id"]: one for one in json.loads(text)["objects"]}


def requests(folder: Path) -> int:
    """Return how often a page was asked for."""
    return (folder / "medallion.log").read_text().count('"GET /api1/collections/')


def main() -> int:
    """Return each step, and what came of it."""
    catalogue, programs = controls.load_catalogue(), environment()
    print("before " + ", ".join(f"{name} {version}" for name, version in PYPI.items()))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        os.environ.update(LUYTRE_STATE=str(folder / "state"), LUYTRE_LANG="en", NO_COLOR="1")
        inventory = folder / "inventory"
        shutil.copytree(resources.get_shipped_inventories_folder() / "lab", inventory)
        try:
            steps(programs, folder, str(inventory), catalogue)
        except Wrong as wrong:
            print(wrong)
            return 1
    return 0


def steps(programs: Path, folder: Path, inventory: str, catalogue: controls.Catalogue) -> None:
    ours("indicators", "import", *map(str, lists(folder)))
    seen(inventory, catalogue)
    ours("indicators", "found", "--tlp", "GREEN", "-i", inventory)
    for tlp in TLPS:
        file = folder / f"{tlp}.json"
        ours("indicators", "export", str(file), "--tlp", tlp, "--sightings", "-i", inventory)
        kinds = sorted({one["type"] for one in held(file.read_text()).values()})
        print(
            f"STIX to TLP:{tlp}, {len(held(file.read_text()))} objects ({', '.join(kinds)}): "
            f"{validated(programs, file)}"
        )
        ours("indicators", "export", str(folder / f"{tlp}.misp.json"), "--tlp", tlp, "-i", inventory)
        print(f"MISP to TLP:{tlp}: pymisp reads {opened(programs, folder / f'{tlp}.misp.json')} attributes, the same")
    with server(programs, folder) as url:
        secret = Path(inventory) / "office/taxii.token"
        secret.write_text(WORD)
        secret.chmod(0o600)
        (secret.parent / "taxii.yml").write_text(f"url: {url}\nuser: {WORD}\ntoken_file: taxii.token\n")
        for _ in range(2):
            print(ours("indicators", "push", "--tlp", "RED", "--sightings", "-i", inventory).strip())
        there = {
            one["id"]: one
            for page, _ in taxii.load(secret.parent).iter_pages_of_objects_added_after(None)
            for one in page
        }
        if there != held((folder / "RED.json").read_text()):
            raise Wrong("what the server has is another than what was sent")
        asked = requests(folder)
        ours("indicators", "poll", "--name", "back", "-i", inventory)
        print(
            f"the same {len(there)} objects are there; fetched again with {requests(folder) - asked} requests, in "
            f"pages of {PAGE}"
        )
        ours("indicators", "export", str(folder / "back.json"), "--list", "back", "--tlp", "RED", "-i", inventory)
    sent, back = (
        sorted(
            (one["pattern"], one["name"], one["valid_from"], one["valid_until"], *one["object_marking_refs"])
            for one in held((folder / name).read_text()).values()
            if one["type"] == "indicator"
        )
        for name in ("RED.json", "back.json")
    )
    if sent != back:
        raise Wrong(f"what came back is another: {sorted(set(sent) ^ set(back))[:6]}")
    print(f"{len(back)} indicators came back as they were sent")


if __name__ == "__main__":
    raise SystemExit(main())
