"""PHP-FPM as it really runs: per installed version the ini in force, per pool that ini with the pool's own values."""

import collections
import glob
import os
import re
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.luytre.os import php_daemons
from ansible.module_utils.luytre.sites import websites
from ansible.module_utils.luytre.web_servers import mod_php, php_trusted_inputs
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os.area_reader import (
    WHOLE_OUTPUT,
    WITH_ERRORS,
    UnreadableFact,
    describe_file_mode,
    read_text,
    read_text_below,
)

FpmPool = collections.namedtuple("FpmPool", ("name", "directives", "file", "own_directives"))
"""A pool with its directives as ``php-fpm -tt`` prints them, its file, and the names of those that are ours."""
OUR_INI = "99-luytre.ini"
BEGIN, END = "; Luy Tre begin", "; Luy Tre end"
SHELL_FUNCTIONS = ("exec", "passthru", "pcntl_exec", "popen", "proc_open", "shell_exec", "system")
SWITCHES = {
    "expose_php": "expose_php",
    "display_errors": "display_errors",
    "display_startup_errors": "display_startup_errors",
    "log_errors": "log_errors",
    "allow_url_include": "allow_url_include",
    "allow_url_fopen": "allow_url_fopen",
    "session.cookie_httponly": "session_cookie_httponly",
    "session.cookie_secure": "session_cookie_secure",
    "session.use_strict_mode": "session_use_strict_mode",
    "session.use_only_cookies": "session_use_only_cookies",
    "cgi.fix_pathinfo": "cgi_fix_pathinfo",
    "file_uploads": "file_uploads",
}
SIZES = {
    "upload_max_filesize": "upload_max_bytes",
    "post_max_size": "post_max_bytes",
    "memory_limit": "memory_bytes",
}
TEXTS = {
    "session.cookie_samesite": "session_cookie_samesite",
    "auto_prepend_file": "auto_prepend_file",
    "auto_append_file": "auto_append_file",
}
LISTS = {
    "disable_functions": ("disable_functions", ","),
    "open_basedir": ("open_basedir", ":"),
}
KEYS = frozenset(SWITCHES) | frozenset(SIZES) | frozenset(TEXTS) | frozenset(LISTS)
WELL_OFF = ("display_errors", "display_startup_errors")
WELL_ON = (
    "log_errors",
    "session.cookie_httponly",
    "session.cookie_secure",
    "session.use_only_cookies",
    "session.use_strict_mode",
)
MAX_SUBFOLDERS = 200


def collect_area_facts(reader):
    away = php_daemons.find_unpackaged_fpm_daemons(reader)
    every = [*php_daemons.iter_packaged_fpm_daemons(reader), *away]
    with ThreadPoolExecutor(max_workers=2) as threads:
        read = list(threads.map(lambda fpm: _describe_fpm_version(reader, fpm), every))
    pools = [pool for version in read for pool in version.pop("pools")]
    inside = [each for version in mod_php.list_apache_php_versions() for each in describe_apache_php_module(version)]
    return {
        "installed": bool(every),
        "elsewhere": [{"program": daemon.program, "file": daemon.main} for daemon in away],
        "versions": read,
        "pools": pools,
        "modules": inside,
        "shell_functions": find_callable_shell_functions([*pools, *inside]),
        "user_ini": [
            ini_file
            for root in websites.list_declared_document_roots(reader.declared)
            for ini_file in find_user_ini_files(root)
        ],
    }


def describe_apache_php_module(version):
    """Return Apache's own PHP of a version, and what it is by each file of Apache that sets something else."""
    values = mod_php.read_mod_php_settings(version, parse_ini_settings)
    variants = [("mod_php (PHP %s)" % version, values)]
    for path, own in mod_php.find_php_overrides_in_apache(KEYS).items():
        variants.append(("mod_php (PHP %s), %s" % (version, path), {**values, **own}))
    return [
        {
            "label": label,
            "version": version,
            "branch": version + _get_distribution_suffix(version, "libapache2-mod-php%s"),
            "backend": mod_php.BACKEND,
            "user": mod_php.get_apache_user(),
            "settings": convert_php_settings_to_facts(module_values),
            "after_ours": sorted(_list_settings_read_after_own_ini(mod_php.INI % version + "/conf.d")),
            "upload_exceeds_post": 0
            < _parse_php_bytes(module_values["post_max_size"])
            < _parse_php_bytes(module_values["upload_max_filesize"]),
        }
        for label, module_values in variants
    ]


def find_callable_shell_functions(pools):
    """Return functions that start programs, by the pools in which a script can call them."""
    return [
        {"pool": pool["label"], "function": function}
        for pool in pools
        for function in SHELL_FUNCTIONS
        if function not in pool["settings"]["disable_functions"]
    ]


def _describe_fpm_version(reader, fpm):
    read, write_paths = php_trusted_inputs.list_fpm_test_paths(fpm)
    with ThreadPoolExecutor(max_workers=2) as threads:
        futures = [
            threads.submit(
                reader.run,
                [fpm.program, *fpm.words, *php_trusted_inputs.WITHOUT, word],
                ok=ok,
                at_stake=read,
                writes=write_paths,
                output=output,
            )
            for word, output, ok in (("-i", WHOLE_OUTPUT, (0,)), ("-tt", WITH_ERRORS, None))
        ]
        info, dump = (answer.result() for answer in futures)
    wrong = find_first_fault_in_fpm_test(dump)
    if wrong:
        raise UnreadableFact("%s would not start: %s" % (os.path.basename(fpm.program), wrong))
    ini = parse_php_info_values(info)
    release = ini.get("PHP Version", fpm.version or "")
    version = fpm.version or ".".join(release.split(".")[:2])
    place = "" if fpm.version else ", " + fpm.prefix
    files, ours = map_pools_to_files(fpm.main), list_own_directives_by_pool(fpm.main)
    return {
        "version": version,
        "release": release,
        "branch": version + (_get_distribution_suffix(version) if fpm.version else ""),
        "ini": convert_php_settings_to_facts(ini),
        "after_ours": sorted(_list_settings_read_after_own_ini(os.path.dirname(fpm.main) + "/conf.d")),
        "files": [mode for mode in map(describe_file_mode, [fpm.inis[0], *sorted(set(files.values()))]) if mode],
        "pools": [
            describe_fpm_pool(FpmPool(name, lines, files.get(name), ours.get(name, ())), ini, version, place)
            for name, lines in parse_fpm_config_dump(dump)
            if name != "global"
        ],
    }


def find_first_fault_in_fpm_test(text):
    """Return the first fault that ``php-fpm -tt`` names when it does not find its configuration sound, else None."""
    if "test is successful" in text:
        return None
    lines = [line.partition("] ")[2] or line for line in text.splitlines() if line.strip()]
    faults = [line for line in lines if line.startswith(("ERROR", "ALERT"))]
    return (faults or lines[-1:] or ["it says nothing"])[0][:300]


def parse_php_info_values(text):
    """Return the values in force by name, of what ``php-fpm -i`` prints."""
    values = {}
    for line in text.splitlines():
        name, arrow, rest = line.partition(" => ")
        if not arrow or not (name in KEYS or name in ("PHP Version", "user_ini.filename")) or name in values:
            continue
        half = (len(rest) - 4) // 2
        both_alike = half >= 0 and rest[half : half + 4] == " => " and rest[:half] == rest[half + 4 :]
        value = rest[:half] if both_alike else rest.rpartition(" => ")[2]
        values[name] = "" if value == "no value" else value
    return values


def parse_fpm_config_dump(text):
    """Return ``[(pool, [(directive, value)])]`` of what ``php-fpm -tt`` prints; ``global`` is among the names."""
    pools = []
    for line in text.splitlines():
        match = re.match(r"\[[^\]]*\] NOTICE: (.*)$", line)
        if not match:
            continue
        heading = re.match(r"\[(.+)\]$", match.group(1))
        directive = re.match(r"\t([^=]+?) = (.*)$", match.group(1))
        if heading:
            pools.append((heading.group(1), []))
        elif directive and pools and not directive.group(1).startswith("env["):
            pools[-1][1].append(directive.groups())
    return pools


def describe_fpm_pool(pool, ini, version, place=""):
    """Return one pool in the words of ``auditor.facts.web.php_fpm.Pool``."""
    name = pool.name
    own = {key: value for key, value in pool.directives if not key.startswith("php_")}
    in_force, overrides = dict(ini), {}
    for kind in ("php_value", "php_admin_value"):
        for key, value in pool.directives:
            setting = re.match(r"%s\[(.+)\]$" % kind, key)
            if setting and setting.group(1) in KEYS:
                name_of_setting = setting.group(1)
                overrides[name_of_setting] = value
                if name_of_setting == "disable_functions":
                    value = ",".join(part for part in (in_force.get("disable_functions"), value) if part)
                in_force[name_of_setting] = value
    listen = own.get("listen", "").replace("$pool", name)
    address, backend = parse_fpm_listen(listen)
    settings = convert_php_settings_to_facts(in_force)
    settings["limit_extensions"] = own.get("security.limit_extensions", "").split()
    settings["max_children"] = _parse_whole_number(own.get("pm.max_children"))
    return {
        "name": name,
        "label": "%s (PHP %s%s)" % (name, version, place),
        "version": version,
        "file": pool.file,
        "backend": backend,
        "address": address,
        "allowed_clients": [
            part.strip()
            for part in _get_value_unless_undefined(own, "listen.allowed_clients").split(",")
            if part.strip()
        ],
        "user": _get_value_unless_undefined(own, "user"),
        "group": _get_value_unless_undefined(own, "group"),
        "listen_owner": _get_value_unless_undefined(own, "listen.owner"),
        "listen_group": _get_value_unless_undefined(own, "listen.group"),
        "listen_mode": int(_get_value_unless_undefined(own, "listen.mode") or "0660", 8),
        "settings": settings,
        "overrides": sorted(overrides),
        "ours": sorted(pool.own_directives),
        "upload_exceeds_post": 0 < settings["post_max_bytes"] < settings["upload_max_bytes"],
    }


def parse_fpm_listen(listen):
    """Return ``(address, backend)``.

    Others reach it at the address (None for a socket), and a virtual host names it as the backend.
    """
    if "/" in listen:
        return None, "unix:" + re.sub(r"^/var/run/", "/run/", listen)
    address, _, port = listen.rpartition(":")
    address = address.strip("[]") or "*"
    target = "127.0.0.1" if address in ("*", "0.0.0.0", "::", "localhost") else address  # noqa: S104
    return address, "tcp:%s:%s" % (target, port)


def convert_php_settings_to_facts(values):
    """Return settings by their name in the facts, as booleans, bytes and lists."""
    settings = {fact: _parse_php_switch(values.get(key, "")) for key, fact in SWITCHES.items()}
    settings.update({fact: _parse_php_bytes(values.get(key, "")) for key, fact in SIZES.items()})
    settings.update({fact: _get_text_unless_none(values.get(key, "")) for key, fact in TEXTS.items()})
    for key, (fact, separator) in LISTS.items():
        settings[fact] = sorted({part.strip() for part in values.get(key, "").split(separator) if part.strip()})
    return settings


def find_user_ini_files(root):
    """Return ``.user.ini`` files with what they set that matters here.

    They lie at the top of a document root and one folder below it.
    """
    files = []
    for relative in [".user.ini"] + [name + "/.user.ini" for name in _list_subfolders(root)]:
        text = read_text_below(root, relative, 100_000)
        if text is not None:
            files.append({"path": root.rstrip("/") + "/" + relative, "root": root, **parse_user_ini_settings(text)})
    return files


def parse_user_ini_settings(text):
    """Return what a ``.user.ini`` does that matters here."""
    values = parse_ini_settings(text)
    return {
        "inserts": any(_get_text_unless_none(values.get(key, "")) for key in ("auto_prepend_file", "auto_append_file")),
        "loosens": sorted(
            [key for key in WELL_OFF if _parse_php_switch(values.get(key, ""))]
            + [key for key in WELL_ON if key in values and not _parse_php_switch(values[key])]
        ),
    }


def parse_ini_settings(text):
    """Return what an ini file sets, the last word for each name; sections and comments left out."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.lstrip().startswith((";", "#", "[")))
    return {key.strip(): value.split(";")[0].strip(" \t\"'") for key, equals, value in pairs if equals}


def map_pools_to_files(main_file):
    """Return, by pool name, the file that defines it first.

    The order is that in which FPM includes them from its ``main_file``.
    """
    files = {}
    includes = re.findall(r"(?m)^\s*include\s*=\s*(\S+)", read_text(main_file) or "")
    for path in [main_file] + [path for pattern in includes for path in sorted(glob.glob(pattern))]:
        for name in re.findall(r"(?m)^\s*\[([^\]\n]+)\]", read_text(path) or ""):
            files.setdefault(name, path)
    return files


def list_own_directives_by_pool(main_file):
    """Return pool name to the directives and settings that Lũy Tre's marked lines give it."""
    directives_by_pool = {}
    for path in sorted(set(map_pools_to_files(main_file).values())):
        for name, lines in parse_marked_lines_by_pool(read_text(path) or "").items():
            directives_by_pool.setdefault(name, set()).update(
                re.sub(r"^php_admin_value\[(.+)\]$", r"\1", line.split("=")[0].strip()) for line in lines
            )
    return directives_by_pool


def parse_marked_lines_by_pool(text):
    """Return pool name to the lines between Lũy Tre's marks, comments left out."""
    lines_by_pool, name, inside = {}, None, False
    for line in text.splitlines():
        heading = re.match(r"\s*\[([^\]]+)\]", line)
        if heading:
            name = heading.group(1)
        if line.strip() in (BEGIN, END):
            inside = line.strip() == BEGIN
        elif inside and name and line.strip() and not line.startswith(";"):
            lines_by_pool.setdefault(name, []).append(line.strip())
    return lines_by_pool


def _list_settings_read_after_own_ini(folder):
    later = [path for path in glob.glob(folder + "/*.ini") if os.path.basename(path) > OUR_INI]
    return set().union(*(parse_ini_settings(read_text(path) or "") for path in later)) & KEYS


def _get_distribution_suffix(version, package="php%s-fpm"):
    """Return `` in debian 13`` when the package is the distribution's own build, else empty."""
    status = read_text("/var/lib/dpkg/status", 30_000_000) or ""
    start = status.find("\nPackage: %s\n" % (package % version))
    stanza = status[start + 1 :].split("\n\n", 1)[0] if start >= 0 else ""
    package = re.search(r"(?m)^Version: (\S+)$", stanza)
    if not package or "+0~" in package.group(1) or "+deb.sury" in package.group(1):
        return ""
    release = read_text("/etc/os-release", 10_000) or ""
    fields = [re.search(r"(?m)^%s=\"?([\w.]+)" % key, release) for key in ("ID", "VERSION_ID")]
    return " in %s %s" % tuple(field.group(1) for field in fields) if all(fields) else ""


def _list_subfolders(root):
    try:
        folder = safe_open.open_path(root, safe_open.DIRECTORY, safe_open.ROOTS_LINKS)
    except OSError:
        return []
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))[:MAX_SUBFOLDERS]
    finally:
        os.close(folder)


def _get_value_unless_undefined(values, key):
    value = values.get(key, "")
    return "" if value == "undefined" else value


def _get_text_unless_none(value):
    return "" if value.lower() == "none" else value


def _parse_php_switch(value):
    return value.strip().lower() not in ("", "0", "off", "no", "false", "none")


def _parse_php_bytes(value):
    size = re.match(r"\s*(-?\d+)\s*([kmg]?)b?\s*$", value, re.IGNORECASE)
    return int(size.group(1)) * 1024 ** " kmg".index(size.group(2).lower() or " ") if size else 0


def _parse_whole_number(text):
    return int(text) if text and text.isdigit() else 0
