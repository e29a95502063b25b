"""What nginx would answer to a request, by its own rules: server choice, rewrite, location, access, try_files, content.

Knows the standard modules' directives that decide who serves what. A condition that cannot be told from the
configuration (a cookie, a geo table, an unknown variable) counts as not met, so that no protection is credited
that a visitor could step around.
"""

import re

from ansible.module_utils.luytre.parsers.web_servers.nginx_settings import NginxSettings

MAX_LOGIN_RATE = 5  # requests a second; a faster limit does not slow a guessing machine down
MAX_TURNS = 12
PASSES = ("fastcgi_pass", "proxy_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass")


class NginxResponse:
    """The end of a request.

    ``kind`` is file, php, proxy, status, redirect or closed. ``value`` is a path, a backend, a code or a URL; ``uri``
    what was asked for in the end ("" for a fixed script); ``level`` the block that decided; ``limited`` whether a rate
    limit counted the request on its way.
    """

    __slots__ = ("kind", "level", "limited", "uri", "value")

    def __init__(self, kind, value, level, uri=""):
        self.kind, self.value, self.level, self.uri, self.limited = kind, value, level, uri, False

    @property
    def is_denied(self):
        """Return whether a visitor gets nothing: an error status or a closed connection."""
        return self.kind == "closed" or (self.kind == "status" and self.value >= 400)


class NginxRequest:
    """A request on its way through the phases. ``exists(uri)`` tells which files are there."""

    def __init__(self, uri, host="", scheme="http", port=80, method="GET", exists=lambda uri: True):
        self.uri, self.args, self.host, self.scheme, self.port, self.method = uri, "", host, scheme, port, method
        self.exists = exists
        self.original = uri
        self.internal = self.rewritten = False
        self.variables = {}
        self.within = None
        self.limited = False
        self.turns = 0


class NginxModel(NginxSettings):
    """A configuration ready to be asked."""

    def get_value_for_plain_page(self, text, level):
        """Return a value as a plain page would get it; unknown variables stay as they are."""
        return self._fill_known_variables(text, NginxRequest("/"), level)

    # --- the server that answers ----------------------------------------------------------------------

    def choose_server_for_host(self, servers, host):
        """Return ``(server, how)`` that nginx picks among those of one listen.

        ``how`` is exact, wildcard, regex or default.
        """
        host = host.lower()
        best = {"exact": None, "head": None, "tail": None, "regex": None}
        lengths = {"head": 0, "tail": 0}
        for server in servers:
            for name in list_server_names(server):
                if name == host:
                    best["exact"] = best["exact"] or server
                elif name.startswith("*.") and host.endswith(name[1:]) and len(name) > lengths["head"]:
                    best["head"], lengths["head"] = server, len(name)
                elif name.endswith(".*") and host.startswith(name[:-1]) and len(name) > lengths["tail"]:
                    best["tail"], lengths["tail"] = server, len(name)
                elif (
                    name.startswith("~")
                    and best["regex"] is None
                    and self._search_directive_pattern(server, name[1:], host, True)
                ):
                    best["regex"] = server
        for kind, how in (("exact", "exact"), ("head", "wildcard"), ("tail", "wildcard"), ("regex", "regex")):
            if best[kind] is not None:
                return best[kind], how
        return next(iter(servers), None), "default"

    # --- the request's way ----------------------------------------------------------------------------

    def answer_request(self, server, request):
        """Return the NginxResponse of one server block."""
        answer = self._serve_from_server_block(server, request)
        answer.limited = request.limited
        return answer

    def _serve_from_server_block(self, server, request):
        request.turns += 1
        if request.turns > MAX_TURNS:
            return NginxResponse("status", 500, server)
        request.within = server
        outcome = self._run_rewrite_directives(server, request)
        return outcome if isinstance(outcome, NginxResponse) else self._serve_from_location(server, request)

    def _serve_from_location(self, server, request):
        while request.turns <= MAX_TURNS:
            request.turns += 1
            location = self.find_location_for_uri(server, request.uri) or server
            if self.list_directives_in_force(location, "internal") and not request.internal:
                return NginxResponse("status", 404, location)
            request.within, request.rewritten = location, False
            modifier, pattern = parse_location_modifier_and_name(location) if location is not server else ("", "")
            if modifier in ("~", "~*"):
                self._store_regex_captures(
                    self._search_directive_pattern(location, pattern, request.uri, modifier == "~*"), request
                )
            if location is not server:
                outcome = self._run_rewrite_directives(location, request)
                if isinstance(outcome, NginxResponse):
                    return outcome
                if request.rewritten:
                    continue
            return self._serve_content(server, location, request)
        return NginxResponse("status", 500, server)

    def find_location_for_uri(self, level, uri):
        """Return the location that nginx picks below a level, or None."""
        return self._find_location_and_finality(level, uri)[0]

    def _find_location_and_finality(self, level, uri):
        """Return ``(location, final)``: final when neither prefix nor regex of an outer level may override it."""
        prefix, patterns = None, []
        for location in level.list_own_directives("location"):
            modifier, name = parse_location_modifier_and_name(location)
            if modifier == "=":
                if uri == name:
                    return location, True
            elif modifier in ("~", "~*"):
                patterns.append((location, name, modifier == "~*"))
            elif (
                not name.startswith("@")
                and uri.startswith(name)
                and (prefix is None or len(name) > len(parse_location_modifier_and_name(prefix)[1]))
            ):
                prefix = location
        best = prefix
        if prefix is not None:
            inner, final = self._find_location_and_finality(prefix, uri)
            best = inner or prefix
            if final:
                return best, True
        if prefix is None or parse_location_modifier_and_name(prefix)[0] != "^~":
            for location, pattern, fold in patterns:
                if self._search_directive_pattern(location, pattern, uri, fold):
                    return self._find_location_and_finality(location, uri)[0] or location, True
        return best, False

    def _serve_content(self, server, location, request):
        level = request.within if request.within.name == "if" else location
        self._note_rate_limits(level, request)
        refusal = self._get_access_refusal_status(level, request)
        if refusal:
            return NginxResponse("status", refusal, level)
        tries = location.list_own_directives("try_files")
        if tries:
            outcome = self._serve_try_files(server, tries[-1].args, level, request)
            if outcome is not None:
                return outcome
        for name in PASSES:
            pass_directives = level.list_own_directives(name) or (
                location.list_own_directives(name) if level is not location else []
            )
            if pass_directives and pass_directives[-1].args:
                kind = "php" if name == "fastcgi_pass" else "proxy"
                return NginxResponse(
                    kind,
                    pass_directives[-1].args[0],
                    level,
                    "" if self._has_only_one_fixed_script(level) else request.uri,
                )
        if location.list_own_directives("stub_status"):
            return NginxResponse("status", 200, level)
        if request.uri.endswith("/"):
            return self._serve_index_file(server, level, request)
        if not request.exists(request.uri):
            return NginxResponse("status", 404, level)
        return NginxResponse("file", request.uri, level)

    def _has_only_one_fixed_script(self, level):
        """Return whether every request goes to one script that the configuration names."""
        scripts = [
            d.args[1]
            for d in self.list_directives_in_force(level, "fastcgi_param")
            if d.args[:1] == ["SCRIPT_FILENAME"] and d.args[1:]
        ]
        variable_words = ("$fastcgi_script_name", "uri", "$request_filename", "$1", "$script")
        return bool(scripts) and not any(word in scripts[-1] for word in variable_words)

    def _serve_index_file(self, server, level, request):
        directives = self.list_directives_in_force(level, "index")
        for name in directives[-1].args if directives else ["index.html"]:
            inner = self._expand_variables_or_none(name, request, level) if name.startswith("/") else request.uri + name
            if inner and request.exists(inner):
                request.uri, request.internal = inner, True
                return self._serve_from_server_block(server, request)
        if self.get_setting_in_force(level, "autoindex") == "on":
            return NginxResponse("file", request.uri, level)
        return NginxResponse("status", 403, level)

    def _serve_try_files(self, server, args, level, request):
        for test in args[:-1]:
            path = self._expand_variables_or_none(test, request, level)
            if path is None:
                continue
            folder = test.endswith("/")
            path = re.sub(r"/+", "/", "/" + path)
            if path == "/" if folder else request.exists(path):
                request.uri = path
                return None
        last = args[-1]
        if last.startswith("="):
            code = last[1:]
            return NginxResponse("status", int(code) if code.isdigit() else 404, level)
        request.internal = True
        if last.startswith("@"):
            return self._serve_from_named_location(server, last, request)
        target = self._expand_variables_or_none(last, request, level)
        if target is None:
            return NginxResponse("status", 404, level)
        request.uri, _, request.args = target.partition("?")
        return self._serve_from_server_block(server, request)

    def _serve_from_named_location(self, server, name, request):
        location = next(
            (candidate for candidate in server.list_own_directives("location") if candidate.args[:1] == [name]), None
        )
        request.turns += 1
        if location is None or request.turns > MAX_TURNS:
            return NginxResponse("status", 500, server)
        request.within, request.rewritten = location, False
        outcome = self._run_rewrite_directives(location, request)
        if isinstance(outcome, NginxResponse):
            return outcome
        if request.rewritten:
            return self._serve_from_location(server, request)
        return self._serve_content(server, location, request)

    # --- phases ---------------------------------------------------------------------------------------

    def _run_rewrite_directives(self, level, request):
        """Return an Answer, 'last', 'break' or None."""
        for directive in level.block or ():
            args = directive.args
            if directive.name == "set" and len(args) == 2:
                request.variables[args[0].lstrip("$")] = self._expand_variables_or_none(args[1], request, level)
            elif directive.name == "return" and args:
                return self._respond_to_return_directive(args, level, request)
            elif directive.name == "break":
                return "break"
            elif directive.name == "rewrite" and len(args) >= 2:
                outcome = self._apply_rewrite_directive(args, level, request)
                if outcome is not None:
                    return outcome
            elif directive.name == "if" and self._is_if_condition_met(args, request, level):
                request.within = directive
                outcome = self._run_rewrite_directives(directive, request)
                if outcome is not None:
                    return outcome
        return None

    def _respond_to_return_directive(self, args, level, request):
        code = int(args[0]) if args[0].isdigit() else 302
        text = args[1] if len(args) > 1 else ("" if args[0].isdigit() else args[0])
        if code == 444:
            return NginxResponse("closed", 444, level)
        if code in (301, 302, 303, 307, 308) and text:
            return NginxResponse("redirect", self._fill_known_variables(text, request, level), level)
        return NginxResponse("status", code, level)

    def _apply_rewrite_directive(self, args, level, request):
        match = self._search_directive_pattern(level, args[0], request.uri, False)
        if not match:
            return None
        self._store_regex_captures(match, request)
        flag = args[2] if len(args) > 2 else ""
        if re.match(r"https?://|\$scheme", args[1]) or flag in ("redirect", "permanent"):
            return NginxResponse("redirect", self._fill_known_variables(args[1], request, level), level)
        target = self._expand_variables_or_none(args[1], request, level)
        if target is None:
            return None
        request.uri, request.internal, request.rewritten = target.split("?", 1)[0], True, flag != "break"
        return flag if flag in ("last", "break") else None

    def _note_rate_limits(self, level, request):
        if self.get_setting_in_force(level, "limit_req_dry_run") == "on":
            return
        for limit in self.list_directives_in_force(level, "limit_req"):
            words = dict(word.split("=", 1) for word in limit.args if "=" in word)
            key, rate = self.zones.get(words.get("zone"), (None, 0))
            if key is not None and self._expand_variables_or_none(key, request, level) and 0 < rate <= MAX_LOGIN_RATE:
                request.limited = True

    def _get_access_refusal_status(self, level, request):
        """Return the status that access control answers a stranger with, or None."""
        for block in self.list_directives_in_force(level, "limit_except"):
            if request.method not in block.args and not (request.method == "HEAD" and "GET" in block.args):
                level = block
        rules = self._list_access_rules_in_force(level)
        for rule in rules:
            if rule.args[:1] in (["all"], ["0.0.0.0/0"]):
                if rule.name == "deny":
                    return 403
                break
        asks = self.get_setting_in_force(level, "auth_basic", "off") != "off" and self.get_setting_in_force(
            level, "auth_basic_user_file"
        )
        return 401 if asks or self.get_setting_in_force(level, "auth_request", "off") != "off" else None

    def _list_access_rules_in_force(self, level):
        while level is not None:
            rules = [d for d in level.block or () if d.name in ("allow", "deny")]
            if rules:
                return rules
            level = level.parent
        return []


def parse_location_modifier_and_name(location):
    """Return ``(modifier, name)`` of a location block, also for ``location =/x`` written without a space."""
    args = location.args
    if len(args) >= 2:
        return args[0], args[1]
    name = args[0] if args else ""
    for modifier in ("^~", "~*", "=", "~"):
        if name.startswith(modifier):
            return modifier, name[len(modifier) :]
    return "", name


def list_server_names(server):
    """Return the names a server block claims, lower case; ``.x.test`` as both that it means."""
    names = []
    for directive in server.list_own_directives("server_name"):
        for name in directive.args:
            lower = name if name.startswith("~") else name.lower()
            names += [lower[1:], "*" + lower] if lower.startswith(".") else [lower]
    return names
