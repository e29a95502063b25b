"""Random pairs of what people, the program and the world do to a host: what is lost, and what is not as it is said.

    python -m benchmarks.pairs [--seeds 1-200] [--hosts web1,web2] [--minutes 60] [--keep]

Needs root and the lab. A seed is a host (web1 is Debian 13, web2 Debian 12), a pair of actions and their moments; each begins on a pristine
host with something of an intruder's for every means, of which three are contained before. Once all has settled, everything is looked at:

* ``way``: every way in that there was, and no account without a password;
* ``site``: every site serves as before, or something that was printed names it;
* ``config``: every daemon's configuration loads, by the daemon's own test;
* ``log``: what the case log calls contained is in force on the host, by behaviour, and nothing is in force that it does not name;
* ``stuck``: a command that does not end, or a host that does not settle.

A line a seed, then the counts; it ends with 1 unless they are 0. ``--seeds N`` is that trial again, ``--keep`` leaves its folder.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from auditor import lab
from auditor.hardening.serving import smoke
from auditor.lab.spec import spec
from benchmarks.pairs.actions import (
    ACTIONS,
    FAULTS,
    SMALL,
    SMALL_MEGABYTES,
    WHO,
    Trial,
    contain,
    harden,
    play,
    possible,
)
from benchmarks.pairs.targets import OTHER, TARGETS, Place, on, release
from tests.lab.fixtures import INVENTORY, quiet, visit

KINDS = ("way", "site", "config", "log", "stuck")
BASE = ("file", "job", "unit")
GUARD = "/var/lib/luytre/guard"
SETTLE_SECONDS = 300
WAYS = "id -u; passwd --status root | cut -d ' ' -f 2; systemctl is-active ssh.service ssh.socket | sort -u"
OPEN_ACCOUNTS = "awk -F : '$2 == \"\" {print $1}' /etc/shadow"
CONFIGS = """
! command -v nginx > /dev/null || nginx -t 2>&1 | grep -v -e 'syntax is ok' -e 'test is successful' -e '\\[warn\\]'
! command -v apache2ctl > /dev/null || apache2ctl -t 2>&1 | grep -v -e 'Syntax OK' -e AH00558
sshd -t 2>&1
for fpm in /usr/sbin/php-fpm*; do test ! -x $fpm || $fpm -t 2>&1 | grep -v -e 'test is successful' -e NOTICE; done
! command -v mariadbd > /dev/null || mariadbd --help --verbose 2>&1 > /dev/null | grep -i -e error -e unknown
! test -f /etc/nftables.conf || ! command -v nft > /dev/null || nft -c -f /etc/nftables.conf 2>&1
! command -v fail2ban-client > /dev/null || fail2ban-client -t 2>&1 | grep -v -i -e '^OK' -e warning
systemctl --failed --no-legend --plain | grep -E 'nginx|apache|php|mariadb|ssh|nftables|luytre' | cut -c 1-200
true"""


@dataclass(frozen=True)
class Ways:
    """The ways in that there are."""

    way: str
    open_accounts: frozenset[str]
    """Accounts that need no password: a hardening may lock them, and nothing may add one."""

    @classmethod
    def of(cls, place: Place) -> Ways:
        """Return those of a host as it is now."""
        return cls(place.sh(WAYS), frozenset(place.sh(OPEN_ACCOUNTS).split()))


def drawn(seed: int, hosts: list[str], inventory: Path) -> Trial:
    """Draw a trial: everything of it comes from its seed."""
    chance = random.Random(seed)  # noqa: S311
    host = chance.choice(hosts)
    names = possible(host)
    first, second = chance.choice(names), chance.choice(names)
    if first in FAULTS and second not in FAULTS:
        first, second = second, first
    together = second in FAULTS or (chance.random() < 0.5 and second.startswith(("contain", "edit", "lift", "clean")))
    if first in FAULTS:
        first, together = "harden", True
    folder = Path(tempfile.mkdtemp(prefix=f"luytre-pairs-{seed}-"))
    return Trial(seed, (first, second), Place(host, folder), chance, inventory, together)


def prepare(trial: Trial) -> None:
    """Have a pristine host with something of an intruder's for each means, some of it contained, and hardened where the pair needs that."""
    place = trial.place
    (place.folder / "state").mkdir()
    lab.reset([trial.host])
    quiet(trial.host)
    place.sh("command -v nft > /dev/null || apt-get -qq install -y nftables > /dev/null 2>&1")
    if "disk_full" in trial.pair:
        options = f"size={SMALL_MEGABYTES}m,mode=755"
        place.sh(
            f"mkdir {SMALL}; mount -t tmpfs -o {options} none {SMALL}; cp -a /etc {SMALL}; mount --bind {SMALL}/etc /etc"
        )
    means = on(trial.host)
    if "core" in means:
        release(place)
    place.sh("set -e\n" + "\n".join(TARGETS[one].plant(place) for one in means))
    trial.do("incident", "open", trial.host, "--new", "--why", "Thử", *WHO)
    trial.incident = trial.said[-1].partition("\n")[2].split()[0]
    begin = [one for one in BASE if f"contain {one}" not in trial.pair]
    hardened = bool({"rollback", "drift"} & {*trial.pair}) and "harden" not in trial.pair[:1]
    before = [lambda: [contain(one)(trial) for one in begin], *([lambda: harden(trial)] if hardened else [])]
    trial.random.shuffle(before)
    for step in before:
        step()


def settle(trial: Trial) -> None:
    """Wait until the host answers and neither a hardening, a rollback nor an unconfirmed containment is open on it."""
    waiting = f"test -e {GUARD}/armed.json -o -e {GUARD}/rolling.json"
    timers = "systemctl list-timers --no-legend --plain 'luytre-contain*' 'luytre-revert*' | grep -q ."
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(subprocess.TimeoutExpired, RuntimeError):
            asked = f"{waiting} || {timers} || systemctl is-system-running | grep -q starting || echo over"
            if trial.place.sh(asked, 20).strip() == "over" and lab.lets_in(trial.host):
                return
        time.sleep(0.5)
    trial.wrong["stuck"] = (
        f"not settled: {trial.place.sh('ls ' + GUARD + '; systemctl list-timers --no-legend --plain')[:300]}"
    )


def look(trial: Trial, pages: smoke.Answers, ways: Ways) -> None:
    """Look at everything that must be so."""
    place, log = trial.place, trial.log()
    if (now := place.sh(WAYS)) != ways.way:
        trial.wrong["way"] = f"{ways.way.split()} → {now.split()}"
    if opened := {*place.sh(OPEN_ACCOUNTS).split()} - ways.open_accounts:
        trial.wrong["way"] = f"without a password: {sorted(opened)}"
    shut = {one["means"] for one in log if one["state"] == "confirmed"} & {"site", "isolation"}
    down = () if shut else _dead(pages, visit(trial.host, again=pages))
    printed = "\n".join(trial.said[1:])
    if unnoticed := [one for one in down if one.partition(": ")[0] not in _remarks(printed)]:
        trial.wrong["site"] = "; ".join(unnoticed[:3])
    if config := place.sh(CONFIGS).strip():
        trial.wrong["config"] = config[:400]
    if differences := "; ".join(_differences(trial, log)):
        trial.wrong["log"] = differences


def _dead(before: smoke.Answers, after: smoke.Answers) -> list[str]:
    """Return the URLs that served before and do not now, each after its site. A redirect counts by where it leads: those URLs are visited, too."""
    now = {(domain, answer.url): answer for domain, answers in after.items() for answer in answers}
    return [
        f"{domain}: {was.url}: {was.status} → {answer.status if (answer := now.get((domain, was.url))) else None}"
        for domain, answers in before.items()
        for was in answers
        if was.serves and "lt-an" not in was.url and not ((answer := now.get((domain, was.url))) and answer.serves)
    ]


def _remarks(printed: str) -> str:
    """Return the lines that say of a site that it does not serve."""
    words = ("no longer serves", "does not serve", "did not answer", "answers", "not as before")
    return "\n".join(line for line in printed.splitlines() if any(word in line for word in words))


def _differences(trial: Trial, log: list[dict[str, object]]) -> Iterator[str]:
    cut_off = any(one["means"] == "isolation" and one["state"] not in ("refused", "released") for one in log)
    for means in on(trial.host):
        states = {str(one["state"]) for one in log if one["means"] == means and _is_planted(trial, one)}
        if (trial.rebooted and means == "process") or (cut_off and means in ("path", "site")):
            continue  # it is gone anyway; nobody outside sees it
        in_force = TARGETS[means].is_in_force(trial.place)
        if "confirmed" in states and not in_force:
            yield f"{means}: the log says confirmed, and the host does not"
        if in_force and not states - {"refused", "released"} and not _is_covered(means, log):
            yield f"{means}: in force on the host, and the log says {sorted(states) or 'nothing'}"


def _is_planted(trial: Trial, action: dict[str, object]) -> bool:
    """Return whether an action is about what was planted: ``core`` also takes foreign files away as files."""
    return action["means"] != "file" or "luytre-an.php" in str(action["what"])


def _is_covered(means: str, log: list[dict[str, object]]) -> bool:
    """Return whether another means has the same effect: a closed site also closes its paths."""
    confirmed = {one["means"] for one in log if one["state"] not in ("refused", "released")}
    return (means == "path" and bool({"site", "isolation"} & confirmed)) or (
        means == "site" and "isolation" in confirmed
    )


def trial_of(seed: int, hosts: list[str], inventory: Path, *, keep: bool) -> Trial:
    """Play one trial from the pristine host to the last look."""
    trial, began = drawn(seed, hosts, inventory), time.monotonic()
    try:
        prepare(trial)
        pages, ways = visit(trial.host), Ways.of(trial.place)
        play(trial)
        settle(trial)
        look(trial, pages, ways)
    except Exception as error:  # whatever it is: the seed is told with it, and the next one begins
        trial.wrong["stuck"] = f"{type(error).__name__}: {error}"[:400]
    trial.seconds = time.monotonic() - began
    (trial.place.folder / "said").write_text("\n".join(trial.said))
    if not keep and not trial.wrong:
        shutil.rmtree(trial.place.folder, ignore_errors=True)
    return trial


def row(trial: Trial) -> str:
    """Return a trial's line of the table."""
    said = "; ".join(f"{kind}: {what}" for kind, what in trial.wrong.items()) or "ok"
    how = "during" if trial.together else "then"
    return (
        f"{trial.seed:>5} {trial.host:<5} {trial.seconds:>4.0f} s  {trial.pair[0]} {how} {trial.pair[1]}: {said[:900]}"
    )


def _numbers(text: str) -> list[int]:
    ends = [(first, last or first) for first, _, last in (part.partition("-") for part in text.split(","))]
    return [number for first, last in ends for number in range(int(first), int(last) + 1)]


def main() -> int:
    """Print the table and the counts. Return 1 when something was lost or is not as it was said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--seeds", type=_numbers, default="1-200", help="a trial each: numbers and ranges, as 1-100,203"
    )
    parser.add_argument("--hosts", default="web1,web2")
    parser.add_argument("--minutes", type=float, default=600, help="begin no trial after so many")
    parser.add_argument("--keep", action="store_true", help="keep the folder of each trial")
    options = parser.parse_args()
    hosts = options.hosts.split(",")
    if unknown := {*hosts} - {*lab.hosts()}:
        parser.error(f"not known: {', '.join(sorted(unknown))}")
    until = time.monotonic() + 60 * options.minutes
    lab.up(hosts)
    address = ("ip", "address", "replace", f"{OTHER}/24", "dev", spec().network.bridge)
    subprocess.run(address, check=True)
    trials: list[Trial] = []
    chains: dict[str, list[int]] = {host: [] for host in hosts}
    for seed in options.seeds:
        chains[random.Random(seed).choice(hosts)].append(seed)  # noqa: S311

    def chain(host: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            inventory = Path(shutil.copytree(Path(INVENTORY).resolve(), Path(folder) / "inventory"))
            for seed in chains[host]:
                if time.monotonic() < until:
                    trials.append(trial_of(seed, hosts, inventory, keep=options.keep))
                    print(row(trials[-1]), flush=True)

    with ThreadPoolExecutor() as pool:
        list(pool.map(chain, hosts))
    counts = {kind: sum(kind in trial.wrong for trial in trials) for kind in KINDS}
    names = {one for trial in trials for one in trial.pair}
    print(
        f"{len(trials)} pairs of {len(names)} of {len(ACTIONS)} actions: {counts['way']} ways in lost, {counts['site']} with sites "
        f"dead unnoticed, {counts['config']} with a configuration that does not load, {counts['log']} where log and host differ, "
        f"{counts['stuck']} never settled"
    )
    return 1 if any(counts.values()) or len(trials) < len(options.seeds) else 0


if __name__ == "__main__":
    sys.exit(main())
