"""What intruders did to sites and hosts: an incident to handle, told before and apart from what is not configured well.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from auditor.report.official.content.blocks import make_list_item_block, make_paragraph
from auditor.report.official.content.context import MAX_NOTABLE, ReportContext
from auditor.report.official.content.phrases import format_site_names_or_count, format_sites_failing_requirement
from auditor.report.official.document import TextBlock


def iter_intrusion_summary_sentences(context: ReportContext) -> Iterable[str]:
    """Say where intruders left traces, how sure that is, and whether an incident is open on it."""
    words, month_intrusions = context.words, context.intrusions
    if not month_intrusions:
        return
    trace_counts = (
        words(f"official.intrusions.{name}", count=count)
        for name, count in (
            ("certain", sum(certain_intrusion.certain for certain_intrusion in month_intrusions)),
            ("likely", sum(likely_intrusion.likely for likely_intrusion in month_intrusions)),
        )
        if count
    )
    yield words(
        "official.intrusions.found", where=_describe_intruded_sites_and_hosts(context), traces=", ".join(trace_counts)
    )
    ids = [incident.id for incident in context.incidents if incident.closed_at is None]
    yield words("official.intrusions.open", ids=", ".join(ids)) if ids else words("official.intrusions.unopened")


def iter_intrusion_detail_blocks(context: ReportContext) -> Iterable[TextBlock]:
    """Yield what was found of intruders as a summary, then each finding by name."""
    yield from map(make_paragraph, iter_intrusion_summary_sentences(context))
    for requirement in context.intrusion_requirements[:MAX_NOTABLE]:
        yield make_list_item_block(
            context.words(
                "official.intrusions.one",
                title=requirement.title.get(context.lang),
                where=format_sites_failing_requirement(context, requirement),
            )
        )
    if len(context.intrusion_requirements) > MAX_NOTABLE:
        yield make_list_item_block(
            context.words("official.change.more", n=len(context.intrusion_requirements) - MAX_NOTABLE)
        )


def iter_blocks_asking_to_handle_intrusions(context: ReportContext) -> Iterable[TextBlock]:
    """Ask for what cannot wait: the incident is handled at once, and the authority told in time."""
    if context.intrusions:
        yield make_list_item_block(
            context.words(
                f"official.tasks.intruded.{context.regime}", where=_describe_intruded_sites_and_hosts(context)
            )
        )


def _describe_intruded_sites_and_hosts(context: ReportContext) -> str:
    """Return the sites that have traces themselves, and how many hosts do, with what they serve.

    Hosts' names are for the technical annex alone.
    """
    words = context.words
    hosts = {intrusion.host for intrusion in context.intrusions if intrusion.subject.kind == "host"}
    sites = [
        site_summary
        for site_summary in context.figures.summary.sites
        if site_summary.posture in ("intruded", "suspected")
    ]
    themselves = format_site_names_or_count(context, sorted(intruded_site.domain for intruded_site in sites))
    if not hosts:
        return themselves
    served_domains = sorted(
        served_site.domain for served_site in context.figures.summary.sites if served_site.host.host.name in hosts
    )
    host_count = words("hosts_n", n=len(hosts))
    of_hosts = (
        words("official.where.hosts", hosts=host_count, sites=format_site_names_or_count(context, served_domains))
        if served_domains
        else host_count
    )
    return words("official.intrusions.places", sites=themselves, hosts=of_hosts) if sites else of_hosts
