"""PHP-FPM's files, worked out from what is in force: never looser than it, and the same again on the next run."""

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
        "php_fpm.session_cookies": [
            ("session.cookie_httponly", "On", found["session_cookie_httponly"]),
            ("session.use_strict_mode", "On", found["session_use_strict_mode"]),
            ("session.use_only_cookies", "On", found["session_use_only_cookies"]),
            ("session.cookie_samesite", wanted, same == wanted),
        ],
        "php_fpm.fix_pathinfo": [("cgi.fix_pathinfo", "0", not found["cgi_fix_pathinfo"])],
        "php_fpm.disable_functions": [("disable_functions", functions, set(shell_functions) <= disabled)],
    }


def files(facts, enforced, sites, shell_functions, samesite, extensions):
    """Path to text: one ini a version, and the pools of it that set the contrary. An empty text: no such file."""
    needed = {function for site in sites for function in site.get("php_functions", [])}
    functions = [function for function in shell_functions if function not in needed]
    found = {}
    for version in facts["versions"]:
        folder = f"/etc/php/{version['version']}/fpm"
        wanted = settings(version["ini"], functions, samesite)
        lines = [
            line
            for control in wanted
            if control in enforced
            for line in (f"; {control}", *(f"{name} = {value}" for name, value, _fine in wanted[control]))
        ]
        found[f"{folder}/conf.d/99-luytre.ini"] = _text(lines)
        pools = [
            lines
            for pool in facts["pools"]
            if pool["version"] == version["version"]
            for lines in [_pool(pool, version, enforced, functions, samesite, extensions)]
        ]
        found[f"{folder}/pool.d/zz-luytre.conf"] = _text([line for lines in pools for line in lines])
    return found


def listening(facts):
    """Path to text: the pools that others than the web server could reach, closed to them."""
    found = {}
    for version in facts["versions"]:
        pools = [_listen(pool) for pool in facts["pools"] if pool["version"] == version["version"]]
        found[f"/etc/php/{version['version']}/fpm/pool.d/zz-luytre-listen.conf"] = _text(
            [line for lines in pools for line in lines]
        )
    return found


def _pool(pool, version, enforced, functions, samesite, extensions):
    """A pool's own section: only what an ini file read later, or the pool, sets otherwise."""
    contrary = {*pool["overrides"], *version["after_ours"]}
    lines = []
    for control, wanted in settings(pool["settings"], functions, samesite).items():
        for name, value, fine in wanted if control in enforced else ():
            if name in pool["ours"] or (not fine and name in contrary):
                lines += [f"; {control}", f"php_admin_value[{name}] = {value}"]
    if "php_fpm.limit_extensions" in enforced:
        allowed = pool["settings"]["limit_extensions"]
        if "security.limit_extensions" in pool["ours"] or not allowed or set(allowed) - FINE_EXTENSIONS:
            kept = [extension for extension in allowed if extension in extensions] or extensions
            lines += ["; php_fpm.limit_extensions", f"security.limit_extensions = {' '.join(kept)}"]
    return [f"[{pool['name']}]", *lines] if lines else []


def _listen(pool):
    lines = []
    if pool["address"] is None:
        is_open = bool(pool["listen_mode"] & 0o007)
        if is_open or "listen.mode" in pool["ours"]:
            lines.append(f"listen.mode = {pool['listen_mode'] & 0o770:04o}")
        shut_out = is_open and WEB_USER not in (pool["listen_owner"], pool["listen_group"])
        if shut_out or "listen.group" in pool["ours"]:
            lines.append(f"listen.group = {WEB_USER}")
    elif pool["address"] not in LOOPBACK or "listen" in pool["ours"]:
        lines.append(f"listen = 127.0.0.1:{pool['backend'].rpartition(':')[2]}")
    return [f"[{pool['name']}]", "; php_fpm.listen_modes", *lines] if lines else []


def _text(lines):
    return HEAD + "\n".join(lines) + "\n" if lines else ""


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self):
        return {"php_fpm_files": files, "php_fpm_listening": listening}
