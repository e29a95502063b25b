"""What holds for a folder of Apache's: options, overrides, handlers, rewriting."""

import re

from ansible.module_utils.luytre.parsers.web_servers import apache_sections

DENY, REDIRECT, PROXY, PHP, FILE = "denied", "redirected", "proxied", "php", "file"
ALL_OPTIONS = frozenset(("indexes", "includes", "followsymlinks", "symlinksifownermatch", "execcgi"))
PHP_SETTINGS = ("php_flag", "php_admin_flag", "php_value", "php_admin_value")


class DirectorySettings:
    """Per-directory settings in force at a point of the walk."""

    def __init__(self):
        self.options = {"followsymlinks"}
        self.override = set()
        self.require = None
        self.compat = None
        self.satisfy_any = False
        self.handler = None
        self.forced_type = None
        self.handlers = {}
        self.types = {}
        self.headers = []
        self.files = []
        self.ifs = []
        self.redirects = []
        self.rewriting = None
        self.body_limit = None
        self.signature = None
        self.php_engine = True
        self.index = ["index.html"]

    def copy_settings(self):
        """Return a state that may be changed by itself."""
        other = DirectorySettings()
        for name, value in vars(self).items():
            setattr(other, name, value.copy() if isinstance(value, (list, set, dict)) else value)
        return other

    def merge_directives(self, directives, folder=None):
        """Return this state with the directives of one section (or file) merged over it."""
        state = self.copy_settings()
        requires, compat, rewrite, redirects = [], None, None, []
        for node in apache_sections.iter_nodes_for_get_requests(directives):
            name, args = node.name, node.args
            if name in ("requireall", "requireany", "requirenone") or name == "require":
                requires.append(node)
            elif name in ("order", "allow", "deny"):
                compat = compat or {"order": "deny,allow", "allow": [], "deny": []}
                if name == "order":
                    compat["order"] = ",".join(args).lower().replace(",,", ",")
                elif len(args) > 1 and args[0].lower() == "from":
                    compat[name] = compat[name] + args[1:]
            elif name in ("files", "filesmatch"):
                state.files.append(node)
            elif name in ("if", "elseif", "else"):
                state.ifs.append(node)
            elif name.startswith("rewrite"):
                rewrite = rewrite or RewriteSettings(folder)
                rewrite.add_rewrite_directive(node)
            elif name.startswith("redirect"):
                redirects.append(node)
            elif args:
                state._apply_directive(name, args, node)
        if requires:
            state.require = requires
        if compat:
            state.compat = compat
        if rewrite:
            state.rewriting = rewrite
        state.redirects = redirects + state.redirects
        return state

    def _apply_directive(self, name, args, node):
        first = args[0].lower()
        if name == "options":
            self._apply_options_directive([arg.lower() for arg in args])
        elif name == "allowoverride":
            self.override = apache_sections.parse_allow_override_classes(args)
        elif name == "satisfy":
            self.satisfy_any = first == "any"
        elif name == "sethandler":
            self.handler = " ".join(args)
        elif name == "forcetype":
            self.forced_type = first
        elif name in ("addhandler", "addtype"):
            mapping = self.handlers if name == "addhandler" else self.types
            mapping.update((extension.lstrip(".").lower(), args[0]) for extension in args[1:])
        elif name in ("removehandler", "removetype"):
            mapping = self.handlers if name == "removehandler" else self.types
            for extension in args:
                mapping.pop(extension.lstrip(".").lower(), None)
        elif name == "header":
            self.headers.append(node)
        elif name == "limitrequestbody" and first.isdigit():
            self.body_limit = int(first)
        elif name == "serversignature":
            self.signature = first
        elif name in PHP_SETTINGS and first == "engine":
            self.php_engine = args[-1].lower() not in ("off", "0", "false", "no")
        elif name == "directoryindex":
            self.index = args

    def _apply_options_directive(self, args):
        if not any(arg[0] in "+-" for arg in args):
            self.options = set()
        for arg in args:
            options = set(ALL_OPTIONS) if arg.lstrip("+-") == "all" else {arg.lstrip("+-")} - {"none"}
            self.options = self.options - options if arg.startswith("-") else self.options | options


class RewriteSettings:
    """mod_rewrite's settings of one context."""

    def __init__(self, folder=None):
        self.on, self.rules, self.folder, self.inherits = False, [], folder, False
        self._conditions = []

    def add_rewrite_directive(self, directive):
        """Add one directive."""
        if directive.name == "rewriteengine" and directive.args:
            self.on = directive.args[0].lower() == "on"
        elif directive.name == "rewriteoptions":
            self.inherits = any(arg.lower().startswith("inherit") for arg in directive.args)
        elif directive.name == "rewritecond" and len(directive.args) > 1:
            self._conditions.append(directive)
        elif directive.name == "rewriterule" and len(directive.args) > 1:
            self.rules.append((directive, self._conditions))
            self._conditions = []

    def find_rewrite_outcome(self, uri, tls):
        """Return ``(kind, target)`` of the first rule that ends the matter, or None.

        A rule with an unclear condition is passed over.
        """
        if not self.on:
            return None
        subject = uri if self.folder is None else uri.lstrip("/")
        for node, conditions in self.rules:
            args = node.args
            flags = [flag.strip().upper() for flag in args[2].strip("[]").split(",")] if len(args) > 2 else []
            if not apache_sections.is_subject_matched_by_regex(
                node, args[0], subject, "NC" in flags or "NOCASE" in flags
            ):
                continue
            if not _are_rewrite_conditions_met(conditions, uri, tls):
                continue
            outcome = self._get_rewrite_rule_outcome(args[1], flags)
            if outcome:
                return outcome
            if args[1] != "-" or any(flag in ("L", "LAST", "END") for flag in flags):
                return ("internal", args[1]) if args[1] != "-" else None
        return None

    def _get_rewrite_rule_outcome(self, target, flags):
        code = next((flag.partition("=")[2] for flag in flags if flag.split("=")[0] in ("R", "REDIRECT")), None)
        if {"F", "FORBIDDEN", "G", "GONE"} & set(flags) or (code and code.isdigit() and int(code) >= 400):
            return DENY, target
        if {"P", "PROXY"} & set(flags):
            return PROXY, target
        if code is not None or re.match(r"https?://", target):
            return REDIRECT, target
        return None


def _are_rewrite_conditions_met(conditions, uri, tls):
    """Return all conditions, an ``[OR]`` joining one with the next. None of them may be unclear."""
    group = False
    for node in conditions:
        args = node.args
        flags = [flag.strip().upper() for flag in args[2].strip("[]").split(",")] if len(args) > 2 else []
        holds = _is_rewrite_condition_met(node, uri, tls, bool({"NC", "NOCASE"} & set(flags)))
        if holds is None:
            return False
        group = group or holds
        if "OR" in flags or "ORNEXT" in flags:
            continue
        if not group:
            return False
        group = False
    return True


def _is_rewrite_condition_met(node, uri, tls, ignore_case):
    subject, operand = node.args[:2]
    variables = {
        "%{HTTPS}": "on" if tls else "off",
        "%{REQUEST_SCHEME}": "https" if tls else "http",
        "%{SERVER_PORT}": "443" if tls else "80",
        "%{REQUEST_URI}": uri,
        "%{REQUEST_METHOD}": "GET",
        "%{QUERY_STRING}": "",
        "%{THE_REQUEST}": "GET %s HTTP/1.1" % uri,
        "%{REQUEST_FILENAME}": uri,
        "%{HTTP:X-Forwarded-Proto}": "",
    }
    is_negated, bare = operand.startswith("!"), operand.lstrip("!")
    if bare in ("-f", "-F", "-s"):
        return not is_negated
    if bare in ("-d", "-l", "-h"):
        return is_negated
    if subject not in variables:
        return None
    value = variables[subject]
    if bare.startswith("="):
        return (value.lower() == bare[1:].lower() if ignore_case else value == bare[1:].strip('"')) is not is_negated
    return apache_sections.is_subject_matched_by_regex(node, operand, value, ignore_case)
