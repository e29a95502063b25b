"""What applications' own tables say about who may administer them: read for the audit already, and no places of the host's. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.compromise.places import Place
from auditor.facts import HostFacts
from auditor.facts.web import wordpress
from auditor.models import clock

DAYS = 1
"""For which an administrator is new."""
_MINUTE = 60


def administrators(facts: HostFacts | None) -> Iterator[Place]:
    """Who may administer each site's WordPress or Joomla; and one place a site, which says that its tables were read."""
    area = facts.data.get("wordpress") if facts is not None else None
    if not isinstance(area, wordpress.Facts):
        return
    for joomla in area.joomla:
        if joomla.database is not None:
            yield from _of(joomla.path, {one.login: one.registered for one in joomla.database.super_users})
    for site in area.instances:
        if site.database is not None:
            yield from _of(site.path, {one.login: one.registered for one in site.database.administrators})


def _of(path: str, registered: Mapping[str, int]) -> Iterator[Place]:
    yield Place("cms_account", path, "", "packaged", "", frozenset({"read"}), ())
    first, since = min(registered.values(), default=0), clock.now().timestamp() - DAYS * 86_400
    for login, moment in registered.items():
        marks = {"of_days"} if moment > max(since, first + _MINUTE) else ()
        yield Place("cms_account", path, login[:100], "foreign", "", frozenset(marks), ())
