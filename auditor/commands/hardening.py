"""The steps that ``harden`` and ``demo`` share: audit, plan, ask, apply, audit again, report before and after."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from auditor import plan as planning
from auditor.audit import audit
from auditor.commands import terminal
from auditor.controls import Catalogue
from auditor.errors import InputError
from auditor.harden import Applied, apply
from auditor.history import History
from auditor.models import Format, Host, Inventory, Lang, Run
from auditor.plan import Plan
from auditor.report import publish, write
from auditor.report.summary import fleet


@dataclass(frozen=True)
class Hardened:
    """One hardening from first audit to report."""

    before: Run
    plan: Plan
    applied: Applied
    after: Run
    report: Path | None

    @property
    def sound(self) -> bool:
        """Whether it did its work: every host finished, every site serves as before."""
        return self.applied.sound

    def as_json(self) -> str:
        """Plan, changes and site differences for a pipeline."""
        return json.dumps(
            {
                "before": self.before.id,
                "after": self.after.id,
                "plan": self.plan.model_dump(mode="json"),
                "held": self.plan.held_total,
                "changed": {host: list(tasks) for host, tasks in self.applied.changed.items()},
                "failed": {host: why.model_dump() for host, why in self.applied.failed.items()},
                "broken_before": list(self.applied.broken_before),
                "differences": [vars(difference) for difference in self.applied.differences],
            },
            ensure_ascii=False,
        )


def harden(
    inventory: Inventory,
    catalogue: Catalogue,
    hosts: Sequence[Host],
    only_sites: frozenset[str],
    output: Path,
    lang: Lang,
    *,
    ask: bool,
    quiet: bool = False,
    accepted: frozenset[str] = frozenset(),
) -> Hardened:
    """Do it, showing each step on the terminal. An empty plan ends after the first audit."""
    publish.check(output)
    names = [host.name for host in hosts]
    with terminal.progress("kiểm tra" if lang == "vi" else "audit", names) as done:
        before, facts = audit(inventory, catalogue, hosts, purpose="before", watch=done)
    history = History()
    history.keep(before)
    plan = planning.make(catalogue, before, facts, only_sites=only_sites, accepted=accepted)
    if not quiet:
        terminal.show_run(before, fleet(before), lang)
        terminal.show_plan(plan, catalogue, lang)
    if plan.is_empty:
        written = write(before, catalogue, output=output, lang=lang, trend=history.trend(before.inventory))
        return Hardened(before, plan, Applied({}, {}, (), ()), before, written.files[Format.HTML])
    if ask and not _confirmed(lang):
        raise typer.Exit(0)
    with terminal.activity("gia cố" if lang == "vi" else "harden") as doing:
        applied = apply(inventory, hosts, plan, watch=lambda task: doing(f"{task.host}: {task.name}"))
    with terminal.progress("kiểm tra lại" if lang == "vi" else "audit again", names) as done:
        after, _facts = audit(inventory, catalogue, hosts, purpose="after", watch=done)
    history.keep(after)
    written = write(after, catalogue, output=output, lang=lang, before=before, trend=history.trend(after.inventory))
    if not quiet:
        terminal.show_applied(applied, lang)
        terminal.show_held(plan, lang)
        terminal.show_run(after, fleet(after), lang, fleet(before))
    return Hardened(before, plan, applied, after, written.files[Format.HTML])


def _confirmed(lang: Lang) -> bool:
    if not terminal.err.is_terminal:
        raise InputError("nobody to ask on this terminal", mend="add --yes to accept the plan")
    return typer.confirm(
        "Thực hiện đúng các thay đổi trên?" if lang == "vi" else "Make exactly these changes?", err=True
    )
