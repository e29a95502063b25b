"""``auditor lab drill``: prove controls on the lab."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import DEFAULT_LANG, JsonOption, LangOption
from auditor.errors import InputError, find_nearest_known_name


def drill(
    control_ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CONTROL]...", help="Controls or areas to drill.", autocompletion=completions.complete_controls
        ),
    ] = None,
    every_drill: Annotated[bool, typer.Option("--all", help="Every drill of the catalogue.")] = False,
    host: Annotated[list[str] | None, typer.Option("--host", metavar="HOST", help="Only on these lab hosts.")] = None,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Break controls on fresh lab hosts, and verify that the audit detects it and hardening fixes it.

    Exit code: 0 every drill passed, 1 a drill failed, 2 usage error.

    Examples:
      auditor lab drill ssh.root_login

      auditor lab drill nginx --host web3

      auditor lab drill --all

    """
    from auditor import lab
    from auditor.audit import controls
    from auditor.commands.output import console
    from auditor.commands.output.console import escape_markup
    from auditor.inventory import hosts as inventories
    from auditor.lab import drill as drilling
    from auditor.system import resources
    from auditor.text.translations import Words

    words = Words(lang)
    names = control_ids or []
    if bool(names) == every_drill:
        raise InputError("give either controls or --all, not both", mend="name controls or areas, or give --all")
    catalogue = controls.load_catalogue()
    known_drills = controls.load_drills()
    drillable = {name for entry in known_drills for name in (entry.control, entry.control.split(".")[0])}
    for name in names:
        if name not in drillable:
            raise InputError(
                f"{name} has no drill",
                mend="see 'auditor controls list'",
                guess=find_nearest_known_name(name, sorted(drillable)),
            )
    chosen_drills = [
        entry for entry in known_drills if every_drill or entry.control in names or entry.control.split(".")[0] in names
    ]
    for entry in chosen_drills:
        if entry.control not in catalogue.controls_by_id:
            raise InputError(
                "the drill is for a control that does not exist", file=Path(entry.path), mend="fix its name"
            )
    start = time.monotonic()
    inventory_data = inventories.load_inventory(resources.get_shipped_inventories_folder() / "lab")
    with lab.hold_lab_session():
        proofs = drilling.run_drills_on_fresh_hosts(
            catalogue,
            inventory_data,
            chosen_drills,
            lambda text: console.err.print(f"{time.monotonic() - start:6.1f} s  {text}", markup=False),
            frozenset(host or []),
        )
    failures = [proof for proof in proofs if proof.problem]
    drilled_controls = {entry.control for entry in known_drills}
    without = [control for control in catalogue.controls if control.id not in drilled_controls]
    if as_json:
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
    raise typer.Exit(1 if failures else 0)
