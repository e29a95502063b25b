"""Prove the controls on the lab: break, find, mend, change nothing more, keep serving.

Drills of different controls run together on a host, several traps of one control one after the other. A drill
proves something only where its control passes beforehand (or does not apply, when the drill brings the thing
itself), so hosts are hardened first. One that another's trap disturbed is run once more, among those alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from auditor import lab
from auditor import plan as planning
from auditor.audit import audit
from auditor.controls import Catalogue, Drill
from auditor.facts import HostFacts
from auditor.harden import Options, harden
from auditor.journal import Journal
from auditor.models import Finding, Hardening, Host, Inventory, Run, Status

Say = Callable[[str], None]


@dataclass
class Proof:
    """One drill on one host: how far it held. ``problem`` is empty when all of it did."""

    drill: Drill
    host: str
    automated: bool
    problem: str = ""

    @property
    def subject(self) -> str:
        """The site or host that the drill breaks."""
        return self.drill.site or self.host


@dataclass
class _Round:
    proofs: list[Proof] = field(default_factory=list)

    def fail(self, problem: str, *, hosts: frozenset[str]) -> None:
        for proof in self.proofs:
            if proof.host in hosts and not proof.problem:
                proof.problem = problem


def run(
    catalogue: Catalogue,
    inventory: Inventory,
    drills: Sequence[Drill],
    say: Say,
    only_hosts: frozenset[str] = frozenset(),
) -> tuple[Proof, ...]:
    """Run drills on fresh, hardened lab hosts and say of each whether it held."""
    proofs = [
        Proof(drill, host, catalogue[drill.control].fix is not None)
        for drill in drills
        for host in drill.hosts
        if not only_hosts or host in only_hosts
    ]
    names = {proof.host for proof in proofs}
    hosts = [host for host in inventory.hosts if host.name in names]
    _prepare(catalogue, inventory, hosts, say)
    _pass(catalogue, inventory, hosts, proofs, say)
    disturbed = [proof for proof in proofs if proof.problem]
    if disturbed and len(disturbed) < len(proofs):
        say(f"{len(disturbed)} did not hold among others: once more, among themselves")
        for proof in disturbed:
            say(f"{proof.drill.control}.{proof.drill.trap} {proof.host}: {proof.problem}")
            proof.problem = ""
        lab.back_to_kept([host.name for host in hosts])
        _pass(catalogue, inventory, hosts, disturbed, say)
    return tuple(proofs)


def _pass(catalogue: Catalogue, inventory: Inventory, hosts: Sequence[Host], proofs: Sequence[Proof], say: Say) -> None:
    """Automated controls round by round; then those that a person mends, each round on hosts as first hardened."""
    automated, manual = ([proof for proof in proofs if proof.automated is wanted] for wanted in (True, False))
    names = [host.name for host in hosts]
    for batch in rounds(automated):
        _prove(catalogue, inventory, hosts, _Round(batch), say)
    for batch in rounds(manual):
        say("back to the hardened hosts")
        lab.back_to_kept(names)
        _prove(catalogue, inventory, hosts, _Round(batch), say)


def rounds(proofs: Sequence[Proof]) -> Iterator[list[Proof]]:
    """Groups in which no control is broken twice on a host; a drill that stands alone has its host to itself."""
    left = list(proofs)
    while left:
        taken: dict[tuple[str, str], Proof] = {}
        alone = left[0].drill.alone
        for proof in left:
            if proof.drill.alone == alone:
                taken.setdefault((proof.host, "" if alone else f"{proof.drill.control} {proof.subject}"), proof)
        chosen = list(taken.values())
        yield chosen
        left = [proof for proof in left if proof not in chosen]


def _prepare(catalogue: Catalogue, inventory: Inventory, hosts: Sequence[Host], say: Say) -> None:
    names = ", ".join(host.name for host in hosts)
    say(f"fresh hosts: {names}")
    lab.pristine([host.name for host in hosts])
    say(f"harden: {names}")
    found, facts = audit(inventory, catalogue, hosts)
    _harden(inventory, hosts, planning.make(catalogue, found, facts), catalogue)
    lab.keep([host.name for host in hosts])


def _prove(catalogue: Catalogue, inventory: Inventory, hosts: Sequence[Host], batch: _Round, say: Say) -> None:
    concerned = [host for host in hosts if host.name in {proof.host for proof in batch.proofs}]
    run, _facts = audit(inventory, catalogue, concerned)
    for proof in batch.proofs:
        finding = _finding(run, proof)
        if finding is None or finding.status not in (Status.PASS, Status.NOT_APPLICABLE):
            proof.problem = f"does not pass before the drill: {_told(finding)}"
    say(f"break {len(batch.proofs)} controls")
    _break(batch)
    run, facts = audit(inventory, catalogue, concerned)
    for proof in _holding(batch):
        finding = _finding(run, proof)
        if finding is None or not finding.status.is_open:
            proof.problem = f"broken but not found: {_told(finding)}"
    _mend(catalogue, inventory, concerned, batch, run, facts, say)


def _mend(
    catalogue: Catalogue,
    inventory: Inventory,
    hosts: Sequence[Host],
    batch: _Round,
    run: Run,
    facts: Mapping[str, HostFacts],
    say: Say,
) -> None:
    fixable = [proof for proof in batch.proofs if proof.automated]
    if not fixable:
        return
    say(f"harden {len(fixable)} controls")
    plan = planning.make(catalogue, run, facts)
    hardened = _harden(inventory, hosts, plan, catalogue)
    for entry in hardened.hosts:
        if entry.state != "confirmed":
            batch.fail(f"hardening: {entry.state}: {entry.why.en if entry.why else '?'}", hosts=frozenset({entry.host}))
    after, _facts = audit(inventory, catalogue, hosts)
    for proof in _holding(batch):
        finding = _finding(after, proof)
        if proof.automated and (finding is None or finding.status is not Status.PASS):
            proof.problem = f"hardened but not mended: {_told(finding)}"
    say("harden again")
    for entry in _harden(inventory, hosts, plan, catalogue).hosts:
        if entry.tasks:
            batch.fail(f"the second run changed something: {'; '.join(entry.tasks)}", hosts=frozenset({entry.host}))


def _harden(inventory: Inventory, hosts: Sequence[Host], plan: planning.Plan, catalogue: Catalogue) -> Hardening:
    """All hosts at once: a drill that goes wrong must not hide what the others come to."""
    name = f"drill-{secrets.token_hex(6)}"
    return harden(inventory, hosts, plan, catalogue, Journal(), name, Options(batch="100%")).hardening


def _holding(batch: _Round) -> list[Proof]:
    return [proof for proof in batch.proofs if not proof.problem]


def _break(batch: _Round) -> None:
    def on_host(host: str) -> None:
        for proof in sorted(batch.proofs, key=lambda proof: proof.drill.last):
            if proof.host == host:
                done = lab.run(host, Path(proof.drill.path).read_text("utf-8"))
                if done.returncode != 0:
                    said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
                    proof.problem = f"the drill itself failed: {(said or ['no word'])[-1][:200]}"

    hosts = {proof.host for proof in batch.proofs}
    with ThreadPoolExecutor(max_workers=len(hosts) or 1) as pool:
        list(pool.map(on_host, hosts))


def _finding(run: Run, proof: Proof) -> Finding | None:
    return next(
        (
            f
            for f in run.findings
            if f.control == proof.drill.control and f.subject.id == proof.subject and f.host == proof.host
        ),
        None,
    )


def _told(finding: Finding | None) -> str:
    if finding is None:
        return "no finding"
    reason = f" ({finding.reason.en})" if finding.reason else ""
    evidence = "; ".join(f"{item.path} = {item.value!r}" for item in finding.evidence[:3])
    return f"{finding.status.value}{reason} {evidence} {list(finding.violations)[:2] or ''}"[:600]
