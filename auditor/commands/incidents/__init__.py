"""Run ``auditor incident``: record what was found, decided and done after an attack, and what is due by when.

- ``intake``: ``open``. ``case_log``: ``list``, ``show``, ``note``, ``waive``, ``reported``, ``due`` and ``export``.
- ``contain``, ``clean``: response actions on hosts. ``auto_contain``: ``open --contain``.
- ``evidence``: ``collect``, ``verify``, ``timestamp`` and ``custody``. ``keys``: ``key``, the keys that sign evidence.
- ``forms``: ``answer`` and ``form``. ``notify``: mail to the offices.
- ``aftercare``: ``todo`` and ``deindex``. ``conclusion``: ``next`` and ``close``.
- ``next_steps``, ``incident_view``: the next step and the obstacles to closing, for a terminal and as JSON.
- ``hosts``: the hosts that an incident is about. ``timing_warnings``: warnings about the moment that ``--when`` names.
"""

import typer

from auditor.commands.incidents import (
    aftercare,
    case_log,
    clean,
    conclusion,
    contain,
    evidence,
    forms,
    intake,
    keys,
    notify,
)
from auditor.commands.options.deprecation import add_deprecated

app = typer.Typer(
    help="Incidents: open, contain, collect evidence, clean, list due reports, record events, close.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("open")(intake.open_incident)
app.command("list")(case_log.list_incidents)
app.command()(case_log.show)
app.command()(case_log.export)
app.command()(case_log.note)
app.command()(case_log.waive)
app.command()(case_log.reported)
app.command()(case_log.due)
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
app.command("next")(conclusion.next_step)
app.command()(conclusion.close)
for old, instead, command in (
    ("spare", "auditor incident waive", case_log.waive),
    ("forget", "auditor incident deindex", aftercare.deindex),
    ("hand-over", "auditor incident custody --to", evidence.hand_over),
    ("received", "auditor incident custody --from", evidence.received),
):
    add_deprecated(app, old, instead, command)
