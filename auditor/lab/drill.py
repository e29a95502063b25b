"""Prove the controls on the lab: break, find, mend, change nothing but what is declared, keep serving.

Drills of different controls run together on a host, several traps of one control one after the other; once all are
mended, the same plans are put in force again, which has to change nothing. A drill proves something only where its
control passes beforehand (or does not apply, when the drill brings the thing itself), so hosts are hardened first. What
others could have written must be held, and mended once it is accepted, where it can be; so must what is dangerous. One
that another's trap disturbed is run once more, among those alone. What an audit alone does not see is looked for before
and after it is broken.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor import lab
from auditor.audit.assessors.assessment import AuditInput
from auditor.audit.controls import Catalogue, Drill
from auditor.audit.judgement import judge_collected_facts
from auditor.audit.run import audit_hosts
from auditor.facts import HostFacts
from auditor.fleet.runner import AnsibleTask
from auditor.hardening import plan as planning
from auditor.hardening.harden import HardeningOrder, harden_hosts_in_batches
from auditor.hardening.journal import Journal
from auditor.hardening.rollout import RolloutOptions
from auditor.lab import undeclared_changes as touches
from auditor.lab.drill_scanner import DrillScanner
from auditor.models import ControlId, Finding, Hardening, Host, Inventory, Run, Status
from auditor.models.prior_state import NOTHING_KNOWN

Say = Callable[[str], None]


@dataclass
class DrillProof:
    """One drill on one host: how far it held. ``problem`` is empty when all of it did."""

    drill: Drill
    host: str
    is_automated: bool
    problem: str = ""

    @property
    def subject(self) -> str:
        """Return the site or host that the drill breaks."""
        return self.drill.site or self.host


@dataclass
class _DrillRound:
    proofs: list[DrillProof] = field(default_factory=list)
    plan: planning.HardeningPlan = field(default_factory=lambda: planning.HardeningPlan(hosts=()))
    """What mended them."""

    def fail(self, problem: str, *, hosts: frozenset[str]) -> None:
        for proof in self.proofs:
            if proof.host in hosts and not proof.problem:
                proof.problem = problem


def run_drills_on_fresh_hosts(
    catalogue: Catalogue,
    inventory: Inventory,
    drills: Sequence[Drill],
    report_progress: Say,
    only_hosts: frozenset[str] = frozenset(),
) -> tuple[DrillProof, ...]:
    """Run drills on fresh, hardened lab hosts and say of each whether it held."""
    proofs = [
        DrillProof(drill, host, catalogue[drill.control].fix is not None and drill.held != "by hand")
        for drill in drills
        for host in drill.hosts
        if not only_hosts or host in only_hosts
    ]
    names = {proof.host for proof in proofs}
    hosts = [host for host in inventory.hosts if host.name in names]
    with TemporaryDirectory(prefix="luytre-drill-") as folder:
        scanner = DrillScanner(inventory, catalogue, Path(folder) / "history.sqlite")
        context = _DrillContext(catalogue, inventory, hosts, report_progress, Journal(Path(folder)), scanner)
        first_run = _prepare_fresh_hardened_hosts(context, _list_dangerous_controls(catalogue, drills))
        _run_drill_rounds(context, proofs, first_run)
        disturbed_proofs = [proof for proof in proofs if proof.problem]
        if disturbed_proofs and len(disturbed_proofs) < len(proofs):
            report_progress(f"{len(disturbed_proofs)} did not hold among others: once more, among themselves")
            for proof in disturbed_proofs:
                report_progress(f"{proof.drill.control}.{proof.drill.trap} {proof.host}: {proof.problem}")
                proof.problem = ""
            lab.restore_kept_state_of_machines([host.name for host in hosts])
            _run_drill_rounds(context, disturbed_proofs, first_run)
    return tuple(proofs)


def _run_drill_rounds(context: _DrillContext, proofs: Sequence[DrillProof], first_run: Run) -> None:
    """Run automated controls round by round, then those that a person mends.

    Each round of the latter is on hosts as first hardened.
    """
    automated_proofs, manual = ([proof for proof in proofs if proof.is_automated is value] for value in (True, False))
    now, hardened_rounds = first_run, [_DrillRound(batch) for batch in split_proofs_into_rounds(automated_proofs)]
    for hardened_round in hardened_rounds:
        now = _break_and_prove_round(context, hardened_round, now)
    if hardened_rounds:
        _prove_hardening_again_changes_nothing(context, hardened_rounds)
    for batch in split_proofs_into_rounds(manual):
        context.say("back to the hardened hosts")
        lab.restore_kept_state_of_machines(sorted({proof.host for proof in batch}))
        _break_and_prove_round(
            context, _DrillRound(batch), context.add_scan_findings_that_audits_miss(batch, first_run)
        )


def split_proofs_into_rounds(proofs: Sequence[DrillProof]) -> Iterator[list[DrillProof]]:
    """Yield groups in which no control is broken twice on a host.

    A drill that stands alone has its host to itself.
    """
    queue = sorted(proofs, key=lambda proof: proof.drill.alone)
    while queue:
        selection: dict[tuple[str, str, str], DrillProof] = {}
        hosts: set[str] = set()
        for proof in queue:
            what = (proof.host, proof.drill.control, proof.subject)
            if what not in selection and not (proof.drill.alone and proof.host in hosts):
                selection[what] = proof
                hosts.add(proof.host)
        yield list(selection.values())
        queue = [proof for proof in queue if proof not in selection.values()]


def _list_dangerous_controls(catalogue: Catalogue, drills: Sequence[Drill]) -> frozenset[ControlId]:
    fixes = {drill.control: catalogue[drill.control].fix for drill in drills}
    return frozenset(control for control, fix in fixes.items() if fix is not None and fix.danger is not None)


def _prepare_fresh_hardened_hosts(context: _DrillContext, accepted_controls: frozenset[ControlId]) -> Run:
    """Prepare fresh hosts, hardened with the danger of some controls, put aside; return how they were read then."""
    names = [host.name for host in context.hosts]
    context.say(f"fresh hosts: {', '.join(names)}")
    lab.provide_pristine_machines(names)
    context.say("harden them")
    audit_run, facts = audit_hosts(context.inventory, NOTHING_KNOWN, context.catalogue, context.hosts)
    first_run = context.apply_plan_to_all_hosts(
        planning.make_hardening_plan(context.catalogue, audit_run, facts, accepted_controls=accepted_controls)
    ).after
    lab.keep_state_of_machines(names)
    return first_run


@dataclass(frozen=True)
class _HardenResult:
    hardening: Hardening
    after: Run
    undeclared_paths: Mapping[str, tuple[str, ...]]
    """By host, what was changed and no control declares."""


@dataclass
class _DrillContext:
    """The settings that stay the same through all rounds."""

    catalogue: Catalogue
    inventory: Inventory
    hosts: Sequence[Host]
    say: Say
    journal: Journal
    scanner: DrillScanner

    def add_scan_findings_that_audits_miss(self, proofs: Sequence[DrillProof], run: Run) -> Run:
        """Return the run with the findings of a look now, where these drills are about what an audit alone misses."""
        hunt_hosts = {proof.host for proof in proofs if proof.drill.seen_by == "hunt"}
        review_sites = frozenset(proof.subject for proof in proofs if proof.drill.seen_by == "review")
        findings: list[Finding] = []
        if hunt_hosts:
            self.say(f"hunt on {', '.join(sorted(hunt_hosts))}")
            findings += self.scanner.find_findings_by_hunt_on_hosts(
                [host for host in self.hosts if host.name in hunt_hosts]
            )
        if review_sites:
            self.say(f"review {', '.join(sorted(review_sites))}")
            findings += self.scanner.find_findings_by_review_of_sites(self.hosts, review_sites)
        return run.model_copy(update={"findings": (*run.findings, *findings)})

    def audit(self, hosts: Sequence[Host]) -> tuple[Run, Mapping[str, HostFacts]]:
        return audit_hosts(self.inventory, NOTHING_KNOWN, self.catalogue, hosts)

    def apply_plan_to_all_hosts(self, plan: planning.HardeningPlan) -> _HardenResult:
        """Apply the plan to all hosts at once: a drill that goes wrong must not hide what the others come to."""
        started_at = datetime.now(UTC)
        tasks: list[AnsibleTask] = []
        name = f"drill-{secrets.token_hex(6)}"
        result = harden_hosts_in_batches(
            HardeningOrder(
                self.inventory,
                self.hosts,
                plan,
                self.catalogue,
                self.journal,
                name,
                RolloutOptions(batch="100%"),
                tasks.append,
            )
        )
        hosts = [host for host in self.hosts if host.name in result.outcomes]
        outcomes = [result.outcomes[host.name] for host in hosts]
        after = judge_collected_facts(
            AuditInput(
                self.inventory,
                NOTHING_KNOWN,
                self.catalogue,
                hosts,
                result.facts,
                outcomes,
                started_at=started_at,
                purpose="after",
            )
        )
        undeclared_paths = {
            entry.host: touches.find_changed_paths_no_control_declares(
                touches.find_paths_changed_since(
                    lab.get_folder_of_changes_on_machine(entry.host), started_at.timestamp()
                ),
                [task for task in tasks if task.host == entry.host],
                entry.touches,
            )
            for entry in result.hardening.select_by_state("confirmed")
        }
        return _HardenResult(result.hardening, after, undeclared_paths)


def _break_and_prove_round(context: _DrillContext, drill_round: _DrillRound, known_run: Run) -> Run:
    """Break, find and mend one round; return how the hosts are read after it.

    ``known_run`` is how they were read last.
    """
    names = {proof.host for proof in drill_round.proofs}
    concerned_hosts = [host for host in context.hosts if host.name in names]
    for proof in drill_round.proofs:
        finding = _find_finding(known_run, proof)
        if finding is None or finding.status not in (Status.PASS, Status.NOT_APPLICABLE):
            proof.problem = f"does not pass before the drill: {_describe_finding(finding)}"
    context.say(f"break {len(drill_round.proofs)} controls")
    _break_controls_of_round_on_hosts(drill_round)
    audit_run, facts = context.audit(concerned_hosts)
    run = context.add_scan_findings_that_audits_miss(drill_round.proofs, audit_run)
    for proof in _list_proofs_without_problem(drill_round):
        finding = _find_finding(run, proof)
        if finding is None or not finding.is_open:
            proof.problem = f"broken but not found: {_describe_finding(finding)}"
    return _harden_hosts_and_check_round(context, drill_round, run, facts, known_run)


def _harden_hosts_and_check_round(
    context: _DrillContext, drill_round: _DrillRound, run: Run, facts: Mapping[str, HostFacts], known_run: Run
) -> Run:
    wary = run.model_copy(update={"hosts": tuple(host.model_copy(update={"accept": ()}) for host in run.hosts)})
    plan = planning.make_hardening_plan(context.catalogue, wary, facts)
    dangerous = _list_dangerous_controls(context.catalogue, [proof.drill for proof in drill_round.proofs])
    _check_that_plan_holds_what_it_should(drill_round, plan, dangerous)
    fixable = [proof for proof in drill_round.proofs if proof.is_automated]
    if not fixable:
        return known_run
    context.say(f"harden {len(fixable)} controls")
    # What was accepted for the first hardening alone has to be accepted again, since whoever took it off may have had a
    # reason.
    accepted_controls = frozenset(proof.drill.control for proof in fixable if proof.drill.held) | dangerous
    drill_round.plan = planning.make_hardening_plan(context.catalogue, run, facts, accepted_controls=accepted_controls)
    result = context.apply_plan_to_all_hosts(drill_round.plan)
    _check_hardening_of_round(drill_round, result)
    rest = tuple(f for f in known_run.findings if f.host not in {host.name for host in result.after.hosts})
    return result.after.model_copy(update={"findings": (*result.after.findings, *rest)})


def _check_that_plan_holds_what_it_should(
    drill_round: _DrillRound, plan: planning.HardeningPlan, dangerous: Collection[str]
) -> None:
    for proof in _list_proofs_without_problem(drill_round):
        if (proof.drill.held or proof.drill.control in dangerous) and not _is_control_of_proof_held_in_plan(
            plan, proof
        ):
            why = "others could have written it" if proof.drill.held else "it is dangerous"
            proof.problem = f"not held, although {why}"


def _check_hardening_of_round(drill_round: _DrillRound, result: _HardenResult) -> None:
    """Note what was not confirmed, what no control declares, and what is open as before."""
    for entry in result.hardening.hosts:
        if entry.state != "confirmed":
            drill_round.fail(
                f"hardening: {entry.state}: {entry.why.en if entry.why else '?'}", hosts=frozenset({entry.host})
            )
    for host, paths in result.undeclared_paths.items():
        if paths:
            drill_round.fail(f"changed what no control declares: {'; '.join(paths[:5])}", hosts=frozenset({host}))
    for proof in _list_proofs_without_problem(drill_round):
        finding = _find_finding(result.after, proof)
        if proof.is_automated and (finding is None or finding.status is not Status.PASS):
            proof.problem = f"hardened but not mended: {_describe_finding(finding)}"


def _is_control_of_proof_held_in_plan(plan: planning.HardeningPlan, proof: DrillProof) -> bool:
    held_changes = (change for host in plan.hosts if host.host == proof.host for change in host.held_changes)
    return proof.drill.control in {change.control for change in held_changes}


def _prove_hardening_again_changes_nothing(context: _DrillContext, drill_rounds: Sequence[_DrillRound]) -> None:
    """Prove that what mended all rounds, put in force once more, changes nothing."""
    context.say("harden again")
    again = context.apply_plan_to_all_hosts(
        planning.merge_changes_to_be_made_of_plans([batch.plan for batch in drill_rounds])
    )
    for entry in again.hardening.hosts:
        if entry.tasks:
            for batch in drill_rounds:
                batch.fail(f"the second run changed something: {'; '.join(entry.tasks)}", hosts=frozenset({entry.host}))


def _list_proofs_without_problem(drill_round: _DrillRound) -> list[DrillProof]:
    return [proof for proof in drill_round.proofs if not proof.problem]


def _break_controls_of_round_on_hosts(drill_round: _DrillRound) -> None:
    def on_host(host: str) -> None:
        there = [
            proof for proof in sorted(drill_round.proofs, key=lambda proof: proof.drill.last) if proof.host == host
        ]
        for proof in there:
            process = lab.run_on_machine_as_root(
                host, f"exec 2>&1\n{Path(proof.drill.path).read_text('utf-8')}", timeout=600
            )
            if process.returncode != 0:
                lines = process.stdout.decode("utf-8", "replace").split("\n")
                proof.problem = (
                    f"the drill itself failed: {([line for line in lines if line.strip()] or ['no word'])[-1][:200]}"
                )

    hosts = {proof.host for proof in drill_round.proofs}
    with ThreadPoolExecutor(max_workers=len(hosts) or 1) as pool:
        list(pool.map(on_host, hosts))


def _find_finding(run: Run, proof: DrillProof) -> Finding | None:
    return next(
        (
            f
            for f in run.findings
            if f.control == proof.drill.control and f.subject.id == proof.subject and f.host == proof.host
        ),
        None,
    )


def _describe_finding(finding: Finding | None) -> str:
    if finding is None:
        return "no finding"
    reason = f" ({finding.reason.en})" if finding.reason else ""
    evidence = "; ".join(f"{item.path} = {item.value!r}" for item in finding.evidence[:3])
    return f"{finding.status.value}{reason} {evidence} {list(finding.violations)[:2] or ''}"[:600]
