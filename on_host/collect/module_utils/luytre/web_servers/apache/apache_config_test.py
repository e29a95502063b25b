"""Apache's own test of its configuration, and what it rests on."""

import pwd
import re

from ansible.module_utils.luytre.parsers.web_servers.apache_config import (
    ENVVARS,
    MAIN,
    ApacheSection,
    load_apache_configuration,
    parse_apache_envvars,
)
from ansible.module_utils.luytre.parsers.web_servers.apache_request import ApacheServer
from ansible.module_utils.luytre.web_servers import (
    certificate_faults,
)
from ansible.module_utils.luytre.web_servers.apache import apache_tls
from ansible.module_utils.luytre_shared.access import administrators
from ansible.module_utils.luytre_shared.os import trusted_inputs
from ansible.module_utils.luytre_shared.os.area_reader import WITH_ERRORS, NotRun, read_text

LOAD_DIRECTIVES = ("loadmodule", "loadfile", "perlrequire", "perlconfigrequire", "perlpostconfigrequire", "luaroot")
"""Directives whose words are code to Apache as soon as it reads them."""
MAX_VHOSTS = 1000


def test_apache_configuration(reader):
    """Return what Apache says of its configuration now: ``{config_ok, config_message, untold}``."""
    variables = parse_apache_envvars(read_text(ENVVARS) or "")
    _, result, untold = run_apache_config_test(reader, load_apache_configuration(), variables)
    return {"config_ok": result["config_ok"], "config_message": result["config_message"], "untold": untold}


def run_apache_config_test(reader, configuration, variables):
    """Return what Apache said, what that tells, and what was not asked, with why."""
    dumps = (word for name in ("VHOSTS", "RUN_CFG", "MODULES") for word in ("-D", "DUMP_" + name))
    try:
        argv = ["apache2ctl", "-t", *dumps]
        test_paths = list_apache_test_paths(configuration)
        trust = administrators.make_trust_for_daemon_test(reader, test_paths)
        output = reader.make_reader_with_input_trust(trust).run(argv, ok=None, at_stake=test_paths, output=WITH_ERRORS)
    except NotRun as refusal:
        return "", {**parse_apachectl_output("", variables), "config_ok": None}, {"config_ok": str(refusal)}
    result = parse_apachectl_output(output, variables)
    unloadable = find_certificate_start_fault(configuration, reader.trust) if result["config_ok"] else None
    if unloadable:
        result.update(config_ok=False, config_message=unloadable)
    return output, result, {}


def find_certificate_start_fault(configuration, trust):
    """Return why a certificate in force would keep Apache from starting, which its own test does not look at,
    or None.
    """
    main = [node for node in configuration.tree if node.name != "virtualhost"]
    blocks = [node for node in configuration.tree if node.name == "virtualhost"][:MAX_VHOSTS]
    servers = [ApacheServer(configuration.modules, main, block.inside) for block in blocks]
    pairs = []
    for tls in (apache_tls.describe_tls(server) for server in servers if server.tls):
        if tls["certificate"]:
            files = [configuration.absolute(path) for path in (tls["certificate"], tls["key"] or tls["certificate"])]
            pairs.append((*files, tls["ciphers"]))
    return certificate_faults.find_certificate_load_fault(pairs, trust)


def list_apache_test_paths(configuration):
    """Return what ``apache2ctl -t`` believes.

    Envvars, which is a shell's script, all files in force, and what they load.
    """
    paths = [ENVVARS, trusted_inputs.OPENSSL, MAIN, *configuration.files]
    for pattern in configuration.patterns:
        paths += sorted(trusted_inputs.list_folders_searched_by_pattern(pattern))
    for node in _iter_nodes_with_inner(configuration.tree):
        if node.name in LOAD_DIRECTIVES:
            paths += [configuration.absolute(word) for word in node.args if "/" in word]
    return paths


def _iter_nodes_with_inner(nodes):
    for node in nodes:
        yield node
        if isinstance(node, ApacheSection):
            yield from _iter_nodes_with_inner(node.inside)


def parse_apachectl_output(output, variables):
    """Return what Apache says of its configuration."""
    ok = "Loaded Modules:" in output
    user, group = (re.search(r'(?m)^%s: name="([^"]*)"' % key, output) for key in ("User", "Group"))
    name = user.group(1) if user else variables.get("APACHE_RUN_USER", "")
    lines = [line for line in output.splitlines() if line.strip() and "AH00558" not in line and "AH00557" not in line]
    return {
        "config_ok": ok,
        "config_message": "" if ok else "\n".join(lines)[:1000],
        "user": name,
        "group": group.group(1) if group else variables.get("APACHE_RUN_GROUP", ""),
        "user_shell": _get_login_shell(name),
    }


def _get_login_shell(user):
    try:
        return pwd.getpwnam(user).pw_shell
    except KeyError:
        return ""
