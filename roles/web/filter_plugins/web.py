"""Which declared document roots the run protects, and from what."""

from __future__ import annotations

KINDS = {
    "web.vcs_exposed": "vcs",
    "web.dumps_in_root": "dumps",
    "web.config_readable": "secrets",
    "web.world_writable": "world_writable",
}


def protections(sites, apply):
    """Return one entry a declared site with a document root and something to do: ``{domain, root, kinds}``."""
    entries = []
    for site in sites:
        kinds = [kind for control, kind in KINDS.items() if site["domain"] in apply.get(control, [])]
        if kinds and site.get("document_root"):
            entries.append({"domain": site["domain"], "root": site["document_root"], "kinds": kinds})
    return entries


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self):
        return {"web_protections": protections}
