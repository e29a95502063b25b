"""No control passes by a list that leaves out what is there, unless its requirement is met where there is none."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from jinja2 import Environment, nodes

from auditor.audit import controls
from auditor.audit.controls import Control
from auditor.audit.evaluate import evaluate_control
from auditor.audit.never_empty import NEVER_EMPTY
from auditor.facts.site import build_site_view
from auditor.inventory.thresholds import get_limits
from auditor.models import Finding, Host, Status, Subject
from tests.unit import access, areas, system_areas

CATALOGUE = controls.load_catalogue()
CHOOSE = frozenset({"selectattr", "rejectattr", "select", "reject", "map"})
NONE_IS_FINE = {
    "accounts.homes": "nobody has a home right below /home",
    "accounts.keys": "nobody comes in by a key",
    "apache.default_vhosts": "only those that answer to names of nobody",
    "apache.modules": "the requirement names a module that must not be there",
    "bans.logins": "only logs whose logins are counted: a page of none is one that nobody limits",
    "apache.overrides": "only files that override something",
    "cron.jobs": "nothing is scheduled",
    "filesystem.cron": "there is no cron",
    "filesystem.setid": "only programs with such rights",
    "filesystem.world_writable": "only what anybody may write",
    "firewall.exposed": "only ports that strangers reach",
    "firewall.published": "only ports that containers publish",
    "host.sites": "what the inventory declares",
    "logging.rotations": "logs that nothing takes away are kept",
    "mariadb.histories": "only files that clients left behind",
    "nginx.default_servers": "nothing answers to names of nobody",
    "php_fpm.pools": "PHP runs inside of Apache alone",
    "php_fpm.shell_functions": "only functions that code can call",
    "php_fpm.user_ini": "only files that sites brought",
    "services.confinement": "no such service",
    "services.ftp": "no FTP server",
    "services.listeners": "nothing listens",
    "services.statistics": "no proxy shows statistics",
    "services.stores": "no Redis or memcached",
    "services.unneeded": "only services that are not needed",
    "site.files.code": "the document root holds no code",
    "site.files.dumps": "only what was found to be a dump",
    "site.files.secrets": "only files that hold secrets",
    "site.files.vcs": "only folders of version control",
    "site.others": "only applications that are known",
    "site.wordpress.plugins": "WordPress goes without",
    "site.wordpress.uploads_php": "only PHP among what was uploaded",
    "site.spip.uploads_php": "only PHP among what was uploaded",
    "sudo.exceptions": "only settings that differ for some",
    "sudo.grants": "sudo lets nobody do anything",
    "tls.weak_ciphers": "only lists that allow weak ones",
    "updates.pending": "nothing waits",
    "updates.sources": "packages come from nowhere",
    "vulnerabilities.components": "only what is vulnerable",
}
"""By the list: what it means that it is empty, in which every requirement about it is met."""


def _path(node: nodes.Node) -> str | None:
    """Return ``area.part`` of what reads just that, by whatever says that it has to be known."""
    names: list[str] = []
    while isinstance(node, nodes.Getattr):
        names.append(node.attr)
        node = node.node
    if isinstance(node, nodes.Filter) and node.name == "known" and node.node is not None:
        before = _path(node.node)
        return ".".join([before, *reversed(names)]) if before is not None else None
    return ".".join([node.name, *reversed(names)]) if isinstance(node, nodes.Name) and names else None


def _lists(expression: str | None, filters: frozenset[str]) -> Iterator[str]:
    """Yield the lists that these filters are applied to, however many come before."""
    tree = Environment(autoescape=False).parse("{{ " + (expression or "none") + " }}")  # noqa: S701
    for node in tree.find_all(nodes.Filter):
        if node.name not in filters:
            continue
        inner: nodes.Node | None = node.node
        while isinstance(inner, nodes.Filter) and _path(inner) is None:
            inner = inner.node
        path = _path(inner) if inner is not None else None
        if path is not None:
            yield path


OF_LISTS = [control for control in CATALOGUE.controls if control.violations is not None]


@pytest.mark.parametrize("control", OF_LISTS, ids=lambda control: control.id)
def test_a_list_is_never_empty_or_its_requirement_says_what_none_means(control: Control) -> None:
    applies = set(_lists(control.applies, CHOOSE | {"length"}))
    chosen = set(_lists(control.violations, CHOOSE))
    assert chosen - applies - NEVER_EMPTY - NONE_IS_FINE.keys() == set(), (
        "let it apply only where the list has members, name it in auditor/audit/never_empty.py, or say here why none is fine"
    )


def test_both_lists_speak_of_what_controls_read() -> None:
    read = {path for control in CATALOGUE.controls for path in _lists(control.violations, CHOOSE)}
    assert NONE_IS_FINE.keys() <= read
    assert read >= NEVER_EMPTY
    assert NEVER_EMPTY.isdisjoint(NONE_IS_FINE)


FACTS = {**access.facts(), **system_areas.facts(), **areas.facts()}
HOST = Host(
    name="web2",
    address="10.213.47.12",
    automation_user="luytre",
    admins=("quantri",),
    sites=(areas.SITE,),
    trusted_networks=("10.213.47.0/24",),
)


def _finding(control: Control, data: dict[str, Any]) -> Finding:
    context = {**data, "host": HOST.model_dump(mode="json"), "limits": get_limits(HOST), "now": areas.NOW}
    context["known"] = {"record": None}
    if control.subject == "site":
        context["site"] = build_site_view(areas.SITE, context, {})
    subject = Subject(kind=control.subject, id="x")
    return evaluate_control(control, subject, "web2", context, {})


def _read(control: Control) -> set[str]:
    """Return what the control reads of a hardened host to pass; nothing where it does not."""
    finding = _finding(control, FACTS)
    return {one.path for one in finding.evidence} if finding.status is Status.PASS else set()


def _without(path: str) -> dict[str, Any] | None:
    """Return the facts with that list empty, or None where they have no such list."""
    data = copy.deepcopy(FACTS)
    *way, last = path.split(".")
    here: Any = data
    for part in way:
        here = here.get(part) if isinstance(here, dict) else None
    if not isinstance(here, dict) or not here.get(last):
        return None
    here[last] = []
    return data


CASES = [
    (control, path)
    for control in OF_LISTS
    for path in sorted(_read(control) & NEVER_EMPTY)
    if not path.startswith("site.") and _without(path) is not None
]


@pytest.mark.parametrize(("control", "path"), CASES, ids=lambda one: getattr(one, "id", one))
def test_what_passes_does_not_by_a_list_that_came_empty(control: Control, path: str) -> None:
    data = _without(path)
    assert data is not None
    assert _finding(control, data).status in (Status.NOT_EVALUATED, Status.NOT_APPLICABLE, Status.FAIL)


def test_most_of_them_were_tried() -> None:
    assert len(CASES) >= 30
