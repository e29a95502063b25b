"""What roles ask about declared sites: which account a site's code runs as, which settings it is to have otherwise."""

from __future__ import annotations


def find_account_running_code_of_site(site_domain, sites, areas):
    """Return the account that the site's own code runs as, by the servers' configuration; None when none or
    several do.
    """
    names = next({site["domain"], *site.get("aliases", ())} for site in sites if site["domain"] == site_domain)
    vhosts = [
        vhost
        for server in ("nginx", "apache")
        for vhost in (areas[server]["data"] or {}).get("vhosts") or []
        if names & set(vhost["names"])
    ]
    backends = {backend for vhost in vhosts for backend in vhost["php_backends"]}
    pools = (areas["php_fpm"]["data"] or {}).get("pools", [])
    users = {pool["user"] for pool in pools if pool["backend"] in backends}
    if "mod_php" in backends:
        users.add("www-data")
    return users.pop() if len(users) == 1 else None


def list_wanted_settings_of_sites(sites, apply, settings_by_control):
    """Return ``{domain, root}`` and what is wanted, for each setting of a control.

    There is one for each site that it is to be put in force on.
    """
    return [
        {"domain": site["domain"], "root": site["document_root"], **setting}
        for site in sites
        for control, entries in settings_by_control.items()
        if site.get("document_root") and site["domain"] in apply.get(control, [])
        for setting in entries
    ]


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self):
        return {"site_account": find_account_running_code_of_site, "site_settings": list_wanted_settings_of_sites}
