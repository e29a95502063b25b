"""``auditor history``: the kept runs."""

from __future__ import annotations

import json

import typer

from auditor.commands.options import JsonOption

app = typer.Typer(help="The kept runs.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_runs(as_json: JsonOption = False) -> None:
    """List the kept runs, newest first.

    Example:
      auditor history list

    """
    from auditor.commands.terminal import out
    from auditor.history import History

    entries = History().entries()
    if as_json:
        typer.echo(json.dumps([vars(entry) for entry in entries], ensure_ascii=False, indent=1))
        return
    for entry in entries:
        out.print(f"{entry.id}  {entry.started}  {entry.purpose:<6}  {entry.inventory}", markup=False)


@app.command()
def show(run_id: str) -> None:
    """Print a kept run whole, as JSON.

    Example:
      auditor history show 20261124T1

    """
    from auditor.history import History

    typer.echo(History().run(run_id).model_dump_json(indent=1))
