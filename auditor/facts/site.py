"""A site as the host itself sees it: declared site and host facts brought together. No I/O."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from auditor.models import Application, Site
from auditor.models.applications.registry import CMS_BY_KIND, CMS_KINDS, CMSS

_WEB = ("nginx", "apache")
_VHOST_FACTS = ("vhosts", "tls_vhosts", "tls_answered", "tls_allowed", "pools")
"""What cannot be told about a site one of whose virtual hosts could not be read."""
_NEEDS = {
    "roots": _WEB,
    "vhosts": _WEB,
    "proxied": _WEB,
    "tls_vhosts": _WEB,
    "tls_answered": _WEB,
    "tls_allowed": _WEB,
    "https": _WEB,
    "certificate": (*_WEB, "tls"),
    "pools": (*_WEB, "php_fpm"),
    **dict.fromkeys(CMS_KINDS, (*_WEB, "applications")),
    "others": (*_WEB, "applications"),
    "files": (*_WEB, "files"),
    "backup": ("backups",),
}
"""What cannot be told about a site when an area could not be read: left out, so that reading it is no pass."""
_BY_FILES = ("roots", "proxied", *CMS_KINDS, "others", "files")
"""What a declared document root tells, whether or not the web server's configuration could be read."""


def build_site_view(site: Site, data: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, Any]:
    """Return the ``site`` of control expressions: the declaration, and what in the host's facts belongs to it.

    ``vhosts`` are the virtual hosts that claim the domain or an alias (with ``server``), ``pools`` the PHP-FPM pools
    that they hand requests to, or Apache's own PHP, ``certificate`` the one served for the domain, ``tls_answered`` the
    protocols that its virtual hosts answered in, ``tls_allowed`` those that are configured where none answered,
    ``application`` the declared one or else that whose files lie in its roots, ``login_page`` where a known CMS asks
    for a password, ``limited_page`` where nginx limits the tries, ``own_checks`` what its role looks at itself, each
    CMS by its kind the instance below its roots, ``others`` what else lies there, ``files`` the walk of its document
    root, ``proxied`` whether it has none because every page is another program's, ``backup`` its newest backup. What
    was not found is None or empty.
    """
    vhosts = _list_vhosts_of_site(site, data, "vhosts")
    unasked = _list_vhosts_of_site(site, data, "unread_vhosts")
    roots = {root for root in (site.document_root, *(vhost["root"] for vhost in (*vhosts, *unasked))) if root}
    folders = _select_outermost_folders(roots)
    tls_vhosts = [vhost for vhost in vhosts if _has_tls_listener(vhost)]
    certificate_vhosts = (*tls_vhosts, *filter(_has_tls_listener, unasked))
    applications = data.get("applications", {})
    application = site.application or find_application(data, roots)
    seen = {
        **site.model_dump(mode="json"),
        "application": application,
        **_describe_login_pages(application),
        "roots": sorted(roots),
        "vhosts": vhosts,
        "proxied": site.document_root is None and not unasked and _is_every_page_vhost_proxied(vhosts),
        "tls_vhosts": tls_vhosts,
        "tls_answered": _list_tls_protocols_of_vhosts(tls_vhosts, "answered"),
        "tls_allowed": _list_tls_protocols_of_vhosts(
            [vhost for vhost in tls_vhosts if not vhost["tls"]["answered"]], "protocols"
        ),
        "https": bool(certificate_vhosts),
        "certificate": _find_certificate_of_vhosts(certificate_vhosts, data),
        "pools": _list_pools_of_vhosts(vhosts, data),
        **{cms.kind: _find_first_entry_below_folders(applications.get(cms.kind, []), folders) for cms in CMSS},
        "others": _list_entries_below_folders(applications.get("others", []), folders),
        "files": _find_first_entry_below_folders(data.get("files", {}).get("roots", []), folders),
        "backup": _find_backup_of_site(site, data),
    }
    unread = _find_parts_of_unread_areas(site, data, errors) | _find_parts_not_searched(seen, data)
    if unasked:
        unread.update(_VHOST_FACTS)
        seen.update({f"{part}_unread": unasked[0]["unread"] for part in _VHOST_FACTS})
    others = data.get("services", {}).get("untold", {}).get("all_web_read")
    if others is not None and not vhosts and not unasked:
        # It may be the site's: what it serves, and how, is not known.
        unread.update((*_VHOST_FACTS, "https", "certificate"))
        seen["untold"] = dict.fromkeys(unread, others)
    return {part: value for part, value in seen.items() if part not in unread}


def _describe_login_pages(application: Application | None) -> dict[str, Any]:
    cms = CMS_BY_KIND.get(application or "")
    if cms is None:
        return {"login_page": None, "limited_page": None, "own_checks": []}
    return {"login_page": cms.login_page, "limited_page": cms.limited_page, "own_checks": list(cms.own_checks)}


def _list_vhosts_of_site(site: Site, data: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    """Return the virtual hosts that claim the site's domain or an alias, each with its web server."""
    names = {site.domain, *site.aliases}
    return [
        {**vhost, "server": server}
        for server in _WEB
        if server in data
        for vhost in data[server].get(field) or ()
        if names & set(vhost["names"])
    ]


def _find_certificate_of_vhosts(vhosts: Iterable[Mapping[str, Any]], data: Mapping[str, Any]) -> dict[str, Any] | None:
    certificates = {certificate["path"]: certificate for certificate in data.get("tls", {}).get("certificates", [])}
    paths = (vhost["tls"]["certificate"] for vhost in vhosts)
    return next((certificates[path] for path in paths if path in certificates), None)


def _list_pools_of_vhosts(vhosts: Iterable[Mapping[str, Any]], data: Mapping[str, Any]) -> list[dict[str, Any]]:
    backends = {backend for vhost in vhosts for backend in vhost["php_backends"]}
    php = data.get("php_fpm", {})
    return [pool for pool in (*php.get("pools", []), *php.get("modules", [])) if pool["backend"] in backends]


def _find_parts_of_unread_areas(site: Site, data: Mapping[str, Any], errors: Mapping[str, str]) -> set[str]:
    not_understood = {server for server in _WEB if server in data and data[server].get("vhosts") is None}
    missing = not_understood.union(errors)
    spared = _BY_FILES if site.document_root is not None else ()
    unread = {
        part
        for part, needed in _NEEDS.items()
        if missing.intersection(needed).difference(_WEB if part in spared else ())
    }
    if "applications" not in errors and site.application is not None:
        # Where the files are not found, the site is what it is declared to be, and no other application.
        unread -= {kind for kind in CMS_KINDS if kind != site.application}
    return unread


def _find_parts_not_searched(seen: Mapping[str, Any], data: Mapping[str, Any]) -> set[str]:
    """Return the applications that were not found below roots where the search was cut short."""
    unsearched = _select_outermost_folders(data.get("applications", {}).get("cut_short", []))
    if not any(_is_path_in_outermost_folders(root, unsearched) for root in seen["roots"]):
        return set()
    return {part for part in (*CMS_KINDS, "others") if not seen[part]}


def find_application(data: Mapping[str, Any], roots: set[str]) -> Application | None:
    """Return the application whose files lie in one of the roots themselves, or None."""
    applications = data.get("applications", {})
    for cms in CMSS:
        if any(instance["path"] in roots for instance in applications.get(cms.kind, [])):
            return cms.kind
    return next((other["kind"] for other in applications.get("others", []) if other["path"] in roots), None)


def _is_every_page_vhost_proxied(vhosts: list[dict[str, Any]]) -> bool:
    pages = [vhost for vhost in vhosts if vhost.get("pages", True)]
    return bool(pages) and all(vhost.get("proxied", False) for vhost in pages)


def _has_tls_listener(vhost: Mapping[str, Any]) -> bool:
    return bool(vhost["tls"]) and any(listen["tls"] for listen in vhost["listens"])


def _list_tls_protocols_of_vhosts(vhosts: Iterable[Mapping[str, Any]], how: str) -> list[str]:
    return sorted({protocol for vhost in vhosts for protocol in vhost["tls"][how]})


def _find_backup_of_site(site: Site, data: Mapping[str, Any]) -> dict[str, Any] | None:
    folders = data.get("backups", {}).get("directories", [])
    return next((entry for entry in folders if entry["path"] == site.backup_dir), None)


def _list_entries_below_folders(entries: list[dict[str, Any]], folders: Sequence[str]) -> list[dict[str, Any]]:
    return [entry for entry in entries if _is_path_in_outermost_folders(entry["path"], folders)]


def _find_first_entry_below_folders(entries: list[dict[str, Any]], folders: Sequence[str]) -> dict[str, Any] | None:
    return next(iter(_list_entries_below_folders(entries, folders)), None)


def _select_outermost_folders(paths: Iterable[str]) -> Sequence[str]:
    """Return the folders of ``paths`` that lie in none of the others, in order, each with a slash at its end."""
    kept: list[str] = []
    for folder in sorted({f"{path.rstrip('/')}/" for path in paths}):
        if not kept or not folder.startswith(kept[-1]):
            kept.append(folder)
    return kept


def _is_path_in_outermost_folders(path: str, folders: Sequence[str]) -> bool:
    """Return whether the path is one of the folders that ``_select_outermost_folders`` gives or lies in one.

    None of them is the beginning of another, so that only the last one that sorts before the path can be its beginning.
    """
    place = f"{path}/"
    at = bisect_right(folders, place)
    return at > 0 and place.startswith(folders[at - 1])
