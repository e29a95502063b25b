"""What expressions see besides the areas of facts, as ``assessors/`` and ``waivers`` build it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypedDict

from auditor import facts
from auditor.audit.catalogue_check.shapes import INT, NONE, MappingShape, ObjectShape, Shape, make_record
from auditor.audit.controls import COMPROMISE, CONTENT, INDICATORS, OFFICE, VULNERABILITIES
from auditor.facts.system.backups import Directory
from auditor.facts.web._cms import Other
from auditor.facts.web._web import VhostTls, VirtualHost
from auditor.facts.web.applications import INSTANCE_MODELS
from auditor.facts.web.files import WebRoot
from auditor.facts.web.php_fpm import Module, Pool
from auditor.facts.web.tls import Certificate
from auditor.inventory.thresholds import load_thresholds_by_variable
from auditor.models import Application, Host, Site, Trace


class SiteVhost(VirtualHost):
    """A virtual host of a site, with the server that it is configured in."""

    server: Literal["nginx", "apache"]


class TlsVhost(SiteVhost):
    """One that answers by TLS."""

    tls: VhostTls


class SiteFacts(TypedDict):
    """What ``site`` has besides its declaration and its CMS (``auditor.facts.site.build_site_view``)."""

    application: Application | None
    login_page: str | None
    limited_page: str | None
    own_checks: list[str]
    roots: list[str]
    vhosts: list[SiteVhost]
    proxied: bool
    tls_vhosts: list[TlsVhost]
    tls_answered: list[str]
    tls_allowed: list[str]
    https: bool
    certificate: Certificate | None
    pools: list[Pool | Module]
    others: list[Other]
    files: WebRoot | None
    backup: Directory | None


class KnownView(TypedDict):
    """``known``: what the history knows of a host."""

    record: str | None


class TraceView(Trace):
    """A trace of a scan or hunt, with the commands that answer it."""

    respond: str
    accept: str


class HuntView(TypedDict):
    """``hunt``: the last hunt on a host."""

    ways_in: list[TraceView]
    starts: list[TraceView]
    runs: list[TraceView]
    loaded: list[TraceView]
    exact: list[TraceView]
    strong: list[TraceView]
    started: int
    covered: bool
    outside: bool


class ReviewView(TypedDict):
    """``site.review``: the last review of a site."""

    exact: list[TraceView]
    strong: list[TraceView]
    started: int
    covered: bool


class ReviewedSite(TypedDict):
    """``site`` where nothing but its review is judged."""

    review: ReviewView


class WaiverView(TypedDict):
    """A waiver on a subject."""

    waiver: str
    control: str
    expires: str
    days_left: int


class WaiversView(TypedDict):
    """``waivers``: those that have begun on a subject."""

    granted: list[WaiverView]
    expired: list[WaiverView]


class ImportedData(TypedDict):
    """What vulnerability data was imported on."""

    packages: bool
    components: bool
    anything: bool


class DataSource(TypedDict):
    """A source of vulnerability data."""

    kind: str
    part: str
    dated: str
    age_days: int


class Vulnerability(TypedDict, total=False):
    """An open vulnerability."""

    vulnerability: str
    package: str
    component: str
    installed: str
    state: str
    reason: str
    fixed: str
    urgency: str
    no_advisory: bool
    held: bool
    still_run_by: list[str]
    path: str
    reached: str
    epss: float
    exploited_since: str
    ransomware: bool
    title: str
    cvss: float


class VulnerabilitiesView(TypedDict, total=False):
    """``vulnerabilities``: what imported data says of a host."""

    about: ImportedData
    release: str
    sources: list[DataSource]
    gaps: list[dict[str, Any]]
    counts: dict[str, int]
    known_exploited: list[Vulnerability]
    exposed: list[Vulnerability]
    components: list[Vulnerability]


class IndicatorMatch(TypedDict):
    """Something on a host or page that an indicator is about."""

    indicator: str
    where: str
    path: str
    times: int
    list: str
    dated: str
    until: str
    note: str
    tlp: str
    id: str


class IndicatorsView(TypedDict, total=False):
    """``indicators``: what a host and its pages had to do with."""

    compared: bool
    contacts: list[IndicatorMatch]


@cache
def list_names_of_expressions(area: str, subject: Literal["host", "site"]) -> Mapping[str, Shape]:
    """Return what the expressions of an area's controls on hosts, or on sites, may read."""
    if area == OFFICE:
        return {"waivers": (make_record(WaiversView),)}
    if area == CONTENT:
        return {"site": (make_record(ReviewedSite),), "now": INT}
    if area == COMPROMISE:
        return {"hunt": (make_record(HuntView),), "now": INT}
    names = _list_names_of_host_expressions()
    return {**names, "site": (make_site_record(),)} if subject == "site" else names


@cache
def _list_names_of_host_expressions() -> Mapping[str, Shape]:
    return {
        **{name: (make_record(model),) for name, model in facts.load_fact_area_models().items()},
        VULNERABILITIES: (make_record(VulnerabilitiesView),),
        INDICATORS: (make_record(IndicatorsView),),
        "host": (make_record(Host, as_json=True),),
        "known": (make_record(KnownView),),
        "limits": (MappingShape(INT, frozenset(load_thresholds_by_variable())),),
        "now": INT,
    }


@cache
def make_site_record() -> ObjectShape:
    """Return the shape of ``site``: its declaration, and what its host's facts say of it."""
    seen = make_record(SiteFacts)
    instances = {kind: (make_record(model), *NONE) for kind, model in INSTANCE_MODELS.items()}
    declared = make_record(Site, as_json=True).fields
    return ObjectShape({**declared, **seen.fields, **instances}, seen.class_name, seen.file)
