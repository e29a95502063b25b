"""What Apache would do with a request: sections merged in httpd's own order, then one answer.

The order is httpd's: server, virtual host; ``Directory`` from the shortest path to the longest with ``.htaccess`` after
its folder, then ``DirectoryMatch``; ``Files``; ``Location``; ``If``. A request that is asked about is an anonymous GET
for a file that exists, from the Internet.
"""

import posixpath
import re

from ansible.module_utils.luytre import _patterns
from ansible.module_utils.luytre._apache_config import Section, compile_pattern, path_matches

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

    def copy(self):
        """Return a state that may be changed by itself."""
        other = DirectorySettings()
        for name, value in vars(self).items():
            setattr(other, name, value.copy() if isinstance(value, (list, set, dict)) else value)
        return other

    def apply(self, nodes, folder=None):
        """Return this state with the directives of one section (or file) merged over it."""
        state = self.copy()
        requires, compat, rewrite, redirects = [], None, None, []
        for node in _iter_for_get(nodes):
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
                rewrite.take(node)
            elif name.startswith("redirect"):
                redirects.append(node)
            elif args:
                state._set(name, args, node)
        if requires:
            state.require = requires
        if compat:
            state.compat = compat
        if rewrite:
            state.rewriting = rewrite
        state.redirects = redirects + state.redirects
        return state

    def _set(self, name, args, node):
        first = args[0].lower()
        if name == "options":
            self._set_options([arg.lower() for arg in args])
        elif name == "allowoverride":
            self.override = _parse_override(args)
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

    def _set_options(self, args):
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

    def take(self, node):
        """Add one directive."""
        if node.name == "rewriteengine" and node.args:
            self.on = node.args[0].lower() == "on"
        elif node.name == "rewriteoptions":
            self.inherits = any(arg.lower().startswith("inherit") for arg in node.args)
        elif node.name == "rewritecond" and len(node.args) > 1:
            self._conditions.append(node)
        elif node.name == "rewriterule" and len(node.args) > 1:
            self.rules.append((node, self._conditions))
            self._conditions = []

    def result(self, uri, tls):
        """Return ``(kind, target)`` of the first rule that ends the matter, or None.

        A rule with an unclear condition is passed over.
        """
        if not self.on:
            return None
        subject = uri if self.folder is None else uri.lstrip("/")
        for node, conditions in self.rules:
            args = node.args
            flags = [flag.strip().upper() for flag in args[2].strip("[]").split(",")] if len(args) > 2 else []
            if not _regex_holds(node, args[0], subject, "NC" in flags or "NOCASE" in flags):
                continue
            if not _conditions_hold(conditions, uri, tls):
                continue
            outcome = self._get_outcome(args[1], flags)
            if outcome:
                return outcome
            if args[1] != "-" or any(flag in ("L", "LAST", "END") for flag in flags):
                return ("internal", args[1]) if args[1] != "-" else None
        return None

    def _get_outcome(self, target, flags):
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
        self.tls = self.switch("sslengine")
        self.root = (self.value("documentroot") or "").rstrip("/") or None
        self._start = DirectorySettings().apply(main).apply(own)
        self._aliases = self._list_directives(("alias", "aliasmatch", "scriptalias", "scriptaliasmatch"))
        self._redirects = self._list_directives(("redirect", "redirectmatch", "redirectpermanent", "redirecttemp"))
        self._proxy_passes = self._list_directives(("proxypass", "proxypassmatch"))
        self._rewriting = self._server_rewriting()
        self._folders = _sort_sections(
            [node for node in _sections(main, own) if node.name in ("directory", "directorymatch")]
        )
        self._locations = [node for node in _sections(main, own) if node.name in ("location", "locationmatch")]

    def value(self, name, own_only=False):
        """Return the last value of a directive of server scope: the virtual host's own, else the main server's."""
        for nodes in (self.own,) if own_only else (self.own, self.main):
            matches = [node for node in nodes if node.name == name and node.args]
            if matches:
                return matches[-1].args[0]
        return None

    def all(self, name):
        """Return every directive of that name: the virtual host's own, or when it has none the main server's."""
        own = [node for node in self.own if node.name == name]
        return own or [node for node in self.main if node.name == name]

    def switch(self, name):
        """Return whether a directive of server scope is on."""
        return (self.value(name) or "off").lower() in ("on", "optional")

    def answer(self, uri, filename=None, rewritten=False):
        """Return what a GET for ``uri`` comes to.

        ``filename``: what the path is taken for, when that is not all of it.
        """
        if self._rewriting and not rewritten:
            outcome = self._rewriting.result(uri, self.tls)
            if outcome and outcome[0] != "internal":
                return self._proxy_or(outcome, self.locate(uri, None))
            if outcome and _plain_uri(outcome[1]):
                return self.answer(_plain_uri(outcome[1]), None, True)
        for node in self._proxy_passes:
            target = _proxy_target(node, uri)
            if target:
                return (
                    self._proxy_or((PROXY, target), self.locate(uri, None))
                    if target != "!"
                    else self._answer_mapped(uri, filename, rewritten)
                )
        for node in self._locations:
            target = next((inner.args[0] for inner in node.inside if inner.name == "proxypass" and inner.args), None)
            if target and target != "!" and _location_holds(node, uri):
                return self._proxy_or((PROXY, target), self.locate(uri, None))
        return self._answer_mapped(uri, filename, rewritten)

    def _answer_mapped(self, uri, filename, rewritten):
        redirect = _find_redirect(self._redirects, uri)
        if redirect:
            return ApacheResponse(redirect[0], redirect[1], self.locate(uri, None))
        path = filename or self.path_of(uri)
        state = self.locate(uri, path)
        if not is_allowed(state):
            return ApacheResponse(DENY, "403", state)
        if state.rewriting and not rewritten:
            outcome = state.rewriting.result(self._below(state.rewriting.folder, uri), self.tls)
            if outcome and outcome[0] != "internal":
                return self._proxy_or(outcome, state)
            if outcome and _plain_uri(outcome[1]):
                return self.answer(_plain_uri(outcome[1]), None, True)
        redirect = _find_redirect(state.redirects, uri)
        if redirect:
            return ApacheResponse(redirect[0], redirect[1], state)
        backend = self.php_backend(state, path)
        if backend:
            return ApacheResponse(PHP, backend, state)
        if state.handler and state.handler.startswith("proxy:"):
            return ApacheResponse(PROXY, state.handler[6:], state)
        return ApacheResponse(FILE, path, state)

    def _proxy_or(self, outcome, state):
        kind, target = outcome
        if kind != PROXY:
            return ApacheResponse(kind, target, state)
        if not is_allowed(state):
            return ApacheResponse(DENY, "403", state)
        return (
            ApacheResponse(PHP, backend_of(target), state)
            if "fcgi://" in target
            else ApacheResponse(PROXY, target, state)
        )

    def _below(self, folder, uri):
        if not folder or not self.root or not folder.startswith(self.root):
            return uri
        prefix = folder[len(self.root) :].rstrip("/")
        return uri[len(prefix) :] if uri.startswith(prefix) else uri

    def path_of(self, uri):
        """Return the file that a URI means."""
        for node in self._aliases:
            if len(node.args) < 2:
                continue
            if node.name.endswith("match"):
                if _regex_holds(node, node.args[0], uri):
                    return posixpath.normpath(re.sub(r"\$\d", "", node.args[1])) + "/" + uri.rsplit("/", 1)[-1]
            elif uri == node.args[0].rstrip("/") or uri.startswith(node.args[0].rstrip("/") + "/"):
                return posixpath.normpath(node.args[1] + "/" + uri[len(node.args[0].rstrip("/")) :])
        return posixpath.normpath((self.root or "/") + "/" + uri.lstrip("/"))

    def aliases(self):
        """Return folders that other URIs are mapped to."""
        return [
            (node.args[0], node.args[1].rstrip("/"))
            for node in self._aliases
            if node.name == "alias" and len(node.args) > 1
        ]

    def folder(self, path):
        """Return the settings of a folder alone, whatever URI leads there."""
        return self._walk_folders(self._start, path, path)

    def locate(self, uri, path, is_folder=False):
        """Return the settings in force for a URI and the file it means (None: not mapped to a file)."""
        state = self._start
        if path is not None:
            state = self._walk_folders(state, path if is_folder else posixpath.dirname(path), path)
            if not is_folder:
                state = self._walk_files(state, posixpath.basename(path))
        for node in self._locations:
            if _location_holds(node, uri):
                state = state.apply(node.inside)
        for node in list(state.ifs):
            if _expression_holds(" ".join(node.args), self.tls):
                state = state.apply(node.inside)
        return state

    def _walk_folders(self, state, folder, path):
        prefixes = ["/"]
        for part in [part for part in folder.split("/") if part]:
            prefixes.append(prefixes[-1].rstrip("/") + "/" + part)
        literal = [node for node in self._folders if not _is_regex(node)]
        for prefix in prefixes:
            for node in literal:
                if _folder_holds(node, prefix):
                    state = state.apply(node.inside, folder=prefix)
            if state.override:
                extra = self._htaccess(prefix)
                if extra:
                    state = state.apply(_filter_overrides(extra, state.override), folder=prefix)
        for node in self._folders:
            if _is_regex(node) and _regex_holds(node, _regex_of(node), path):
                state = state.apply(node.inside)
        return state

    def _walk_files(self, state, name):
        for node in list(state.files):
            if _is_regex(node):
                holds = _regex_holds(node, _regex_of(node), name)
            else:
                holds = bool(node.args) and _path_matches(node, node.args[0], name)
            if holds:
                state = state.apply(node.inside)
        return state

    def php_backend(self, state, path):
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
            return backend_of(handler[6:]) if "fcgi://" in handler else None
        if handler.lower() in PHP_HANDLERS:
            return "mod_php" if self.modules & {"php", "php5", "php7"} and state.php_engine else None
        return "fcgid" if handler.lower() == "fcgid-script" else None

    def _server_rewriting(self):
        own, main = RewriteSettings(), RewriteSettings()
        for nodes, rewrite in ((self.own, own), (self.main, main)):
            for node in nodes:
                if node.name.startswith("rewrite"):
                    rewrite.take(node)
        if own.inherits or not self.own:
            own.rules += main.rules
            own.on = own.on or (not self.own and main.on)
        return own if own.rules and own.on else None

    def _list_directives(self, names):
        return [node for nodes in (self.own, self.main) for node in nodes if node.name in names]


def is_allowed(state):
    """Return whether an anonymous visitor from the Internet gets through."""
    meets_require = state.require is None or _evaluate_any(state.require) is not False
    if state.compat is None:
        return meets_require
    compat = _compat_allows(state.compat)
    if state.satisfy_any:
        return compat or (state.require is not None and meets_require)
    return compat and meets_require


def compute_headers(state, tls):
    """Return response headers that mod_headers leaves on an ordinary page, by lower-case name."""
    always, normal = {}, {}
    for table, is_always in ((always, True), (normal, False)):
        for node in state.headers:
            args = list(node.args)
            condition = args[0].lower() if args else ""
            if condition in ("always", "onsuccess"):
                args.pop(0)
            if (condition == "always") is not is_always or len(args) < 2 or args[-1] == "early":
                continue
            action, name, value = args[0].lower(), args[1].lower().rstrip(":"), args[2] if len(args) > 2 else ""
            rest = args[2:] if action == "unset" else args[3:]
            if _header_condition(node, rest, {**always, **normal}, tls):
                _header(table, action, name, value)
    return {
        name: ", ".join(table[name] for table in (always, normal) if name in table) for name in {**always, **normal}
    }


def _header(table, action, name, value):
    if action == "set" or (action == "setifempty" and not table.get(name)):
        table[name] = value
    elif action in ("append", "merge", "add"):
        present = table.get(name)
        if not (action == "merge" and present and value in present.split(", ")):
            table[name] = "%s, %s" % (present, value) if present else value
    elif action == "unset":
        table.pop(name, None)


def _header_condition(node, rest, present, tls):
    if not rest:
        return True
    expression = " ".join(rest)
    empty = [re.fullmatch(r"-z %\{resp:([\w-]+)\}", part) for part in expression[len("expr=") :].split(" && ")]
    unlike = re.match(r"expr=%\{resp:([\w-]+)\} !~ [m]?([/#])(.*)\2(i?)$", expression)
    if expression.startswith("expr=") and all(empty):
        return not any(present.get(part.group(1).lower()) for part in empty)
    if unlike:
        value = present.get(unlike.group(1).lower(), "")
        return not _regex_holds(node, unlike.group(3), value, bool(unlike.group(4)))
    if re.match(r"env=HTTPS$", expression):
        return tls
    return expression.startswith("expr=") and _expression_holds(expression[5:], tls)


def backend_of(target):
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


def _plain_uri(target):
    """Return the path that a rewriting leads to, or None when it depends on the request."""
    path = target.split("?")[0]
    return None if re.search(r"[$%]", path) or not path else "/" + path.lstrip("/")


def _iter_for_get(nodes):
    for node in nodes:
        if isinstance(node, Section) and node.name in ("limit", "limitexcept"):
            covers_get = "GET" in [arg.upper() for arg in node.args]
            if covers_get is (node.name == "limit"):
                yield from node.inside
        else:
            yield node


def _sections(*sources):
    return [node for nodes in sources for node in nodes if isinstance(node, Section)]


def _sort_sections(sections):
    """Return plain folders from few components to many, otherwise as they stand; httpd sorts them so."""
    return sorted(sections, key=lambda node: 1_000 if _is_regex(node) or not node.args else _depth(node.args[0]))


def _depth(path):
    return len([part for part in path.split("/") if part])


def _is_regex(node):
    return node.name.endswith("match") or (bool(node.args) and node.args[0] == "~")


def _regex_of(node):
    arguments = node.args[1:] if node.args and node.args[0] == "~" else node.args
    return arguments[0] if arguments else "(?!)"


def _regex_holds(node, text, subject, ignore_case=False):
    """Return whether a pattern that a directive holds fits somewhere in a subject."""
    _patterns.note_pattern(node.file)
    is_negated = text.startswith("!")
    regex = compile_pattern(("(?i)" if ignore_case else "") + text.lstrip("!"))
    return regex is not None and bool(regex.search(subject)) is not is_negated


def _path_matches(node, wildcard, path):
    _patterns.note_pattern(node.file)
    return path_matches(wildcard, path)


def _folder_holds(node, folder):
    if not node.args:
        return False
    return _path_matches(node, posixpath.normpath(node.args[0]) if node.args[0] != "/" else "/", folder)


def _location_holds(node, uri):
    if _is_regex(node):
        return _regex_holds(node, _regex_of(node), uri)
    if not node.args:
        return False
    prefix = node.args[0]
    if re.search(r"[*?\[]", prefix):
        count = prefix.count("/")
        parts = uri.split("/")
        return _path_matches(node, prefix, "/".join(parts[: count + 1])) or _path_matches(node, prefix, uri)
    return prefix == "/" or uri == prefix or uri.startswith(prefix if prefix.endswith("/") else prefix + "/")


def _parse_override(args):
    classes = {arg.lower().split("=")[0] for arg in args}
    if "all" in classes:
        return set(OVERRIDES)
    return classes & set(OVERRIDES)


def _filter_overrides(nodes, override):
    allowed_nodes = []
    for node in nodes:
        if node.name in ("files", "filesmatch", "if", "elseif", "else", "limit", "limitexcept"):
            allowed_nodes.append(
                Section(node.name, node.text, node.file, node.line, _filter_overrides(node.inside, override))
            )
        elif any(node.name in OVERRIDES[override_class] for override_class in override):
            allowed_nodes.append(node)
    return allowed_nodes


def _proxy_target(node, uri):
    if len(node.args) < 2:
        return None
    if node.name == "proxypassmatch":
        return node.args[1] if _regex_holds(node, node.args[0], uri) else None
    prefix = node.args[0]
    return node.args[1] if uri.startswith(prefix) or uri + "/" == prefix else None


def _find_redirect(redirects, uri):
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
            holds = _regex_holds(node, source, uri)
        elif source.startswith("/"):
            holds = uri == source or uri.startswith(source if source.endswith("/") else source + "/")
        else:
            holds = len(args) == 1
        if holds:
            return (DENY, code) if int(code) >= 400 else (REDIRECT, args[-1])
    return None


def _conditions_hold(conditions, uri, tls):
    """Return all conditions, an ``[OR]`` joining one with the next. None of them may be unclear."""
    group = False
    for node in conditions:
        args = node.args
        flags = [flag.strip().upper() for flag in args[2].strip("[]").split(",")] if len(args) > 2 else []
        holds = _condition_holds(node, uri, tls, bool({"NC", "NOCASE"} & set(flags)))
        if holds is None:
            return False
        group = group or holds
        if "OR" in flags or "ORNEXT" in flags:
            continue
        if not group:
            return False
        group = False
    return True


def _condition_holds(node, uri, tls, ignore_case):
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
    return _regex_holds(node, operand, value, ignore_case)


def _expression_holds(text, tls):
    """Return whether an ``If`` asks for the scheme that is in use; anything else it may ask counts as not holding."""
    match = re.match(
        r"""\s*%?\{?(?:HTTPS|REQUEST_SCHEME)\}?\s*(==|!=|=|-eq|-ne)\s*['"]?(on|off|https?)['"]?\s*$""",
        text,
        re.IGNORECASE,
    )
    if not match:
        return False
    wants_tls = match.group(2).lower() in ("on", "https")
    return (wants_tls is tls) is (match.group(1) in ("==", "=", "-eq"))


def _evaluate_any(requires):
    """Return RequireAny over directives: True granted, False denied, None neutral."""
    results = [_evaluate_require(node) for node in requires]
    if True in results:
        return True
    return False if False in results else None


def _evaluate_require(node):
    if isinstance(node, Section):
        inside = [child for child in node.inside if child.name.startswith("require")]
        results = [_evaluate_require(child) for child in inside]
        if node.name == "requireall":
            return False if False in results else (True if True in results else None)
        if node.name == "requirenone":
            return False if True in results else None
        return _evaluate_any(inside)
    args = [arg.lower() for arg in node.args]
    is_negated = bool(args) and args[0] == "not"
    is_granted = _is_granted(args[1:] if is_negated else args)
    if is_negated:
        return False if is_granted else None
    return is_granted


def _is_granted(args):
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


def _compat_allows(compat):
    def everyone(names):
        return any(name.lower() == "all" or name in ("0.0.0.0/0", "0/0") for name in names)

    if compat["order"].startswith("deny"):
        return everyone(compat["allow"]) or not everyone(compat["deny"])
    return everyone(compat["allow"]) and not everyone(compat["deny"])
