"""``auditor incident``: what was found, decided and done after an attack, and what is owed by when."""

import typer

from auditor.commands.given.deprecated import add_deprecated
from auditor.commands.incidents import (
    aftercare,
    clean,
    contain,
    evidence,
    following,
    forms,
    keys,
    ledger,
    notify,
    opening,
)

app = typer.Typer(
    help="Incidents: open, contain, collect evidence, clean, list due reports, record events, close.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("open")(opening.open_incident)
app.command("list")(ledger.list_incidents)
app.command()(ledger.show)
app.command()(ledger.export)
app.command()(ledger.note)
app.command()(ledger.waive)
app.command()(ledger.reported)
app.command()(ledger.due)
app.command()(notify.notify)
app.command()(forms.answer)
app.command()(forms.form)
app.command()(contain.contain)
app.command()(contain.release)
app.command()(clean.clean)
app.command()(aftercare.todo)
app.command()(aftercare.deindex)
app.command()(evidence.collect)
app.command()(evidence.verify)
app.command()(evidence.timestamp)
app.command()(evidence.custody)
app.add_typer(keys.app, name="key")
app.command("next")(following.next_step)
app.command()(following.close)
for old, instead, command in (
    ("spare", "auditor incident waive", ledger.waive),
    ("forget", "auditor incident deindex", aftercare.deindex),
    ("hand-over", "auditor incident custody --to", evidence.hand_over),
    ("received", "auditor incident custody --from", evidence.received),
):
    add_deprecated(app, old, instead, command)
