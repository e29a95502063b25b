"""The text of a report's mail: one page of what a run found for the sites of a unit. Pure.

It names sites and how they stand, never addresses, hosts or single weaknesses: those are for the technical annex.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from auditor.audit.assessors.traces import build_open_incident_command
from auditor.errors import InputError
from auditor.models import Site, Unit
from auditor.report.html.pages import write_headline_for_office_chair
from auditor.results import intrusions
from auditor.results.office_month import OfficeMonthFigures
from auditor.results.summary import INTRUDED_POSTURES, SEVERITIES, SiteSummary
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words

_SITES = 25
"""How many sites are listed; the attached report has them all."""
_NAME = 150


def write_audit_result_mail_subject(figures: OfficeMonthFigures, words: Words) -> str:
    """Return the subject line."""
    intruded_count = figures.summary.count_sites_or_hosts_in_postures(*INTRUDED_POSTURES)
    values = {"unit": figures.unit.name, "when": words.format_iso_moment(figures.run.started)}
    if intruded_count:
        return words(f"mail.intruded.{figures.run.regime}", **values)
    return words(f"mail.subject.{figures.run.regime}", **values)


def write_audit_result_mail_body(
    figures: OfficeMonthFigures, unit: Unit, words: Words, attachment_names: Iterable[str]
) -> str:
    """Return the text. ``attachment_names`` are file names.

    Raises InputError when the run holds no site of the unit.
    """
    run, sites = figures.run, figures.summary.sites
    if not sites:
        raise InputError(
            "run {run} does not contain any site of {unit}",
            run=run.id,
            unit=figures.unit.id,
            mend="use --unit to name the unit whose sites you mean, or audit them first",
        )
    paragraphs = [
        words("mail.internal"),
        words("mail.greeting", unit=escape_text_to_one_line(unit.name, _NAME)),
        words("mail.audited", when=words.format_iso_moment(run.started), sites=words("sites_n", n=len(sites))),
        f"{write_headline_for_office_chair(figures.summary, words)}.",
        *_iter_lines_about_intrusions(figures, words),
        "\n".join(_iter_first_site_posture_lines(sites, words)),
    ]
    if figures.unaudited_sites:
        paragraphs.append(
            words(
                "mail.unaudited_n",
                n=len(figures.unaudited_sites),
                sites=_format_first_site_domains(figures.unaudited_sites),
            )
        )
    names = [f"- {escape_text_to_one_line(name, _NAME)}" for name in attachment_names]
    if names:
        paragraphs.append("\n".join([words("mail.attached"), *names]))
    paragraphs.append(f"{words('mail.run', run=run.id)}\n{words('mail.automatic')}")
    return "\n\n".join(paragraphs) + "\n"


def _iter_lines_about_intrusions(figures: OfficeMonthFigures, words: Words) -> Iterator[str]:
    """Yield what to decide about an intrusion, and whether an incident is open on it."""
    if intrusions.find_intrusions(figures.run):
        yield (
            f"{words(f'intrusion.decision.{figures.run.regime}')} "
            f"{intrusions.describe_incidents(figures.run.incidents, words)}"
        )
        yield _format_containment_command_per_site(figures, words)
    elif figures.run.incidents:
        yield (
            f"{intrusions.describe_incidents(figures.run.incidents, words)} "
            f"{intrusions.describe_traces_since_incidents(figures.run, figures.run.incidents, words)}"
        )


def _format_containment_command_per_site(figures: OfficeMonthFigures, words: Words) -> str:
    """Return the command that contains what was found at each intruded site, each on a line.

    Hosts are not named in a mail.
    """
    sites = [site_summary.domain for site_summary in figures.summary.sites if site_summary.posture in INTRUDED_POSTURES]
    who = f"--who {shlex.quote(words('incidents.on_duty'))} -i {shlex.quote(figures.run.inventory)}"
    lines = [words("response.mail", command=f"{build_open_incident_command(site)} {who}") for site in sites[:_SITES]]
    return "\n".join(lines)


def _format_first_site_domains(sites: Sequence[Site]) -> str:
    names = [site.domain for site in sites[:_SITES]]
    return ", ".join(names if len(sites) <= _SITES else [*names, "…"])


def _iter_first_site_posture_lines(sites: Sequence[SiteSummary], words: Words) -> Iterator[str]:
    for site in sites[:_SITES]:
        yield f"- {site.domain}: {_describe_posture(site, words)}"
    if len(sites) > _SITES:
        yield words("mail.more_n", n=len(sites) - _SITES)


def _describe_posture(site_summary: SiteSummary, words: Words) -> str:
    counts = site_summary.counts
    parts = [words(f"standing.{site_summary.posture}").lower()]
    if counts.open_total:
        by_severity = ", ".join(
            f"{words.format_number(counts.open[severity])} {words(f'severity.{severity.value}').lower()}"
            for severity in SEVERITIES
            if counts.open[severity]
        )
        parts.append(f"{words('history.open_n', n=counts.open_total)} ({by_severity})")
    if counts.waived:
        parts.append(words("mail.waived_n", n=counts.waived))
    if counts.not_evaluated:
        parts.append(words("mail.not_evaluated_n", n=counts.not_evaluated))
    return "; ".join(parts)


def write_mail_footer_with_chain_head(chain_head: str | None, words: Words) -> str:
    """Return the end of every mail: the hash of the last link of the history's chain, if there is one."""
    if chain_head is None:
        return ""
    return "\n" + words("mail.seal", seal=chain_head) + f"\n  auditor history verify --seen {chain_head}\n"
