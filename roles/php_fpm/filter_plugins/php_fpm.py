"""PHP's files, of FPM and of Apache, worked out from what is in force.

Never looser than it, and the same again on the next run.
"""

from __future__ import annotations

HEAD = "; Lũy Tre: rendered by hardening, changes here are lost.\n"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
FINE_EXTENSIONS = {".php", ".phar"}
WEB_USER = "www-data"


def settings(current, shell_functions, samesite):
    """Return control id to ``(setting, value, whether the value in force will do)``."""
    same = current["session_cookie_samesite"]
    samesite_value = same if same in ("Lax", "Strict") else samesite
    disabled_functions = set(current["disable_functions"])
    functions = ",".join(sorted(disabled_functions | set(shell_functions)))
    return {
        "php_fpm.expose": [("expose_php", "Off", not current["expose_php"])],
        "php_fpm.display_errors": [
            ("display_errors", "Off", not current["display_errors"]),
            ("display_startup_errors", "Off", not current["display_startup_errors"]),
        ],
        "php_fpm.log_errors": [("log_errors", "On", current["log_errors"])],
        "php_fpm.url_include": [("allow_url_include", "Off", not current["allow_url_include"])],
        "php_fpm.url_fopen": [("allow_url_fopen", "Off", not current["allow_url_fopen"])],
        "php_fpm.session_cookies": [
            ("session.cookie_httponly", "On", current["session_cookie_httponly"]),
            ("session.use_strict_mode", "On", current["session_use_strict_mode"]),
            ("session.use_only_cookies", "On", current["session_use_only_cookies"]),
            ("session.cookie_samesite", samesite_value, same == samesite_value),
        ],
        "php_fpm.fix_pathinfo": [("cgi.fix_pathinfo", "0", not current["cgi_fix_pathinfo"])],
        "php_fpm.disable_functions": [("disable_functions", functions, set(shell_functions) <= disabled_functions)],
    }


def files(facts, enforced_controls, sites, shell_functions, samesite):
    """Return path to text of one ini a version and SAPI. An empty text: no such file."""
    functions = _select_disabled_functions(sites, shell_functions)
    inside = {module["version"]: module["settings"] for module in reversed(facts["modules"])}
    read = [("fpm", version["version"], version["ini"]) for version in facts["versions"]]
    texts = {}
    for sapi, version, ini in [*read, *(("apache2", version, ini) for version, ini in inside.items())]:
        lines = [
            line
            for control, entries in settings(ini, functions, samesite).items()
            if control in enforced_controls and not (sapi == "apache2" and control == "php_fpm.fix_pathinfo")
            for line in (f"; {control}", *(f"{name} = {value}" for name, value, _fine in entries))
        ]
        path = f"/etc/php/{version}/{sapi}/conf.d/99-luytre.ini"
        texts[path] = HEAD + "\n".join(lines) + "\n" if lines else ""
    return texts


def pools(facts, enforced_controls, sites, shell_functions, samesite, extensions):
    """Return, by pool file and pool, ``{first, last}``.

    These are lines for a pool that sets the contrary, or that others could reach.
    """
    functions = _select_disabled_functions(sites, shell_functions)
    after_ours = {version["version"]: version["after_ours"] for version in facts["versions"]}
    lines_by_file = {}
    for pool in facts["pools"]:
        if pool["file"]:
            lines_by_file.setdefault(pool["file"], {})[pool["name"]] = {
                "first": _values(pool, after_ours[pool["version"]], enforced_controls, functions, samesite),
                "last": _extensions(pool, enforced_controls, extensions) + _listen(pool, enforced_controls),
            }
    return lines_by_file


def _select_disabled_functions(sites, shell_functions):
    needed_functions = {function for site in sites for function in site.get("php_functions", [])}
    return [function for function in shell_functions if function not in needed_functions]


def _values(pool, after_ours, enforced_controls, functions, samesite):
    contrary = {*pool["overrides"], *after_ours}
    lines = []
    for control, entries in settings(pool["settings"], functions, samesite).items():
        for name, value, fine in entries if control in enforced_controls else ():
            if name in pool["ours"] or (not fine and name in contrary):
                lines += [f"; {control}", f"php_admin_value[{name}] = {value}"]
    return lines


def _extensions(pool, enforced_controls, extensions):
    allowed_extensions = pool["settings"]["limit_extensions"]
    is_open = not allowed_extensions or bool(set(allowed_extensions) - FINE_EXTENSIONS)
    if "php_fpm.limit_extensions" not in enforced_controls or not (
        is_open or "security.limit_extensions" in pool["ours"]
    ):
        return []
    chosen_extensions = [extension for extension in allowed_extensions if extension in extensions] or extensions
    return ["; php_fpm.limit_extensions", f"security.limit_extensions = {' '.join(chosen_extensions)}"]


def _listen(pool, enforced_controls):
    lines = []
    if "php_fpm.listen_modes" not in enforced_controls:
        return lines
    if pool["address"] is None:
        is_open = bool(pool["listen_mode"] & 0o007)
        if is_open or "listen.mode" in pool["ours"]:
            lines.append(f"listen.mode = {pool['listen_mode'] & 0o770:04o}")
        shut_out = is_open and WEB_USER not in (pool["listen_owner"], pool["listen_group"])
        if shut_out or "listen.group" in pool["ours"]:
            lines.append(f"listen.group = {WEB_USER}")
    elif pool["address"] not in LOOPBACK or "listen" in pool["ours"]:
        lines.append(f"listen = 127.0.0.1:{pool['backend'].rpartition(':')[2]}")
    return ["; php_fpm.listen_modes", *lines] if lines else []


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self):
        return {"php_fpm_files": files, "php_fpm_pools": pools}
