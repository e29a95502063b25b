"""``auditor lab drill``: prove controls on the lab."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import typer

from auditor import lab
from auditor.audit import controls
from auditor.commands.output import console
from auditor.commands.output.console import escape_markup
from auditor.commands.verbs.lab import LabDrillOptions
from auditor.errors import InputError, find_nearest_known_name
from auditor.inventory import hosts as inventories
from auditor.lab import drill as drilling
from auditor.system import resources
from auditor.text.translations import Words


def drill(options: LabDrillOptions) -> None:
    """Run ``auditor lab drill``."""
    words = Words(options.lang)
    names = options.control_ids or []
    if bool(names) == options.every_drill:
        raise InputError("give either controls or --all, not both", mend="name controls or areas, or give --all")
    catalogue = controls.load_catalogue()
    known_drills = controls.load_drills()
    chosen_drills = _choose_drills(known_drills, catalogue, names, every_drill=options.every_drill)
    start = time.monotonic()
    inventory_data = inventories.load_inventory(resources.get_shipped_inventories_folder() / "lab")
    with lab.hold_lab_session():
        proofs = drilling.run_drills_on_fresh_hosts(
            catalogue,
            inventory_data,
            chosen_drills,
            lambda text: console.err.print(f"{time.monotonic() - start:6.1f} s  {text}", markup=False),
            frozenset(options.host or []),
        )
    failures = [proof for proof in proofs if proof.problem]
    drilled_controls = {entry.control for entry in known_drills}
    without = [control for control in catalogue.controls if control.id not in drilled_controls]
    if options.as_json:
        rows = [
            {
                "control": p.drill.control,
                "trap": p.drill.trap,
                "host": p.host,
                "site": p.drill.site,
                "problem": p.problem or None,
            }
            for p in proofs
        ]
        typer.echo(json.dumps({"drills": rows, "without": [c.id for c in without]}, ensure_ascii=False, indent=1))
    else:
        _show_proofs(proofs, failures, without, words)
    raise typer.Exit(1 if failures else 0)


def _choose_drills(
    known_drills: Sequence[controls.Drill], catalogue: controls.Catalogue, names: Sequence[str], *, every_drill: bool
) -> list[controls.Drill]:
    """Return the drills of these controls and areas, or all. Raises InputError."""
    drillable = {name for entry in known_drills for name in (entry.control, entry.control.split(".")[0])}
    for name in names:
        if name not in drillable:
            raise InputError(
                "{name} has no drill",
                mend="see 'auditor controls list'",
                guess=find_nearest_known_name(name, sorted(drillable)),
                name=name,
            )
    chosen_drills = [
        entry for entry in known_drills if every_drill or entry.control in names or entry.control.split(".")[0] in names
    ]
    for entry in chosen_drills:
        if entry.control not in catalogue.controls_by_id:
            raise InputError(
                "the drill is for a control that does not exist", file=Path(entry.path), mend="fix its name"
            )
    return chosen_drills


def _show_proofs(
    proofs: Sequence[drilling.DrillProof],
    failures: Sequence[drilling.DrillProof],
    without: Sequence[controls.Control],
    words: Words,
) -> None:
    for proof in failures:
        console.out.print(
            f"[red]✗[/] {proof.drill.control}.{proof.drill.trap} {proof.host}: {escape_markup(proof.problem)}"
        )
    success_count = len(proofs) - len(failures)
    over = words("controls_n", n=len({proof.drill.control for proof in proofs}))
    console.out.print(words("drill.held", n=len(proofs), held=success_count, over=over))
    if without:
        control_names = ", ".join(control.id for control in without)
        console.out.print(words("drill.without", n=len(without), named=control_names), markup=False)
