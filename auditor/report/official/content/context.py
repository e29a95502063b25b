"""What an official report is made of. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from auditor.audit.controls import Catalogue
from auditor.audit.frameworks.assessment import ClauseTotal, assess_sites_and_hosts_of_run, total_clauses_over_subjects
from auditor.audit.frameworks.clauses import Framework
from auditor.inventory import offices
from auditor.models import Bucket, DocumentKind, Finding, Lang, Regime, Unit
from auditor.report.official.anonymization import make_address_and_host_name_replacer
from auditor.report.official.deadlines import Deadlines
from auditor.report.official.document import AnnexKey
from auditor.report.official.incidents import IncidentSummary
from auditor.report.official.period import Period
from auditor.results.intrusions import Intrusion, find_intrusions, split_intrusions
from auditor.results.office_month import OfficeMonthFigures, Requirement, build_requirements_from_findings_in_buckets
from auditor.text.translations import Words

MAX_NOTABLE = 5
"""So many requirements are named in the body, the worst; all are in the annex."""
MAX_NAMED_SITES = 10
"""So many sites are named where sites are listed; beyond them they are counted."""
MAX_GREETED = 10
"""So many offices are greeted by name; more by what they are."""
COMMITTEE = "Ủy ban nhân dân"
BLANK = "\u00a0" * 7
"""Where a number or a day is written by hand."""
OPEN: tuple[Bucket, ...] = ("fail", "partial")
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")

type Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class ReportContext:
    """An office's month and how it is to be told; what several parts need of it."""

    figures: OfficeMonthFigures
    catalogue: Catalogue
    period: Period
    moments: Sequence[str]
    """When the runs behind it were, newest first."""
    deadlines: Deadlines
    regime: Regime
    kind: DocumentKind
    lang: Lang
    previous: str | None
    """When the run of the month was that it is compared with."""
    framework: Framework
    incidents: tuple[IncidentSummary, ...]
    """Those of the month, as the case log has them."""
    levels: Mapping[str, int] = MappingProxyType({})
    """By site, the level of its information system, as the office declares that."""
    besides: Mapping[AnnexKey, Rows] = MappingProxyType({})
    """Annexes that were asked for besides, by row; the number of a row is not in it."""

    @cached_property
    def words(self) -> Words:
        """Return the document's words."""
        return Words(self.lang)

    @property
    def reporting_unit(self) -> Unit:
        """Return the office that writes."""
        return self.figures.unit

    @cached_property
    def superior_units(self) -> tuple[Unit, ...]:
        """Return the offices that are reported to."""
        return offices.list_units_reported_to(self.figures.organisation, self.reporting_unit)

    @cached_property
    def other_units_with_sites(self) -> tuple[Unit, ...]:
        """Return the other offices that own sites in it."""
        return tuple(unit for unit, _ in self.figures.owners if unit.id != self.reporting_unit.id)

    @property
    def is_letter_to_subordinates(self) -> bool:
        """Return whether it is a letter that asks offices below for work."""
        return self.kind == "cong-van" and bool(self.other_units_with_sites)

    @property
    def open_requirements_annex_key(self) -> AnnexKey:
        """Return the annex of what is open by requirement.

        In a letter to offices below by office, so that each finds its own.
        """
        return "asked" if self.is_letter_to_subordinates else "open"

    @cached_property
    def open_requirements_but_intrusions(self) -> tuple[Requirement, ...]:
        """Return what is not met, the worst first, but for what intruders did."""
        return self._build_open_requirements_of(self._findings_of_intruders_and_others[1])

    @cached_property
    def open_findings_but_intrusions(self) -> tuple[Finding, ...]:
        """Return what somebody has to mend by a day; an intrusion cannot wait for one."""
        return tuple(finding for finding in self._findings_of_intruders_and_others[1] if finding.is_open)

    @cached_property
    def intrusion_requirements(self) -> tuple[Requirement, ...]:
        """Return what intruders did, the worst first."""
        return self._build_open_requirements_of(self._findings_of_intruders_and_others[0])

    @cached_property
    def intrusions(self) -> tuple[Intrusion, ...]:
        """Return what intruders did, by host and site."""
        return find_intrusions(self.figures.run)

    @cached_property
    def _findings_of_intruders_and_others(self) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        return split_intrusions(self.figures.findings)

    def _build_open_requirements_of(self, findings: tuple[Finding, ...]) -> tuple[Requirement, ...]:
        return build_requirements_from_findings_in_buckets(
            self.figures.run.model_copy(update={"findings": findings}), self.catalogue, *OPEN
        )

    @cached_property
    def clause_totals(self) -> tuple[ClauseTotal, ...]:
        """Return the clauses over the sites, each at its level; over the hosts where there are no sites."""
        assessments = assess_sites_and_hosts_of_run(self.framework, self.figures.run, self.catalogue)
        sites = bool(self.figures.summary.sites)
        return total_clauses_over_subjects(
            assessment for assessment in assessments if assessment.site is not None or not sites
        )

    @cached_property
    def replace_addresses_and_host_names(self) -> Callable[[str], str]:
        """Return what takes addresses and the names of hosts out of a text."""
        domains = {site.site.domain for site in self.figures.summary.sites}
        names = {text for host in self.figures.run.hosts for text in (host.name, host.address)} - domains
        return make_address_and_host_name_replacer(names, self.words("official.guarded"))

    @property
    def name_of_security_in_regime(self) -> str:
        """Return what its regime calls the security that it is about."""
        return self.words(f"official.security.{self.regime}")

    @property
    def month_in_words(self) -> str:
        """Return the month that it is about."""
        return self.words.format_full_month(self.period.year, self.period.month)
