"""Where the report's pages are, below ``report/``. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from auditor.models import Subject
from auditor.results.summary import FleetSummary

_SAFE_NAME = re.compile(r"^[a-z0-9]([a-z0-9.-]{0,198}[a-z0-9])?$")


def get_site_page_path(domain: str) -> str:
    """Return the path of a site's page below the report."""
    return f"sites/{_make_safe_file_name(domain)}.html"


def get_host_page_path(name: str) -> str:
    """Return the path of a host's page below the report."""
    return f"hosts/{_make_safe_file_name(name)}.html"


def get_control_page_path(control: str) -> str:
    """Return the path of a control's page below the report."""
    return f"controls/{control}.html"


def get_framework_page_path(framework: str) -> str:
    """Return the path of a framework's page below the report."""
    return f"frameworks/{framework}.html"


def _make_safe_file_name(name: str) -> str:
    return name if _SAFE_NAME.match(name) else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """A host or site as a page that one can go to."""

    name: str
    path: str
    unit: str
    """The name of the office that answers for it; empty when nobody is named."""


def map_subject_pages(summary: FleetSummary) -> Mapping[Subject, SubjectPage]:
    """Return where every host and site is told."""
    hosts = {
        Subject(kind="host", id=host.host.name): SubjectPage(
            host.host.name, get_host_page_path(host.host.name), host.unit.name if host.unit else ""
        )
        for host in summary.hosts
    }
    sites = {
        Subject(kind="site", id=site.domain): SubjectPage(
            site.domain, get_site_page_path(site.domain), site.unit.name if site.unit else ""
        )
        for site in summary.sites
    }
    return {**hosts, **sites}
