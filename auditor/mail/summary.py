"""The text of a report's mail: one page of what a run found for the sites of a unit. Pure.

It names sites and how they stand, never addresses, hosts or single weaknesses: those are for the technical annex.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from auditor.audit.reviews import responding
from auditor.errors import InputError
from auditor.models import Site, Unit
from auditor.report.html.pages import headline
from auditor.results import intrusions
from auditor.results.office_month import Figures
from auditor.results.summary import INTRUDED, SEVERITIES, SiteSummary
from auditor.text.visible import one_line
from auditor.text.words import Words

_SITES = 25
"""How many sites are listed; the attached report has them all."""
_NAME = 150


def subject(found: Figures, words: Words) -> str:
    """The subject line."""
    intruded = found.summary.standing(*INTRUDED)
    values = {"unit": found.unit.name, "when": words.moment(found.run.started)}
    if intruded:
        return words(f"mail.intruded.{found.run.regime}", **values)
    return words(f"mail.subject.{found.run.regime}", **values)


def body(found: Figures, to: Unit, words: Words, attached: Iterable[str]) -> str:
    """The text. ``attached`` are file names.

    Raises InputError when the run holds no site of the unit.
    """
    run, sites = found.run, found.summary.sites
    if not sites:
        raise InputError(
            "run {run} does not contain any site of {unit}",
            run=run.id,
            unit=found.unit.id,
            mend="use --unit to name the unit whose sites you mean, or audit them first",
        )
    paragraphs = [
        words("mail.internal"),
        words("mail.greeting", unit=one_line(to.name, _NAME)),
        words("mail.audited", when=words.moment(run.started), sites=words("sites_n", n=len(sites))),
        f"{headline(found.summary, words)}.",
        *_intruded(found, words),
        "\n".join(_lines(sites, words)),
    ]
    if found.unaudited:
        paragraphs.append(words("mail.unaudited_n", n=len(found.unaudited), sites=_named(found.unaudited)))
    names = [f"- {one_line(name, _NAME)}" for name in attached]
    if names:
        paragraphs.append("\n".join([words("mail.attached"), *names]))
    paragraphs.append(f"{words('mail.run', run=run.id)}\n{words('mail.automatic')}")
    return "\n\n".join(paragraphs) + "\n"


def _intruded(found: Figures, words: Words) -> Iterator[str]:
    """What to decide about an intrusion, and whether an incident is open on it."""
    if intrusions.intrusions(found.run):
        yield f"{words(f'intrusion.decision.{found.run.regime}')} {intrusions.state(found.run.incidents, words)}"
        yield _containing(found, words)
    elif found.run.incidents:
        yield f"{intrusions.state(found.run.incidents, words)} {intrusions.seen_since(found.run, found.run.incidents, words)}"


def _containing(found: Figures, words: Words) -> str:
    """The command that contains what was found at each intruded site, each on a line; hosts are not named in a mail."""
    sites = [one.domain for one in found.summary.sites if one.standing in INTRUDED]
    who = f"--who {shlex.quote(words('incidents.on_duty'))} -i {shlex.quote(found.run.inventory)}"
    lines = [words("response.mail", command=f"{responding(site)} {who}") for site in sites[:_SITES]]
    return "\n".join(lines)


def _named(sites: Sequence[Site]) -> str:
    names = [site.domain for site in sites[:_SITES]]
    return ", ".join(names if len(sites) <= _SITES else [*names, "…"])


def _lines(sites: Sequence[SiteSummary], words: Words) -> Iterator[str]:
    for site in sites[:_SITES]:
        yield f"- {site.domain}: {_standing(site, words)}"
    if len(sites) > _SITES:
        yield words("mail.more_n", n=len(sites) - _SITES)


def _standing(site: SiteSummary, words: Words) -> str:
    counts = site.counts
    said = [words(f"standing.{site.standing}").lower()]
    if counts.open_total:
        by_severity = ", ".join(
            f"{words.number(counts.open[severity])} {words(f'severity.{severity.value}').lower()}"
            for severity in SEVERITIES
            if counts.open[severity]
        )
        said.append(f"{words('history.open_n', n=counts.open_total)} ({by_severity})")
    if counts.waived:
        said.append(words("mail.waived_n", n=counts.waived))
    if counts.not_evaluated:
        said.append(words("mail.not_evaluated_n", n=counts.not_evaluated))
    return "; ".join(said)


def foot(head: str | None, words: Words) -> str:
    """What stands at the end of every mail: the hash of the last link of the history's chain, if there is one."""
    if head is None:
        return ""
    return "\n" + words("mail.seal", seal=head) + f"\n  auditor history verify --seen {head}\n"
