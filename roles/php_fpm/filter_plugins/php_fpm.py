"""PHP's files, of FPM and of Apache, worked out from what is in force: never looser than it, and the same again on the next run."""

from __future__ import annotations

HEAD = "; Lũy Tre: rendered by hardening, changes here are lost.\n"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
FINE_EXTENSIONS = {".php", ".phar"}
WEB_USER = "www-data"


def settings(found, shell_functions, samesite):
    """Control id to ``(setting, value, whether the value in force will do)``."""
    same = found["session_cookie_samesite"]
    wanted = same if same in ("Lax", "Strict") else samesite
    disabled = set(found["disable_functions"])
    functions = ",".join(sorted(disabled | set(shell_functions)))
    return {
        "php_fpm.expose": [("expose_php", "Off", not found["expose_php"])],
        "php_fpm.display_errors": [
            ("display_errors", "Off", not found["display_errors"]),
            ("display_startup_errors", "Off", not found["display_startup_errors"]),
        ],
        "php_fpm.log_errors": [("log_errors", "On", found["log_errors"])],
        "php_fpm.url_include": [("allow_url_include", "Off", not found["allow_url_include"])],
        "php_fpm.url_fopen": [("allow_url_fopen", "Off", not found["allow_url_fopen"])],
        "php_fpm.session_cookies": [
            ("session.cookie_httponly", "On", found["session_cookie_httponly"]),
            ("session.use_strict_mode", "On", found["session_use_strict_mode"]),
            ("session.use_only_cookies", "On", found["session_use_only_cookies"]),
            ("session.cookie_samesite", wanted, same == wanted),
        ],
        "php_fpm.fix_pathinfo": [("cgi.fix_pathinfo", "0", not found["cgi_fix_pathinfo"])],
        "php_fpm.disable_functions": [("disable_functions", functions, set(shell_functions) <= disabled)],
    }


def files(facts, enforced, sites, shell_functions, samesite):
    """Path to text of one ini a version and SAPI. An empty text: no such file."""
    functions = _disabled(sites, shell_functions)
    inside = {module["version"]: module["settings"] for module in reversed(facts["modules"])}
    read = [("fpm", version["version"], version["ini"]) for version in facts["versions"]]
    found = {}
    for sapi, version, ini in [*read, *(("apache2", version, ini) for version, ini in inside.items())]:
        lines = [
            line
            for control, wanted in settings(ini, functions, samesite).items()
            if control in enforced and not (sapi == "apache2" and control == "php_fpm.fix_pathinfo")
            for line in (f"; {control}", *(f"{name} = {value}" for name, value, _fine in wanted))
        ]
        path = f"/etc/php/{version}/{sapi}/conf.d/99-luytre.ini"
        found[path] = HEAD + "\n".join(lines) + "\n" if lines else ""
    return found


def pools(facts, enforced, sites, shell_functions, samesite, extensions):
    """Pool file to pool to ``{first, last}``: lines for a pool that sets the contrary, or that others could reach."""
    functions = _disabled(sites, shell_functions)
    after_ours = {version["version"]: version["after_ours"] for version in facts["versions"]}
    found = {}
    for pool in facts["pools"]:
        if pool["file"]:
            found.setdefault(pool["file"], {})[pool["name"]] = {
                "first": _values(pool, after_ours[pool["version"]], enforced, functions, samesite),
                "last": _extensions(pool, enforced, extensions) + _listen(pool, enforced),
            }
    return found


def _disabled(sites, shell_functions):
    needed = {function for site in sites for function in site.get("php_functions", [])}
    return [function for function in shell_functions if function not in needed]


def _values(pool, after_ours, enforced, functions, samesite):
    contrary = {*pool["overrides"], *after_ours}
    lines = []
    for control, wanted in settings(pool["settings"], functions, samesite).items():
        for name, value, fine in wanted if control in enforced else ():
            if name in pool["ours"] or (not fine and name in contrary):
                lines += [f"; {control}", f"php_admin_value[{name}] = {value}"]
    return lines


def _extensions(pool, enforced, extensions):
    allowed = pool["settings"]["limit_extensions"]
    is_open = not allowed or bool(set(allowed) - FINE_EXTENSIONS)
    if "php_fpm.limit_extensions" not in enforced or not (is_open or "security.limit_extensions" in pool["ours"]):
        return []
    kept = [extension for extension in allowed if extension in extensions] or extensions
    return ["; php_fpm.limit_extensions", f"security.limit_extensions = {' '.join(kept)}"]


def _listen(pool, enforced):
    lines = []
    if "php_fpm.listen_modes" not in enforced:
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
