"""What applications' own tables say about who may administer them.

Read for the audit already, and no places of the host's. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.compromise.autoruns import Autorun
from auditor.facts import HostFacts
from auditor.facts.web import wordpress
from auditor.models import clock

DAYS = 1
"""For which an administrator is new."""
_MINUTE = 60


def iter_cms_administrators_as_autoruns(facts: HostFacts | None) -> Iterator[Autorun]:
    """Yield who may administer each site's WordPress or Joomla.

    And one place a site, which says that its tables were read.
    """
    area = facts.data.get("wordpress") if facts is not None else None
    if not isinstance(area, wordpress.WordpressFacts):
        return
    for joomla in area.joomla:
        if joomla.database is not None:
            yield from _iter_site_administrators(
                joomla.path,
                {administrator.login: administrator.registered for administrator in joomla.database.super_users},
            )
    for site in area.instances:
        if site.database is not None:
            yield from _iter_site_administrators(
                site.path,
                {administrator.login: administrator.registered for administrator in site.database.administrators},
            )


def _iter_site_administrators(
    application_path: str, registration_time_by_login: Mapping[str, int]
) -> Iterator[Autorun]:
    yield Autorun("cms_account", application_path, "", "packaged", "", frozenset({"read"}), ())
    first, since = min(registration_time_by_login.values(), default=0), clock.now().timestamp() - DAYS * 86_400
    for login, moment in registration_time_by_login.items():
        marks = {"of_days"} if moment > max(since, first + _MINUTE) else ()
        yield Autorun("cms_account", application_path, login[:100], "foreign", "", frozenset(marks), ())
