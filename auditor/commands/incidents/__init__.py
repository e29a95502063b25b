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
from auditor.commands.options.deprecation import add_deprecated_command_name

app = typer.Typer(
    help="Incidents: open, contain, collect evidence, clean, list due reports, record events, close.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("open")(intake.open_incident)
app.command("list")(case_log.list_incidents)
app.command("show")(case_log.show_incident_with_case_log)
app.command("export")(case_log.export_case_log_as_csv)
app.command("note")(case_log.add_note_to_case_log)
app.command("waive")(case_log.waive_incident_report)
app.command("reported")(case_log.record_that_report_was_sent)
app.command("due")(case_log.list_incident_reports_due)
app.command("notify")(notify.notify_offices_of_incident)
app.command("answer")(forms.answer_questions_of_incident_forms)
app.command("form")(forms.create_incident_form)
app.command("contain")(contain.contain_incident)
app.command("release")(contain.undo_containment_actions)
app.command("clean")(clean.clean_intruder_leftovers)
app.command("todo")(aftercare.list_passwords_and_keys_to_change)
app.command("deindex")(aftercare.export_urls_to_remove_from_search)
app.command("collect")(evidence.collect_evidence_from_hosts)
app.command("verify")(evidence.verify_evidence_is_unchanged)
app.command("timestamp")(evidence.request_or_store_evidence_timestamp)
app.command("custody")(evidence.print_or_record_chain_of_custody)
app.add_typer(keys.app, name="key")
app.command("next")(conclusion.print_next_incident_step)
app.command("close")(conclusion.close_incident)
for old, instead, command in (
    ("spare", "auditor incident waive", case_log.waive_incident_report),
    ("forget", "auditor incident deindex", aftercare.export_urls_to_remove_from_search),
    ("hand-over", "auditor incident custody --to", evidence.record_evidence_handover),
    ("received", "auditor incident custody --from", evidence.record_evidence_receipt),
):
    add_deprecated_command_name(app, old, instead, command)
