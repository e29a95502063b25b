"""Put a plan in force: probe, apply, probe again, audit again. Changes exactly what the plan says, per host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor import inventory as inventories
from auditor.models import Host, Inventory, Text
from auditor.plan import Plan, TaskPreview, preview
from auditor.reasons import explain
from auditor.review import smoke
from auditor.runner import Playbook, Task, play

HARDEN_SECONDS = 1_800


@dataclass(frozen=True)
class Applied:
    """What came of putting a plan in force."""

    changed: Mapping[str, tuple[str, ...]]
    """Names of the tasks that changed something, by host."""
    failed: Mapping[str, Text]
    """Why a host's run ended early, by host."""
    broken_before: tuple[str, ...]
    """Sites that served nothing before, and are therefore not judged by their pages."""
    differences: tuple[smoke.Difference, ...]
    """Pages that are not served as before."""

    @property
    def sound(self) -> bool:
        """Whether every host finished and every site serves as before."""
        return not self.failed and not self.differences


def try_out(inventory: Inventory, plan: Plan) -> tuple[tuple[TaskPreview, ...], Mapping[str, Text]]:
    """What the plan's tasks would change, by a check run that changes nothing; and the hosts where that failed."""
    if plan.is_empty:
        return (), {}
    run = _play(inventory, plan, check=True)
    return preview(run), _failures(run, plan)


def apply(
    inventory: Inventory, hosts: Sequence[Host], plan: Plan, watch: Callable[[Task], None] | None = None
) -> Applied:
    """Put the plan in force. Sites of the hosts concerned are visited before and after."""
    if plan.is_empty:
        return Applied({}, {}, (), ())
    concerned = [host for host in hosts if host.name in plan.as_variables()]
    ca_files = {name: reach.ca_file for name, reach in inventories.reach(Path(inventory.path)).items()}
    before = smoke.visit(concerned, ca_files)
    run = _play(inventory, plan, watch=watch)
    after = smoke.visit(concerned, ca_files)
    return Applied(
        changed={host.name: tuple(task.name for task in run.changed(host.name)) for host in concerned},
        failed=_failures(run, plan),
        broken_before=smoke.broken(before),
        differences=smoke.compare(before, after),
    )


def _play(
    inventory: Inventory, plan: Plan, *, check: bool = False, watch: Callable[[Task], None] | None = None
) -> Playbook:
    variables = plan.as_variables()
    return play(
        "harden.yml",
        inventory=inventory.path,
        limit=list(variables),
        variables={"luytre_plan": variables},
        check=check,
        timeout=HARDEN_SECONDS,
        watch=watch,
    )


def _failures(run: Playbook, plan: Plan) -> dict[str, Text]:
    failed: dict[str, Text] = {}
    for host in plan.as_variables():
        task = run.failure(host)
        if task is not None:
            why = explain(task.message)
            failed[host] = Text(vi=f"{task.name}: {why.vi}", en=f"{task.name}: {why.en}")
        elif not run.of(host):
            failed[host] = explain(run.complaint)
    return failed
