"""Which declared document roots the run protects, from what, and for which account."""

from __future__ import annotations

KINDS = {
    "web.vcs_exposed": "vcs",
    "web.dumps_in_root": "dumps",
    "web.config_readable": "secrets",
    "web.world_writable": "world_writable",
}
BY_ACCOUNT = ("web.config_readable", "web.world_writable")


def protections(sites, apply):
    """One entry a declared site with a document root and something to do: ``{domain, root, kinds}``."""
    found = []
    for site in sites:
        kinds = [kind for control, kind in KINDS.items() if site["domain"] in apply.get(control, [])]
        if kinds and site.get("document_root"):
            found.append({"domain": site["domain"], "root": site["document_root"], "kinds": kinds})
    return found


def account(site_domain, sites, areas):
    """The account that the site's own code runs as, by the servers' configuration; None when none or several do."""
    names = next({site["domain"], *site.get("aliases", ())} for site in sites if site["domain"] == site_domain)
    vhosts = [
        vhost
        for server in ("nginx", "apache")
        for vhost in (areas[server]["data"] or {}).get("vhosts", [])
        if names & set(vhost["names"])
    ]
    backends = {backend for vhost in vhosts for backend in vhost["php_backends"]}
    pools = (areas["php_fpm"]["data"] or {}).get("pools", [])
    users = {pool["user"] for pool in pools if pool["backend"] in backends}
    if "mod_php" in backends:
        users.add("www-data")
    return users.pop() if len(users) == 1 else None


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self):
        return {"web_protections": protections, "web_account": account}
