"""Apache (Debian's apache2): whether its configuration is sound, and what each virtual host would answer."""

import functools
import os
import re
import time

from ansible.module_utils.luytre.parsers import foreign_patterns, request_uris
from ansible.module_utils.luytre.parsers.web_servers.apache_config import (
    ENVVARS,
    MAIN,
    ROOT,
    ApacheConfiguration,
    parse_apache_envvars,
)
from ansible.module_utils.luytre.parsers.web_servers.apache_request import ApacheServer
from ansible.module_utils.luytre.web_servers import (
    certificate_faults,
    exposed_paths,
    handshakes,
    origins,
)
from ansible.module_utils.luytre.web_servers.apache import (
    apache_config_test,
    apache_server,
    apache_vhost_facts,
    apache_vhosts,
)
from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import (
    UnpackagedDaemon,
    UnreadableFact,
    read_text,
    read_text_below,
)
from ansible.module_utils.luytre_shared.os.file_writers import describe_file_if_changeable_by_others

MAX_WALKED = 5000
SPARE = 2.0
"""Seconds that are left for the rest once all virtual hosts were asked, or as many as there was time for."""
MAX_HTACCESS = 200_000
ABSENT = {
    "installed": False,
    "version": "",
    "config_ok": None,
    "config_message": "",
    "user": "",
    "group": "",
    "user_shell": "",
    "mpm": "",
    "modules": [],
    "unneeded_modules": [],
    "server_tokens": "",
    "signatures": [],
    "traces": [],
    "timeouts": [],
    "root_open": [],
    "slow_requests_cut": False,
    "default_vhosts": [],
    "overrides": [],
    "loose_files": [],
    "linked_folders": [],
    "not_understood": [],
    "ours": [],
    "needs_grant": [],
    "settings_after_ours": [],
    "vhosts": [],
    "unread_vhosts": [],
}
WRITTEN_IN = (ROOT, *("%s/%s" % (ROOT, name) for name in ("conf-available", "conf-enabled", "mods-enabled")))
"""Folders for files of ours; what lies behind one that is a link may be anywhere."""
UNREAD = "unread"
"""What a virtual host answers that could not be asked."""


def collect_area_facts(reader):
    program = reader.find_program("apache2")
    processes = program and process_table.list_processes_of_program(program)
    away = (
        None
        if processes
        else process_table.find_running_program_outside_paths(
            ("apache2", "httpd"), [program] if program else [], reader.trust
        )
    )
    if away:
        raise UnpackagedDaemon(away)
    if program is None or not os.path.isfile(MAIN):
        return ABSENT
    variables = parse_apache_envvars(read_text(ENVVARS) or "")
    configuration = ApacheConfiguration(ROOT, variables).read(MAIN)
    output, result, untold = apache_config_test.run_apache_config_test(reader, configuration, variables)
    writers = _list_users_reached_by_visitors(variables.get("APACHE_RUN_USER", ""))
    description = describe_apache_configuration(configuration, reader.declared, writers, reader.deadline - SPARE)
    handshakes.add_answered_tls_versions(description["vhosts"], reader.deadline - SPARE)
    origins.add_cors_answers_to_vhosts(description["vhosts"], reader.declared, reader.deadline - SPARE)
    certificate_faults.add_certificate_load_results(
        [*description["vhosts"], *description["unread_vhosts"]], reader.trust, ROOT
    )
    for vhost in description["vhosts"]:
        vhost["loose"] = reader.trust.describe_first_changer_on_path(vhost["file"]) or ""
    return {
        **ABSENT,
        "installed": True,
        "version": _read_apache_package_version(),
        **result,
        **description,
        "loose_files": find_loose_apache_files(),
        "linked_folders": [path for path in WRITTEN_IN if os.path.islink(path)],
        "not_understood": [*configuration.problems, *_find_vhosts_missing_in_files(output, configuration)][:50],
        "untold": untold,
    }


def describe_apache_configuration(configuration, declarations, writers=(), deadline=None):
    """Return the part of the facts that follows from the configuration alone. Raises UnreadableFact.

    A virtual host whose patterns cost too much time is told apart from those that were read.
    """
    main = [node for node in configuration.tree if node.name != "virtualhost"]
    blocks = [node for node in configuration.tree if node.name == "virtualhost"][: apache_config_test.MAX_VHOSTS]
    htaccess = HtaccessFiles(configuration)
    default = ApacheServer(
        configuration.modules, main, (), htaccess.make_folder_directives_reader(_get_document_root(main))
    )
    servers = [
        (
            block,
            ApacheServer(
                configuration.modules,
                main,
                block.inside,
                htaccess.make_folder_directives_reader(_get_document_root(block.inside) or default.root),
            ),
        )
        for block in blocks
    ]
    ports = apache_vhosts.list_listen_ports_with_tls(main)
    groups = apache_vhosts.assign_listens_to_vhosts(servers, ports)
    unclaimed_names = apache_vhosts.find_unclaimed_declared_names(declarations, servers)
    queries = [
        (
            server,
            apache_vhost_facts.describe_vhost_without_requests(
                server,
                block.file,
                block.line,
                apache_vhosts.list_vhost_names(
                    server, declarations, unclaimed_names if _is_any_listen_default(listens) else ()
                ),
                listens,
            ),
        )
        for (block, server), listens in zip(servers, groups)
    ]
    bare = sorted(set(ports) - {listen["port"] for listens in groups for listen in listens})
    if bare:
        listens = [{"address": "*", "port": port, "tls": default.tls, "default": True} for port in bare]
        queries.append(
            (
                default,
                apache_vhost_facts.describe_vhost_without_requests(
                    default, MAIN, 1, apache_vhosts.list_vhost_names(default, declarations, unclaimed_names), listens
                ),
            )
        )
    pieces = [lambda: apache_server.describe_apache_server(configuration, main, blocks, writers)]
    pieces += [functools.partial(evaluate_vhost_patterns, server, plain_vhost) for server, plain_vhost in queries]
    server_facts, *sites = foreign_patterns.run_functions_in_child(pieces, deadline or time.monotonic() + 20)
    if _is_pattern_failure(server_facts):
        raise UnreadableFact("the patterns of %s cost too much time" % (server_facts.file or MAIN))
    return {
        **server_facts,
        **_sort_evaluated_vhosts([plain_vhost for _, plain_vhost in queries], sites, unclaimed_names),
    }


def _is_any_listen_default(listens):
    return any(listen["default"] for listen in listens)


def _sort_evaluated_vhosts(plain_vhosts, sites, unclaimed_names):
    """Return what virtual hosts answer, those apart whose patterns cost too much time."""
    both = list(zip(plain_vhosts, sites))
    return {
        "default_vhosts": [
            apache_vhosts.describe_default_vhost(
                plain_vhost, UNREAD if _is_pattern_failure(site) else site["answers"], unclaimed_names
            )
            for plain_vhost, site in both
            if _is_any_listen_default(plain_vhost["listens"])
        ],
        "vhosts": [site["vhost"] for site in sites if not _is_pattern_failure(site)],
        "unread_vhosts": [
            {**plain_vhost, "unread": site.convert_to_fact(plain_vhost["file"])}
            for plain_vhost, site in both
            if _is_pattern_failure(site)
        ],
    }


def _is_pattern_failure(answer):
    return isinstance(answer, foreign_patterns.PatternFailure)


def evaluate_vhost_patterns(server, plain_vhost):
    """Return a virtual host as its patterns make it, and what / comes to."""
    return {
        "vhost": apache_vhost_facts.describe_vhost_by_requests(server, plain_vhost),
        "answers": server.answer_get_request(request_uris.PAGE, apache_vhost_facts.get_home_page_path(server)).kind,
    }


# --- what a virtual host answers -----------------------------------------------------------------------------


class HtaccessFiles:
    """``.htaccess`` at the top of each document root, and in the folders that an application means to keep to itself:
    a lesser user's words, so read bounded and without links."""

    def __init__(self, configuration):
        self._configuration, self._known = configuration, {}

    def make_folder_directives_reader(self, root):
        """Return a function from folder to directives, for one virtual host."""

        def read(folder):
            if root is None or not (folder == root or folder in private()):
                return None
            if folder not in self._known:
                path = folder + "/.htaccess"
                foreign_patterns.note_file_of_next_pattern(path)
                text = read_text_below(root, path[len(root) + 1 :], MAX_HTACCESS + 1) or ""
                if len(text) > MAX_HTACCESS:
                    raise UnreadableFact("%s is too long" % path)
                self._known[folder] = self._configuration.read_hostile(text, path)
            return self._known[folder]

        @functools.lru_cache(None)
        def private():
            return {
                root + uri[: end.start()]
                for uri in exposed_paths.find_private_file_uris(root)
                for end in re.finditer("/", uri)
            }

        return read


def _get_document_root(nodes):
    roots = [node.args[0] for node in nodes if node.name == "documentroot" and node.args]
    return roots[-1].rstrip("/") if roots else None


# --- settings of the whole server ----------------------------------------------------------------------------


def _list_users_reached_by_visitors(apache_user):
    """Return users whose processes a visitor reaches: Apache's own and those of PHP's pools."""
    users = {apache_user} if apache_user else set()
    for version in sorted(os.listdir("/etc/php")) if os.path.isdir("/etc/php") else []:
        folder = "/etc/php/%s/fpm/pool.d" % version
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if name.endswith(".conf"):
                users.update(re.findall(r"(?m)^\s*user\s*=\s*(\S+)", read_text(folder + "/" + name) or ""))
    return users


def find_loose_apache_files():
    """Return files below /etc/apache2 that somebody other than root could change."""
    loose, entry_count = [], 0
    for folder, folders, files in os.walk(ROOT):
        for name in ["", *folders, *files]:
            entry_count += 1
            facts = describe_file_if_changeable_by_others(os.path.join(folder, name) if name else folder)
            loose += [] if facts is None else [facts]
        if entry_count > MAX_WALKED:
            break
    return list({mode["path"]: mode for mode in loose}.values())[:200]


def _find_vhosts_missing_in_files(output, configuration):
    """Return virtual hosts that Apache lists and that were not found in its files."""
    known_vhosts = {(node.file, node.line) for node in configuration.tree if node.name == "virtualhost"}
    listed_vhosts = {(path, int(line)) for path, line in re.findall(r"\((/[^():]+):(\d+)\)", output)}
    return ["%s:%d is a virtual host that could not be read" % place for place in sorted(listed_vhosts - known_vhosts)]


def _read_apache_package_version():
    status = read_text("/var/lib/dpkg/status", 30_000_000) or ""
    start = status.find("\nPackage: apache2-bin\n")
    match = re.search(r"(?m)^Version: (\S+)$", status[start + 1 :].split("\n\n", 1)[0]) if start >= 0 else None
    return match.group(1) if match else ""
