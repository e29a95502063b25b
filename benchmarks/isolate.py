"""Isolation of lab hosts, again and again.

Who comes in, whose session stops, how it ends, and what a hardening makes of it.

    python -m benchmarks.isolate web1 web2 [--times 20] [--harden]

Needs root and the lab (``auditor lab up``). Each time a host is cut off twice. Once it is not confirmed: our SSH has to
work, another address's session to stop, and the host to join again within its seconds and five more. Once it is: the
same after a power cut, from before the network is up, until it is released. With ``--harden`` each host is hardened
first; then it is hardened and rolled back while it is cut off, cut off while it is hardened, and left to revert by
itself. The hosts are reset afterwards. web3 trusts the lab's whole network, and isolation lets in by SSH whom a host
trusts: there others come in, and it is told.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from auditor import lab
from auditor.fleet import ssh_exec
from auditor.incidents.actions.registry import ACTION_KINDS
from auditor.inventory.reach import load_reach
from auditor.lab.spec import load_lab_spec
from auditor.models import clock

AUDITOR = Path(sys.executable).parent / "auditor"
OTHER = "10.213.47.250"
"""An address of nobody's on the bridge."""
TRIAL, MORE = 60, 5
HARDENING = threading.Lock()
"""One run at a time changes the hosts of an inventory."""
TABLE = "nft -s list table inet luytre_isolate"
FIRST = (
    "systemctl show -P ExecMainStartTimestampMonotonic luytre-contain-isolation.service; systemctl show -P "
    "ActiveEnterTimestampMonotonic network-pre.target"
)
LOOSEN = "rm -f /etc/ssh/sshd_config.d/00-luytre.conf; systemctl reload ssh; chmod 644 /etc/crontab"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("hosts", nargs="+")
    asked.add_argument("--times", type=int, default=20)
    asked.add_argument("--harden", action="store_true")
    given = asked.parse_args()
    bridge = load_lab_spec().network.bridge
    subprocess.run(["ip", "address", "replace", f"{OTHER}/24", "dev", bridge], check=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LUYTRE_STATE"], inventory = f"{folder}/state", Path(folder) / "inventory"
        shutil.copytree("inventories/lab", inventory)
        for host in given.hosts:
            _auditor(inventory, "open", host)
        day = clock.format_compact_vietnam_day(clock.now())
        with ThreadPoolExecutor(len(given.hosts)) as pool:
            each = [
                pool.submit(_host, name, inventory, f"SC-{day}-{number}", given)
                for number, name in enumerate(given.hosts, 1)
            ]
            wrong = [line for one in each for line in one.result()]
    subprocess.run(["ip", "address", "del", f"{OTHER}/24", "dev", bridge], check=True)
    print(*wrong, sep="\n", flush=True)
    lab.reset_machines_to_pristine_image(tuple(given.hosts))
    sys.exit(1 if wrong else 0)


def _host(host: str, inventory: Path, incident: str, given: argparse.Namespace) -> list[str]:
    _ran(lab.run_on_machine_as_root(host, "apt-get -qq install -y nftables > /dev/null"))
    wrong: list[str] = []
    for number in range(1, given.times + 1):
        found = [*_unconfirmed(host, inventory), *_confirmed(host, inventory, incident)]
        wrong += [f"{host} {number}: {one}" for one in found]
        print(f"{host} {number}: {'; '.join(found) or 'holds'}", flush=True)
    if given.harden:
        with HARDENING:
            wrong += [f"{host}: {one}" for one in _hardened(host, inventory, incident)]
    return wrong


class Session:
    """The words of another address's SSH, four times a second, from the moment on when it says something."""

    def __init__(self, host: str) -> None:
        words = lab.build_ssh_command_of_machine(host, remote="while echo .; do sleep 0.25; done")
        self.process = subprocess.Popen([words[0], "-b", OTHER, *words[1:]], stdout=subprocess.PIPE)
        self.last = 0.0
        self.thread = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self.thread.start()
        while not self.last and self.process.poll() is None:
            time.sleep(0.05)

    def _read(self, said: IO[bytes]) -> None:
        for _ in said:
            self.last = time.monotonic()

    def goes_on(self) -> bool:
        """Return whether it says anything within three seconds."""
        since = time.monotonic()
        time.sleep(3)
        return self.last > since

    def end(self) -> None:
        """End it: it is not needed any more."""
        self.process.kill()
        self.process.wait()
        self.thread.join()


def _others_come_in(host: str) -> bool:
    address = str(lab.get_standard_machines_by_name()[host].address)
    try:
        with socket.create_connection((address, 22), timeout=1.5, source_address=(OTHER, 0)) as there:
            return there.recv(3) == b"SSH"
    except OSError:
        return False


def _unconfirmed(host: str, inventory: Path) -> Iterator[str]:
    """Cut it off without confirming it; what does not hold."""
    session = Session(host)
    if not session.goes_on():
        yield "another's session is not there before"
    began = time.monotonic()
    answer = _asked(host, inventory, "contain")
    if answer["state"] != "on_trial":
        yield f"it is not on trial: {answer}"
    yield from _cut_off(host, session)
    session.end()
    while not _others_come_in(host) and time.monotonic() - began < TRIAL + MORE:
        time.sleep(0.2)
    took = time.monotonic() - began
    print(f"{host}: ended by itself after {took:.1f} s", flush=True)
    if not _others_come_in(host):
        yield f"it has not ended after {took:.0f} s"
    if (left := _asked(host, inventory, "release")) != {"state": "none"}:
        yield f"something is left: {left}"


def _confirmed(host: str, inventory: Path, incident: str) -> Iterator[str]:
    """Cut it off over a reboot until it is released; what does not hold."""
    session = Session(host)
    _auditor(inventory, "contain", incident, "isolation", host)
    yield from _cut_off(host, session)
    session.end()
    table = _ran(lab.run_on_machine_as_root(host, TABLE))
    lab.cut_power(host)
    _until_in(host)
    started, network = _ran(lab.run_on_machine_as_root(host, FIRST)).split()
    if not 0 < int(started) < int(network):
        yield f"it was not there before the network: {started!r} {network!r}"
    if _others_come_in(host):
        yield "others come in after a reboot"
    if _ran(lab.run_on_machine_as_root(host, TABLE)) != table:
        yield "the table is another one after a reboot"
    _auditor(inventory, "release", incident)
    if not _others_come_in(host):
        yield "others do not come in when it is released"


def _cut_off(host: str, session: Session) -> Iterator[str]:
    if not lab.is_ssh_login_as_root_possible(host):
        yield "our SSH does not work"
    if session.goes_on():
        yield "another's session goes on"
    if _others_come_in(host):
        yield "others come in"


def _hardened(host: str, inventory: Path, incident: str) -> Iterator[str]:
    """Harden it before, while and after it is cut off; what does not hold."""
    harden: list[str | Path] = [AUDITOR, "harden", "-i", inventory, "--limit", host, "--yes"]
    rollback: list[str | Path] = [AUDITOR, "rollback", "-i", inventory, "--limit", host, "--yes"]
    _code(harden)
    _auditor(inventory, "contain", incident, "isolation", host)
    table = _ran(lab.run_on_machine_as_root(host, TABLE))

    def stays(when: str) -> Iterator[str]:
        if _others_come_in(host) or lab.run_on_machine_as_root(host, TABLE).stdout != table:
            yield f"not cut off {when}"
        if not lab.is_ssh_login_as_root_possible(host):
            yield f"our SSH does not work {when}"

    _ran(lab.run_on_machine_as_root(host, LOOSEN))
    if code := _code(harden):
        yield f"hardening it while it is cut off ends with {code}"
    yield from stays("after a hardening")
    if code := _code(rollback):
        yield f"rolling it back while it is cut off ends with {code}"
    yield from stays("after a rollback")
    _ran(lab.run_on_machine_as_root(host, LOOSEN))
    with subprocess.Popen([*harden, "--confirm-within", "60"], stdout=subprocess.DEVNULL) as running:
        _until_armed(host, armed=True)
        running.kill()
    _until_armed(host, armed=False)
    yield from stays("after it reverted by itself")
    _auditor(inventory, "release", incident)
    with subprocess.Popen(harden, stdout=subprocess.DEVNULL) as running:
        _until_armed(host, armed=True)
        _auditor(inventory, "contain", incident, "isolation", host)
        if running.wait():
            yield f"a hardening during which it is cut off ends with {running.returncode}"
    table = _ran(lab.run_on_machine_as_root(host, TABLE))
    yield from stays("after a hardening that was under way")
    _code(rollback)
    yield from stays("after that was rolled back")
    _auditor(inventory, "release", incident)


def _until_armed(host: str, *, armed: bool) -> None:
    until = time.monotonic() + 300
    while time.monotonic() < until:
        if (lab.run_on_machine_as_root(host, "test -e /var/lib/luytre/guard/armed.json").returncode == 0) == armed:
            return
        time.sleep(0.3)
    sys.exit(f"{host}: {'not armed' if armed else 'not reverted'} after 300 s")


def _until_in(host: str) -> None:
    until = time.monotonic() + 120
    while not lab.is_ssh_login_as_root_possible(host):
        if time.monotonic() > until:
            sys.exit(f"{host}: our SSH does not work within 120 s of a reboot")
        time.sleep(0.5)


def _asked(host: str, inventory: Path, do: str) -> dict[str, Any]:
    question = {"do": do, "id": "SC-20260101-1/1", "what": host, "trusted": []}
    said = ssh_exec.run_as_root(load_reach(inventory)[host], ACTION_KINDS["isolation"].program_path, question, 40)
    answer: dict[str, Any] = json.loads(said)
    return answer


def _auditor(inventory: Path, *words: str) -> None:
    done = subprocess.run(
        [AUDITOR, "incident", *words, "--who", "Văn phòng", "-i", inventory], capture_output=True, check=False
    )
    if done.returncode:
        sys.exit(done.stdout.decode() + done.stderr.decode())


def _code(words: list[str | Path]) -> int:
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode:
        print(done.stdout.decode()[-3000:], done.stderr.decode()[-1000:], flush=True)
    return done.returncode


def _ran(done: subprocess.CompletedProcess[bytes]) -> bytes:
    if done.returncode:
        sys.exit(done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace"))
    return done.stdout


if __name__ == "__main__":
    main()
