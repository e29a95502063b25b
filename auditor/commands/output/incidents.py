"""Incidents: what they are about, what is owed, what was done. Escapes everything that others said."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import typer
from rich.table import Table

from auditor.commands.output.console import err, escape_markup, out
from auditor.history.incidents import IncidentStore, list_actions_in_force
from auditor.incidents import descriptions, lapses
from auditor.incidents.case import IncidentCase
from auditor.incidents.containment import ActionPlan, ActionRequest
from auditor.incidents.deadlines import ReportDeadline
from auditor.incidents.health_check import ServingSites, SiteOutage, UncheckedSites
from auditor.incidents.response.auto_containment import TraceResponse
from auditor.models import Inventory, Lang, clock
from auditor.models.incidents import ContainedEvent
from auditor.results import containment
from auditor.text.translations import Words


def build_cases_table(cases: Iterable[IncidentCase], now: datetime.datetime, words: Words) -> Table:
    """Return incidents in rows: which, since when, about what, what is owed next."""
    grid = Table(box=None, pad_edge=False, show_header=False)
    for case in cases:
        owed = case.list_unsent_owed_reports()
        state = (
            words("incidents.closed")
            if not case.is_open
            else format_due(owed[0], now, words)
            if owed
            else words("incidents.nothing_owed")
        )
        detected_at = words.format_iso_moment(clock.format_iso_moment(case.detected_at))
        grid.add_row(case.id, detected_at, escape_markup(", ".join(case.subjects)), escape_markup(state))
    return grid


def format_due(due: ReportDeadline, now: datetime.datetime, words: Words) -> str:
    """Return one report that is owed, by when, and whether its time is over."""
    name, by = words(f"incidents.report.{due.report}"), words.format_iso_moment(clock.format_iso_moment(due.by))
    if due.report == "now":
        return words("incidents.owed_now", report=name)
    return words("incidents.overdue" if due.by <= now else "incidents.owed", report=name, by=by)


def show_case(incident: IncidentCase, lang: Lang) -> None:
    """Print one incident whole."""
    words, now = Words(lang), clock.now()
    out.print(f"[bold]{incident.id}[/]  {escape_markup(', '.join(incident.subjects))}", soft_wrap=True)
    out.print(words("incidents.detected", when=words.format_iso_moment(clock.format_iso_moment(incident.detected_at))))
    if incident.is_open and (hours := int((now - incident.detected_at).total_seconds() // 3600)):
        out.print(words("incidents.hours_gone", n=hours))
    for due in incident.list_unsent_owed_reports() if incident.is_open else ():
        out.print(format_due(due, now, words), markup=False)
    for action in list_actions_in_force({incident.id: incident.entries}, now):
        out.print(escape_markup(containment.format_containment_line(action, words)), soft_wrap=True)
    for entry in incident.entries:
        line = (
            f"{words.format_iso_moment(entry.happened)}  {entry.who}: "
            f"{descriptions.describe_case_log_event(entry.deed, words)}"
        )
        out.print(escape_markup(line), soft_wrap=True)


def show_outcome_of_action(event: ContainedEvent | SiteOutage | UncheckedSites, words: Words) -> bool:
    """Return what containing or cleaning something came to; whether it was done, and no site fell."""
    if isinstance(event, ContainedEvent):
        lines, well = [descriptions.describe_case_log_event(event, words)], event.state == "confirmed"
    elif isinstance(event, SiteOutage):
        lines, well = list(descriptions.describe_outage(event, words)), False
    else:
        lines, well = [descriptions.describe_unchecked_sites(event, words)], True
    for line in lines:
        out.print(escape_markup(line), soft_wrap=True)
    return well


class SiteVisitSummary:
    """Results of all visits of one command.

    They are printed once, and only when no site fell and each could be judged.
    """

    def __init__(self) -> None:
        self._serving: list[ServingSites] = []
        self._all = True

    def add(self, event: object) -> None:
        """Take in what was done, or what a visit came to."""
        if isinstance(event, ServingSites):
            self._serving.append(event)
        self._all = self._all and not isinstance(event, SiteOutage | UncheckedSites)

    def show(self, words: Words) -> None:
        """Say that the sites still serve, where they were visited and all do."""
        if self._serving and self._all:
            out.print(
                descriptions.describe_that_all_sites_still_serve(self._serving, words), markup=False, soft_wrap=True
            )


class ActionReporter:
    """The printer of what one command does."""

    def __init__(self, words: Words, *, as_json: bool) -> None:
        self._words, self._as_json = words, as_json
        self._data: list[dict[str, Any]] = []
        self._visited = SiteVisitSummary()
        self.well = True
        """Whether all of it was done, or would be, and no site fell."""

    def report_outcome_of_action_or_site(
        self, event: ContainedEvent | SiteOutage | UncheckedSites | ServingSites
    ) -> None:
        """Tell what one thing came to, or what became of a site."""
        self._visited.add(event)
        if isinstance(event, ServingSites):
            return
        if not self._as_json:
            self.well = show_outcome_of_action(event, self._words) and self.well
            return
        if isinstance(event, ContainedEvent):
            description = {"says": descriptions.describe_case_log_event(event, self._words)}
            self._data.append({**event.model_dump(mode="json"), **description})
            self.well = self.well and event.state == "confirmed"
        elif isinstance(event, SiteOutage):
            failed_urls = [difference.url for difference in event.failures]
            description = {"says": " ".join(descriptions.describe_outage(event, self._words))}
            lifted_numbers = [action.number for action in event.lift_events]
            self._data.append(
                {
                    **{
                        "kind": "fell",
                        "site": event.domain,
                        "lost": failed_urls,
                        "released": lifted_numbers,
                        "left": event.remaining_numbers,
                    },
                    **{"others": event.others, "shut": event.shut, **description},
                }
            )
            self.well = False
        elif isinstance(event, UncheckedSites):
            self._data.append(
                {
                    "kind": "unseen",
                    "sites": event.domains,
                    "shut": event.shut,
                    "says": descriptions.describe_unchecked_sites(event, self._words),
                }
            )

    def report_planned_action(self, request: ActionRequest, host: str, action_plan: ActionPlan) -> None:
        """Tell what would be done on a host."""
        self.well = self.well and not action_plan.why
        lines = list(descriptions.describe_plan(request, host, action_plan, self._words))
        if self._as_json:
            plan_data = {
                "means": request.means,
                "what": request.what,
                "steps": action_plan.steps,
                "why": action_plan.why,
            }
            self._data.append(
                {"kind": "planned", "host": host, **plan_data, "about": action_plan.about, "says": "\n".join(lines)}
            )
            return
        for line in lines:
            out.print(escape_markup(line), soft_wrap=True)

    def report_summary_and_print_json(self) -> None:
        """Say that the sites serve, if all do; write all that was told, where a program reads it."""
        if self._as_json:
            typer.echo(json.dumps(self._data, ensure_ascii=False, indent=1))
        else:
            self._visited.show(self._words)


def show_containable_and_manual_traces(responses: Iterable[TraceResponse], words: Words) -> None:
    """Print what would be contained at once, and what is left to a person.

    Of what visitors of a site are shown, only how much.
    """
    all_responses = list(responses)
    counts_by_site = Counter(response.subject for response in all_responses if response.root and not response.requests)
    parts = {
        "at_once": [
            descriptions.describe_trace_kind_and_place(response, words)
            for response in all_responses
            if response.requests
        ],
        "left": [
            *(words("incidents.of_site", n=n, site=site) for site, n in counts_by_site.items()),
            *(
                descriptions.describe_trace_kind_and_place(response, words)
                for response in all_responses
                if not (response.requests or response.root)
            ),
        ],
    }
    for part, lines in parts.items():
        if lines:
            out.print(words(f"incidents.all_found.{part}"), markup=False)
        for line in lines:
            out.print(f"  - {escape_markup(line)}", soft_wrap=True)


def record_and_show_lapsed_containments(
    inventory_data: Inventory, messages: Iterable[tuple[str, str]], lang: Lang
) -> None:
    """Write into the case log, and print, what hosts no longer hold for incidents after they were brought back.

    ``messages``: hosts, and what each says.
    """
    for host, text in messages:
        for deed in lapses.record_actions_host_says_not_in_force(IncidentStore(), inventory_data.path, host, text):
            err.print(escape_markup(descriptions.describe_case_log_event(deed, Words(lang))), soft_wrap=True)


def build_incident_json(case: IncidentCase) -> dict[str, Any]:
    """Return an incident as JSON has it."""
    return {
        "id": case.id,
        "open": case.is_open,
        "detected": clock.format_iso_moment(case.detected_at),
        "regime": case.regime,
        "subjects": case.subjects,
        "owed": [
            {"report": due.report, "by": clock.format_iso_moment(due.by)} for due in case.list_unsent_owed_reports()
        ],
        "actions": [
            {
                "number": action.number,
                "host": action.host,
                "means": action.means,
                "what": action.what,
                "state": action.state,
                "until": clock.format_iso_moment(action.until) if action.until else None,
            }
            for action in case.actions.values()
        ],
        "cause": case.cause,
        "entries": [entry.model_dump(mode="json") for entry in case.entries],
    }
