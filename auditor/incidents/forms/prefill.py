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
from auditor.incidents.case import Case
from auditor.incidents.deadlines import Due
from auditor.incidents.notifications import make_text_cleaner
from auditor.inventory.systems import Contact, System, Systems
from auditor.models import Host, Inventory, Organisation, Site, Unit, clock
from auditor.models.incidents import ContainedEvent, JoinedEvent, LiftedEvent, OpenedEvent, ReportedEvent
from auditor.models.ranks import Form
from auditor.report.official.metrics import make_drawable
from auditor.text.dates import format_hour_and_minute
from auditor.text.defang import is_inner
from auditor.text.sanitize import make_visible
from auditor.text.translations import Words

_MAX_LINES = 40
"""Actions that are listed; the ledger has them all."""

_FREE_TEXT_FIELDS = ("description", "cause", "done", "first_report")
"""What people or hosts wrote, not the office's papers."""


@dataclass(frozen=True, kw_only=True)
class FormPrefill:
    """An incident, and what stands around it."""

    case: Case
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

    def list_values(self, name: str) -> tuple[str, ...]:
        """Return what a field is filled with, a paragraph each; empty: nobody knows."""
        answers = self._answers.get(name, ())
        values = answers or tuple(filter(None, getattr(self, f"_{name}", tuple)()))
        told_by_others = bool(answers) or name in _FREE_TEXT_FIELDS
        return tuple(make_drawable(make_visible(self._clean(value) if told_by_others else value)) for value in values)

    def list_ticked_boxes(self, name: str) -> Mapping[str, str]:
        """Return the boxes that are ticked, each with what is written after it."""
        boxes: Iterable[str] = self._answers.get(name) or getattr(self, f"_{name}", tuple)()
        pairs = (box_text.partition(":") for box_text in boxes)
        return {box.strip(): make_drawable(make_visible(self._clean(more.strip()))) for box, _, more in pairs}

    @cached_property
    def _answers(self) -> Mapping[str, tuple[str, ...]]:
        return {str(question): values for question, values in self.case.answers.items()}

    @cached_property
    def _clean(self) -> Callable[[str], str]:
        units = {action.what for action in self.case.actions.values() if action.means == "unit"}
        return make_text_cleaner(self.inventory, self.words("incidents.withheld"), units)

    @cached_property
    def _hosts(self) -> tuple[Host, ...]:
        about = {*self.case.subjects}
        return tuple(
            host
            for host in self.inventory.hosts
            if host.name in about or any(site.domain in about for site in host.sites)
        )

    @cached_property
    def _sites(self) -> tuple[Site, ...]:
        """Return the sites that it is about; of a host that it is about all."""
        about = {*self.case.subjects}
        return tuple(site for host in self._hosts for site in host.sites if site.domain in about or host.name in about)

    @cached_property
    def _systems(self) -> tuple[System, ...]:
        """Return the information systems that it is about."""
        sites, hosts = {site.domain for site in self._sites}, {*self.case.subjects}
        systems = self.declared_systems.systems if self.declared_systems else ()
        return tuple(
            system for system in systems if sites.intersection(system.sites) or hosts.intersection(system.hosts)
        )

    def _list_unit_names(self, units: Iterable[str | None]) -> tuple[str, ...]:
        known_units = (self.organisation.unit(unit or "") for unit in units)
        return tuple(dict.fromkeys(unit.name for unit in known_units if unit is not None))

    # --- what the office's papers say ---------------------------------------------------------------------

    def _office(self) -> tuple[str, ...]:
        return (self.unit.name,)

    @property
    def _contact(self) -> Contact:
        return (self.declared_systems.contacts.get(self.unit.id) if self.declared_systems else None) or Contact()

    def _address(self) -> tuple[str | None, ...]:
        return (self._contact.address,)

    def _telephone(self) -> tuple[str | None, ...]:
        return (self._contact.telephone,)

    def _email(self) -> tuple[str | None, ...]:
        return (self._contact.email,)

    def _contact_email(self) -> tuple[str | None, ...]:
        roles = self.unit.incidents.roles if self.unit.incidents else ()
        return (self.unit.roles[roles[0]] if roles else self._contact.email,)

    def _system(self) -> tuple[str, ...]:
        return tuple(system.name for system in self._systems)

    def _operator(self) -> tuple[str, ...]:
        return self._list_unit_names(system.operator for system in self._systems)

    def _owner(self) -> tuple[str, ...]:
        return self._list_unit_names(system.owner for system in self._systems)

    def _level(self) -> tuple[str, ...]:
        levels = [system.level for system in self._systems if system.level is not None]
        return (str(max(levels)),) if levels else ()

    def _decision(self) -> tuple[str, ...]:
        """Return the decision of each system that has one; of several systems, of which."""
        several = len(self._systems) > 1
        decisions = ((system.name, system.decision) for system in self._systems if system.decision is not None)
        instruments = (
            (name, self.words("yearly.instrument", number=decision.number, day=self.words.day(decision.day)))
            for name, decision in decisions
        )
        return tuple(f"{instrument} ({name})" if several else instrument for name, instrument in instruments)

    # --- what the inventory and the last audit say --------------------------------------------------------

    def _domains(self) -> tuple[str, ...]:
        names = [name for site in self._sites for name in (site.domain, *site.aliases)]
        return (", ".join(names),) if names else ()

    def _public_addresses(self) -> tuple[str, ...]:
        return tuple(host.address for host in self._hosts if _is_public(host.address))

    def _os(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(self.systems_read[host.name] for host in self._hosts if host.name in self.systems_read)
        )

    def _services(self) -> tuple[str, ...]:
        return ("web",) if self._sites else ()

    # --- what the ledger says -----------------------------------------------------------------------------

    def _occasion(self) -> tuple[str, ...]:
        return (self.form,)

    def _incident(self) -> tuple[str, ...]:
        return (self.case.id,)

    def _name(self) -> tuple[str, ...]:
        sites = ", ".join(site.domain for site in self._sites)
        return (self.words("form.named", sites=sites),) if sites else ()

    def _description(self) -> tuple[str, ...]:
        deeds = (entry.deed for entry in self.case.entries)
        return tuple(deed.why for deed in deeds if isinstance(deed, OpenedEvent | JoinedEvent) and deed.why)

    def _found(self) -> tuple[str, ...]:
        return (self.words.moment(clock.format_stamp(self.case.detected_at)),)

    def _found_day(self) -> tuple[str, ...]:
        return (self.words.day(clock.to_day(self.case.detected_at)),)

    def _found_time(self) -> tuple[str, ...]:
        hour, minute = format_hour_and_minute(self.case.detected_at)
        return (self.words("form.minute", hour=hour, minute=minute),)

    def _state(self) -> tuple[str, ...]:
        return ("not_handled" if self.case.is_open and self.form not in ("end", "mau-04") else "handled",)

    def _how_found(self) -> tuple[str, ...]:
        return (f"other:{self.words('form.by_audit')}",) if self.case.findings else ()

    def _cause(self) -> tuple[str | None, ...]:
        return (self.case.cause,)

    def _done(self) -> tuple[str, ...]:
        """Return what was contained and let go, as the ledger tells it."""
        lines = [
            f"{self.words.moment(entry.happened)}: {descriptions.describe_event(_drop_digest(entry.deed), self.words)}"
            for entry in self.case.entries
            if isinstance(entry.deed, ContainedEvent | LiftedEvent) and entry.deed.state in ("confirmed", "released")
        ]
        more = len(lines) - _MAX_LINES
        return (
            *lines[:_MAX_LINES],
            *([self.words("form.done.more", n=more, incident=self.case.id)] if more > 0 else []),
        )

    def _evidence(self) -> tuple[str, ...]:
        return tuple(
            self.words(
                "form.evidence", number=str(collection.number), files=str(collection.files), sha256=collection.sha256
            )
            for collection in self.case.collections.values()
        )

    def _next_due(self) -> tuple[str, ...]:
        return tuple(self._due(due) for due in self.case.list_owed() if due.report != self.form)

    def _due(self, due: Due) -> str:
        """Return a report and its last moment; what is owed at once has none that could be kept."""
        report = self.words(f"incidents.report.{due.report}")
        if due.report == "now":
            return self.words("form.due_now", report=report)
        return self.words("form.due", report=report, by=self.words.moment(clock.format_stamp(due.by)))

    def _first_report(self) -> tuple[str, ...]:
        """Return number and day of the reports that went out."""
        return tuple(
            f"{entry.deed.how} ({self.words.day(clock.to_day(clock.read(entry.happened)))})"
            for entry in self.case.entries
            if isinstance(entry.deed, ReportedEvent)
        )[:1]


def _drop_digest(of: ContainedEvent | LiftedEvent) -> ContainedEvent | LiftedEvent:
    """Return it without the file's digest, which the ledger and the manifests of the evidence hold."""
    return of.model_copy(update={"sha256": None}) if isinstance(of, ContainedEvent) else of


def get_last_change(case: Case) -> str:
    """Return when the last entry was written that says something of it: the only clock that a form knows."""
    return next(entry.at for entry in reversed(case.entries) if entry.deed.kind not in ("filled_in", "notified"))


def _is_public(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return not is_inner(address)
