"""``auditor report``: write a kept run's reports again."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.commands.options import (
    DEFAULT_FORMATS,
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    FormatOption,
    InventoryOption,
    LangOption,
    OutputOption,
)
from auditor.errors import InputError


def report(
    run_id: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A run's id or its beginning; by default the last.")
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    output: OutputOption = DEFAULT_OUTPUT,
    formats: FormatOption = DEFAULT_FORMATS,  # type: ignore[assignment]
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Write the reports of a kept run: report/index.html, findings.json and junit.xml, or what --format says.

    Examples:
      auditor report -i inventories/lab --lang en

      auditor report 20261124T1 --format xlsx,csv

    """
    from auditor import controls
    from auditor.history import History
    from auditor.report import write

    history = History()
    run = history.run(run_id) if run_id else history.latest(str(inventory))
    if run is None:
        raise InputError(
            "no run of {inventory} in the history", inventory=inventory, mend="run 'auditor audit -i {inventory}' first"
        )
    trend = history.trend(run.inventory)
    written = write(run, controls.load(), output=output, lang=lang, trend=trend, formats=formats)
    for path in written.shown:
        typer.echo(str(path))
