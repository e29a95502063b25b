"""What applications' own tables say about who may administer them.

Read for the audit already, and no places of the host's. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.compromise.autoruns import Autorun
from auditor.facts import HostFacts
from auditor.facts.web import applications
from auditor.models import clock
from auditor.models.applications.registry import CMSS

DAYS = 1
"""For which an administrator is new."""
_MINUTE = 60


def iter_cms_administrators_as_autoruns(facts: HostFacts | None) -> Iterator[Autorun]:
    """Yield who may administer each site's CMS, where its facts tell.

    And one place a site, which says that its tables were read.
    """
    area = facts.data.get("applications") if facts is not None else None
    if not isinstance(area, applications.ApplicationsFacts):
        return
    for cms in CMSS:
        if cms.account_field is None:
            continue
        for instance in getattr(area, cms.kind):
            if instance.database is not None:
                accounts = getattr(instance.database, cms.account_field)
                yield from _iter_site_administrators(
                    instance.path, {account.login: account.registered for account in accounts}
                )


def _iter_site_administrators(
    application_path: str, registration_time_by_login: Mapping[str, int]
) -> Iterator[Autorun]:
    yield Autorun("cms_account", application_path, "", "packaged", "", frozenset({"read"}), ())
    first, since = min(registration_time_by_login.values(), default=0), clock.now().timestamp() - DAYS * 86_400
    for login, moment in registration_time_by_login.items():
        marks = {"of_days"} if moment > max(since, first + _MINUTE) else ()
        yield Autorun("cms_account", application_path, login[:100], "foreign", "", frozenset(marks), ())
