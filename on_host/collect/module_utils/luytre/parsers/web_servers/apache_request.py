"""What Apache would do with a request: sections merged in httpd's own order, then one answer.

The order is httpd's: server, virtual host; ``Directory`` from the shortest path to the longest with ``.htaccess`` after
its folder, then ``DirectoryMatch``; ``Files``; ``Location``; ``If``. A request that is asked about is an anonymous GET
for a file that exists, from the Internet.
"""

import posixpath
import re

from ansible.module_utils.luytre.parsers import foreign_patterns
from ansible.module_utils.luytre.parsers.web_servers.apache_config import (
    ApacheSection,
    compile_pcre_pattern,
    is_path_matched_by_wildcard,
)

DENY, REDIRECT, PROXY, PHP, FILE = "denied", "redirected", "proxied", "php", "file"
OVERRIDES = {
    "authconfig": (
        "require", "authtype", "authname", "authuserfile", "authgroupfile", "satisfy", "requireall", "requireany",
        "requirenone",
    ),
    "fileinfo": (
        "sethandler", "addhandler", "removehandler", "addtype", "removetype", "forcetype", "header", "rewriteengine",
        "rewriterule", "rewritecond", "rewritebase", "rewriteoptions", "redirect", "redirectmatch", "redirectpermanent",
        "redirecttemp", "limitrequestbody",
    ),
    "indexes": ("directoryindex",),
    "limit": ("order", "allow", "deny"),
    "options": ("options",),
}  # fmt: skip
ALL_OPTIONS = frozenset(("indexes", "includes", "followsymlinks", "symlinksifownermatch", "execcgi"))
PHP_HANDLERS = ("application/x-httpd-php", "php-script", "php7-script", "php8-script", "php5-script")
PHP_TYPES = (
    "application/x-httpd-php",
    "application/x-httpd-php5",
    "application/x-httpd-php7",
    "application/x-httpd-php8",
)


class ApacheResponse:
    """The response to a request: its kind, the backend, target or code, and the settings in force."""

    __slots__ = ("detail", "kind", "state")

    def __init__(self, kind, detail, state):
        self.kind, self.detail, self.state = kind, detail, state


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
        for node in _iter_nodes_for_get_requests(directives):
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
            self.override = _parse_allow_override_classes(args)
        elif name == "satisfy":
            self.satisfy_any = first == "any"
        elif name == "sethandler":
            self.handler = args[0] if len(args) == 1 else " ".join(args)
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
        elif name in ("php_flag", "php_admin_flag", "php_value", "php_admin_value") and first == "engine":
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
            if not _is_subject_matched_by_regex(node, args[0], subject, "NC" in flags or "NOCASE" in flags):
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


class ApacheServer:
    """The main server, or a virtual host over it."""

    def __init__(self, modules, main, own=(), htaccess=None):
        self.modules, self.main, self.own = modules, main, own
        self._htaccess = htaccess or (lambda folder: None)
        self.tls = self.is_directive_on("sslengine")
        self.root = (self.get_last_directive_value("documentroot") or "").rstrip("/") or None
        self._start = DirectorySettings().merge_directives(main).merge_directives(own)
        self._aliases = self._list_own_and_main_directives(("alias", "aliasmatch", "scriptalias", "scriptaliasmatch"))
        self._redirects = self._list_own_and_main_directives(
            ("redirect", "redirectmatch", "redirectpermanent", "redirecttemp")
        )
        self._proxy_passes = self._list_own_and_main_directives(("proxypass", "proxypassmatch"))
        self._rewriting = self._collect_server_rewrite_settings()
        self._folders = _sort_sections_as_httpd(
            [node for node in _list_sections(main, own) if node.name in ("directory", "directorymatch")]
        )
        self._locations = [node for node in _list_sections(main, own) if node.name in ("location", "locationmatch")]

    def get_last_directive_value(self, name, own_only=False):
        """Return the last value of a directive of server scope: the virtual host's own, else the main server's."""
        for nodes in (self.own,) if own_only else (self.own, self.main):
            matches = [node for node in nodes if node.name == name and node.args]
            if matches:
                return matches[-1].args[0]
        return None

    def list_directives_in_force(self, name):
        """Return every directive of that name: the virtual host's own, or when it has none the main server's."""
        own = [node for node in self.own if node.name == name]
        return own or [node for node in self.main if node.name == name]

    def is_directive_on(self, name):
        """Return whether a directive of server scope is on."""
        return (self.get_last_directive_value(name) or "off").lower() in ("on", "optional")

    def answer_get_request(self, uri, filename=None, rewritten=False):
        """Return what a GET for ``uri`` comes to.

        ``filename``: what the path is taken for, when that is not all of it.
        """
        if self._rewriting and not rewritten:
            outcome = self._rewriting.find_rewrite_outcome(uri, self.tls)
            if outcome and outcome[0] != "internal":
                return self._respond_to_rewrite_outcome(outcome, self.get_settings_for_uri(uri, None))
            if outcome and _get_constant_rewrite_path(outcome[1]):
                return self.answer_get_request(_get_constant_rewrite_path(outcome[1]), None, True)
        for node in self._proxy_passes:
            target = _get_proxypass_target(node, uri)
            if target:
                return (
                    self._respond_to_rewrite_outcome((PROXY, target), self.get_settings_for_uri(uri, None))
                    if target != "!"
                    else self._answer_from_mapped_file(uri, filename, rewritten)
                )
        for node in self._locations:
            target = next((inner.args[0] for inner in node.inside if inner.name == "proxypass" and inner.args), None)
            if target and target != "!" and _is_uri_covered_by_location(node, uri):
                return self._respond_to_rewrite_outcome((PROXY, target), self.get_settings_for_uri(uri, None))
        return self._answer_from_mapped_file(uri, filename, rewritten)

    def _answer_from_mapped_file(self, uri, filename, rewritten):
        redirect = _find_first_matching_redirect(self._redirects, uri)
        if redirect:
            return ApacheResponse(redirect[0], redirect[1], self.get_settings_for_uri(uri, None))
        path = filename or self.map_uri_to_file(uri)
        state = self.get_settings_for_uri(uri, path)
        if not is_anonymous_access_allowed(state):
            return ApacheResponse(DENY, "403", state)
        if state.rewriting and not rewritten:
            outcome = state.rewriting.find_rewrite_outcome(
                self._strip_folder_prefix_from_uri(state.rewriting.folder, uri), self.tls
            )
            if outcome and outcome[0] != "internal":
                return self._respond_to_rewrite_outcome(outcome, state)
            if outcome and _get_constant_rewrite_path(outcome[1]):
                return self.answer_get_request(_get_constant_rewrite_path(outcome[1]), None, True)
        redirect = _find_first_matching_redirect(state.redirects, uri)
        if redirect:
            return ApacheResponse(redirect[0], redirect[1], state)
        backend = self.find_php_backend(state, path)
        if backend:
            return ApacheResponse(PHP, backend, state)
        if state.handler and state.handler.startswith("proxy:"):
            return ApacheResponse(PROXY, state.handler[6:], state)
        return ApacheResponse(FILE, path, state)

    def _respond_to_rewrite_outcome(self, outcome, state):
        kind, target = outcome
        if kind != PROXY:
            return ApacheResponse(kind, target, state)
        if not is_anonymous_access_allowed(state):
            return ApacheResponse(DENY, "403", state)
        return (
            ApacheResponse(PHP, parse_proxy_backend(target), state)
            if "fcgi://" in target
            else ApacheResponse(PROXY, target, state)
        )

    def _strip_folder_prefix_from_uri(self, folder, uri):
        if not folder or not self.root or not folder.startswith(self.root):
            return uri
        prefix = folder[len(self.root) :].rstrip("/")
        return uri[len(prefix) :] if uri.startswith(prefix) else uri

    def map_uri_to_file(self, uri):
        """Return the file that a URI means."""
        for node in self._aliases:
            if len(node.args) < 2:
                continue
            if node.name.endswith("match"):
                if _is_subject_matched_by_regex(node, node.args[0], uri):
                    return posixpath.normpath(re.sub(r"\$\d", "", node.args[1])) + "/" + uri.rsplit("/", 1)[-1]
            elif uri == node.args[0].rstrip("/") or uri.startswith(node.args[0].rstrip("/") + "/"):
                return posixpath.normpath(node.args[1] + "/" + uri[len(node.args[0].rstrip("/")) :])
        return posixpath.normpath((self.root or "/") + "/" + uri.lstrip("/"))

    def list_alias_folders(self):
        """Return folders that other URIs are mapped to."""
        return [
            (node.args[0], node.args[1].rstrip("/"))
            for node in self._aliases
            if node.name == "alias" and len(node.args) > 1
        ]

    def get_folder_settings(self, path):
        """Return the settings of a folder alone, whatever URI leads there."""
        return self._apply_directory_sections(self._start, path, path)

    def get_settings_for_uri(self, uri, path, is_folder=False):
        """Return the settings in force for a URI and the file it means (None: not mapped to a file)."""
        state = self._start
        if path is not None:
            state = self._apply_directory_sections(state, path if is_folder else posixpath.dirname(path), path)
            if not is_folder:
                state = self._apply_files_sections(state, posixpath.basename(path))
        for node in self._locations:
            if _is_uri_covered_by_location(node, uri):
                state = state.merge_directives(node.inside)
        for node in list(state.ifs):
            if _is_if_expression_met(" ".join(node.args), self.tls):
                state = state.merge_directives(node.inside)
        return state

    def _apply_directory_sections(self, state, folder, path):
        prefixes = ["/"]
        for part in [part for part in folder.split("/") if part]:
            prefixes.append(prefixes[-1].rstrip("/") + "/" + part)
        literal = [node for node in self._folders if not _is_regex_section(node)]
        for prefix in prefixes:
            for node in literal:
                if _is_folder_covered_by_section(node, prefix):
                    state = state.merge_directives(node.inside, folder=prefix)
            if state.override:
                extra = self._htaccess(prefix)
                if extra:
                    state = state.merge_directives(
                        _filter_nodes_by_allow_override(extra, state.override), folder=prefix
                    )
        for node in self._folders:
            if _is_regex_section(node) and _is_subject_matched_by_regex(node, _get_section_regex(node), path):
                state = state.merge_directives(node.inside)
        return state

    def _apply_files_sections(self, state, name):
        for node in list(state.files):
            if _is_regex_section(node):
                holds = _is_subject_matched_by_regex(node, _get_section_regex(node), name)
            else:
                holds = bool(node.args) and _is_path_matched_by_directive(node, node.args[0], name)
            if holds:
                state = state.merge_directives(node.inside)
        return state

    def find_php_backend(self, state, path):
        """Return the backend that runs a file as PHP, or None."""
        handler = state.handler if state.handler and state.handler.lower() != "none" else None
        extensions = posixpath.basename(path).lower().split(".")[1:]
        if handler is None:
            handler = next((state.handlers[each] for each in reversed(extensions) if each in state.handlers), None)
        if handler is None:
            kind = state.forced_type or (state.types.get(extensions[-1]) if extensions else None)
            handler = kind if kind in PHP_TYPES else None
        if handler is None or handler.lower() == "none":
            return None
        if handler.startswith("proxy:"):
            return parse_proxy_backend(handler[6:]) if "fcgi://" in handler else None
        if handler.lower() in PHP_HANDLERS:
            return "mod_php" if self.modules & {"php", "php5", "php7"} and state.php_engine else None
        return "fcgid" if handler.lower() == "fcgid-script" else None

    def _collect_server_rewrite_settings(self):
        own, main = RewriteSettings(), RewriteSettings()
        for nodes, rewrite in ((self.own, own), (self.main, main)):
            for node in nodes:
                if node.name.startswith("rewrite"):
                    rewrite.add_rewrite_directive(node)
        if own.inherits or not self.own:
            own.rules += main.rules
            own.on = own.on or (not self.own and main.on)
        return own if own.rules and own.on else None

    def _list_own_and_main_directives(self, names):
        return [node for nodes in (self.own, self.main) for node in nodes if node.name in names]


def is_anonymous_access_allowed(settings):
    """Return whether an anonymous visitor from the Internet gets through."""
    meets_require = settings.require is None or _evaluate_require_any(settings.require) is not False
    if settings.compat is None:
        return meets_require
    compat = _is_everyone_allowed_by_order(settings.compat)
    if settings.satisfy_any:
        return compat or (settings.require is not None and meets_require)
    return compat and meets_require


def compute_response_headers(settings, tls):
    """Return response headers that mod_headers leaves on an ordinary page, by lower-case name."""
    always, normal = {}, {}
    for table, is_always in ((always, True), (normal, False)):
        for node in settings.headers:
            args = list(node.args)
            condition = args[0].lower() if args else ""
            if condition in ("always", "onsuccess"):
                args.pop(0)
            if (condition == "always") is not is_always or len(args) < 2 or args[-1] == "early":
                continue
            action, name, value = args[0].lower(), args[1].lower().rstrip(":"), args[2] if len(args) > 2 else ""
            rest = args[2:] if action == "unset" else args[3:]
            if _is_header_condition_met(node, rest, {**always, **normal}, tls):
                _apply_header_action(table, action, name, value)
    return {
        name: ", ".join(table[name] for table in (always, normal) if name in table) for name in {**always, **normal}
    }


def _apply_header_action(table, action, name, value):
    if action == "set" or (action == "setifempty" and not table.get(name)):
        table[name] = value
    elif action in ("append", "merge", "add"):
        present = table.get(name)
        if not (action == "merge" and present and value in present.split(", ")):
            table[name] = "%s, %s" % (present, value) if present else value
    elif action == "unset":
        table.pop(name, None)


def _is_header_condition_met(node, rest, present, tls):
    if not rest:
        return True
    expression = " ".join(rest)
    empty = [re.fullmatch(r"-z %\{resp:([\w-]+)\}", part) for part in expression[len("expr=") :].split(" && ")]
    unlike = re.match(r"expr=%\{resp:([\w-]+)\} !~ [m]?([/#])(.*)\2(i?)$", expression)
    if expression.startswith("expr=") and all(empty):
        return not any(present.get(part.group(1).lower()) for part in empty)
    if unlike:
        value = present.get(unlike.group(1).lower(), "")
        return not _is_subject_matched_by_regex(node, unlike.group(3), value, bool(unlike.group(4)))
    if re.match(r"env=HTTPS$", expression):
        return tls
    return expression.startswith("expr=") and _is_if_expression_met(expression[5:], tls)


def parse_proxy_backend(target):
    """Return ``unix:/run/php/x.sock`` or ``tcp:127.0.0.1:9000`` of what follows ``proxy:`` or ProxyPass."""
    socket = re.search(r"unix:([^|]+)\|", target)
    if socket:
        return "unix:" + re.sub(r"^/var/run/", "/run/", socket.group(1))
    host = re.search(r"fcgi://(\[[^\]]+\]|[^/:]+)(?::(\d+))?", target)
    if not host:
        return target
    return "tcp:%s:%s" % (
        "127.0.0.1" if host.group(1) == "localhost" else host.group(1).strip("[]"),
        host.group(2) or "8000",
    )


def _get_constant_rewrite_path(target):
    """Return the path that a rewriting leads to, or None when it depends on the request."""
    path = target.split("?")[0]
    return None if re.search(r"[$%]", path) or not path else "/" + path.lstrip("/")


def _iter_nodes_for_get_requests(nodes):
    for node in nodes:
        if isinstance(node, ApacheSection) and node.name in ("limit", "limitexcept"):
            covers_get = "GET" in [arg.upper() for arg in node.args]
            if covers_get is (node.name == "limit"):
                yield from node.inside
        else:
            yield node


def _list_sections(*sources):
    return [node for nodes in sources for node in nodes if isinstance(node, ApacheSection)]


def _sort_sections_as_httpd(sections):
    """Return plain folders from few components to many, otherwise as they stand; httpd sorts them so."""
    return sorted(
        sections,
        key=lambda node: 1_000 if _is_regex_section(node) or not node.args else _count_path_components(node.args[0]),
    )


def _count_path_components(path):
    return len([part for part in path.split("/") if part])


def _is_regex_section(section):
    return section.name.endswith("match") or (bool(section.args) and section.args[0] == "~")


def _get_section_regex(section):
    arguments = section.args[1:] if section.args and section.args[0] == "~" else section.args
    return arguments[0] if arguments else "(?!)"


def _is_subject_matched_by_regex(directive, pattern, subject, ignore_case=False):
    """Return whether a pattern that a directive holds fits somewhere in a subject."""
    foreign_patterns.note_file_of_next_pattern(directive.file)
    is_negated = pattern.startswith("!")
    regex = compile_pcre_pattern(("(?i)" if ignore_case else "") + pattern.lstrip("!"))
    return regex is not None and bool(regex.search(subject)) is not is_negated


def _is_path_matched_by_directive(directive, wildcard, path):
    foreign_patterns.note_file_of_next_pattern(directive.file)
    return is_path_matched_by_wildcard(wildcard, path)


def _is_folder_covered_by_section(section, folder):
    if not section.args:
        return False
    return _is_path_matched_by_directive(
        section, posixpath.normpath(section.args[0]) if section.args[0] != "/" else "/", folder
    )


def _is_uri_covered_by_location(section, uri):
    if _is_regex_section(section):
        return _is_subject_matched_by_regex(section, _get_section_regex(section), uri)
    if not section.args:
        return False
    prefix = section.args[0]
    if re.search(r"[*?\[]", prefix):
        count = prefix.count("/")
        parts = uri.split("/")
        return _is_path_matched_by_directive(
            section, prefix, "/".join(parts[: count + 1])
        ) or _is_path_matched_by_directive(section, prefix, uri)
    return prefix == "/" or uri == prefix or uri.startswith(prefix if prefix.endswith("/") else prefix + "/")


def _parse_allow_override_classes(args):
    classes = {arg.lower().split("=")[0] for arg in args}
    if "all" in classes:
        return set(OVERRIDES)
    return classes & set(OVERRIDES)


def _filter_nodes_by_allow_override(nodes, override):
    allowed_nodes = []
    for node in nodes:
        if node.name in ("files", "filesmatch", "if", "elseif", "else", "limit", "limitexcept"):
            allowed_nodes.append(
                ApacheSection(
                    node.name, node.text, node.file, node.line, _filter_nodes_by_allow_override(node.inside, override)
                )
            )
        elif any(node.name in OVERRIDES[override_class] for override_class in override):
            allowed_nodes.append(node)
    return allowed_nodes


def _get_proxypass_target(directive, uri):
    if len(directive.args) < 2:
        return None
    if directive.name == "proxypassmatch":
        return directive.args[1] if _is_subject_matched_by_regex(directive, directive.args[0], uri) else None
    prefix = directive.args[0]
    return directive.args[1] if uri.startswith(prefix) or uri + "/" == prefix else None


def _find_first_matching_redirect(redirects, uri):
    """Return ``(kind, target)`` of the first Redirect or RedirectMatch that fits."""
    for node in redirects:
        args = list(node.args)
        code = {"redirectpermanent": "301", "redirecttemp": "302"}.get(node.name, "302")
        if (
            node.name in ("redirect", "redirectmatch")
            and args
            and re.match(r"\d{3}$|permanent$|temp$|seeother$|gone$", args[0])
        ):
            code = {"permanent": "301", "temp": "302", "seeother": "303", "gone": "410"}.get(args[0], args[0])
            args.pop(0)
        if not args:
            continue
        source = args[0]
        if node.name == "redirectmatch":
            holds = _is_subject_matched_by_regex(node, source, uri)
        elif source.startswith("/"):
            holds = uri == source or uri.startswith(source if source.endswith("/") else source + "/")
        else:
            holds = len(args) == 1
        if holds:
            return (DENY, code) if int(code) >= 400 else (REDIRECT, args[-1])
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
    return _is_subject_matched_by_regex(node, operand, value, ignore_case)


def _is_if_expression_met(expression, tls):
    """Return whether an ``If`` asks for the scheme that is in use; anything else it may ask counts as not holding."""
    match = re.match(
        r"""\s*%?\{?(?:HTTPS|REQUEST_SCHEME)\}?\s*(==|!=|=|-eq|-ne)\s*['"]?(on|off|https?)['"]?\s*$""",
        expression,
        re.IGNORECASE,
    )
    if not match:
        return False
    wants_tls = match.group(2).lower() in ("on", "https")
    return (wants_tls is tls) is (match.group(1) in ("==", "=", "-eq"))


def _evaluate_require_any(requires):
    """Return RequireAny over directives: True granted, False denied, None neutral."""
    results = [_evaluate_require_directive(node) for node in requires]
    if True in results:
        return True
    return False if False in results else None


def _evaluate_require_directive(node):
    if isinstance(node, ApacheSection):
        inside = [child for child in node.inside if child.name.startswith("require")]
        results = [_evaluate_require_directive(child) for child in inside]
        if node.name == "requireall":
            return False if False in results else (True if True in results else None)
        if node.name == "requirenone":
            return False if True in results else None
        return _evaluate_require_any(inside)
    args = [arg.lower() for arg in node.args]
    is_negated = bool(args) and args[0] == "not"
    is_granted = _is_everybody_granted_by_require(args[1:] if is_negated else args)
    if is_negated:
        return False if is_granted else None
    return is_granted


def _is_everybody_granted_by_require(args):
    if not args:
        return False
    kind, rest = args[0], args[1:]
    if kind == "all":
        return rest[:1] == ["granted"]
    if kind == "ip":
        return any(network in ("0.0.0.0/0", "::/0", "0/0") for network in rest)
    if kind == "method":
        return "get" in rest
    return kind in ("expr", "env")


def _is_everyone_allowed_by_order(compat):
    def everyone(names):
        return any(name.lower() == "all" or name in ("0.0.0.0/0", "0/0") for name in names)

    if compat["order"].startswith("deny"):
        return everyone(compat["allow"]) or not everyone(compat["deny"])
    return everyone(compat["allow"]) and not everyone(compat["deny"])
