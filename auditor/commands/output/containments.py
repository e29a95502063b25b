"""What incidents contain on hosts, and who has been there: beside a run. Loads nothing of what contains."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from auditor.commands.output.console import escape_markup, out
from auditor.models import Run
from auditor.models.incidents import ActiveContainment
from auditor.results import containment, intrusions
from auditor.text.translations import Words


def show_active_containments(
    standing_actions: Iterable[ActiveContainment], words: Words, console: Console = out
) -> None:
    """Print what incidents contain on hosts: what is seen there is seen past that."""
    for incident, lines in containment.format_containment_lines_by_incident(standing_actions, words).items():
        console.print(f"[yellow]{escape_markup(words('incidents.contained.by', incident=incident))}[/]")
        for line in lines:
            console.print(f"  {escape_markup(line)}", soft_wrap=True)


def show_containments_not_in_case_log(run: Run, words: Words, console: Console = out) -> None:
    """Print what hosts have on record that the case log does not have in force."""
    for line in containment.describe_unrecorded_containments_by_host(run.unrecorded, words):
        console.print(f"[yellow]{words('incidents.contained')}[/]: {escape_markup(line)}", soft_wrap=True)


def show_intrusions_by_host_and_site(run: Run, words: Words, console: Console = out) -> None:
    """Print each host and site with traces of intruders, and whether an incident is open on it.

    Incidents without any traces are printed, too.
    """
    open_intrusions, commands = intrusions.find_intrusions(run), dict[str, None]()
    for intrusion in open_intrusions:
        label = words("standing.intruded" if intrusion.certain else "standing.suspected")
        line = (
            f"{intrusion.subject.id}: {intrusions.describe_trace_counts(intrusion, words)}. "
            f"{intrusions.describe_incidents(intrusion.incidents, words)}"
        )
        console.print(f"[bold red]{escape_markup(label)}[/] {escape_markup(line)}", soft_wrap=True)
        command = intrusions.build_next_command_for_intrusion(intrusion, run.inventory, words)
        if command not in commands:
            console.print(f"  {escape_markup(command)}", soft_wrap=True)
        commands[command] = None
    if command := intrusions.build_command_to_review_unseen_sites(run, open_intrusions):
        console.print(escape_markup(words("intrusion.review", command=command)), soft_wrap=True)
    if (
        command := intrusions.build_command_to_open_incident(open_intrusions, run.inventory, words)
    ) and command not in commands:
        console.print(escape_markup(words("intrusion.in_one", command=command)), soft_wrap=True)
    if open_intrusions:
        console.print(f"[bold red]{escape_markup(words(f'intrusion.decision.{run.regime}'))}[/]", soft_wrap=True)
    elif run.incidents:
        message = (
            f"{intrusions.describe_incidents(run.incidents, words)} "
            f"{intrusions.describe_traces_since_incidents(run, run.incidents, words)}"
        )
        console.print(
            f"[bold]{escape_markup(words('intrusion.incidents'))}[/]: {escape_markup(message)}",
            soft_wrap=True,
        )
