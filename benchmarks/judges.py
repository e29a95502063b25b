"""Fresh hosts of the lab before judges that we did not write, before a hardening and after it, on both releases.

    .venv/bin/python -m benchmarks.judges [--fetch] [--host HOST] [--kind KIND] [--after] [--keep FOLDER]

Each host is judged as a container of the lab, and on a kernel of its own, under QEMU, once it is hardened, there by
those alone who look at the host itself. Everything that ours can mend is accepted. Prints a table, and ends with 1 when
a rule that fails afterwards has no reason in ``docs/judges.md``, or a reason there does not hold. ``--fetch`` only
fetches the judges and makes the disks (Debian 13, apt's lists up to date); ``--keep`` writes what each of the judges
said, and the rules that fail, into a folder.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from auditor import lab
from auditor.audit import controls
from auditor.errors import LabError
from benchmarks.judging import auditing, lynis, mozilla, nikto, openscap, reasons, services, ssh_audit, tools
from benchmarks.judging.stands import CONTAINER, KINDS, MACHINE, Stand, standing
from benchmarks.judging.verdict import Verdict
from tests.lab import own_kernel

HOSTS = ("web2", "web1")
"""Debian 12 with Apache, and Debian 13 with nginx."""
PROGRAMS: dict[str, tuple[str, ...]] = {
    CONTAINER: (str(Path(sys.executable).parent / "auditor"),),
    MACHINE: (sys.executable, "-m", "benchmarks.judging.patiently"),  # its processor is emulated
}
MEETS = ("pass", "not_applicable")
"""What a control may come to that is said to meet a rule otherwise: where it is not applicable, neither is
the danger.
"""


@dataclass(frozen=True)
class Row:
    """A line of the table: what is counted, and what ours is to reach."""

    judge: str
    what: str
    target: str


ROWS = (
    Row("openscap", "OpenSCAP, ANSSI BP-028 enhanced: fails", "at most 30 in a container, 60 on a machine"),
    Row("openscap-vm", "the same, a container counted as a machine", "at most 60"),
    Row("lynis", "Lynis: hardening index", "at least 80"),
    Row("cis", "OpenSCAP, CIS Ubuntu 24.04 level 2: passes", "none"),
    Row("ssh-audit", "ssh-audit: fails", "0"),
    Row("systemd", "systemd-analyze: the web stack's highest", "at most 5.0"),
    Row("audit-pages", "auditd's rules: a page's time, times", "none"),
    Row("audit-files", "auditd's rules: a person's files, times", "none"),
    Row("nikto", "Nikto: most findings of a port", "0 but by choice"),
    Row("mozilla", "SSLyze, Mozilla's intermediate: fails", "0"),
)


@dataclass
class Judged:
    """The verdicts of the judges on a host at a place, before the hardening (in a container) and after it."""

    stand: Stand
    before: dict[str, Verdict] = field(default_factory=dict)
    after: dict[str, Verdict] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def by_time(self) -> tuple[tuple[str, dict[str, Verdict]], ...]:
        """Return the verdicts, named as the table's columns are."""
        return ("before", self.before), ("ours", self.after)

    @property
    def in_part(self) -> frozenset[str]:
        """Return the judges that judged a part of what there is after the hardening."""
        return frozenset(judge for judge, verdict in self.after.items() if verdict.part)

    @property
    def fails(self) -> dict[str, frozenset[str]]:
        """Return the rules that fail after the hardening, by judge."""
        return {judge: verdict.fails for judge, verdict in self.after.items() if judge in reasons.SECTIONS}


def said(stand: Stand, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what each judge says of the host as it stands."""
    with stand.lent(folder):
        for judge, profile in openscap.PROFILES.items():
            if judge != "openscap-vm" or stand.kind == CONTAINER:
                yield judge, stand.run(f"cd {tools.ON_HOST}\n{openscap.script(judge, profile)}\n")
        yield "lynis", stand.run(f"cd {tools.ON_HOST}\n{lynis.SCRIPT}\n")
        yield "systemd", stand.run(services.SCRIPT)
    if stand.kind == MACHINE:
        cost = stand.run(auditing.SCRIPT)
        yield from (("audit-pages", cost), ("audit-files", cost))
    else:
        yield from said_from_outside(stand.host, folder)


def said_from_outside(name: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what those say who ask over the network, of which no answer comes from a kernel."""
    host = lab.load_lab_spec().hosts[name]
    address, (domain, *_) = str(host.address), host.sites
    asked = [sys.executable, "-m", "ssh_audit", "--json", address]
    here = {**os.environ, "PYTHONPATH": str(folder / "here")}
    yield "ssh-audit", subprocess.run(asked, env=here, capture_output=True, text=True, check=False).stdout
    yield "nikto", nikto.asked(folder, address, domain)
    yield "mozilla", mozilla.asked(folder, address, domain, lab.get_lab_state_in_use().ca_certificate_file)


def parsed(judge: str, text: str) -> Verdict:
    if judge in openscap.PROFILES:
        return openscap.parse(text, counts_passes=openscap.PROFILES[judge].counts_passes)
    parse: dict[str, Callable[[str], Verdict]] = {
        "lynis": lynis.parse,
        "audit-pages": lambda said: auditing.parse(said, "pages"),
        "audit-files": lambda said: auditing.parse(said, "files"),
        "systemd": services.parse,
        "ssh-audit": ssh_audit.parse,
        "nikto": nikto.parse,
        "mozilla": mozilla.parse,
    }
    return parse[judge](text)


def judged(stand: Stand, folder: Path, keep: Path | None) -> tuple[dict[str, Verdict], list[str]]:
    """Return the judges' verdicts on the host as it stands, and what is wrong with those that came to none."""
    found, wrong = {}, []
    for judge, text in said(stand, folder):
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{judge}.said").write_text(text, "utf-8")
        try:
            found[judge] = parsed(judge, text)
        except ValueError as error:
            wrong.append(f"{judge} came to no verdict: {error}")
            continue
        if keep is not None:
            (keep / f"{judge}.fails").write_text("".join(f"{rule}\n" for rule in sorted(found[judge].fails)), "utf-8")
    return found, wrong


def harden(stand: Stand) -> dict[str, str]:
    """Harden a host with everything accepted, and return what each control came to: of sites, the worst."""
    catalogue = controls.load_catalogue()
    accepted = ",".join(name for name in catalogue.controls_by_id if catalogue.has_automated_fix(name))
    with tempfile.TemporaryDirectory() as state:
        done = subprocess.run(
            [
                *PROGRAMS[stand.kind],
                *("harden", "-i", "inventories/lab", "--limit", stand.host, "--yes"),
                *("--confirm-within", "7200", "--accept", accepted, "--output", f"{state}/output"),
            ],
            env={**os.environ, "LUYTRE_STATE": f"{state}/state"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise LabError(f"the hardening ended with {done.returncode}: {(done.stdout + done.stderr)[-3000:]}")
        findings = json.loads(Path(state, "output/findings.json").read_text("utf-8"))["findings"]
    came_to: dict[str, str] = {}
    for one in findings:
        if came_to.get(one["control"], "pass") in MEETS:
            came_to[one["control"]] = one["status"]
    return came_to


def not_shown(one: Judged, known: reasons.Reasons, came_to: Mapping[str, str]) -> Iterator[str]:
    """Yield commands of the page that fail on the host as it stands.

    Controls that do not meet what they are said to are yielded, too.
    """
    shown = reasons.commands(one.fails, known)
    for command, holds in zip(shown, one.stand.holds(list(shown)), strict=True):
        if not holds:
            yield f"{', '.join(shown[command])}: not shown by {command}"
    for control, rules in reasons.met_by(one.fails, known).items():
        if came_to.get(control) not in MEETS:
            yield f"{', '.join(rules)}: {control} is {came_to.get(control)}"


def table(every: list[Judged]) -> Iterator[str]:
    for one in every:
        yield f"{one.stand!s:<46} {'before':>11} {'ours':>11}  target"
        for row in ROWS:
            if row.judge in {**one.before, **one.after}:
                before, after = (str(verdicts.get(row.judge, "")) for _, verdicts in one.by_time)
                yield f"{row.what:<46} {before:>11} {after:>11}  {row.target}"
                parts = {when: verdicts[row.judge].part for when, verdicts in one.by_time if row.judge in verdicts}
                yield from (f"  {when}: {part}" for when, part in parts.items() if part)
    versions = {**tools.DEBIAN, **tools.NON_FREE, **tools.PYPI}
    yield "judges: " + ", ".join(f"{name} {version}" for name, version in versions.items())


def why(one: Judged, known: reasons.Reasons) -> Iterator[str]:
    for row in ROWS:
        failing = one.fails.get(row.judge)
        if failing and (counted := reasons.by_kind(row.judge, failing, known)):
            yield f"{one.stand}, {row.judge}: " + ", ".join(f"{kind} {times}" for kind, times in counted.items())


def stand_judged(stand: Stand, folder: Path, keep: Path | None, *, before: bool) -> Judged:
    """Judge a host at a place; one that cannot be judged says why. The page is read when the judges are done."""
    one, place = Judged(stand), keep and keep / f"{stand.host}-{stand.kind}"
    try:
        with standing(stand):
            if before and stand.kind == CONTAINER:  # of a machine that takes minutes, once is enough
                one.before, one.wrong = judged(stand, folder, place and place / "before")
            came_to = harden(stand)
            one.after, wrong = judged(stand, folder, place and place / "after")
            known = reasons.read(reasons.PAGE.read_text("utf-8"))
            one.wrong += [*wrong, *not_shown(one, known, came_to)]
            one.wrong += reasons.unexplained(one.fails, known, container=stand.kind == CONTAINER)
    except (LabError, subprocess.SubprocessError, AssertionError) as error:
        one.wrong.append(f"was not judged: {error}")
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
        (place / "wrong").write_text("".join(f"{line}\n" for line in one.wrong), "utf-8")
    return one


def main() -> None:
    given = argparse.ArgumentParser(description="Before judges that we did not write.")
    given.add_argument("--fetch", action="store_true", help="only fetch the judges and make the disks")
    given.add_argument("--host", choices=HOSTS, action="append", help="only this host")
    given.add_argument("--kind", choices=KINDS, action="append", help="only as a container, or on a kernel of its own")
    given.add_argument("--after", action="store_true", help="only judge what was hardened")
    given.add_argument("--keep", type=Path, help="write what they said, and what is wrong, into this folder")
    options = given.parse_args()
    folder = tools.fetch()
    if options.fetch:
        for host in HOSTS:
            own_kernel.disk(host, tools.cache())
        return
    stands = [Stand(host, kind) for host in options.host or HOSTS for kind in options.kind or KINDS]
    with lab.hold_lab_session(), ThreadPoolExecutor() as pool:
        judge = partial(stand_judged, folder=folder, keep=options.keep, before=not options.after)
        # Hosts side by side; a host is in one place at a time, since its address is.
        by_host = [[stand for stand in stands if stand.host == host] for host in options.host or HOSTS]
        every = [one for judged_there in pool.map(lambda here: list(map(judge, here)), by_host) for one in judged_there]
    known = reasons.read(reasons.PAGE.read_text("utf-8"))
    print("\n".join([*table(every), *(line for one in every for line in why(one, known))]))
    wrong = [f"{one.stand}: {line}" for one in every for line in one.wrong]
    wrong += reasons.unfounded(known, {each.id: bool(each.container) for each in controls.load_catalogue().controls})
    if {(one.stand.host, one.stand.kind) for one in every if one.after} == set(itertools.product(HOSTS, KINDS)):
        in_part = frozenset[str]().union(*(one.in_part for one in every))
        wrong += reasons.outlived([one.fails for one in every], known, in_part)
    print("\n".join(wrong) or "every rule that still fails has its reason")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
