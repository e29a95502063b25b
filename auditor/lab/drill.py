"""Prove the controls on the lab: break, find, mend, change nothing but what is declared, keep serving.

Drills of different controls run together on a host, several traps of one control one after the other; once all are
mended, the same plans are put in force again, which has to change nothing. A drill proves something only where its
control passes beforehand (or does not apply, when the drill brings the thing itself), so hosts are hardened first.
What others could have written must be held, and mended once it is accepted, where it can be; so must what is dangerous.
One that another's trap disturbed is run once more, among those alone. What an audit alone does not see is looked for before and after it is
broken.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor import lab
from auditor.audit.controls import Catalogue, Drill
from auditor.audit.run import audit, judge
from auditor.facts import HostFacts
from auditor.fleet.runner import Task
from auditor.hardening import plan as planning
from auditor.hardening.harden import harden
from auditor.hardening.journal import Journal
from auditor.hardening.rollout import Options
from auditor.lab import undeclared as touches
from auditor.lab.looking import Looking
from auditor.models import ControlId, Finding, Hardening, Host, Inventory, Run, Status

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
    plan: planning.Plan = field(default_factory=lambda: planning.Plan(hosts=()))
    """What mended them."""

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
        Proof(drill, host, catalogue[drill.control].fix is not None and drill.held != "by hand")
        for drill in drills
        for host in drill.hosts
        if not only_hosts or host in only_hosts
    ]
    names = {proof.host for proof in proofs}
    hosts = [host for host in inventory.hosts if host.name in names]
    with TemporaryDirectory(prefix="luytre-drill-") as folder:
        looking = Looking(inventory, catalogue, Path(folder) / "history.sqlite")
        drilling = _Drilling(catalogue, inventory, hosts, say, Journal(Path(folder)), looking)
        known = _prepare(drilling, _dangerous(catalogue, drills))
        _pass(drilling, proofs, known)
        disturbed = [proof for proof in proofs if proof.problem]
        if disturbed and len(disturbed) < len(proofs):
            say(f"{len(disturbed)} did not hold among others: once more, among themselves")
            for proof in disturbed:
                say(f"{proof.drill.control}.{proof.drill.trap} {proof.host}: {proof.problem}")
                proof.problem = ""
            lab.back_to_kept([host.name for host in hosts])
            _pass(drilling, disturbed, known)
    return tuple(proofs)


def _pass(drilling: _Drilling, proofs: Sequence[Proof], known: Run) -> None:
    """Automated controls round by round; then those that a person mends, each round on hosts as first hardened."""
    automated, manual = ([proof for proof in proofs if proof.automated is wanted] for wanted in (True, False))
    now, mended = known, [_Round(batch) for batch in rounds(automated)]
    for one in mended:
        now = _prove(drilling, one, now)
    if mended:
        _prove_stable(drilling, mended)
    for batch in rounds(manual):
        drilling.say("back to the hardened hosts")
        lab.back_to_kept(sorted({proof.host for proof in batch}))
        _prove(drilling, _Round(batch), drilling.looked(batch, known))


def rounds(proofs: Sequence[Proof]) -> Iterator[list[Proof]]:
    """Groups in which no control is broken twice on a host; a drill that stands alone has its host to itself."""
    left = sorted(proofs, key=lambda proof: proof.drill.alone)
    while left:
        chosen: dict[tuple[str, str, str], Proof] = {}
        hosts: set[str] = set()
        for proof in left:
            what = (proof.host, proof.drill.control, proof.subject)
            if what not in chosen and not (proof.drill.alone and proof.host in hosts):
                chosen[what] = proof
                hosts.add(proof.host)
        yield list(chosen.values())
        left = [proof for proof in left if proof not in chosen.values()]


def _dangerous(catalogue: Catalogue, drills: Sequence[Drill]) -> frozenset[ControlId]:
    fixes = {drill.control: catalogue[drill.control].fix for drill in drills}
    return frozenset(control for control, fix in fixes.items() if fix is not None and fix.danger is not None)


def _prepare(drilling: _Drilling, accepted: frozenset[ControlId]) -> Run:
    """Fresh hosts, hardened with the danger of some controls, put aside; how they were read then."""
    names = [host.name for host in drilling.hosts]
    drilling.say(f"fresh hosts: {', '.join(names)}")
    lab.pristine(names)
    drilling.say("harden them")
    found, facts = audit(drilling.inventory, drilling.catalogue, drilling.hosts)
    known = drilling.harden(planning.make(drilling.catalogue, found, facts, accepted=accepted)).after
    lab.keep(names)
    return known


@dataclass(frozen=True)
class _Mended:
    hardening: Hardening
    after: Run
    undeclared: Mapping[str, tuple[str, ...]]
    """By host, what was changed and no control declares."""


@dataclass
class _Drilling:
    """What stays the same through all rounds."""

    catalogue: Catalogue
    inventory: Inventory
    hosts: Sequence[Host]
    say: Say
    journal: Journal
    looking: Looking

    def looked(self, proofs: Sequence[Proof], run: Run) -> Run:
        """The run with what is seen by looking, now, where these drills are about what an audit alone does not see."""
        hunted = {proof.host for proof in proofs if proof.drill.seen_by == "hunt"}
        reviewed = frozenset(proof.subject for proof in proofs if proof.drill.seen_by == "review")
        seen: list[Finding] = []
        if hunted:
            self.say(f"hunt on {', '.join(sorted(hunted))}")
            seen += self.looking.hunted([host for host in self.hosts if host.name in hunted])
        if reviewed:
            self.say(f"review {', '.join(sorted(reviewed))}")
            seen += self.looking.reviewed(self.hosts, reviewed)
        return run.model_copy(update={"findings": (*run.findings, *seen)})

    def audit(self, hosts: Sequence[Host]) -> tuple[Run, Mapping[str, HostFacts]]:
        return audit(self.inventory, self.catalogue, hosts)

    def harden(self, plan: planning.Plan) -> _Mended:
        """All hosts at once: a drill that goes wrong must not hide what the others come to."""
        started = datetime.now(UTC)
        tasks: list[Task] = []
        name = f"drill-{secrets.token_hex(6)}"
        done = harden(
            self.inventory, self.hosts, plan, self.catalogue, self.journal, name, Options(batch="100%"), tasks.append
        )
        hosts = [host for host in self.hosts if host.name in done.outcomes]
        outcomes = [done.outcomes[host.name] for host in hosts]
        after = judge(self.inventory, self.catalogue, hosts, done.facts, outcomes, started=started, purpose="after")
        undeclared = {
            entry.host: touches.undeclared(
                touches.changes(lab.upper(entry.host), started.timestamp()),
                [task for task in tasks if task.host == entry.host],
                entry.touches,
            )
            for entry in done.hardening.having("confirmed")
        }
        return _Mended(done.hardening, after, undeclared)


def _prove(drilling: _Drilling, batch: _Round, known: Run) -> Run:
    """One round; ``known`` is how the hosts were read last. How they are read after it."""
    names = {proof.host for proof in batch.proofs}
    concerned = [host for host in drilling.hosts if host.name in names]
    for proof in batch.proofs:
        finding = _finding(known, proof)
        if finding is None or finding.status not in (Status.PASS, Status.NOT_APPLICABLE):
            proof.problem = f"does not pass before the drill: {_told(finding)}"
    drilling.say(f"break {len(batch.proofs)} controls")
    _break(batch)
    audited, facts = drilling.audit(concerned)
    run = drilling.looked(batch.proofs, audited)
    for proof in _holding(batch):
        finding = _finding(run, proof)
        if finding is None or not finding.is_open:
            proof.problem = f"broken but not found: {_told(finding)}"
    return _mend(drilling, batch, run, facts, known)


def _mend(drilling: _Drilling, batch: _Round, run: Run, facts: Mapping[str, HostFacts], known: Run) -> Run:
    wary = run.model_copy(update={"hosts": tuple(host.model_copy(update={"accept": ()}) for host in run.hosts)})
    plan = planning.make(drilling.catalogue, wary, facts)
    dangerous = _dangerous(drilling.catalogue, [proof.drill for proof in batch.proofs])
    for proof in _holding(batch):
        if (proof.drill.held or proof.drill.control in dangerous) and not _holds(plan, proof):
            why = "others could have written it" if proof.drill.held else "it is dangerous"
            proof.problem = f"not held, although {why}"
    fixable = [proof for proof in batch.proofs if proof.automated]
    if not fixable:
        return known
    drilling.say(f"harden {len(fixable)} controls")
    # What was accepted for the first hardening alone has to be accepted again, since whoever took it off may have had a reason.
    accepted = frozenset(proof.drill.control for proof in fixable if proof.drill.held) | dangerous
    batch.plan = planning.make(drilling.catalogue, run, facts, accepted=accepted)
    mended = drilling.harden(batch.plan)
    for entry in mended.hardening.hosts:
        if entry.state != "confirmed":
            batch.fail(f"hardening: {entry.state}: {entry.why.en if entry.why else '?'}", hosts=frozenset({entry.host}))
    for host, paths in mended.undeclared.items():
        if paths:
            batch.fail(f"changed what no control declares: {'; '.join(paths[:5])}", hosts=frozenset({host}))
    for proof in _holding(batch):
        finding = _finding(mended.after, proof)
        if proof.automated and (finding is None or finding.status is not Status.PASS):
            proof.problem = f"hardened but not mended: {_told(finding)}"
    rest = tuple(f for f in known.findings if f.host not in {host.name for host in mended.after.hosts})
    return mended.after.model_copy(update={"findings": (*mended.after.findings, *rest)})


def _holds(plan: planning.Plan, proof: Proof) -> bool:
    held = (change for host in plan.hosts if host.host == proof.host for change in host.held)
    return proof.drill.control in {change.control for change in held}


def _prove_stable(drilling: _Drilling, batches: Sequence[_Round]) -> None:
    """What mended all rounds, put in force once more, changes nothing."""
    drilling.say("harden again")
    again = drilling.harden(planning.together([batch.plan for batch in batches]))
    for entry in again.hardening.hosts:
        if entry.tasks:
            for batch in batches:
                batch.fail(f"the second run changed something: {'; '.join(entry.tasks)}", hosts=frozenset({entry.host}))


def _holding(batch: _Round) -> list[Proof]:
    return [proof for proof in batch.proofs if not proof.problem]


def _break(batch: _Round) -> None:
    def on_host(host: str) -> None:
        there = [proof for proof in sorted(batch.proofs, key=lambda proof: proof.drill.last) if proof.host == host]
        for proof in there:
            done = lab.run(host, f"exec 2>&1\n{Path(proof.drill.path).read_text('utf-8')}", timeout=600)
            if done.returncode != 0:
                said = done.stdout.decode("utf-8", "replace").split("\n")
                proof.problem = (
                    f"the drill itself failed: {([line for line in said if line.strip()] or ['no word'])[-1][:200]}"
                )

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
