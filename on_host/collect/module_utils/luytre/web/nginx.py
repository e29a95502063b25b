"""nginx: whether its configuration is sound, and what each of its virtual hosts would answer."""

import functools
import os
import re
import time

from ansible.module_utils.luytre.os import nginx_daemons
from ansible.module_utils.luytre.parsers import foreign_patterns
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import (
    BadConfig,
    load_nginx_config,
    parse_nginx_seconds,
)
from ansible.module_utils.luytre.parsers.web_servers.nginx_request import (
    NginxModel,
    NginxRequest,
    list_server_names,
)
from ansible.module_utils.luytre.web_servers import (
    certificate_faults,
    handshakes,
    origins,
)
from ansible.module_utils.luytre.web_servers.nginx import (
    nginx_blocks,
    nginx_config_files,
    nginx_listens,
    nginx_tls,
    nginx_vhost_facts,
)
from ansible.module_utils.luytre_shared.files.names import user_name
from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import WITH_ERRORS, UnreadableFact, read_text

TIMEOUTS = {
    "client_body_timeout": 60,
    "client_header_timeout": 60,
    "send_timeout": 60,
    "keepalive_timeout": 75,
}
"""Seconds that nginx itself takes where the configuration says nothing."""
SPARE = 2.0
"""Seconds that are left for the rest once all virtual hosts were asked, or as many as there was time for."""
ABSENT = {
    "installed": False,
    "version": "",
    "elsewhere": [],
    "config_ok": None,
    "config_message": "",
    "problems": [],
    "user": "",
    "worker_users": [],
    "modules": [],
    "server_tokens": [],
    "timeouts": [],
    "default_servers": [],
    "loose_files": [],
    "linked_folders": [],
    "vhosts": [],
    "unread_vhosts": [],
}


def collect_area_facts(reader):
    daemons = nginx_daemons.list_running_nginx_daemons(reader)
    if not daemons:
        return ABSENT
    first, *others = [_read_facts_of_nginx_daemon(reader, daemon) for daemon in daemons]
    return _merge_facts_of_nginx_daemons(first, others)


def _read_facts_of_nginx_daemon(reader, daemon):
    """Return the facts of one nginx."""
    version = re.search(r"(?:nginx|openresty|Angie)/([0-9.]+)", reader.run([daemon.program, "-v"], output=WITH_ERRORS))
    facts = {
        **ABSENT,
        "installed": True,
        "version": version.group(1) if version else "",
        "elsewhere": []
        if daemon.main.startswith(nginx_config_files.FOLDER + "/")
        else [{"program": daemon.program, "file": daemon.main}],
        "worker_users": _list_worker_users(daemon.program, daemon.masters),
    }
    try:
        config = load_nginx_config(daemon.main, read_text)
    except BadConfig as error:
        message = str(error)[:300]
        untold = {
            "config_ok": "nginx was not run as root: it is not known what it would read: %s" % message,
            "vhosts": "the configuration of nginx is not understood: %s" % message,
        }
        return {**facts, "vhosts": None, "problems": [message], "untold": untold}
    facts.update(
        describe_nginx_configuration(config, reader.declared, facts["version"], deadline=reader.deadline - SPARE)
    )
    skip_places = nginx_listens.list_proxy_protocol_listens(config)
    handshakes.add_answered_tls_versions(facts["vhosts"], reader.deadline - SPARE, skip_places=skip_places)
    origins.add_cors_answers_to_vhosts(facts["vhosts"], reader.declared, reader.deadline - SPARE, skip_places)
    folder = os.path.dirname(daemon.main)
    certificate_faults.add_certificate_load_results([*facts["vhosts"], *facts["unread_vhosts"]], reader.trust, folder)
    for vhost in facts["vhosts"]:
        vhost["loose"] = reader.trust.describe_first_changer_on_path(vhost["file"]) or ""
    return {
        **facts,
        **nginx_config_files.run_nginx_config_test(reader, daemon, config),
        "loose_files": nginx_config_files.find_loose_nginx_files(config),
        "linked_folders": nginx_config_files.find_linked_config_folders(),
    }


def _merge_facts_of_nginx_daemons(first_facts, other_facts):
    """Return the facts of several nginx as those of one: all their lists, and of the rest the first one's.

    Sound only when all are.
    """
    facts = dict(first_facts)
    for other in other_facts:
        for name, value in other.items():
            if name == "vhosts" and None in (value, facts[name]):
                facts[name] = None
            elif isinstance(value, list):
                facts[name] = facts[name] + [each for each in value if each not in facts[name]]
        facts["config_ok"] = facts["config_ok"] if facts["config_ok"] is not True else other["config_ok"]
        facts["config_message"] = facts["config_message"] or other["config_message"]
        facts["untold"] = {**other.get("untold", {}), **facts.get("untold", {})}
    return facts


def describe_nginx_configuration(config, declarations=None, version="", on_disk=True, deadline=None):
    """Return the part of the facts that follows from the configuration alone. Raises UnreadableFact.

    A virtual host whose patterns cost too much time is told apart from those that were read.
    """
    model = NginxModel(config)
    groups = nginx_listens.group_servers_by_listen(config.servers)
    load_names = functools.lru_cache(None)(
        lambda: nginx_listens.list_names_answered_by_server(model, groups, declarations or {})
    )
    pieces = [lambda: [describe_nginx_server(model, groups), [load_names()[id(server)] for server in config.servers]]]
    pieces += [
        lambda server=server: nginx_vhost_facts.describe_vhost_by_requests(
            model, groups, server, load_names()[id(server)], on_disk
        )
        for server in config.servers
    ]
    answer, *sites = foreign_patterns.run_functions_in_child(pieces, deadline or time.monotonic() + 20)
    if isinstance(answer, foreign_patterns.PatternFailure):
        raise UnreadableFact("the patterns of %s cost too much time" % (answer.file or config.top.file))
    facts, names = answer
    plain_vhosts = [
        nginx_vhost_facts.describe_vhost_without_requests(model, groups, server, names[number], version)
        for number, server in enumerate(config.servers)
    ]
    both = list(zip(plain_vhosts, sites))
    return {
        **facts,
        "vhosts": [
            {**plain_vhost, **site}
            for plain_vhost, site in both
            if not isinstance(site, foreign_patterns.PatternFailure)
        ],
        "unread_vhosts": [
            {**plain_vhost, "unread": site.convert_to_fact(plain_vhost["file"])}
            for plain_vhost, site in both
            if isinstance(site, foreign_patterns.PatternFailure)
        ],
    }


def describe_nginx_server(model, groups):
    """Return what counts for the whole server."""
    config = model.config
    user = config.top.list_own_directives("user")
    return {
        "user": user[-1].args[0] if user and user[-1].args else "nobody",
        "modules": sorted(
            {os.path.basename(d.args[0]) for d in config.top.list_own_directives("load_module") if d.args}
        ),
        "server_tokens": _list_server_tokens_settings(model),
        "timeouts": _list_timeout_settings(config),
        "default_servers": [
            describe_answer_to_unclaimed_name(model, address, port, members)
            for (address, port), members in sorted(groups.items())
        ],
    }


# --- the daemon ------------------------------------------------------------------------------------------


def _list_worker_users(program, masters):
    """Return who runs the workers: the children of root's own nginx, whatever other processes call themselves."""
    parents = {master.pid for master in masters}
    children = (
        process_table.read_process_info(pid) for master in masters for pid in process_table.list_child_pids(master.pid)
    )
    workers = [
        child
        for child in children
        if child and child.is_process_of_installed_program(program) and child.pid not in parents
    ]
    return sorted({user_name(worker.uid) for worker in workers if worker.uid is not None})


# --- settings of the whole -------------------------------------------------------------------------------


def _list_server_tokens_settings(model):
    """Return where ``server_tokens`` is decided, and how: http, and what differs below it."""
    http = model.config.http
    settings = [{"where": "http", "value": model.get_setting_in_force(http, "server_tokens", "on") if http else "on"}]
    for level in nginx_blocks.iter_block_and_inner_blocks(http):
        if level is not http:
            own = level.list_own_directives("server_tokens")
            settings += [{"where": directive.where, "value": directive.args[0]} for directive in own if directive.args]
    return settings


def _list_timeout_settings(config):
    settings = []
    for name, default in TIMEOUTS.items():
        set_by_http = config.http.list_own_directives(name) if config.http else []
        if not set_by_http:
            settings.append({"directive": name, "seconds": default, "where": "http"})
        for level in nginx_blocks.iter_block_and_inner_blocks(config.http):
            for directive in level.list_own_directives(name):
                value = parse_nginx_seconds(directive.args[0]) if directive.args else None
                if value is not None:
                    settings.append({"directive": name, "seconds": int(value + 0.999), "where": directive.where})
    return settings


# --- listens and names -----------------------------------------------------------------------------------


# --- one virtual host ------------------------------------------------------------------------------------


def describe_answer_to_unclaimed_name(model, address, port, members):
    """Return how an address answers a name that nobody claims."""
    server = members[0]
    tls = any(
        "ssl" in options
        for member in members
        for a, p, options in nginx_listens.parse_listen_directives(member)
        if (a, p) == (address, port)
    )
    if tls and nginx_tls.is_tls_handshake_rejected(server):
        kind, value = "rejected", ""
    else:
        request = NginxRequest("/", "x.invalid", "https" if tls else "http", port, "GET", lambda uri: "index." in uri)
        answer = model.answer_request(server, request)
        kind, value = answer.kind, str(answer.value) if answer.kind in ("status", "redirect") else ""
    return {
        "address": address,
        "port": port,
        "tls": tls,
        "names": [name for name in dict.fromkeys(list_server_names(server)) if name][:20],
        "where": server.where,
        "answer": kind,
        "detail": value[:200],
        "closed": kind in ("closed", "rejected")
        or (kind == "status" and int(value) >= 400)
        or (
            kind == "redirect"
            and re.match(r"https?://[a-z0-9.-]+(?:[:/?]|$)", value) is not None
            and "x.invalid" not in value
        ),
    }
