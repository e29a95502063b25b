"""What nginx's configuration sets at a level, and what its variables and patterns come to for a request."""

import re

from ansible.module_utils.luytre.parsers import foreign_patterns

VISITOR = "203.0.113.9"
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))")


def _strip_parentheses_of_condition(args):
    """Return the words of an ``if``, whatever spaces are beside its parentheses."""
    words = list(args)
    words[0] = words[0][1:] if words[0].startswith("(") else words[0]
    words[-1] = words[-1][:-1] if words[-1].endswith(")") else words[-1]
    words = [word for word in words if word] if len(words) > 3 else words
    if words and words[0] == "":
        words = words[1:]
    if words and words[-1] == "" and len(words) != 3:
        words = words[:-1]
    return words


class NginxSettings:
    """A configuration whose settings, variables and conditions can be asked for."""

    def __init__(self, config):
        self.config = config
        http = config.http.block if config.http else []
        self.maps = {d.args[1].lstrip("$"): d for d in http if d.name == "map" and len(d.args) == 2}
        self.geos = {d.args[-1].lstrip("$"): d for d in http if d.name == "geo" and d.args}
        self.upstreams = {
            d.args[0]: [s.args[0] for s in d.list_own_directives("server") if s.args]
            for d in http
            if d.name == "upstream" and d.args
        }
        self.zones = dict(filter(None, (_parse_limit_req_zone(d) for d in http if d.name == "limit_req_zone")))
        self._regexes = {}

    # --- settings -------------------------------------------------------------------------------------

    def list_directives_in_force(self, level, name):
        """Return the directives of that name in force at a level: those of the nearest level that has any."""
        while level is not None:
            directives = level.list_own_directives(name)
            if directives:
                return directives
            level = level.parent
        return []

    def get_setting_in_force(self, level, name, default=None):
        """Return the last argument list's first word of a directive in force at a level."""
        directives = self.list_directives_in_force(level, name)
        return directives[-1].args[0] if directives and directives[-1].args else default

    def get_document_root(self, level):
        """Return the document root in force at a level, or None for the compiled-in one or one that varies."""
        value = self.get_setting_in_force(level, "root")
        return value.rstrip("/") or "/" if value and "$" not in value else None

    def resolve_backend_addresses(self, address):
        """Return the addresses behind a ``*_pass`` argument, upstream names resolved: ``unix:/…`` or ``host:port``."""
        address = re.sub(r"^(?:https?|grpcs?)://", "", address)
        plain = address.rsplit("@", 1)[-1]
        name = plain.split("/", 1)[0]
        if plain.startswith("unix:"):
            return [":".join(plain.split(":")[:2])]
        return self.upstreams.get(name) or [name]

    # --- variables and conditions ---------------------------------------------------------------------

    def _is_if_condition_met(self, args, request, level):
        """Return whether an ``if`` condition is surely met."""
        words = _strip_parentheses_of_condition(args)
        if len(words) == 1:
            value = self._expand_variables_or_none(words[0], request, level)
            return bool(value) and value != "0"
        if len(words) == 2 and words[0].lstrip("!") in ("-f", "-d", "-e", "-x"):
            return self._is_file_test_met(words[0], words[1], request, level)
        if len(words) != 3:
            return False
        value = self._expand_variables_or_none(words[0], request, level)
        if value is None:
            return False
        if words[1] in ("=", "!="):
            other = self._expand_variables_or_none(words[2], request, level)
            return other is not None and (value == other) == (words[1] == "=")
        match = self._search_directive_pattern(level, words[2], value, words[1].endswith("*"))
        if words[1].startswith("!"):
            return match is None
        if match:
            self._store_regex_captures(match, request)
        return bool(match)

    def _is_file_test_met(self, test, path, request, level):
        tested_path = self._expand_variables_or_none(path, request, level)
        root = self.get_document_root(level)
        if tested_path is None:
            return False
        if root and tested_path.startswith(root + "/"):
            tested_path = tested_path[len(root) :]
        there = (
            request.exists(re.sub(r"/+", "/", tested_path)) if not test.endswith("d") else tested_path.rstrip("/") == ""
        )
        if test.endswith("e") and tested_path.rstrip("/") == "":
            there = True
        return there != test.startswith("!")

    def _store_regex_captures(self, match, request):
        for number, value in enumerate(match.groups(), 1):
            request.variables[str(number)] = value or ""
        for name, value in match.groupdict().items():
            request.variables[name] = value or ""

    def _search_directive_pattern(self, directive, pattern, text, fold):
        """Return where a pattern that stands in a directive's file fits in a text."""
        foreign_patterns.note_file_of_next_pattern(directive.file)
        key = (pattern, fold)
        if key not in self._regexes:
            try:
                source = re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern)
                self._regexes[key] = re.compile(source, re.IGNORECASE if fold else 0)
            except (re.error, OverflowError, RecursionError):
                self._regexes[key] = None
        regex = self._regexes[key]
        return regex.search(text) if regex else None

    def _fill_known_variables(self, text, request, level):
        """Return the text with what is known filled in; unknown variables stay as they are."""
        return _VARIABLE.sub(
            lambda match: _get_value_or_default(
                self._get_variable_value(match.group(1) or match.group(2), request, level), match.group(0)
            ),
            text,
        )

    def _expand_variables_or_none(self, text, request, level):
        """Return the text with every variable filled in, or None when one is unknown."""
        parts = []
        at = 0
        for match in _VARIABLE.finditer(text):
            value = self._get_variable_value(match.group(1) or match.group(2), request, level)
            if value is None:
                return None
            parts += [text[at : match.start()], value]
            at = match.end()
        return "".join([*parts, text[at:]])

    def _get_variable_value(self, name, request, level, depth=0):
        if name in request.variables:
            return request.variables[name]
        if name in self.maps and depth < 8:
            return self._look_up_map_value(self.maps[name], request, level, depth + 1)
        if name in self.geos:
            default = self.geos[name].list_own_directives("default")
            return default[-1].args[0] if default and default[-1].args else ""
        if name in ("fastcgi_script_name", "fastcgi_path_info"):
            return self._get_fastcgi_script_part(name, request, level)
        root = self.get_document_root(level) or ""
        variables = {
            "uri": request.uri,
            "document_uri": request.uri,
            "request_uri": request.original,
            "host": request.host,
            "http_host": request.host,
            "scheme": request.scheme,
            "https": "on" if request.scheme == "https" else "",
            "request_method": request.method,
            "args": request.args,
            "query_string": request.args,
            "is_args": "?" if request.args else "",
            "server_port": str(request.port),
            "remote_addr": VISITOR,
            "binary_remote_addr": VISITOR,
            "remote_user": "",
            "document_root": root,
            "realpath_root": root,
            "request_filename": root + request.uri,
            "http_user_agent": "Mozilla/5.0",
            "server_name": request.host,
        }
        if name in variables:
            return variables[name]
        return "" if name.startswith(("http_", "cookie_", "arg_", "upstream_http_")) else None

    def _get_fastcgi_script_part(self, name, request, level):
        split = self.list_directives_in_force(level, "fastcgi_split_path_info")
        match = (
            self._search_directive_pattern(split[-1], split[-1].args[0], request.uri, False)
            if split and split[-1].args
            else None
        )
        if match and len(match.groups()) == 2:
            return match.group(1 if name == "fastcgi_script_name" else 2)
        return request.uri if name == "fastcgi_script_name" else ""

    def _look_up_map_value(self, table, request, level, depth):
        source = self._expand_variables_at_depth(table.args[0], request, level, depth)
        if source is None:
            return None
        default, regex = "", None
        for row in table.block or ():
            if row.name in ("hostnames", "volatile") and not row.args:
                continue
            if not row.args:
                continue
            key = row.name
            if key == "default":
                default = row.args[0]
            elif key.startswith("~"):
                fold = key.startswith("~*")
                if regex is None and self._search_directive_pattern(row, key[2 if fold else 1 :], source, fold):
                    regex = row.args[0]
            elif key.lstrip("\\").lower() == source.lower():
                return self._expand_variables_at_depth(row.args[0], request, level, depth)
        return self._expand_variables_at_depth(default if regex is None else regex, request, level, depth)

    def _expand_variables_at_depth(self, text, request, level, depth):
        values = []
        at = 0
        for match in _VARIABLE.finditer(text):
            value = self._get_variable_value(match.group(1) or match.group(2), request, level, depth)
            if value is None:
                return None
            values += [text[at : match.start()], value]
            at = match.end()
        return "".join([*values, text[at:]])


def _get_value_or_default(value, other):
    return other if value is None else value


def _parse_limit_req_zone(directive):
    """Return ``(name, (key, requests a second))`` of a limit_req_zone."""
    words = dict(word.split("=", 1) for word in directive.args[1:] if "=" in word)
    rate = re.fullmatch(r"(\d{1,9})r/([sm])", words.get("rate", ""))
    if not directive.args or "zone" not in words or not rate:
        return None
    a_second = int(rate.group(1)) / (60 if rate.group(2) == "m" else 1)
    return words["zone"].split(":")[0], (directive.args[0], a_second)
