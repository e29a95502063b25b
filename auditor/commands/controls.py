"""``auditor controls``: what is checked, and why."""

from __future__ import annotations

import json
from typing import Any

import typer
from rich.padding import Padding
from rich.table import Table

from auditor.audit import controls as catalogue_files
from auditor.audit.controls import Control, Drill
from auditor.audit.frameworks import clauses, coverage
from auditor.commands.output.console import escape_markup, out
from auditor.commands.verbs.controls import ControlsCoverageOptions, ControlsListOptions, ControlsShowOptions
from auditor.errors import InputError, find_nearest_known_name
from auditor.report.evidence import list_frameworks_with_clauses
from auditor.text.translations import Words

_WIDE = 120
"""Columns from which on there is room for a table; below, a control's title stands under the rest."""


def _build_control_json(control: Control, drills: tuple[Drill, ...]) -> dict[str, Any]:
    own = [drill.trap for drill in drills if drill.control == control.id]
    drill_obstacle = control.container or control.no_drill
    return {
        **control.model_dump(mode="json"),
        "automated": control.fix is not None,
        "drills": own,
        "no_drill_because": drill_obstacle.model_dump() if drill_obstacle is not None and not own else None,
    }


def list_controls(options: ControlsListOptions) -> None:
    """Run ``auditor controls list``."""
    drills = catalogue_files.load_drills()
    entries = [_build_control_json(control, drills) for control in catalogue_files.load_catalogue().controls]
    if options.as_json:
        typer.echo(json.dumps(entries, ensure_ascii=False, indent=1))
        return
    words = Words(options.lang)
    rows = [_build_control_table_row(entry, words) for entry in entries]
    if out.width < _WIDE:
        for (control_id, severity, subject, fix, proof), title in rows:
            details = f"{severity}, {subject}, {words('controls.fix')}: {fix}, {words('controls.drills')}: {proof}"
            out.print(f"[bold]{control_id}[/]  {details}")
            out.print(Padding(escape_markup(title), (0, 0, 0, 2)))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "severity", "subject", "fix", "drills"):
        table.add_column(words(f"controls.{name}"), no_wrap=True)
    table.add_column(words("controls.title"))
    for cells, title in rows:
        table.add_row(*cells, escape_markup(title))
    out.print(table)


def _build_control_table_row(control_json: dict[str, Any], words: Words) -> tuple[tuple[str, ...], str]:
    """Return what there is to tell of a control in short, and its title."""
    severity = words(f"severity.{control_json['severity']}").lower()
    subject = words("site" if control_json["subject"] == "site" else "host")
    proof = (
        str(len(control_json["drills"]))
        if control_json["drills"]
        else "container"
        if control_json["container"]
        else "–"
    )
    return (control_json["id"], severity, subject, "✓" if control_json["automated"] else "–", proof), control_json[
        "title"
    ][words.lang]


def show_control(options: ControlsShowOptions) -> None:
    """Run ``auditor controls show``."""
    catalogue = catalogue_files.load_catalogue()
    if options.control_id not in catalogue.controls_by_id:
        raise InputError(
            "no such control: {control}",
            mend="see 'auditor controls list'",
            guess=find_nearest_known_name(options.control_id, catalogue.controls_by_id),
            control=options.control_id,
        )
    control = catalogue[options.control_id]
    entry = _build_control_json(control, catalogue_files.load_drills())
    if options.as_json:
        typer.echo(json.dumps(entry, ensure_ascii=False, indent=1))
        return
    words = Words(options.lang)
    subject = words("site" if control.subject == "site" else "host")
    out.print(f"[bold]{control.id}[/]  {words(f'severity.{control.severity.value}').lower()}  {subject}")
    out.print(escape_markup(control.title.get(options.lang)))
    out.print(f"{words('controls.problem')}: {escape_markup(control.problem.get(options.lang))}")
    out.print(
        f"\n{escape_markup(control.rationale.get(options.lang))}\n\n{escape_markup(control.remedy.get(options.lang))}\n"
    )
    if control.fix is not None:
        disruption = words(f"disruption.{control.fix.disruption}")
        out.print(f"{words('controls.fix')}: {disruption}; {escape_markup(', '.join(control.fix.touches))}")
        if control.fix.danger is not None:
            out.print(f"[yellow]! {escape_markup(control.fix.danger.get(options.lang))}[/]")
        if control.fix.note is not None:
            out.print(escape_markup(control.fix.note.get(options.lang)))
    for framework, clause_list in list_frameworks_with_clauses(control.references, words):
        out.print(f"{framework}: {escape_markup(clause_list)}")
    out.print(f"{words('controls.drills')}: {', '.join(entry['drills']) or '–'}")
    for label, source in (
        (words("controls.applies"), control.applies),
        (words("controls.that"), control.pass_condition),
        (words("controls.violations"), control.violations),
    ):
        if source:
            out.print(f"[dim]{label}: {escape_markup(source)}[/]")


def show_framework_coverage(options: ControlsCoverageOptions) -> None:
    """Run ``auditor controls coverage``."""
    framework_coverage = coverage.measure_coverage(
        clauses.load_framework(options.framework), options.level, catalogue_files.load_catalogue()
    )
    if options.as_json:
        typer.echo(framework_coverage.model_dump_json(indent=1))
        return
    words = Words(options.lang)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(words("coverage.clause"), no_wrap=True)
    table.add_column(words("coverage.requirement"))
    table.add_column(words("coverage.how"))
    table.add_column(words("col.control"))
    table.add_column(words("coverage.notes"))
    for clause in framework_coverage.clauses:
        table.add_row(
            clause.number,
            escape_markup(clause.text.get(options.lang)),
            words(f"coverage.{clause.status}"),
            ", ".join(clause.controls),
            escape_markup(clause.notes.get(options.lang)) if clause.notes else "",
        )
    out.print(f"[bold]{escape_markup(framework_coverage.title.get(options.lang))}[/]")
    out.print(table)
    out.print(
        words(
            "coverage.sum",
            automated=framework_coverage.counts["automated"],
            partial=framework_coverage.counts["partial"],
            manual=framework_coverage.counts["manual"],
            not_covered=framework_coverage.counts["not_covered"],
            of=len(framework_coverage.clauses),
        )
    )
