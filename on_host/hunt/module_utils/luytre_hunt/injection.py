"""What is loaded into other programs.

The dynamic loader's settings, PHP's and the web servers' modules, code in MariaDB.
"""

import os
import re

from ansible.module_utils.luytre_hunt.places import FOREIGN, OURS, Thing, parse_lines
from ansible.module_utils.luytre_shared.databases import mariadb_client
from ansible.module_utils.luytre_shared.os.area_reader import NotRun, UnreadableFact, read_text

PRELOAD = "/etc/ld.so.preload"
PHP = (
    "/etc/php/*/*/php.ini",
    "/etc/php/*/*/conf.d/*.ini",
    "/etc/php/*/fpm/pool.d/*.conf",
    "/etc/php/*/fpm/php-fpm.conf",
)
NGINX = ("/etc/nginx/*", "/etc/nginx/*/*")
APACHE = ("/etc/apache2/*.conf", "/etc/apache2/*-enabled/*", "/etc/apache2/envvars")
WEB_MODULES = ("/usr/lib/apache2/modules/*.so", "/usr/lib/nginx/modules/*.so", "/usr/share/nginx/modules/*.so")
PHP_MODULES = ("/usr/lib/php/*/*.so",)
PLUGINS = ("/usr/lib/mysql/plugin/*.so", "/usr/lib/*/mariadb19/plugin/*.so", "/usr/lib/*/libmariadb3/plugin/*.so")
_PREPENDS = re.compile(
    r"""(?i)^\s*(?:php_(?:admin_)?value\s*\[?\s*)?(auto_prepend_file|auto_append_file)\s*\]?\s*=?\s*["']?([^"'\s;=]+)"""
)
_EXTENDS = re.compile(
    r"""(?i)^\s*(?:php_(?:admin_)?value\[)?(extension|zend_extension|ffi\.preload|opcache\.preload)\]?"""
    r"""\s*=\s*["']?([^"'\s;]+)"""
)
_WEB_LOADS = re.compile(r"""^\s*(?:load_module|LoadModule\s+\S+|LoadFile)\s+["']?([^"';\s]+)""")
_WEB_SAYS = re.compile(
    r"""^\s*(?:(?:\w+_by_lua(?:_block|_file)?|js_(?:content|import|set)|perl|perl_modules|sub_filter|mirror|"""
    r"""ExtFilterDefine|"""
    r"""(?:Custom|Error|Forensic|Global|Transfer)Log\s+"?\||RewriteMap\s+\S+\s+"?prg:|ScriptAlias|"""
    r"""SetEnv(?:If(?:NoCase)?\s+\S+\s+\S+)?\s+(?:LD_|PHP_)|php_(?:admin_)?value|"""
    r"""fastcgi_param\s+PHP_(?:ADMIN_)?VALUE|AddHandler|SetHandler|export\s+LD_).*)"""
)
DATABASE_SECONDS = 5
CODE = (
    """
/*M!100101 SET SESSION max_statement_time = %d */;
SELECT 'function', name, dl FROM mysql.func LIMIT 500;
SELECT 'event', CONCAT(EVENT_SCHEMA, '.', EVENT_NAME), LEFT(EVENT_DEFINITION, 2000)
  FROM information_schema.EVENTS LIMIT 500;
SELECT 'trigger', CONCAT(TRIGGER_SCHEMA, '.', TRIGGER_NAME), LEFT(ACTION_STATEMENT, 2000)
  FROM information_schema.TRIGGERS
  WHERE TRIGGER_SCHEMA <> 'sys' LIMIT 500;
SELECT 'routine', CONCAT(ROUTINE_SCHEMA, '.', ROUTINE_NAME), LEFT(ROUTINE_DEFINITION, 2000)
  FROM information_schema.ROUTINES
  WHERE ROUTINE_SCHEMA NOT IN ('sys', 'mysql') LIMIT 500;
"""
    % DATABASE_SECONDS
)


def add_rows_of_injected_code_and_modules(places):
    """Add the rows of libraries, modules and code that are loaded into other programs."""
    for _number, line in parse_lines(read_text(PRELOAD) or ""):
        for library in re.split(r"[\s:,]+", line.strip()):
            places.add_thing(
                Thing(
                    "preload",
                    PRELOAD,
                    "root",
                    places.packaged.get_package_origin_of_file(library),
                    library,
                    (),
                    [library],
                )
            )
    for path, _origin in _iter_config_files_and_link_targets(places, *PHP):
        _add_rows_of_php_preloads_and_extensions(places, path)
    for path, origin in _iter_config_files_and_link_targets(places, *PHP_MODULES):
        places.add_row_in_slot("php_module", path, "root", origin)
    for path, _origin in _iter_config_files_and_link_targets(places, *NGINX, *APACHE):
        _add_rows_of_web_server_modules(places, path)
    for path, origin in _iter_config_files_and_link_targets(places, *WEB_MODULES):
        places.add_row_in_slot("web_module", path, "root", origin)
    for path, origin in _iter_config_files_and_link_targets(places, *PLUGINS):
        places.add_row_in_slot("database", path, "root", origin, "", ["library"])
    _add_rows_of_database_functions(places)


def _iter_config_files_and_link_targets(places, *patterns):
    """Yield files with what they are linked to, each once: what is in force is more than what is a package's."""
    seen_paths = set()
    for path, origin in places.iter_files_changed_or_of_no_package(*patterns):
        real = os.path.realpath(path)
        if real not in seen_paths:
            seen_paths.add(real)
            yield path, origin


def _add_rows_of_php_preloads_and_extensions(places, path):
    for _number, line in parse_lines(read_text(path) or ""):
        if line.lstrip().startswith(";"):
            continue
        for pattern, slot in ((_PREPENDS, "php"), (_EXTENDS, "php_module")):
            match = pattern.match(line)
            if match and match.group(2).lower() != "none":
                target = match.group(2)
                if target.startswith("/") or slot == "php":
                    programs = [target] if target.startswith("/") else []
                    origin = places.packaged.get_package_origin_of_file(target) if programs else FOREIGN
                    places.add_thing(Thing(slot, path, "root", origin, line.strip(), ["setting"], programs))


def _add_rows_of_web_server_modules(places, path):
    for _number, line in parse_lines(read_text(path) or ""):
        loads = _WEB_LOADS.match(line)
        if loads:
            module = loads.group(1)
            if not module.startswith("/"):
                module = os.path.join("/usr/share/nginx" if "/nginx/" in path else "/etc/apache2", module)
            places.add_thing(
                Thing(
                    "web_module",
                    path,
                    "root",
                    places.packaged.get_package_origin_of_file(module),
                    line.strip(),
                    ["setting"],
                    [module],
                )
            )
        elif _WEB_SAYS.match(line) and not line.lstrip().startswith("#"):
            programs = re.findall(r"(?<![\w.])/[\w./+-]{2,200}", line)
            places.add_thing(Thing("web_module", path, "root", OURS, line.strip(), ["setting"], programs))
        match = _PREPENDS.match(
            re.sub(
                r"(?i)^\s*(?:php_(?:admin_)?value|(?:fastcgi_param|SetEnv)\s+PHP_(?:ADMIN_)?VALUE)\s+[\"']?", "", line
            )
        )
        if match and match.group(2).lower() != "none":
            places.add_thing(Thing("php", path, "root", FOREIGN, line.strip(), ["setting"], [match.group(2)]))


def _add_rows_of_database_functions(places):
    client = mariadb_client.find_mariadb_client(places.reading)
    if client is None or not mariadb_client.is_mariadb_running(places.reading):
        return
    try:
        rows = mariadb_client.query_mariadb_rows(places.reading.make_part_reader(DATABASE_SECONDS), client, CODE)
    except (NotRun, UnreadableFact):
        places.mark_part_as_cut_short("database")
        return
    for row in rows:
        if len(row) == 3:
            kind, name, code = (text or "" for text in row)
            places.add_row_in_slot("database", name, "mysql", FOREIGN if kind == "function" else OURS, code, [kind])
