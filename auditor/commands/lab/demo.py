"""``auditor lab demo``: the main job on the embedded lab, from nothing to the report."""

from __future__ import annotations

import os
import time

import typer
from rich.console import Console

from auditor import lab
from auditor.audit import controls
from auditor.commands.hardening.flow import HardeningSession
from auditor.commands.output import console
from auditor.commands.output.timeline import show_hardening_story_in_four_parts
from auditor.commands.verbs.lab import LabDemoOptions
from auditor.errors import InputError
from auditor.hardening.rollout import RolloutOptions
from auditor.inventory import hosts as inventories
from auditor.system import files, resources
from auditor.text.translations import Words

LOG = "demo.log"
"""All that happened, in the folder of the report."""
_LOG_WIDTH = 120


def demo(options: LabDemoOptions) -> None:
    """Run ``auditor lab demo``."""
    if os.geteuid() != 0:
        raise InputError(
            "the demo boots real machines and needs root on Debian 13",
            mend="run it as root, or try 'auditor audit --local' on this machine",
        )

    words = Words(options.lang)
    start = time.monotonic()
    catalogue = controls.load_catalogue()
    inventory = resources.get_shipped_inventories_folder() / "lab"
    at_once = RolloutOptions(batch="100%")
    files.check_and_make_output_folder(options.output)
    log = options.output / LOG
    with log.open("w", encoding="utf-8") as log_file, lab.hold_lab_session():
        whole = Console(file=log_file, width=_LOG_WIDTH, highlight=False, emoji=False)
        console.out.print(words("story.log", file=console.escape_markup(str(log))), soft_wrap=True)

        def say(text: str) -> None:
            whole.print(f"{time.monotonic() - start:6.1f} s  {text}", markup=False)

        fresh = not any(machine.running for machine in lab.list_status_of_machines())
        try:
            with console.show_activity(words("doing.lab")) as show_task:

                def step(text: str) -> None:
                    say(text)
                    show_task(text)

                lab.provide_pristine_machines(progress=step)
            say(words("doing.audit"))
            inventory_data = inventories.load_inventory(inventory)
            result = HardeningSession(
                inventory_data,
                catalogue,
                inventory_data.hosts,
                options.output,
                options.lang,
                ask=False,
                rollout=at_once,
                progress_console=whole,
            ).audit_plan_and_harden()
            say(words("doing.done"))
        finally:
            if fresh and not options.keep:
                lab.stop_machines()
    show_hardening_story_in_four_parts(result, catalogue, options.lang)
    console.out.print(
        words("story.keep", command="auditor lab demo --keep")
        if fresh and not options.keep
        else words("story.back", command=f"auditor rollback -i {console.escape_markup(str(inventory))}"),
        soft_wrap=True,
    )
    if result.mistake is not None:
        raise result.mistake
    raise typer.Exit(0 if result.is_sound else 1)
