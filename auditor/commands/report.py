"""``auditor report``: write a kept run's reports again."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.commands.options import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    InventoryOption,
    LangOption,
    OutputOption,
)
from auditor.errors import InputError
from auditor.models import Lang


def report(
    run_id: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A run's id or its beginning; by default the last.")
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    output: OutputOption = DEFAULT_OUTPUT,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Write findings.json, junit.xml and report/index.html of a kept run.

    Examples:
      auditor report -i inventories/lab --lang en

      auditor report 20261124T1

    """
    from auditor import controls
    from auditor.history import History
    from auditor.report import write

    history = History()
    run = history.run(run_id) if run_id else history.latest(str(inventory))
    if run is None:
        raise InputError(f"no run of {inventory} in the history", mend=f"run 'auditor audit -i {inventory}' first")
    language: Lang = "en" if lang == "en" else "vi"
    written = write(run, controls.load(), output=output, lang=language, trend=history.trend(run.inventory))
    typer.echo(str(written.index))
