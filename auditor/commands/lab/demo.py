"""``auditor demo``: the main job on the embedded lab, from nothing to the report."""

from __future__ import annotations

import os
import time
from typing import Annotated

import typer

from auditor.commands.given.options import DEFAULT_LANG, DEFAULT_OUTPUT, LangOption, OutputOption
from auditor.errors import InputError


def demo(
    output: OutputOption = DEFAULT_OUTPUT,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the lab running afterwards.")] = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Boot three real web servers, audit, harden, prove that the sites serve, audit again, report.

    Needs root on Debian 13.

    Example:
      auditor demo --lang en

    """
    if os.geteuid() != 0:
        raise InputError(
            "the demo boots real machines and needs root on Debian 13",
            mend="run it as root, or try 'auditor audit --local' on this machine",
        )
    from auditor import lab
    from auditor.audit import controls
    from auditor.commands import hardening
    from auditor.commands.shown import console
    from auditor.hardening.harden import Options
    from auditor.inventory import hosts as inventories
    from auditor.system import resources
    from auditor.text.words import Words

    words = Words(lang)
    started = time.monotonic()

    def say(text: str) -> None:
        console.err.print(f"{time.monotonic() - started:6.1f} s  {text}", markup=False)

    with lab.session():
        fresh = not any(machine.running for machine in lab.status())
        try:
            lab.pristine(progress=say)
            say(words("doing.audit"))
            known = inventories.load(resources.inventories() / "lab")
            at_once = Options(batch="100%")
            result = hardening.harden(
                known, controls.load(), known.hosts, frozenset(), output, lang, ask=False, options=at_once
            )
            say(words("doing.done"))
        finally:
            if fresh and not keep:
                lab.down()
    console.out.print(str(result.report))
    if result.mistake is not None:
        raise result.mistake
    raise typer.Exit(0 if result.sound else 1)
