"""WordPress and other known applications below the web roots, read as data: none of a site's code is ever run.

Keys, salts and passwords stay on the host; of the eight salts only their state is told, and a fingerprint by
which two sites that share them can be recognised.
"""

import hashlib
import os
import re

from ansible.module_utils.luytre import _applications, _php, _site_database, _webroot, _websites
from ansible.module_utils.luytre._area_reader import (
    describe_file_mode,
    list_names_below,
    read_text,
    read_text_below,
    stat_file_below,
)
from ansible.module_utils.luytre_shared import ownership, safe_open
from ansible.module_utils.luytre_shared.applications import joomla, nukeviet

MAX_EXTENSIONS = 200
MAX_ENTRIES = 100_000
WALK_SECONDS = 5.0
"""Of the processor's time, for one walk."""
MAX_SHOWN = 30
MAX_TEXT = 500
CONSTANTS = {
    "DB_NAME": str,
    "DB_USER": str,
    "DB_HOST": str,
    "DISALLOW_FILE_EDIT": bool,
    "DISALLOW_FILE_MODS": bool,
    "WP_DEBUG": bool,
    "WP_DEBUG_DISPLAY": bool,
    "WP_DEBUG_LOG": None,
    "WP_AUTO_UPDATE_CORE": None,
    "AUTOMATIC_UPDATER_DISABLED": bool,
    "FORCE_SSL_ADMIN": bool,
}
SALTS = tuple(
    "%s_%s" % (name, kind) for kind in ("KEY", "SALT") for name in ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE")
)
DEFAULT_PHRASE = "put your unique phrase here"
DROP_INS = (
    *("advanced-cache.php", "db.php", "db-error.php", "install.php", "maintenance.php", "object-cache.php"),
    *("php-error.php", "fatal-error-handler.php", "sunrise.php"),
    *("blog-deleted.php", "blog-inactive.php", "blog-suspended.php"),
)
SEEN_KEYS = ("session_tokens", "last_login", "_last_login", "wp_last_login", "when_last_login", "wfls-last-login")
DPKG_SUMS = "/var/lib/dpkg/info/wordpress.md5sums"
DPKG_VERSION = "/usr/share/wordpress/wp-includes/version.php"
DAY = 86_400


def collect_area_facts(reader):
    all_applications, cut_short = _applications.find_installed_applications(reader)
    web = _webroot.find_web_server_accounts() if all_applications else None
    return {
        "instances": [
            collect_wordpress_instance(each, web, part)
            for each, part in _iter_applications_with_time_shares(all_applications, reader)
            if each.kind == "wordpress"
        ],
        "joomla": [
            joomla.collect_joomla_instance(each, part)
            for each, part in _iter_applications_with_time_shares(all_applications, reader)
            if each.kind == "joomla"
        ],
        "nukeviet": [nukeviet.collect_nukeviet_instance(each) for each in all_applications if each.kind == "nukeviet"],
        "others": [each.describe_as_fact() for each in all_applications if each.kind != "wordpress"],
        "cut_short": cut_short,
    }


def _iter_applications_with_time_shares(all_applications, reader):
    """Yield each with a reading of its own: a root's share of the time, of which each of its applications has a share.

    So a site with many, or with one that is slow to read, takes no other site's time.
    """
    roots = _applications.group_applications_by_root(all_applications)
    for number, members in enumerate(roots):
        root = reader.make_part_reader(reader.get_seconds_left() / (len(roots) - number))
        for inner, each in enumerate(members):
            yield each, root.make_part_reader(root.get_seconds_left() / (len(members) - inner))


# --- one instance ---------------------------------------------------------------------------------------


def collect_wordpress_instance(application, web, reader):
    """Return all that is told of one WordPress."""
    path = application.path
    config_path, content = read_wp_config(path)
    text = read_text_below(path, "wp-includes/version.php", 20_000) or ""
    version = _php.find_variable_text(text.encode(), "wp_version")
    constants = _convert_switches_of_constants(
        _php.read_php_constants(content, CONSTANTS) if content is not None else dict.fromkeys(CONSTANTS)
    )
    prefix = (_php.find_variable_text(content, "table_prefix") if content is not None else None) or "wp_"
    data, unread = read_wordpress_database(config_path, content, prefix, reader)
    active = set(data["active_plugins"]) if data else None
    uploads, uploads_cut = find_php_files_in_uploads(path, reader)
    return {
        "path": path,
        "version": version,
        "config": describe_wp_config_mode(config_path),
        "config_above": config_path is not None and os.path.dirname(config_path) != path,
        "constants": constants,
        "salts": check_wordpress_salts(content),
        "plugins": list_wordpress_plugins(path, active),
        "themes": list_wordpress_themes(path, data),
        "must_use": [name for name in list_names_below(path, "wp-content/mu-plugins") if name.endswith(".php")],
        "drop_ins": [name for name in list_names_below(path, "wp-content") if name in DROP_INS],
        "uploads_php": uploads,
        "uploads_cut_short": uploads_cut,
        "core": check_wordpress_core_files(path, version, web, reader),
        "debug_log": _describe_debug_log(path),
        "database": data,
        "database_unread": unread,
    }


def _describe_debug_log(path):
    status = stat_file_below(path, "wp-content/debug.log")
    return describe_file_mode(os.path.join(path, "wp-content/debug.log"), status) if status else None


def read_wp_config(path):
    """Return ``(path, bytes)`` of its wp-config.php: in its folder, or one above where WordPress looks too."""
    for folder in (path, os.path.dirname(path)):
        if folder != path and read_text_below(folder, "wp-settings.php", 1) is not None:
            break
        text = read_text_below(folder, "wp-config.php", 200_000)
        if text is not None:
            return os.path.join(folder, "wp-config.php"), text.encode("utf-8", "replace")
    return None, None


def describe_wp_config_mode(path):
    """Return its FileMode, and whether others than its owner and group get at it, or its group may change it."""
    mode = describe_file_mode(path) if path else None
    return {**mode, "open_to_others": bool(mode["mode"] & 0o027)} if mode else None


def _convert_switches_of_constants(constants):
    """Return what PHP's loose truth makes of a switch; the rest as it is."""
    result = {}
    for name, value in constants.items():
        kind = CONSTANTS[name]
        if value is None or value == _php.UNKNOWN or kind is None:
            result[name] = value
        elif kind is bool:
            result[name] = value not in (False, 0, "", "0")
        else:
            result[name] = value if isinstance(value, str) else _php.UNKNOWN
    return result


def check_wordpress_salts(content):
    """Return state of the eight keys and salts, and a fingerprint when they are long enough to hide behind one."""
    values = _php.read_php_constants(content, SALTS) if content is not None else {}
    texts = [value for value in values.values() if isinstance(value, str) and value != _php.UNKNOWN]
    unknown = sum(1 for value in values.values() if value == _php.UNKNOWN)
    sound = len(texts) == len(SALTS) and all(len(text) >= 32 for text in texts)
    return {
        "present": sum(1 for text in texts if text),
        "unknown": unknown,
        "default_phrase": any(text == DEFAULT_PHRASE for text in texts),
        "distinct": len(set(texts)) == len(texts),
        "shortest": min([len(text) for text in texts], default=0),
        "fingerprint": hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16] if sound else None,
    }


# --- extensions ------------------------------------------------------------------------------------------


def list_wordpress_plugins(path, active):
    """Return plugins by folder or file, with the version of their header.

    ``active`` is None when the database was not read.
    """
    results = []
    for name in list_names_below(path, "wp-content/plugins")[:MAX_EXTENSIONS]:
        if name in ("index.php", "."):
            continue
        if name.endswith(".php"):
            candidates, slug = [name], name[: -len(".php")]
        else:
            files = [file for file in list_names_below(path, "wp-content/plugins/" + name) if file.endswith(".php")]
            files.sort(key=lambda file: (file != name + ".php", file))
            candidates, slug = [name + "/" + file for file in files[:20]], name
        for file in candidates:
            head = read_text_below(path, "wp-content/plugins/" + file, 8192) or ""
            if _get_header_field(head, "Plugin Name"):
                state = None if active is None else any(plugin_file == file for plugin_file in active)
                results.append({"slug": slug, "version": _get_header_field(head, "Version"), "active": state})
                break
    return results


def list_wordpress_themes(path, data):
    """Return themes with the version of their stylesheet; active ones are the shown theme and its parent."""
    in_use = {data["options"].get("template"), data["options"].get("stylesheet")} if data else None
    results = []
    for name in list_names_below(path, "wp-content/themes")[:MAX_EXTENSIONS]:
        head = read_text_below(path, "wp-content/themes/%s/style.css" % name, 8192) or ""
        if _get_header_field(head, "Theme Name"):
            results.append(
                {
                    "slug": name,
                    "version": _get_header_field(head, "Version"),
                    "active": None if in_use is None else name in in_use,
                }
            )
    return results


def _get_header_field(text, field):
    match = re.search(r"(?mi)^[ \t/*#@]*%s:[ \t]*([^\r\n*]{1,80})" % re.escape(field), text)
    return match.group(1).strip() if match else None


# --- files --------------------------------------------------------------------------------------------------


def find_php_files_in_uploads(path, reader):
    """Return PHP files in the upload folder, those that act on input first, and whether looking for them ended early.

    ``shut``: root's alone.
    """
    try:
        inner = safe_open.open_below(path, "wp-content/uploads", safe_open.DIRECTORY)
    except OSError:
        return [], False
    scripts = []
    try:
        walk = _webroot.WebrootWalk(inner, reader.make_walk_time_budget(WALK_SECONDS, 2), MAX_ENTRIES)
        for entry in walk:
            if _webroot.is_php_script(entry):
                mode = describe_file_mode(os.path.join(path, "wp-content/uploads", entry.path), entry.status)
                shut = ownership.find_untrusted_changer_of_file(entry.status, ownership.PRIVATE) is None
                scripts.append(
                    {**mode, "shut": shut, "acts_on_input": _webroot.is_entry_acting_on_visitor_input(entry)}
                )
                scripts.sort(key=lambda script: not script["acts_on_input"])
                del scripts[MAX_SHOWN:]
        return scripts, walk.cut_short
    finally:
        os.close(inner)


def check_wordpress_core_files(path, version, web, reader):
    """Return WordPress's own code: how much of it the web accounts can write, and what is not as it was installed."""
    version_status = stat_file_below(path, "wp-includes/version.php")
    newest = version_status.st_mtime + DAY if version_status else None
    sums = read_md5_sums_of_debian_wordpress(version)
    files, writable, examples, newer, mismatches = 0, 0, [], [], []
    cut = []
    for entry, relative in iter_wordpress_core_entries(path, reader, cut):
        if entry.is_dir or entry.is_file:
            files += 1
            if web.can_write_file(entry.status, entry.acl_writers):
                writable += 1
                if len(examples) < MAX_SHOWN:
                    examples.append(relative)
        if entry.is_file and newest and entry.status.st_mtime > newest and _websites.PHP.search(entry.name):
            newer.append(relative)
        if entry.is_file and sums is not None and _websites.PHP.search(entry.name) and relative != "wp-config.php":
            digest = hashlib.md5(entry.read_start_of_file(4_000_000)).hexdigest()  # noqa: S324  what dpkg records, not a secret
            if sums.get(relative) != digest:
                mismatches.append(relative)
    return {
        "files": files,
        "cut_short": bool(cut),
        "writable": writable,
        "writable_examples": examples,
        "newer": sorted(newer)[:MAX_SHOWN],
        "checksums": "debian" if sums is not None else None,
        "differing": sorted(mismatches)[:MAX_SHOWN],
    }


def iter_wordpress_core_entries(path, reader, cut):
    """Yield ``(entry, path relative to the instance)`` of the core.

    It is its folder, the PHP files there, wp-admin, wp-includes.

    What could not be looked at is added to ``cut``.
    """
    try:
        here = safe_open.open_path(path, safe_open.DIRECTORY, safe_open.ROOTS_LINKS)
    except OSError:
        cut.append(".")
        return
    effort = reader.make_walk_time_budget(WALK_SECONDS, 2)
    try:
        status = os.fstat(here)
        yield _webroot.WebrootEntry(here, status, ".", ".", status), "."
        with os.scandir(here) as names:
            top = sorted(
                entry.name
                for entry in names
                if entry.name.endswith(".php") or entry.name in ("wp-admin", "wp-includes")
            )
        for name in top:
            try:
                name_status = os.stat(name, dir_fd=here, follow_symlinks=False)
            except OSError:
                continue
            entry = _webroot.WebrootEntry(here, status, name, name, name_status)
            if not _webroot.is_wordpress_core_file(entry):
                continue
            yield entry, name
            if entry.is_dir:
                inner = safe_open.open_folder_in_open_folder(here, name)
                try:
                    walk = _webroot.WebrootWalk(inner, effort, MAX_ENTRIES)
                    for below in walk:
                        yield below, name + "/" + below.path
                    if walk.cut_short:
                        cut.append(name)
                finally:
                    os.close(inner)
    except OSError:
        cut.append(".")
    finally:
        os.close(here)


def read_md5_sums_of_debian_wordpress(version):
    """Return MD5 sums of Debian's own WordPress of the same version, by path, when that package is on the host."""
    text = read_text(DPKG_SUMS)
    version_text = read_text(DPKG_VERSION, 20_000)
    if text is None or version_text is None or version is None:
        return None
    if _php.find_variable_text(version_text.encode(), "wp_version") != version:
        return None
    prefix = "usr/share/wordpress/"
    pairs = (line.split(None, 1) for line in text.splitlines() if "  " in line)
    return {path[len(prefix) :]: digest for digest, path in pairs if path.startswith(prefix)}


# --- database ---------------------------------------------------------------------------------------------------


def read_wordpress_database(config_path, content, prefix, reader):
    """Return ``(what its database says, why it was not read)``: administrators, address, registration, active plugins.

    The reason is an ``auditor.facts.web.wordpress.UnreadDatabase``.
    """
    values = _php.read_php_constants(content, LOGIN) if content is not None else dict.fromkeys(LOGIN)
    try:
        login = make_wordpress_login(values, prefix)
        return parse_wordpress_rows(
            _site_database.fetch_rows(reader, login, build_wordpress_statements(login.database, prefix))
        ), None
    except _site_database.DatabaseUnanswered as not_asked:
        user = values["DB_USER"]
        account = user if isinstance(user, str) and user != _php.UNKNOWN else ""
        return None, {"why": not_asked.why, "file": config_path or "wp-config.php", "account": account[:80]}


LOGIN = ("DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST")


def make_wordpress_login(values, prefix):
    """Return a site's own Login from the constants in LOGIN.

    Raises DatabaseUnanswered when only running the file would tell them.
    """
    name, user, password, host = (values[constant] for constant in LOGIN)
    return _site_database.make_plain_login(user, password, "localhost" if host is None else host, name, prefix)


def build_wordpress_statements(name, prefix):
    """Return word to ``(SELECT, most rows that a site has for it)``, on the tables of one site."""
    words = {"{seen}": ", ".join("'%s'" % key for key in SEEN_KEYS), "{admins}": ADMINS, "{db}": name, "{p}": prefix}
    return _site_database.fill_statement_placeholders(STATEMENTS, words)


ADMINS = """SELECT user_id FROM `{db}`.`{p}usermeta`
  WHERE meta_key = '{p}capabilities' AND meta_value LIKE '%"administrator";b:1%'"""
STATEMENTS = {
    "option": (
        """SELECT 'option', option_name, LEFT(option_value, 20000) FROM `{db}`.`{p}options` WHERE option_name IN
  ('siteurl', 'home', 'users_can_register', 'default_role', 'active_plugins', 'template', 'stylesheet')""",
        7,
    ),
    "admin": (
        """SELECT 'admin', ID, LEFT(user_login, 500), IFNULL(UNIX_TIMESTAMP(user_registered), 0) FROM `{db}`.`{p}users`
  WHERE ID IN ({admins})""",
        200,
    ),
    "seen": (
        """SELECT 'seen', user_id, LEFT(meta_value, 60000) FROM `{db}`.`{p}usermeta`
  WHERE meta_key IN ({seen}) AND user_id IN ({admins})""",
        1000,
    ),
    "wrote": (
        """SELECT 'wrote', post_author, IFNULL(UNIX_TIMESTAMP(MAX(post_modified_gmt)), 0) FROM `{db}`.`{p}posts`
  WHERE post_type IN ('post', 'page', 'attachment') AND post_author IN ({admins}) GROUP BY post_author""",
        200,
    ),
}


def parse_wordpress_rows(answer):
    """Return the rows of QUERY as facts.

    A session's token never leaves: of sessions only the time of the log-in is taken.
    """
    options, administrators, moments_by_user = {}, {}, {}
    for row in answer:
        if row[0] == "option":
            options[row[1]] = row[2] or ""
        elif row[0] == "admin":
            administrators[row[1]] = {
                "login": (row[2] or "")[:MAX_TEXT],
                "registered": _site_database.parse_epoch(row[3]),
            }
        elif row[0] == "seen":
            moments_by_user.setdefault(row[1], []).extend(_parse_login_times(row[2] or ""))
        elif row[0] == "wrote" and row[1] in administrators:
            moment = _site_database.parse_epoch(row[2])
            if moment > administrators[row[1]]["registered"] + DAY:
                moments_by_user.setdefault(row[1], []).append(moment)
    return {
        "administrators": [
            {**administrator, "last_seen": max(moments_by_user[key]) if moments_by_user.get(key) else None}
            for key, administrator in sorted(administrators.items(), key=lambda item: item[1]["login"])
        ],
        "options": {
            name: options.get(name, "")[:MAX_TEXT]
            for name in ("siteurl", "home", "default_role", "template", "stylesheet")
        },
        "hosts": sorted({_get_host_of_url(options.get(name, ""))[:MAX_TEXT] for name in ("siteurl", "home")}),
        "users_can_register": options.get("users_can_register") == "1",
        "active_plugins": re.findall(r's:\d+:"([^"]{1,200})"', options.get("active_plugins", ""))[:MAX_EXTENSIONS],
    }


def _get_host_of_url(url):
    """Return the host that an address names, or the whole of what is not an address."""
    match = re.match(r"(?i)https?://([^/:?#\s]{1,253})(?:[:/?#]|\Z)", url)
    return match.group(1).lower() if match and "@" not in match.group(1) else url


def _parse_login_times(value):
    """Return times of log-in in a user's meta value: sessions as WordPress keeps them, or one plain time."""
    if re.match(r"\d{9,10}\Z", value):
        return [int(value)]
    return [int(digits) for digits in re.findall(r'"login";i:(\d{9,10});', value)]


def list_wordpress_with_local_database(document_roots, reader):
    """Return each WordPress at a document root whose database is on this host.

    It is ``{user, host, database, file, holds}``.

    Its configuration may name anybody's account: ``holds`` tells whether its password opens it, here and now.
    """
    results = []
    for root in document_roots:
        path, content = read_wp_config(os.path.normpath(root))
        if content is None:
            continue
        values = _php.read_php_constants(content, LOGIN)
        user, name, host = values["DB_USER"], values["DB_NAME"], values["DB_HOST"] or "localhost"
        plain = all(isinstance(value, str) and value != _php.UNKNOWN for value in (user, name, host))
        local = _site_database.LOCAL.match(host) if plain else None
        if local:
            address = local.group(1).strip("[]").lower() or "localhost"
            holds = _is_site_database_on_this_host(values, reader)
            results.append({"user": user, "host": address, "database": name, "file": path, "holds": holds})
    return results


def _is_site_database_on_this_host(values, reader):
    try:
        return bool(
            _site_database.fetch_rows(reader, make_wordpress_login(values, "wp_"), {"here": ("SELECT 'here'", 1)})
        )
    except _site_database.DatabaseUnanswered:
        return False
