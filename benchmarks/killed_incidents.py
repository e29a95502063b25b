"""Kill the controller at a random moment of an incident, and look at what is left, here and on the host.

It is killed while it opens, contains, collects and releases.

    python -m benchmarks.killed_incidents web3 [--times 200] [--seed 0]

Needs root and the lab (``auditor lab up``). One step of each round is killed with -9 at a moment between its first and
its last: an address is blocked, a file taken away and a process stopped meanwhile, evidence read, and all of it let go.
After each kill: the history holds; what the ledger calls confirmed is so, and nothing is contained on the host that the
ledger does not name; the step done again ends well, nothing is there twice; and when it is released the host is as
before: the file its own inode and bytes, the process running, no table. The host is reset afterwards.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from auditor import lab
from auditor.history.incidents import IncidentStore
from auditor.incidents.case import IncidentCase, fold_cases
from auditor.inventory import hosts as inventories

AUDITOR = Path(sys.executable).parent / "auditor"
ADDRESS, FILE, PROGRAM = "203.0.113.7", "/var/www/vo-hai.php", "/usr/bin/sleep"
MOST_SECONDS = 90.0
"""For what a killed controller began on a host to end there."""
PLANT = f"""
set -e
command -v nft > /dev/null || apt-get -qq install -y nftables > /dev/null 2>&1
echo '<?php // inert' > {FILE}
chown www-data: {FILE}
setsid setpriv --reuid=33 --regid=33 --clear-groups {PROGRAM} 100000 > /dev/null 2>&1 < /dev/null &
sleep 0.2
pgrep -n -u www-data -x sleep
"""
LOOK = f"""
nft list table inet luytre_contain 2> /dev/null | grep -c '{ADDRESS}'
stat -c %i {FILE} 2> /dev/null || echo 0
find /var/lib/luytre/quarantine -type f -size -2k -exec cat {{}} + 2> /dev/null | grep -c '// inert'
ps -o stat= -p PID | cut -c1
pgrep -fc 'python3 .*-[cI]' || true
"""


@dataclass(frozen=True)
class There:
    """The things on the host."""

    blocked: bool
    inode: int
    taken: int
    """How many times the file is in quarantine."""
    process: str
    """Its state: S sleeps, T is stopped."""

    @property
    def contained(self) -> frozenset[str]:
        """By which means something is."""
        held = {"address": self.blocked, "file": self.taken > 0, "process": self.process == "T"}
        return frozenset(means for means, is_so in held.items() if is_so)

    @property
    def whole(self) -> bool:
        """Return whether all is contained, once each."""
        return self == There(blocked=True, inode=0, taken=1, process="T")


@dataclass
class Bench:
    """One incident after the other on one host."""

    host: str
    inventory: Path
    pid: str
    dice: random.Random

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Begin a command about incidents, in a session of its own."""
        command = [str(AUDITOR), "incident", *words, "-i", str(self.inventory), "--lang", "en"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)

    def ran(self, *words: str) -> tuple[int, str]:
        """Return the code of such a command, and what it said."""
        process = self.start(*words)
        said, _ = process.communicate()
        return process.returncode, said.decode(errors="replace")

    def killed(self, longest: float, *words: str) -> bool:
        """Return whether it was killed before it had ended; whatever it had begun has ended then."""
        process = self.start(*words)
        try:
            process.wait(self.dice.uniform(0.05, longest))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        code = process.wait()
        process.stdout.close()
        until = time.monotonic() + MOST_SECONDS
        while _in_session(process.pid) and time.monotonic() < until:
            time.sleep(0.1)
        return code == -signal.SIGKILL

    def there(self) -> There:
        """Return what is on the host now."""
        said = lab.run_on_machine_as_root(self.host, LOOK.replace("PID", self.pid)).stdout.decode().split()
        return There(said[0] != "0", int(said[1]), int(said[2]), said[3])

    def settled(self) -> There:
        """Return what is there once no program of ours is at work on the host any more."""
        until, last = time.monotonic() + MOST_SECONDS, self.there()
        while time.monotonic() < until:
            time.sleep(0.5)
            now = self.there()
            at_work = lab.run_on_machine_as_root(self.host, "pgrep -f '^[^ ]*python3? -'").stdout.split()
            if now == last and not at_work:
                return now
            last = now
        return last

    def cases(self) -> dict[str, IncidentCase]:
        """Return what the ledgers say."""
        known = inventories.load_inventory(self.inventory)
        return {one.id: one for one in fold_cases(IncidentStore().load_case_logs_of_inventory(known.path))}

    def words(self, step: str, incident: str) -> tuple[str, ...]:
        """Return the command of a step."""
        who = ("--who", "Văn phòng")
        what = ("address", ADDRESS, "file", FILE, "process", f"{self.pid}{PROGRAM}")
        return {
            "open": ("open", self.host, "--new", "--why", "Thử", *who),
            "contain": ("contain", incident, *what, *who),
            "collect": ("collect", incident, self.host, *who),
            "release": ("release", incident, *who),
        }[step]

    def opened(self) -> str:
        """Return a new incident's id."""
        known = set(self.cases())
        self.must(*self.words("open", ""))
        return (set(self.cases()) - known).pop()

    def must(self, *words: str) -> None:
        """Run a command that has to end well."""
        code, said = self.ran(*words)
        if code:
            sys.exit(f"{words[0]}: {said}")

    def done(self, step: str, incident: str) -> Iterator[str]:
        """Do a step to its end; why it did not come there."""
        code, said = self.ran(*self.words(step, incident))
        if code:
            yield f"code {code}: {said[-300:]}"


def _in_session(pid: int) -> bool:
    """Return whether any process of that session is left, as ssh of a controller that was killed."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[3] == str(pid) and fields[0] != "Z":
            return True
    return False


def _round(bench: Bench, before: There, longest: dict[str, float], told: Counter[str]) -> Iterator[str]:
    """Yield one step of an incident, killed; what does not hold then, and when it is done again and released."""
    step = bench.dice.choice(tuple(longest))
    incident = bench.opened() if step != "open" else ""
    if step == "release":
        bench.must(*bench.words("contain", incident))
    known = set(bench.cases())
    killed = bench.killed(longest[step], *bench.words(step, incident))
    told[f"{step} {'killed' if killed else 'had ended'}"] += 1
    history = subprocess.run([AUDITOR, "history", "verify"], capture_output=True, check=False)
    if history.returncode:
        yield f"{step}: the history does not hold: {history.stdout.decode()[-200:]}"
    new = set(bench.cases()) - known
    if step == "open":
        if len(new) > 1:
            yield f"open: {len(new)} incidents"
        incident = new.pop() if new else bench.opened()
    yield from (f"{step}: {one}" for one in _differs(bench, incident))
    if step == "contain":
        yield from (f"contain: released: {one}" for one in bench.done("release", incident))
        if (now := bench.settled()) != before:
            yield f"contain: released, and not as before: {now}, before {before}"
        yield from (f"contain again: {one}" for one in bench.done("contain", incident))
        if not (now := bench.there()).whole:
            yield f"contain again: not contained once each: {now}"
    if step == "collect":
        yield from (f"collect again: {one}" for one in bench.done("collect", incident))
    if step in ("contain", "release"):
        yield from (f"release again: {one}" for one in bench.done("release", incident))
        if (now := bench.settled()) != before:
            yield f"{step}: not as before: {now}, before {before}"


def _differs(bench: Bench, incident: str) -> Iterator[str]:
    """Yield where the ledger says what is not so, or leaves out what is.

    And whether the next command says what is open, and where.
    """
    now = bench.settled()
    actions = bench.cases()[incident].actions.values()
    for means in sorted(now.contained - {action.means for action in actions}):
        yield f"{means} is contained and the ledger does not name it"
    for action in actions:
        if action.state == "confirmed" and action.means not in now.contained:
            yield f"{action.means} is not contained, and the ledger says so: {action}"
        if action.state in ("released", "refused") and action.means in now.contained:
            yield f"{action.means} is contained, and the ledger says it is not: {action}"
    if now.taken > 1 or (now.taken and now.inode):
        yield f"the file is there twice: {now}"
    code, said = bench.ran("show", incident)
    for action in actions:
        if code or (action.state not in ("released", "refused") and f"{bench.host}" not in said):
            yield f"show does not say what is open on which host: code {code}: {said[-300:]}"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("host")
    asked.add_argument("--times", type=int, default=200)
    asked.add_argument("--seed", type=int, default=0)
    given = asked.parse_args()
    told: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LUYTRE_STATE"], inventory = f"{folder}/state", Path(folder) / "inventory"
        shutil.copytree("inventories/lab", inventory)
        pid = lab.run_on_machine_as_root(given.host, PLANT).stdout.decode().strip()
        bench = Bench(given.host, inventory, pid, random.Random(given.seed))  # noqa: S311
        before, longest = bench.there(), _durations(bench)
        print(f"seconds of each step, not killed: {longest}", flush=True)
        for number in range(given.times):
            for one in _round(bench, before, longest, told):
                wrong.append(f"{number}: {one}")
                print(wrong[-1], flush=True)
            if number % 10 == 9:
                print(f"{number + 1} rounds, {len(wrong)} wrong: {dict(sorted(told.items()))}", flush=True)
    lab.reset_machines_to_pristine_image((given.host,))
    sys.exit(1 if wrong else 0)


def _durations(bench: Bench) -> dict[str, float]:
    """Return how long each step takes when nobody kills it."""
    took, incident = {}, bench.opened()
    for step in ("open", "contain", "collect", "release"):
        began = time.monotonic()
        bench.must(*bench.words(step, incident))
        took[step] = round(time.monotonic() - began, 1)
    return took


if __name__ == "__main__":
    main()
