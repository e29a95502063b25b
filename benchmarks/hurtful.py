"""Whether a hunt ends in its time, judges the rest and tells no secret, on hosts that are made to hurt it.

    python -m benchmarks.hurtful web2 [--files 1000000]

Needs root and the lab (``auditor lab up``). Each case of names, kinds of files, sizes and code that is made to hurt is
put below one web root, beside three back doors that do not work, and hunted for. Then the host answers with nonsense,
and with 200 megabytes. It is reset afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from auditor import lab
from auditor.inventory import hosts as inventories

AUDITOR = Path(sys.executable).parent / "auditor"
INVENTORY = Path("inventories/lab")
SECRETS = ("Mk-luytre-9f31c7", "Mk-luytre-77a0be", "Mk-luytre-c4d2e8")
SECONDS = 300
PLANT = """
import os, socket, subprocess, sys
top, files, secrets = os.fsencode(sys.argv[1]) + b"/luytre-lab", int(sys.argv[2]), sys.argv[3:]
os.makedirs(top)
os.chdir(top)
word, given = "ev" + "al", "$_PO" + "ST"
def shell(name):
    return ("<?php exit; /* luytre-lab: inert */ @%s(%s['%s']);" % (word, given, name)).encode()
def put(name, content):
    with open(name, "wb") as opened:
        opened.write(content)
put(b"line\\nbreak.php", shell("a"))
put(b"\\xff\\xfe\\x80.php", shell("b"))
os.mkdir(b"deep")
put(b"deep/sound.php", shell("c"))
put(b"config.php", ("<?php exit; $db_password = '%s'; @%s(%s['x']);" % (secrets[0], word, given)).encode())
os.mkfifo(b"pipe.php")
socket.socket(socket.AF_UNIX).bind("socket.php")
try:
    os.mknod(b"device.php", 0o20644, os.makedev(1, 5))
except OSError as error:
    print("no device:", error)
put(b"sparse.php", b"<?php")
os.truncate(b"sparse.php", 1 << 40)
os.symlink(b".", b"circle")
os.symlink(b"../luytre-lab", b"deep/circle")
os.symlink(b"itself.php", b"itself.php")
put(b"nested.php", b"<?php $x = " + b"(" * 20_000 + b"1" + b")" * 20_000 + b"; " + shell("e")[6:])
put(b"nested-megabyte.php", b"<?php $x = " + b"[" * 500_000 + b"]" * 500_000 + b"; " + shell("f")[6:])
put(b"swapped.php", shell("d"))
put(b"/etc/cron.d/luytre-lab", ("0 3 * * * root exit 0; MYSQL_PWD=%s mysqldump --password=%s | base" % (secrets[1], secrets[2])).encode() + b"64 -d | sh\\n")
os.mkdir(b"million")
for number in range(files):
    os.close(os.open(b"million/%d" % number, os.O_CREAT | os.O_WRONLY))
subprocess.Popen(["timeout", "300", "sh", "-c", "while :; do cp deep/sound.php .a; mv .a swapped.php; echo '<?php 1;' >.a; mv .a swapped.php; sleep 0.02; done"],
                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
"""
FOUND = ("line%0Abreak.php", "%FF%FE%80.php", "deep/sound.php", "config.php")
TOLD = ("sparse.php", "nested.php", "nested-megabyte.php")
"""As back doors, or as what could not be judged."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("host")
    asked.add_argument("--files", type=int, default=1_000_000, help="in one folder")
    given = asked.parse_args()
    host = next(one for one in inventories.load_inventory(INVENTORY).hosts if one.name == given.host)
    root = host.sites[0].document_root or ""
    print(
        lab.run_on_machine_as_root(
            host.name, ["python3", "-c", PLANT, root, str(given.files), *SECRETS], timeout=900
        ).stdout
    )
    with tempfile.TemporaryDirectory() as folder:
        problems = list(_hurt(Path(folder), host.name))
    problems += _answering_badly(host.name)
    lab.reset_machines_to_pristine_image((host.name,))
    for problem in problems:
        print(f"PROBLEM  {problem}")
    sys.exit(1 if problems else 0)


def _hurt(folder: Path, host: str) -> Iterator[str]:
    for name in ("first", "second"):
        told, seconds = _hunted(folder, host)
        hunt = next(one for one in told["hunts"] if one["host"] == host)
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(f"{name}: {seconds:.1f} s, {memory} MB at most in a process of ours; {hunt['seen']} files seen,")
        print(
            f"  {hunt['judged']} judged, {hunt['unjudged']} not judged, {hunt['left']} left, cut short: "
            f"{hunt['cut_short']}"
        )
        if seconds > SECONDS:
            yield f"the {name} hunt took {seconds:.0f} s"
        alarms = [
            trace["where"]
            for finding in told["findings"]
            if finding["host"] == host and finding["control"] == "compromise.shell"
            for trace in finding["violations"]
        ]
        weak = [trace["where"] for trace in hunt["weak"]]
        yield from (f"{one} is not found: {alarms}" for one in FOUND if not any(one in where for where in alarms))
        untold = (one for one in TOLD if not any(one in where for where in (*weak, *alarms)))
        yield from (f"{one} is passed over: {weak}" for one in untold)
        if any("\n" in where for where in (*alarms, *weak)):
            yield "a name breaks a line"
    yield from (f"a secret lies in {place}" for place in _with_secrets(folder))


def _hunted(folder: Path, host: str) -> tuple[Mapping[str, Any], float]:
    began = time.monotonic()
    done = subprocess.run(
        [AUDITOR, "hunt", "-i", INVENTORY, "--limit", host, "--output", folder / "report", "--json"],
        env={**os.environ, "LUYTRE_STATE": str(folder / "state")},
        capture_output=True,
        check=False,
    )
    seconds = time.monotonic() - began
    (folder / "out").write_bytes(done.stdout)
    (folder / "err").write_bytes(done.stderr)
    if done.returncode not in (0, 1, 3):
        sys.exit(done.stderr.decode("utf-8", "replace"))
    told: Mapping[str, Any] = json.loads(done.stdout)
    return told, seconds


def _with_secrets(folder: Path) -> Iterator[str]:
    """Yield what holds one of the secrets, of all files that two hunts left; of databases each packed document, too."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        texts = [path.read_bytes()]
        if texts[0].startswith(b"SQLite"):
            with closing(sqlite3.connect(path)) as database:
                names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                cells = [cell for name in names for row in database.execute(f'SELECT * FROM "{name}"') for cell in row]  # noqa: S608  our own names
            texts += [_unpacked(cell) for cell in cells if isinstance(cell, bytes)]
        if any(secret.encode() in text for text in texts for secret in SECRETS):
            yield str(path.relative_to(folder))


def _unpacked(cell: bytes) -> bytes:
    try:
        return zlib.decompress(cell)
    except zlib.error:
        return cell


def _answering_badly(host: str) -> Iterator[str]:
    lab.run_on_machine_as_root(host, "mv /usr/bin/python3 /usr/bin/python3.away")
    for answer in ('head -c 200000000 /dev/zero | tr "\\0" x', 'echo "{{ 7*7 }} <script>"', 'echo "{}"'):
        lab.run_on_machine_as_root(
            host, f"printf '%s\\n' '#!/bin/sh' '{answer}' > /usr/bin/python3; chmod 755 /usr/bin/python3"
        )
        with tempfile.TemporaryDirectory() as folder:
            told, seconds = _hunted(Path(folder), host)
        statuses = {finding["status"] for finding in told["findings"] if finding["subject"]["id"] == host}
        print(f"{answer}: {seconds:.1f} s, {', '.join(sorted(statuses))}")
        if seconds > SECONDS or told["hunts"] or statuses & {"pass", "fail"}:
            yield f"{answer}: {seconds:.0f} s, {told['hunts']}, {statuses}"


if __name__ == "__main__":
    main()
