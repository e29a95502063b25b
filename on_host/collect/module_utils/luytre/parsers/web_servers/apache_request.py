"""What Apache would do with a request: sections merged in httpd's own order, then one answer.

The order is httpd's: server, virtual host; ``Directory`` from the shortest path to the longest with ``.htaccess`` after
its folder, then ``DirectoryMatch``; ``Files``; ``Location``; ``If``. A request that is asked about is an anonymous GET
for a file that exists, from the Internet.
"""

import posixpath
import re

from ansible.module_utils.luytre.parsers.web_servers import apache_access, apache_directory, apache_sections

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


class ApacheServer:
    """The main server, or a virtual host over it."""

    def __init__(self, modules, main, own=(), htaccess=None):
        self.modules, self.main, self.own = modules, main, own
        self._htaccess = htaccess or (lambda folder: None)
        self.tls = self.is_directive_on("sslengine")
        self.root = (self.get_last_directive_value("documentroot") or "").rstrip("/") or None
        self._start = apache_directory.DirectorySettings().merge_directives(main).merge_directives(own)
        self._aliases = self._list_own_and_main_directives(("alias", "aliasmatch", "scriptalias", "scriptaliasmatch"))
        self._redirects = self._list_own_and_main_directives(
            ("redirect", "redirectmatch", "redirectpermanent", "redirecttemp")
        )
        self._proxy_passes = self._list_own_and_main_directives(("proxypass", "proxypassmatch"))
        self._rewriting = self._collect_server_rewrite_settings()
        self._folders = apache_sections.sort_sections_as_httpd(
            [node for node in apache_sections.list_sections(main, own) if node.name in ("directory", "directorymatch")]
        )
        self._locations = [
            node for node in apache_sections.list_sections(main, own) if node.name in ("location", "locationmatch")
        ]

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
                    self._respond_to_rewrite_outcome(
                        (apache_directory.PROXY, target), self.get_settings_for_uri(uri, None)
                    )
                    if target != "!"
                    else self._answer_from_mapped_file(uri, filename, rewritten)
                )
        for node in self._locations:
            target = next((inner.args[0] for inner in node.inside if inner.name == "proxypass" and inner.args), None)
            if target and target != "!" and apache_sections.is_uri_covered_by_location(node, uri):
                return self._respond_to_rewrite_outcome(
                    (apache_directory.PROXY, target), self.get_settings_for_uri(uri, None)
                )
        return self._answer_from_mapped_file(uri, filename, rewritten)

    def _answer_from_mapped_file(self, uri, filename, rewritten):
        redirect = _find_first_matching_redirect(self._redirects, uri)
        if redirect:
            return ApacheResponse(redirect[0], redirect[1], self.get_settings_for_uri(uri, None))
        path = filename or self.map_uri_to_file(uri)
        state = self.get_settings_for_uri(uri, path)
        if not apache_access.is_anonymous_access_allowed(state):
            return ApacheResponse(apache_directory.DENY, "403", state)
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
            return ApacheResponse(apache_directory.PHP, backend, state)
        if state.handler and state.handler.startswith("proxy:"):
            return ApacheResponse(apache_directory.PROXY, state.handler[6:], state)
        return ApacheResponse(apache_directory.FILE, path, state)

    def _respond_to_rewrite_outcome(self, outcome, state):
        kind, target = outcome
        if kind != apache_directory.PROXY:
            return ApacheResponse(kind, target, state)
        if not apache_access.is_anonymous_access_allowed(state):
            return ApacheResponse(apache_directory.DENY, "403", state)
        return (
            ApacheResponse(apache_directory.PHP, parse_proxy_backend(target), state)
            if "fcgi://" in target
            else ApacheResponse(apache_directory.PROXY, target, state)
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
                if apache_sections.is_subject_matched_by_regex(node, node.args[0], uri):
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
            if apache_sections.is_uri_covered_by_location(node, uri):
                state = state.merge_directives(node.inside)
        for node in list(state.ifs):
            if _is_if_expression_met(" ".join(node.args), self.tls):
                state = state.merge_directives(node.inside)
        return state

    def _apply_directory_sections(self, state, folder, path):
        prefixes = ["/"]
        for part in [part for part in folder.split("/") if part]:
            prefixes.append(prefixes[-1].rstrip("/") + "/" + part)
        literal = [node for node in self._folders if not apache_sections.is_regex_section(node)]
        for prefix in prefixes:
            for node in literal:
                if apache_sections.is_folder_covered_by_section(node, prefix):
                    state = state.merge_directives(node.inside, folder=prefix)
            if state.override:
                extra = self._htaccess(prefix)
                if extra:
                    state = state.merge_directives(
                        apache_sections.filter_nodes_by_allow_override(extra, state.override), folder=prefix
                    )
        for node in self._folders:
            if apache_sections.is_regex_section(node) and apache_sections.is_subject_matched_by_regex(
                node, apache_sections.get_section_regex(node), path
            ):
                state = state.merge_directives(node.inside)
        return state

    def _apply_files_sections(self, state, name):
        for node in list(state.files):
            if apache_sections.is_regex_section(node):
                holds = apache_sections.is_subject_matched_by_regex(node, apache_sections.get_section_regex(node), name)
            else:
                holds = bool(node.args) and apache_sections.is_path_matched_by_directive(node, node.args[0], name)
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
        own, main = apache_directory.RewriteSettings(), apache_directory.RewriteSettings()
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
        return not apache_sections.is_subject_matched_by_regex(node, unlike.group(3), value, bool(unlike.group(4)))
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


def _get_proxypass_target(directive, uri):
    if len(directive.args) < 2:
        return None
    if directive.name == "proxypassmatch":
        return (
            directive.args[1]
            if apache_sections.is_subject_matched_by_regex(directive, directive.args[0], uri)
            else None
        )
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
            holds = apache_sections.is_subject_matched_by_regex(node, source, uri)
        elif source.startswith("/"):
            holds = uri == source or uri.startswith(source if source.endswith("/") else source + "/")
        else:
            holds = len(args) == 1
        if holds:
            return (apache_directory.DENY, code) if int(code) >= 400 else (apache_directory.REDIRECT, args[-1])
    return None


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
