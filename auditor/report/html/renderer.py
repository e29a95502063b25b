"""The templates of the HTML report and what they may call.

Whatever a template prints goes through ``escape_invisible_characters`` and is escaped; the only markup is the
templates' own. What templates are compiled into is kept from run to run: to compile them takes 0.2 s.
"""

from __future__ import annotations

import base64
import hashlib
import io
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, get_args

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from auditor.audit.controls import Catalogue, Control
from auditor.fleet.collect import LOCAL
from auditor.models import Bucket as FindingBucket
from auditor.models import Finding, Lang, Run, Severity, Text, Validity
from auditor.models.incidents import OpenIncident
from auditor.report import evidence as shown
from auditor.report.html import chart
from auditor.report.html.addresses import (
    get_control_page_path,
    get_framework_page_path,
    get_host_page_path,
    get_site_page_path,
)
from auditor.report.html.pagination import PER_PAGE
from auditor.results import exceptions, intrusions
from auditor.results.by_clause import RESULTS, load_frameworks
from auditor.results.by_control import WorkItem
from auditor.results.by_reason import ReasonGroup, group_by_reason
from auditor.results.compare import ALWAYS_TOLD, CHANGES
from auditor.results.intrusions import Intrusion
from auditor.results.summary import FOR_AN_INCIDENT, POSTURES, SEVERITIES, URGENT, sort_by_urgency
from auditor.system import disk_cache
from auditor.text import sanitize as making_visible
from auditor.text.sanitize import escape_invisible_characters, escape_text_to_one_line
from auditor.text.translations import Words

MAX_FIRST = 7
"""Findings named at the top of a host's or site's page."""
MAX_PROVEN = 200
"""Hosts and sites told with their evidence on one page."""
MAX_NAMED = 2000
"""Hosts and sites named on one page."""
BRIEF_SITES = 8
"""Sites named on the one page for the chair."""
MAX_ON_PAPER = 10
"""Weak traces, and traces in a site's content, that the printed page names (``.traces`` in ``style.css``)."""
MAX_INTRUDED = 20
"""Hosts and sites with an intrusion, told on the first page."""
MAX_OUTSIDE = 20
"""Hosts that could not be read, named on the first page."""


class Once[Key, Value](dict[Key, Value]):
    """Values made when they are first asked for, and kept."""

    def __init__(self, make: Callable[[Key], Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Key) -> Value:
        value = self[key] = self._make(key)
        return value


@dataclass(frozen=True, slots=True)
class Advice:
    """The text on a control wherever it is open, as markup."""

    why: Markup
    effects: Markup
    sources: Markup


class Renderer:
    """The templates filled in for one run; what many pages share is made once."""

    def __init__(self, lang: Lang, catalogue: Catalogue, common: Mapping[str, Any]) -> None:
        self._environment = build_template_environment(lang)
        self._catalogue = catalogue
        self._common = {
            **common,
            "catalogue": catalogue,
            "advised": Once(self._build_advice_for_control),
            "linked": Once(lambda control: self.macros["../"].control_link(control)),
            "listed": Once(lambda of: self.macros["../"].listed(*of)),
        }
        self.macros: Once[str, Any] = Once(self._load_template_macros)
        """The macros by the way from a page to the root of the report."""

    def render_page_from_template(
        self, template: str, path: str, nav_entry: str = "", **values: Any
    ) -> tuple[str, str]:
        """Return a page's path and text; ``nav_entry`` is the entry that it is, for the way about."""
        root = "../" * path.count("/")
        context = {**self._common, "m": self.macros[root], "root": root, "here": nav_entry, **values}
        return path, self._environment.get_template(template).render(context)

    def _load_template_macros(self, root: str) -> Any:
        return self._environment.get_template("macros.html.j2").make_module({**self._common, "root": root})

    def _build_advice_for_control(self, control_id: str) -> Advice:
        control, macros = self._catalogue[control_id], self.macros["../"]
        effects = macros.effects(control.fix) if control.fix else Markup()
        return Advice(macros.why(control), effects, macros.sources(control))


def preload_frameworks_and_templates(lang: Lang) -> None:
    """Read the frameworks and have the templates compiled, for a process that has to wait anyway."""
    load_frameworks()
    template_environment = build_template_environment(lang)
    for name in template_environment.list_templates(extensions=["j2"]):
        template_environment.get_template(name)


class _TemplateCache(BytecodeCache):
    """The templates that earlier runs compiled. What is damaged is compiled again."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def load_bytecode(self, bucket: Bucket) -> None:
        content = disk_cache.get_file_from_cache(self._place, bucket.key)
        if content is not None:
            bucket.load_bytecode(io.BytesIO(content))

    def dump_bytecode(self, bucket: Bucket) -> None:
        disk_cache.put_file_in_cache(self._place, bucket.key, bucket.bytecode_to_string())


def _open_template_cache() -> _TemplateCache | None:
    """Return what Jinja2, this module and ``sanitize`` made of templates.

    What stands fixed in one has gone through both already.
    """
    digest = hashlib.sha256(f"{metadata.version('jinja2')} {sys.version}".encode())
    for module in (__file__, making_visible.__file__):
        digest.update(Path(module).read_bytes())
    place = disk_cache.get_cache_folder_of_state("templates", digest.hexdigest()[:32])
    return _TemplateCache(place) if place else None


@cache
def build_template_environment(lang: Lang) -> Environment:
    """Return the templates in one language."""
    words = Words(lang)
    template_environment = Environment(
        loader=PackageLoader("auditor.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: escape_invisible_characters(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_open_template_cache(),
    )
    style, style_digest = load_asset_with_csp_hash("style.css")
    script, script_digest = load_asset_with_csp_hash("filter.js")

    def text(of: Text | None) -> str:
        return of.get(lang) if of else ""

    def evidence(finding: Finding) -> tuple[shown.EvidenceRow, ...]:
        return shown.list_evidence(finding, words)

    def violations(finding: Finding) -> shown.ViolationTable | None:
        return shown.build_violation_table(finding, words)

    def brief(finding: Finding) -> tuple[str, ...]:
        return shown.summarize_finding(finding, words)

    def describe_paper(finding: Finding) -> str:
        return exceptions.describe_waiver_or_attestation_of_finding(finding, words)

    def state(incidents: Sequence[OpenIncident] | None) -> str:
        return intrusions.describe_incidents(incidents, words)

    def seen_since(run: Run, incidents: Sequence[OpenIncident]) -> str:
        return intrusions.describe_traces_since_incidents(run, incidents, words)

    def describe_trace_counts(intrusion: Intrusion) -> str:
        return intrusions.describe_trace_counts(intrusion, words)

    def format_days_left(validity: Validity, days_left: int) -> str:
        return exceptions.format_days_left(validity, days_left, words)

    def references(control: Control) -> tuple[tuple[str, str], ...]:
        return shown.list_frameworks_with_clauses(control.references, words)

    def reasons(findings: Iterable[Finding]) -> tuple[ReasonGroup, ...]:
        return group_by_reason(findings, lang)

    def as_typed(command: str, inventory: str) -> str:
        return f"{command} --who {shlex.quote(words('incidents.on_duty'))} -i {shlex.quote(inventory)}"

    helpers: Mapping[str, Any] = {
        "as_typed": as_typed,
        "responding": _get_response_command,
        "t": words,
        "lang": lang,
        "text": text,
        "style": style,
        "style_digest": style_digest,
        "script": script,
        "script_digest": script_digest,
        "severities": SEVERITIES,
        "changes_in_order": CHANGES,
        "always_told": ALWAYS_TOLD,
        "Severity": Severity,
        "site_page": get_site_page_path,
        "host_page": get_host_page_path,
        "control_page": get_control_page_path,
        "command": _build_auditor_command,
        "next_step": lambda active_intrusion, inventory: intrusions.build_next_command_for_intrusion(
            active_intrusion, inventory, words
        ),
        "playbook": _build_playbook_dry_run_command,
        "open_names": _join_subject_names_for_limit_option,
        "local": LOCAL.path,
        "framework_page": get_framework_page_path,
        "line": chart.build_sparkline,
        "stacked": chart.stack_severity_counts_on_bar,
        "results": RESULTS,
        "severity_kinds": [(severity.value, words(f"severity.{severity.value}")) for severity in SEVERITIES],
        "standing_kinds": [(posture, words(f"standing.{posture}")) for posture in POSTURES],
        "status_kinds": [(bucket, words(f"status.{bucket}")) for bucket in get_args(FindingBucket)],
        "result_kinds": [(result.value, words(f"result.{result.value}")) for result in RESULTS],
        "evidence": evidence,
        "violations": violations,
        "brief": brief,
        "said": describe_paper,
        "left": format_days_left,
        "state": state,
        "counted": describe_trace_counts,
        "seen_since": seen_since,
        "lapsing": exceptions.count_exceptions_expiring_soon,
        "references": references,
        "reasons": reasons,
        "is_urgent": is_urgent,
        "has_fix": _has_fix_for_any_finding,
        "touching": _list_touched_pages,
        "MAX_FIRST": MAX_FIRST,
        "MAX_PROVEN": MAX_PROVEN,
        "MAX_NAMED": MAX_NAMED,
        "MAX_INTRUDED": MAX_INTRUDED,
        "FOR_AN_INCIDENT": FOR_AN_INCIDENT,
        "MAX_ON_PAPER": MAX_ON_PAPER,
        "MAX_OUTSIDE": MAX_OUTSIDE,
        "BRIEF_SITES": BRIEF_SITES,
        "PER_PAGE": PER_PAGE,
    }
    template_environment.globals.update(helpers)
    template_environment.filters["is_urgent"] = is_urgent
    template_environment.filters["cut"] = lambda foreign, limit: escape_text_to_one_line(foreign or "", limit)
    template_environment.filters["sum_of"] = lambda severities: sum(severities.values())
    template_environment.filters["urgent_of"] = lambda severities: sum(
        severities.get(severity, 0) for severity in URGENT
    )
    template_environment.filters["urgent_first"] = sort_by_urgency
    return template_environment


@cache
def load_asset_with_csp_hash(name: str) -> tuple[Markup, str]:
    """Return a style sheet or script of ours, and its hash for the content security policy."""
    source, _, _ = PackageLoader("auditor.report.html").get_source(Environment(autoescape=True), name)
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    return Markup(source), digest  # noqa: S704  our own file


def _get_response_command(finding: Finding) -> str:
    """Return the command that answers the traces of a finding.

    Empty for a finding of another kind, and for a waived one.
    """
    if not intrusions.is_intrusion(finding):
        return ""
    return next(
        (
            str(violation["respond"])
            for violation in finding.violations
            if isinstance(violation, Mapping) and "respond" in violation
        ),
        "",
    )


def _build_auditor_command(verb: str, inventory: str, limit: str | None = None) -> str:
    only = f" --limit {shlex.quote(limit)}" if limit else ""
    return f"auditor {verb} -i {shlex.quote(inventory)}{only}"


def _build_playbook_dry_run_command(control: str, inventory: str, hosts: Iterable[str]) -> str:
    of, only = shlex.quote(inventory), shlex.quote(",".join(hosts))
    return f"ansible-playbook -i {of} playbooks/harden.yml --tags {control} --limit {only} --check --diff"


def _join_subject_names_for_limit_option(findings: Iterable[Finding]) -> str | None:
    """Return the hosts or sites of these findings as a ``--limit``; None for more than can be named."""
    names = tuple(dict.fromkeys(finding.subject.id for finding in findings))
    return ",".join(names) if len(names) <= MAX_OUTSIDE else None


def is_urgent(item: Finding | WorkItem) -> bool:
    """Return whether it has to be done at once."""
    return item.severity in URGENT


def _has_fix_for_any_finding(findings: Iterable[Finding], catalogue: Catalogue) -> bool:
    return any(catalogue[finding.control].fix is not None for finding in findings)


def _list_touched_pages(item: WorkItem) -> tuple[tuple[str, str], ...]:
    """Return the pages that a piece of work shows on: label and path."""
    if item.domains:
        return tuple((domain, get_site_page_path(domain)) for domain in item.domains)
    return tuple((name, get_host_page_path(name)) for name in item.hosts)
