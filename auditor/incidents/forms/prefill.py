"""What is known of an incident for its forms.

From the ledger, the inventory, the office's papers and what a person answered. Pure.

Names of persons, inner addresses, names of hosts and what looks like a secret are not in it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from auditor.incidents import descriptions
from auditor.incidents.case import IncidentCase
from auditor.incidents.deadlines import ReportDeadline
from auditor.incidents.notifications import make_secret_and_host_redactor
from auditor.inventory.systems import Contact, System, Systems
from auditor.models import Host, Inventory, Organisation, Site, Unit, clock
from auditor.models.incidents import ContainedEvent, JoinedEvent, LiftedEvent, OpenedEvent, ReportedEvent
from auditor.models.ranks import Form
from auditor.report.official.metrics import spell_out_characters_font_lacks
from auditor.text.dates import format_hour_and_minute
from auditor.text.defang import is_inner_network_address
from auditor.text.sanitize import escape_invisible_characters
from auditor.text.translations import Words

_MAX_LINES = 40
"""Actions that are listed; the ledger has them all."""

_FREE_TEXT_FIELDS = ("description", "cause", "done", "first_report")
"""What people or hosts wrote, not the office's papers."""


@dataclass(frozen=True, kw_only=True)
class FormPrefill:
    """An incident, and what stands around it."""

    case: IncidentCase
    form: Form
    inventory: Inventory
    organisation: Organisation
    unit: Unit
    """The office that reports."""
    declared_systems: Systems | None
    """``office/systems.yml``."""
    systems_read: Mapping[str, str]
    """The operating systems of its hosts, by name, as the last audit has them."""
    words: Words

    def list_values_of_form_field(self, field_name: str) -> tuple[str, ...]:
        """Return what a field is filled with, a paragraph each; empty: nobody knows."""
        answers = self._answers_by_field.get(field_name, ())
        values = answers or tuple(filter(None, getattr(self, f"_fill_{field_name}_field", tuple)()))
        told_by_others = bool(answers) or field_name in _FREE_TEXT_FIELDS
        return tuple(
            spell_out_characters_font_lacks(
                escape_invisible_characters(self._text_cleaner(value) if told_by_others else value)
            )
            for value in values
        )

    def list_ticked_boxes_of_form_field(self, field_name: str) -> Mapping[str, str]:
        """Return the boxes that are ticked, each with what is written after it."""
        boxes: Iterable[str] = (
            self._answers_by_field.get(field_name) or getattr(self, f"_fill_{field_name}_field", tuple)()
        )
        pairs = (box_text.partition(":") for box_text in boxes)
        return {
            box.strip(): spell_out_characters_font_lacks(escape_invisible_characters(self._text_cleaner(more.strip())))
            for box, _, more in pairs
        }

    @cached_property
    def _answers_by_field(self) -> Mapping[str, tuple[str, ...]]:
        return {str(question): values for question, values in self.case.answers.items()}

    @cached_property
    def _text_cleaner(self) -> Callable[[str], str]:
        units = {action.what for action in self.case.actions.values() if action.means == "unit"}
        return make_secret_and_host_redactor(self.inventory, self.words("incidents.withheld"), units)

    @cached_property
    def _affected_hosts(self) -> tuple[Host, ...]:
        about = {*self.case.subjects}
        return tuple(
            host
            for host in self.inventory.hosts
            if host.name in about or any(site.domain in about for site in host.sites)
        )

    @cached_property
    def _affected_sites(self) -> tuple[Site, ...]:
        """Return the sites that it is about; of a host that it is about all."""
        about = {*self.case.subjects}
        return tuple(
            site for host in self._affected_hosts for site in host.sites if site.domain in about or host.name in about
        )

    @cached_property
    def _affected_systems(self) -> tuple[System, ...]:
        """Return the information systems that it is about."""
        sites, hosts = {site.domain for site in self._affected_sites}, {*self.case.subjects}
        systems = self.declared_systems.systems if self.declared_systems else ()
        return tuple(
            system for system in systems if sites.intersection(system.sites) or hosts.intersection(system.hosts)
        )

    def _list_unit_names(self, unit_ids: Iterable[str | None]) -> tuple[str, ...]:
        known_units = (self.organisation.find_unit_by_id(unit or "") for unit in unit_ids)
        return tuple(dict.fromkeys(unit.name for unit in known_units if unit is not None))

    # --- what the office's papers say ---------------------------------------------------------------------

    def _fill_office_field(self) -> tuple[str, ...]:
        return (self.unit.name,)

    @property
    def _reporting_unit_contact(self) -> Contact:
        return (self.declared_systems.contacts.get(self.unit.id) if self.declared_systems else None) or Contact()

    def _fill_address_field(self) -> tuple[str | None, ...]:
        return (self._reporting_unit_contact.address,)

    def _fill_telephone_field(self) -> tuple[str | None, ...]:
        return (self._reporting_unit_contact.telephone,)

    def _fill_email_field(self) -> tuple[str | None, ...]:
        return (self._reporting_unit_contact.email,)

    def _fill_contact_email_field(self) -> tuple[str | None, ...]:
        roles = self.unit.incidents.roles if self.unit.incidents else ()
        return (self.unit.roles[roles[0]] if roles else self._reporting_unit_contact.email,)

    def _fill_system_field(self) -> tuple[str, ...]:
        return tuple(system.name for system in self._affected_systems)

    def _fill_operator_field(self) -> tuple[str, ...]:
        return self._list_unit_names(system.operator for system in self._affected_systems)

    def _fill_owner_field(self) -> tuple[str, ...]:
        return self._list_unit_names(system.owner for system in self._affected_systems)

    def _fill_level_field(self) -> tuple[str, ...]:
        levels = [system.level for system in self._affected_systems if system.level is not None]
        return (str(max(levels)),) if levels else ()

    def _fill_decision_field(self) -> tuple[str, ...]:
        """Return the decision of each system that has one; of several systems, of which."""
        several = len(self._affected_systems) > 1
        decisions = ((system.name, system.decision) for system in self._affected_systems if system.decision is not None)
        instruments = (
            (name, self.words("yearly.instrument", number=decision.number, day=self.words.format_date(decision.day)))
            for name, decision in decisions
        )
        return tuple(f"{instrument} ({name})" if several else instrument for name, instrument in instruments)

    # --- what the inventory and the last audit say --------------------------------------------------------

    def _fill_domains_field(self) -> tuple[str, ...]:
        names = [name for site in self._affected_sites for name in (site.domain, *site.aliases)]
        return (", ".join(names),) if names else ()

    def _fill_public_addresses_field(self) -> tuple[str, ...]:
        return tuple(host.address for host in self._affected_hosts if _is_public_ip_address(host.address))

    def _fill_os_field(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(
                self.systems_read[host.name] for host in self._affected_hosts if host.name in self.systems_read
            )
        )

    def _fill_services_field(self) -> tuple[str, ...]:
        return ("web",) if self._affected_sites else ()

    # --- what the ledger says -----------------------------------------------------------------------------

    def _fill_occasion_field(self) -> tuple[str, ...]:
        return (self.form,)

    def _fill_incident_field(self) -> tuple[str, ...]:
        return (self.case.id,)

    def _fill_name_field(self) -> tuple[str, ...]:
        sites = ", ".join(site.domain for site in self._affected_sites)
        return (self.words("form.named", sites=sites),) if sites else ()

    def _fill_description_field(self) -> tuple[str, ...]:
        deeds = (entry.deed for entry in self.case.entries)
        return tuple(deed.why for deed in deeds if isinstance(deed, OpenedEvent | JoinedEvent) and deed.why)

    def _fill_found_field(self) -> tuple[str, ...]:
        return (self.words.format_iso_moment(clock.format_iso_moment(self.case.detected_at)),)

    def _fill_found_day_field(self) -> tuple[str, ...]:
        return (self.words.format_date(clock.convert_moment_to_vietnam_day(self.case.detected_at)),)

    def _fill_found_time_field(self) -> tuple[str, ...]:
        hour, minute = format_hour_and_minute(self.case.detected_at)
        return (self.words("form.minute", hour=hour, minute=minute),)

    def _fill_state_field(self) -> tuple[str, ...]:
        return ("not_handled" if self.case.is_open and self.form not in ("end", "mau-04") else "handled",)

    def _fill_how_found_field(self) -> tuple[str, ...]:
        return (f"other:{self.words('form.by_audit')}",) if self.case.findings else ()

    def _fill_cause_field(self) -> tuple[str | None, ...]:
        return (self.case.cause,)

    def _fill_done_field(self) -> tuple[str, ...]:
        """Return what was contained and let go, as the ledger tells it."""
        lines = [
            f"{self.words.format_iso_moment(entry.happened)}: "
            f"{descriptions.describe_case_log_event(_drop_digest(entry.deed), self.words)}"
            for entry in self.case.entries
            if isinstance(entry.deed, ContainedEvent | LiftedEvent) and entry.deed.state in ("confirmed", "released")
        ]
        more = len(lines) - _MAX_LINES
        return (
            *lines[:_MAX_LINES],
            *([self.words("form.done.more", n=more, incident=self.case.id)] if more > 0 else []),
        )

    def _fill_evidence_field(self) -> tuple[str, ...]:
        return tuple(
            self.words(
                "form.evidence", number=str(collection.number), files=str(collection.files), sha256=collection.sha256
            )
            for collection in self.case.collections.values()
        )

    def _fill_next_due_field(self) -> tuple[str, ...]:
        return tuple(
            self._format_report_deadline(due) for due in self.case.list_unsent_owed_reports() if due.report != self.form
        )

    def _format_report_deadline(self, deadline: ReportDeadline) -> str:
        """Return a report and its last moment; what is owed at once has none that could be kept."""
        report = self.words(f"incidents.report.{deadline.report}")
        if deadline.report == "now":
            return self.words("form.due_now", report=report)
        return self.words(
            "form.due", report=report, by=self.words.format_iso_moment(clock.format_iso_moment(deadline.by))
        )

    def _fill_first_report_field(self) -> tuple[str, ...]:
        """Return the number and day of the first report that went out; empty when none did."""
        return tuple(
            f"{entry.deed.how} ({self.words.format_day_of_iso_moment(entry.happened)})"
            for entry in self.case.entries
            if isinstance(entry.deed, ReportedEvent)
        )[:1]


def _drop_digest(event: ContainedEvent | LiftedEvent) -> ContainedEvent | LiftedEvent:
    """Return it without the file's digest, which the ledger and the manifests of the evidence hold."""
    return event.model_copy(update={"sha256": None}) if isinstance(event, ContainedEvent) else event


def get_time_of_last_informative_entry(case: IncidentCase) -> str:
    """Return when the last entry was written that says something of it: the only clock that a form knows."""
    return next(entry.at for entry in reversed(case.entries) if entry.deed.kind not in ("filled_in", "notified"))


def _is_public_ip_address(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return not is_inner_network_address(address)
