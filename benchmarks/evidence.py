"""Evidence of lab hosts: its time, its writes there, others' tools that read it, and secrets in it.

    python -m benchmarks.evidence web1 web2 [--dissect PATH/TO/target-query]

Needs root and the lab (``auditor lab up``), ``mactime`` (Debian's sleuthkit) and openssl; target-query of
dissect.target lives in an environment of its own, as it shares no library with ours. Secrets, a program that is deleted
while it runs and a name of several lines are planted. The hosts are reset afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from auditor import lab
from auditor.models import clock

AUDITOR = Path(sys.executable).parent / "auditor"
MOST_SECONDS, MOST_BYTES = 60, 200_000_000
LOGS = ("var/log/", "var/lib/sudo", "run/")
"""What sshd, sudo and the journal write of any login."""
SECRETS = ("Planted-Pass-77", "Planted-Db-9911", "planted-salt-abcdefgh")
PLANT = r"""
set -e
mkdir -p -m 700 /root/.ssh
rm -f /root/.ssh/id_planted
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_planted
echo 'mysql -u wp -pPlanted-Pass-77 wp' >> /root/.bash_history
printf '[client]\npassword=Planted-Db-9911\n' > /root/.my.cnf
echo '<?php define("DB_PASSWORD", "Planted-Db-9911"); define("AUTH_SALT", "planted-salt-abcdefgh");' > /var/www/planted.php
echo 'it says Planted-Db-9911' >> /var/log/alternatives.log
cp /usr/bin/sleep /opt/miner
setsid /opt/miner 600 > /dev/null 2>&1 < /dev/null &
sleep 0.3
rm /opt/miner
touch "/srv/a|b
c"
sync
"""
ASK = "sed -n 2,3p /root/.ssh/id_planted; grep -o '\\$[a-z0-9]*\\$[^:]*' /etc/shadow"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("hosts", nargs="+")
    asked.add_argument("--dissect", type=Path, help="target-query, from an environment of its own")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LUYTRE_STATE"], inventory = f"{folder}/state", Path(folder) / "inventory"
        shutil.copytree("inventories/lab", inventory)
        _auditor(inventory, "open", *given.hosts)
        incident = f"SC-{clock.format_compact_vietnam_day(clock.now())}-1"
        wrong = [each for host in given.hosts for each in _one(incident, host, inventory, given.dissect)]
    print(*wrong, sep="\n", flush=True)
    lab.reset_machines_to_pristine_image(tuple(given.hosts))
    sys.exit(1 if wrong else 0)


def _one(incident: str, host: str, inventory: Path, dissect: Path | None) -> Iterator[str]:
    """Collect from one host; what does not hold."""
    _ran(lab.run_on_machine_as_root(host, PLANT))
    secrets = [*SECRETS, *_ran(lab.run_on_machine_as_root(host, ASK)).decode().split()]
    before, began = _upper(host), time.monotonic()
    _auditor(inventory, "collect", incident, host, "--file", "/var/www/planted.php")
    seconds, changed = time.monotonic() - began, _upper(host) ^ before
    (place,) = (Path(os.environ["LUYTRE_STATE"]) / "evidence" / incident).glob(f"{host}-*")
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    manifest = json.loads((place / "manifest.json").read_bytes())
    print(
        f"{host}: {seconds:.1f} s, {size / 1e6:.1f} MB, {len(manifest['files'])} files, {len(manifest['left_out'])} "
        f"left out"
    )
    if seconds > MOST_SECONDS or size > MOST_BYTES:
        yield f"{host}: more than {MOST_SECONDS} s or {MOST_BYTES} bytes"
    yield from (
        f"{host}: written there: {name}" for name in sorted({name for name, *_ in changed}) if not name.startswith(LOGS)
    )
    content = b"".join(path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file())
    yield from (f"{host}: a secret is in it: {secret}" for secret in secrets if secret.encode() in content)
    if not list(place.glob("live_response/process/deleted/*.exe")):
        yield f"{host}: no copy of the deleted program"
    allowed = inventory / "office/allowed_signers"
    verify = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        allowed,
        "-I",
        "luytre",
        "-n",
        "luytre-evidence",
        "-s",
        "manifest.json.sig",
    ]
    yield from _said(host, place, ["sha256sum", "--quiet", "-c", "SHA256SUMS"], b"")
    yield from _said(host, place, verify, b"Good", place / "manifest.json")
    yield from _said(host, place, ["mactime", "-d", "-b", "bodyfile/bodyfile.txt"], b"/srv/a%7Cb%0Ac")
    for plugin, text in (("users", b"'root'"), ("commandhistory", b"mysql -u wp"), ("cronjobs", b"cron.hourly")):
        if dissect is not None:
            yield from _said(host, place, [dissect, "-s", "-q", "-f", plugin, "."], text)


def _said(
    host: str, place: Path, command: Sequence[str | Path], text: bytes, given: Path | None = None
) -> Iterator[str]:
    done = subprocess.run(
        command, cwd=place, input=given.read_bytes() if given else b"", capture_output=True, check=False
    )
    if done.returncode or text not in done.stdout:
        yield (
            f"{host}: {Path(command[0]).name} {command[-1]} does not read it: "
            f"{done.stderr.decode(errors='replace')[-300:]}"
        )


def _auditor(inventory: Path, *words: str) -> None:
    done = subprocess.run(
        [AUDITOR, "incident", *words, "--who", "Văn phòng", "-i", inventory], capture_output=True, check=False
    )
    if done.returncode:
        sys.exit(done.stdout.decode() + done.stderr.decode())


def _ran(done: subprocess.CompletedProcess[bytes]) -> bytes:
    if done.returncode:
        sys.exit(done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace"))
    return done.stdout


def _upper(host: str) -> set[tuple[str, float, float]]:
    """Return what the host's overlay holds, with its times."""
    upper = lab.get_folder_of_changes_on_machine(host)
    found = ((path, path.lstat()) for path in upper.rglob("*"))
    return {(str(path.relative_to(upper)), status.st_mtime, status.st_ctime) for path, status in found}


if __name__ == "__main__":
    main()
