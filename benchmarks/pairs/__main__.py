"""Random pairs of what people, the program and the world do to a host: what is lost, and what is not as it is said.

    python -m benchmarks.pairs [--seeds 1-200] [--hosts web1,web2] [--minutes 60] [--keep]

Needs root and the lab. A seed is a host (web1 is Debian 13, web2 Debian 12), a pair of actions and their moments; each
begins on a pristine host with something of an intruder's for every means, of which three are contained before. Once all
has settled, everything is looked at:

* ``way``: every way in that there was, and no account without a password;
* ``site``: every site serves as before, or something that was printed names it;
* ``config``: every daemon's configuration loads, by the daemon's own test;
* ``log``: what the case log calls contained is in force on the host, by behaviour, and nothing is in force that it does
not name;
* ``stuck``: a command that does not end, or a host that does not settle.

A line a seed, how often each action was drawn, then the counts; it ends with 1 unless they are 0 and each action was
played. ``--seeds N`` is that trial again, ``--keep`` leaves its folder.
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
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from auditor import lab
from auditor.hardening.health import smoke
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
from benchmarks.pairs.place import Place
from tests.lab import targets
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
    """Accounts that need no password.

    A hardening may lock them, what undoes it may open them again, and nothing may add one.
    """

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


def prepare(trial: Trial) -> tuple[Ways, smoke.Answers]:
    """Prepare a pristine host with something of an intruder's for each means.

    Some of it is contained, and the host is hardened where the pair needs that.

    Return the ways in that it had before, and how its sites served.
    """
    place = trial.place
    (place.folder / "state").mkdir()
    lab.reset_machines_to_pristine_image([trial.host])
    quiet(trial.host)
    place.sh("command -v nft > /dev/null || apt-get -qq install -y nftables > /dev/null 2>&1")
    if "disk_full" in trial.pair:
        options = f"size={SMALL_MEGABYTES}m,mode=755"
        place.sh(
            f"mkdir {SMALL}; mount -t tmpfs -o {options} none {SMALL}; cp -a /etc {SMALL}; mount --bind {SMALL}/etc /"
            f"etc"
        )
    means = targets.means_on(trial.host)
    if "core" in means:
        place.release()
    trial.planted = targets.plant(trial.host, means)
    ways, pages = Ways.of(place), visit(trial.host)
    trial.do("incident", "open", trial.host, "--new", "--why", "Thử", *WHO)
    trial.incident = trial.said[-1].partition("\n")[2].split()[0]
    if "clean core" in trial.pair:
        trial.do("known-good", "import", str(place.release()))
    begin = [one for one in BASE if f"contain {one}" not in trial.pair]
    hardened = bool({"rollback", "drift"} & {*trial.pair}) and "harden" not in trial.pair[:1]
    before = [lambda: [contain(one)(trial) for one in begin], *([lambda: harden(trial)] if hardened else [])]
    trial.random.shuffle(before)
    for step in before:
        step()
    return ways, pages


def settle(trial: Trial) -> None:
    """Wait until the host answers and neither a hardening, a rollback nor an unconfirmed containment is open on it."""
    waiting = f"test -e {GUARD}/armed.json -o -e {GUARD}/rolling.json"
    timers = "systemctl list-timers --no-legend --plain 'luytre-contain*' 'luytre-revert*' | grep -q ."
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(subprocess.TimeoutExpired, RuntimeError):
            state = trial.place.sh(f"{waiting} || {timers} || systemctl is-system-running || true", 20).strip()
            if state in ("running", "degraded") and lab.is_ssh_login_as_root_possible(
                trial.host
            ):  # on a busy machine "unknown" for a while
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
    down = unserved(pages, visit(trial.host, again=pages), possibly_contained(log))
    printed = "\n".join(trial.said[1:])
    if unnoticed := [one for one in down if one.partition(": ")[0] not in _remarks(printed)]:
        trial.wrong["site"] = "; ".join(unnoticed[:3])
    if config := place.sh(CONFIGS).strip():
        trial.wrong["config"] = config[:400]
    if unlike := "; ".join(differences(trial, log)):
        trial.wrong["log"] = unlike


def unserved(before: smoke.Answers, after: smoke.Answers, contained: Collection[str]) -> list[str]:
    """Return the URLs that served before and do not now, each after its site, but for what these means do to a site.

    A redirect counts by where it leads: those URLs are visited, too.
    """
    now = {(domain, answer.url): answer for domain, answers in after.items() for answer in answers}
    found = []
    for domain, answers in before.items():
        for was in answers:
            answer = now.get((domain, was.url))
            if (
                not was.serves_page_or_redirect_of_site
                or "lt-an" in was.url
                or (answer is not None and answer.serves_page_or_redirect_of_site)
            ):
                continue
            status = answer.status if answer is not None else None
            if not ((status == 503 and "site" in contained) or (not status and "isolation" in contained)):
                found.append(f"{domain}: {was.url}: {was.status} → {status}")
    return found


def possibly_contained(log: list[Mapping[str, object]]) -> set[str]:
    """Return the means of what the log says is contained, or may be: whoever was cut off has written what was begun."""
    return {str(one["means"]) for one in log if one["state"] not in ("refused", "released")}


def _remarks(printed: str) -> str:
    """Return the lines that say of a site that it does not serve."""
    words = (
        "stopped serving",
        "no longer serves",
        "does not serve",
        "did not respond",
        "did not answer",
        "answers",
        "not as before",
    )
    return "\n".join(line for line in printed.splitlines() if any(word in line for word in words))


def differences(trial: Trial, log: list[Mapping[str, object]]) -> Iterator[str]:
    """Yield what the log says is contained and is not, and what is and the log does not say."""
    for means, what in trial.planted.items():
        if trial.rebooted and means in {"process", "process-end"}:
            continue  # it is gone anyway
        about = [one for one in log if one["means"] == means and (one["what"] == what or means != "file")]
        states = {str(one["state"]) for one in about}  # ``core`` takes other files away as files
        in_force = targets.is_in_force(trial.host, means, what)
        if "confirmed" in states and not in_force:
            yield f"{means}: the log says confirmed, and the host does not"
        covered = means == "path" and "site" in possibly_contained(log)  # a closed site also closes its paths
        if in_force and not states - {"refused", "released"} and not covered:
            yield f"{means}: in force on the host, and the log says {sorted(states) or 'nothing'}"


def trial_of(seed: int, hosts: list[str], inventory: Path, *, keep: bool) -> Trial:
    """Play one trial from the pristine host to the last look."""
    trial, began = drawn(seed, hosts, inventory), time.monotonic()
    try:
        ways, pages = prepare(trial)
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
    how = f"{trial.pair[0]} {'during' if trial.together else 'then'} {trial.pair[1]}"
    refused = f" (refused: {', '.join(trial.refused)})" if trial.refused else ""
    return f"{trial.seed:>5} {trial.host:<5} {trial.seconds:>4.0f} s  {how}{refused}: {said[:900]}"


def unplayed(trials: Sequence[Trial]) -> dict[str, int]:
    """Return how often each action was drawn of which nothing ever came, as it was refused every time.

    The soak says nothing of it.
    """
    drawn = Counter(name for trial in trials for name in trial.pair)
    refused = Counter(name for trial in trials for name in trial.refused)
    return {name: times for name, times in drawn.items() if refused[name] == times}


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
    if unknown := {*hosts} - {*lab.get_standard_machines_by_name()}:
        parser.error(f"not known: {', '.join(sorted(unknown))}")
    until = time.monotonic() + 60 * options.minutes
    lab.boot_machines_and_await_sites(hosts)
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
    drawn_names = Counter(one for trial in trials for one in trial.pair)
    refused = Counter(one for trial in trials for one in trial.refused)
    for name in sorted(ACTIONS, key=lambda name: drawn_names[name]):
        print(f"{drawn_names[name]:>5} {name}" + (f", {refused[name]} refused" if refused[name] else ""))
    print(
        f"{len(trials)} pairs of {len(drawn_names)} of {len(ACTIONS)} actions: {counts['way']} ways in lost, "
        f"{counts['site']} with sites "
        f"dead unnoticed, {counts['config']} with a configuration that does not load, {counts['log']} where log and "
        f"host differ, "
        f"{counts['stuck']} never settled"
    )
    if never := unplayed(trials):
        print(f"never played, as it was refused each time: {', '.join(sorted(never))}")
    return 1 if any(counts.values()) or never or len(trials) < len(options.seeds) else 0


if __name__ == "__main__":
    sys.exit(main())
