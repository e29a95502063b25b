"""What applications' own tables say about who may administer them: read for the audit already, and no places of the host's. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.compromise.places import Place
from auditor.facts import HostFacts
from auditor.facts.web import wordpress


def administrators(facts: HostFacts | None) -> Iterator[Place]:
    """Who may administer each site's WordPress; and one place a site, which says that its tables were read."""
    area = facts.data.get("wordpress") if facts is not None else None
    if not isinstance(area, wordpress.Facts):
        return
    for site in area.instances:
        if site.database is None:
            continue
        yield Place("cms_account", site.path, "", "packaged", "", frozenset({"read"}), ())
        for one in site.database.administrators:
            yield Place("cms_account", site.path, one.login[:100], "foreign", "", frozenset(), ())
