"""What a run changes below the document roots of WordPress sites."""

from __future__ import annotations

KINDS = {
    "wordpress.config_perms": "wordpress_config",
    "wordpress.core_writable": "own_code",
    "wordpress.uploads_php": "uploads",
}
DEFINES = {
    "wordpress.file_edit": {"name": "DISALLOW_FILE_EDIT", "value": "true"},
    "wordpress.debug": {"name": "WP_DEBUG", "value": "false"},
    # WordPress asks for FTP once its code is not PHP's own, though its plugins' folder still is.
    "wordpress.core_writable": {
        "name": "FS_METHOD",
        "value": "direct",
        "keep": True,
        "only_beside": "wp-settings.php",
    },
}


def sites(declared_sites):
    """Return the declared WordPress sites with a document root."""
    return [site for site in declared_sites if site.get("application") == "wordpress" and site.get("document_root")]


def protections(declared_sites, apply):
    """Return ``{domain, root, kinds}`` for every site with files to close."""
    entries = [
        {
            "domain": site["domain"],
            "root": site["document_root"],
            "kinds": [kind for control, kind in KINDS.items() if site["domain"] in apply.get(control, [])],
        }
        for site in sites(declared_sites)
    ]
    return [entry for entry in entries if entry["kinds"]]


def defines(declared_sites, apply):
    """Return ``{domain, root, define}`` for every constant that a site's wp-config.php is to define."""
    return [
        {"domain": site["domain"], "root": site["document_root"], "define": define}
        for site in sites(declared_sites)
        for control, define in DEFINES.items()
        if site["domain"] in apply.get(control, [])
    ]


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self):
        return {"wordpress_protections": protections, "wordpress_defines": defines}
