"""What holds for Apache as a whole, and what its users can change."""

import os
import pwd
import re
import stat

from ansible.module_utils.luytre.parsers.web_servers.apache_access import is_anonymous_access_allowed
from ansible.module_utils.luytre.parsers.web_servers.apache_config import (
    MAIN,
    ROOT,
    ApacheDirective,
    ApacheSection,
)
from ansible.module_utils.luytre.parsers.web_servers.apache_request import ApacheServer
from ansible.module_utils.luytre_shared.files import ownership

MPMS = ("event", "worker", "prefork", "itk")
OPTIONAL_MODULES = {
    "status": ("server-status",),
    "info": ("server-info",),
    "ldap": ("ldap-status",),
    "userdir": ("userdir",),
    "cgi": ("scriptalias", "scriptaliasmatch", "cgi-script", "execcgi"),
    "cgid": ("scriptalias", "scriptaliasmatch", "cgi-script", "execcgi"),
    "dav": ("dav",),
    "dav_fs": ("dav",),
    "dav_lock": ("dav",),
    "dav_svn": ("dav",),
    "imagemap": ("imap-file",),
    "proxy_connect": ("allowconnect", "proxyrequests"),
    "proxy_ftp": ("ftp:",),
    "speling": ("checkspelling",),
}
"""Modules that open something up, and the words that tell that a configuration of this host's own uses them."""


def describe_apache_server(configuration, main_directives, blocks, writers):
    """Return what counts for the whole server: root's own files decide it, no ``.htaccess``."""
    default = ApacheServer(configuration.modules, main_directives)
    servers = [(block, ApacheServer(configuration.modules, main_directives, block.inside)) for block in blocks]
    contexts = [("main", default)] + [("%s:%d" % (block.file, block.line), server) for block, server in servers]
    return {
        "mpm": next((name for name in MPMS if "mpm_" + name in configuration.modules), ""),
        "modules": sorted(configuration.modules),
        "unneeded_modules": find_unneeded_loaded_modules(configuration),
        "server_tokens": (default.get_last_directive_value("servertokens") or "Full").lower(),
        "signatures": [place for place, server in contexts if _get_server_signature(server) not in ("off",)],
        "traces": [
            place
            for place, server in contexts
            if (server.get_last_directive_value("traceenable") or "on").lower() != "off"
        ],
        "timeouts": [
            {"context": place, "seconds": _parse_seconds(server.get_last_directive_value("timeout"), 60)}
            for place, server in contexts
        ],
        "root_open": [place for place, server in contexts if _is_filesystem_root_open(server)],
        "slow_requests_cut": "reqtimeout" in configuration.modules
        and all(_is_slow_request_cut_off(server) for _, server in contexts),
        "overrides": _list_roots_with_htaccess_override(servers, writers),
        "ours": sorted({node.name for node in main_directives if is_directive_rendered_by_luytre(node)}),
        "needs_grant": find_roots_served_by_grant_of_slash(configuration, blocks),
        "settings_after_ours": find_settings_after_own_dropin(configuration.tree),
    }


def find_unneeded_loaded_modules(configuration):
    """Return loaded modules of OPTIONAL_MODULES that nothing outside the modules' own stock files uses."""
    stock = re.compile(r"/(mods-(enabled|available)|conf-(enabled|available)/(serve-cgi-bin|luytre|zz-luytre)\.conf)")
    own = "\n".join(_iter_directive_texts(node for node in configuration.tree if not stock.search(node.file)))
    return sorted(
        name
        for name, signs in OPTIONAL_MODULES.items()
        if name in configuration.modules
        and not any(re.search(r"(?m)(^|[\s+\"'])%s" % re.escape(sign), own) for sign in signs)
    )


def _iter_directive_texts(nodes):
    for node in nodes:
        if isinstance(node, ApacheSection):
            yield from _iter_directive_texts(node.inside)
        elif node.name not in ("loadmodule", "options") or "execcgi" in node.text.lower():
            yield ("%s %s" % (node.name, node.text)).lower()


def _get_server_signature(server):
    state = server.get_settings_for_uri("/", server.root, is_folder=True)
    return (state.signature or "off").lower()


def _is_filesystem_root_open(server):
    state = server.get_folder_settings("/")
    return is_anonymous_access_allowed(state) or bool(state.override)


def _is_slow_request_cut_off(server):
    values = [arg.lower() for node in server.list_directives_in_force("requestreadtimeout")[-1:] for arg in node.args]
    if not values:
        return True
    return not any(re.match(r"(header|body)=0\b", value) for value in values)


def _parse_seconds(text, default):
    match = re.match(r"\d+", text or "")
    return int(match.group(0)) if match else default


def find_settings_after_own_dropin(tree):
    """Return settings of the whole server that stand where they are read after Lũy Tre's drop-in."""
    before = [
        index
        for index, node in enumerate(tree)
        if os.path.dirname(node.file) == ROOT + "/conf-enabled" and os.path.basename(node.file) <= OUR_LINK
    ]
    later = [
        node
        for node in tree[(before[-1] + 1 if before else 0) :]
        if not is_directive_rendered_by_luytre(node) and (before or node.file != MAIN)
    ]
    return sorted(
        {
            node.name
            for node in later
            if node.name in HOST_SETTINGS or (node.name == "directory" and node.args[:1] == ["/"])
        }
    )


def find_roots_served_by_grant_of_slash(configuration, blocks):
    """Return document roots that are served only because ``/`` of the file system is granted.

    Lũy Tre's own rules are left out.
    """
    main = [
        node for node in configuration.tree if node.name != "virtualhost" and not is_directive_rendered_by_luytre(node)
    ]
    deny_all = ApacheSection("directory", "/", "", 0, [ApacheDirective("require", "all denied", "", 0)])
    roots = []
    for block in blocks:
        own = [node for node in block.inside if not is_directive_rendered_by_luytre(node)]
        as_it_is = ApacheServer(configuration.modules, main, own)
        shut = ApacheServer(configuration.modules, main, [*own, deny_all])
        if (
            as_it_is.root
            and is_anonymous_access_allowed(as_it_is.get_folder_settings(as_it_is.root))
            and not is_anonymous_access_allowed(shut.get_folder_settings(shut.root))
        ):
            roots.append(as_it_is.root)
    return sorted(set(roots))


def is_directive_rendered_by_luytre(directive):
    """Return whether Lũy Tre rendered the file that a directive stands in."""
    return directive.file.startswith(ROOT + "/luytre/") or os.path.basename(directive.file) in (OUR_LINK, "luytre.conf")


OUR_LINK = "zz-luytre.conf"
HOST_SETTINGS = ("servertokens", "serversignature", "traceenable", "timeout", "requestreadtimeout")


def _list_roots_with_htaccess_override(servers, writers):
    overrides_by_root = {}
    for _, server in servers:
        if server.root and server.root not in overrides_by_root:
            state = server.get_folder_settings(server.root)
            if state.override:
                folder, file = _stat_path(server.root), _stat_path(server.root + "/.htaccess")
                overrides_by_root[server.root] = {
                    "root": server.root,
                    "classes": sorted(state.override),
                    "present": file is not None,
                    "writable_by": sorted(
                        {
                            user
                            for user in writers
                            for status in (folder, file)
                            if status and _can_user_write(user, status)
                        }
                    ),
                }
    return list(overrides_by_root.values())


def _stat_path(path):
    try:
        return os.lstat(path)
    except OSError:
        return None


def _can_user_write(user, status):
    if stat.S_ISLNK(status.st_mode):
        return False
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return False
    return ownership.can_write(status, entry.pw_uid, os.getgrouplist(user, entry.pw_gid))
