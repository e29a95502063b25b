"""ModSecurity in nginx and Apache: for each virtual host whether it looks at requests, and by which rules."""

import fnmatch
import glob
import os
import re

from ansible.module_utils.luytre.os import logrotate
from ansible.module_utils.luytre_shared.os.area_reader import read_text

APACHE_MODULE, NGINX_MODULE = "security2", "ngx_http_modsecurity_module"
OFF = "off"
MAX_FILES = 200
_CORE_RULES = re.compile(r"(?:REQUEST|RESPONSE)-9\d\d-[A-Z0-9-]+\.conf")
_VERDICT = "REQUEST-949-BLOCKING-EVALUATION.conf"
"""The file of the Core Rule Set that makes a verdict of what its other rules found."""
_LINE = re.compile(
    r"^[ \t]*(SecRuleEngine|SecAuditLog|Include)[ \t]+(\"[^\"\n]*\"|[^\s\"]+)", re.IGNORECASE | re.MULTILINE
)


def describe_apache_modsecurity(server):
    """Return ``{engine, core_rules, audit_log, rotated}`` of a virtual host, None where the module is not loaded."""
    if APACHE_MODULE not in server.modules:
        return None
    has_core_rules = any(os.path.basename(node.file) == _VERDICT for node in (*server.main, *server.own))
    return _describe_modsecurity(
        server.get_last_directive_value("secruleengine"), has_core_rules, server.get_last_directive_value("secauditlog")
    )


def describe_nginx_modsecurity(model, server, read=read_text):
    """Return ``{engine, core_rules, audit_log, rotated}`` of a server block, None where the module is not loaded."""
    config = model.config
    if not any(
        NGINX_MODULE in word for directive in config.top.list_own_directives("load_module") for word in directive.args
    ):
        return None
    rules = _ModsecurityRules(read, os.path.dirname(config.top.file))
    for level in (config.http, server):
        for directive in level.block or ():
            if directive.name == "modsecurity_rules_file" and directive.args:
                rules.file(directive.args[0])
            elif directive.name == "modsecurity_rules" and directive.args:
                rules.text(directive.args[0], rules.folder)
    engine = rules.engine if model.get_setting_in_force(server, "modsecurity") == "on" else None
    return _describe_modsecurity(engine, rules.core, rules.audit_log)


def _describe_modsecurity(engine, core_rules, audit_log):
    path = audit_log if audit_log and audit_log.startswith("/") else None
    return {
        "engine": (engine or OFF).lower(),
        "core_rules": core_rules,
        "audit_log": path,
        "rotated": path is not None and _is_log_rotated(path),
    }


def _is_log_rotated(path):
    patterns = [pattern for rotation in logrotate.list_rotations_in_force() for pattern in rotation["paths"]]
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


class _ModsecurityRules:
    """The settings in files of rules, in their order; the rules themselves are not read."""

    def __init__(self, read, folder):
        self.read, self.folder = read, folder
        self.engine, self.audit_log, self.core = None, None, False
        self._seen = 0

    def file(self, path, folder=None):
        """Read a file, or those that a pattern names; a relative one is looked for beside the file that names it."""
        path = os.path.join(folder or self.folder, path)
        for rules_path in sorted(glob.glob(path)) if glob.has_magic(path) else [path]:
            self.core = self.core or os.path.basename(rules_path) == _VERDICT
            self._seen += 1
            if self._seen <= MAX_FILES and not _CORE_RULES.fullmatch(os.path.basename(rules_path)):
                self.text(self.read(rules_path) or "", os.path.dirname(rules_path))

    def text(self, text, folder):
        for name, value in _LINE.findall(text):
            value = value.strip('"')
            if name.lower() == "include":
                self.file(value, folder)
            elif name.lower() == "secruleengine":
                self.engine = value
            else:
                self.audit_log = value
