"""Apache's configuration as a tree, read the way httpd reads it.

Files are included in order; conditions on modules, defines, versions and files are decided where they stand, by what
was loaded and defined up to there; variables and macros are expanded. What remains are directives and sections.
"""

import fnmatch
import functools
import glob
import os
import re

from ansible.module_utils.luytre_shared.incidents import web_block_config
from ansible.module_utils.luytre_shared.os.area_reader import read_text

ROOT = "/etc/apache2"
MAIN = ROOT + "/apache2.conf"
ENVVARS = ROOT + "/envvars"
MAX_LINES = 200_000
MAX_DEPTH = 20
STATIC_MODULES = ("core", "so", "watchdog", "http", "log_config", "logio", "version", "unixd")


def load_apache_configuration(read_file=read_text):
    """Return the Configuration of the one instance that Debian sets up.

    ``read_file(path)`` gives a file's text or None.
    """
    return ApacheConfiguration(ROOT, parse_apache_envvars(read_text(ENVVARS) or ""), text_of=read_file).read(MAIN)


def parse_apache_envvars(text):
    """Return variables that envvars gives to the configuration.

    It is read, not run: the one instance that Debian sets up.
    """
    variables = {"SUFFIX": ""}
    for line in text.splitlines():
        if re.match(r"\s*(?:export\s+)?APACHE\w*=", line):
            for name, value in re.findall(r"\b(APACHE\w*)=(\"[^\"]*\"|'[^']*'|[^\s;]*)", line):
                plain_value = re.sub(
                    r"\$\{?(\w+)\}?", lambda match: variables.get(match.group(1), ""), value.strip("\"'")
                )
                variables[name] = plain_value
    return {name: value for name, value in variables.items() if name.startswith("APACHE")}


class ApacheDirective:
    """One directive: its name in lower case, its arguments, and where it stands."""

    __slots__ = ("args", "file", "line", "name", "text")

    def __init__(self, name, text, file, line):
        self.name, self.text, self.file, self.line = name.lower(), text, file, line
        self.args = split_apache_arguments(text)


class ApacheSection(ApacheDirective):
    """A directive with an inside."""

    __slots__ = ("inside",)

    def __init__(self, name, text, file, line, inside):
        super().__init__(name, text, file, line)
        self.inside = inside


class ApacheConfiguration:
    """The configuration as read: the tree, the modules loaded, the names defined, the files in order."""

    def __init__(self, server_root, variables, version=(2, 4, 0), text_of=read_text):
        self.server_root = server_root
        self.text_of = text_of
        self.variables = dict(variables)
        self.version = version
        self.defines = set()
        self.modules = set(STATIC_MODULES)
        self.module_files = {"core.c", "http_core.c", "mod_so.c", "mod_log_config.c", "mod_unixd.c", "mod_version.c"}
        self.files = []
        self.patterns = []
        self.problems = []
        self.tree = []
        self._macros = {}
        self._lines = 0
        self._hostile = False

    def read(self, path):
        """Read the main file and everything that it includes."""
        self.tree = self._read_file_nodes(path, 0)
        return self

    def read_hostile(self, text, path):
        """Return the tree of an ``.htaccess``.

        Conditions on modules are decided, nothing is included, loaded or defined.
        """
        other = ApacheConfiguration(self.server_root, {}, self.version)
        other.modules, other.module_files, other.defines = self.modules, self.module_files, self.defines
        other._hostile = True
        return other._parse_nodes(_Lines(text, path), None, 0)

    def absolute(self, path):
        """Return a path as httpd takes it: relative ones start at ServerRoot."""
        return os.path.normpath(os.path.join(self.server_root, path)) if path else path

    def _read_file_nodes(self, path, depth):
        text = web_block_config.drop_web_block_content_from_config(path, self.text_of(path))
        if text is None:
            self.problems.append("%s cannot be read" % path)
            return []
        self.files.append(path)
        return self._parse_nodes(_Lines(text, path), None, depth)

    def _parse_nodes(self, lines, end_tag, depth):
        nodes = []
        for number, line in lines:
            self._lines += 1
            if self._lines > MAX_LINES or depth > MAX_DEPTH:
                self.problems.append("%s:%d too much to read" % (lines.path, number))
                return nodes
            if line.startswith("</"):
                if end_tag is not None and line[2:].rstrip("> \t").lower() == end_tag:
                    return nodes
                self.problems.append("%s:%d unexpected %s" % (lines.path, number, line[:60]))
                continue
            line = self._expand_variables(line)
            if line.startswith("<"):
                nodes.extend(self._parse_section(line, number, lines, depth))
            else:
                name, _, text = line.partition(" ")
                nodes.extend(self._process_directive(ApacheDirective(name, text.strip(), lines.path, number), depth))
        return nodes

    def _parse_section(self, line, number, logical_lines, depth):
        match = re.match(r"<([A-Za-z]\w*)\s*(.*?)\s*>$", line)
        if not match:
            self.problems.append("%s:%d unclear section" % (logical_lines.path, number))
            return []
        name, text = match.group(1).lower(), match.group(2)
        if name == "macro" and not self._hostile:
            self._macros[text.split()[0].lower() if text else ""] = (
                text.split()[1:],
                logical_lines.take_lines_until_section_end(name),
            )
            return []
        verdict = self._evaluate_parse_time_section(name, text)
        if verdict is False:
            logical_lines.take_lines_until_section_end(name)
            return []
        inside = self._parse_nodes(logical_lines, name, depth + 1)
        return inside if verdict else [ApacheSection(name, text, logical_lines.path, number, inside)]

    def _evaluate_parse_time_section(self, name, text):
        """Return True or False for sections that are decided while reading, None for the others."""
        is_negated, operand = text.startswith("!"), text.strip("\"'").lstrip("!").strip("\"'")
        if name == "ifmodule":
            holds = operand in self.module_files or (operand.endswith("_module") and operand[:-7] in self.modules)
        elif name == "ifdefine":
            holds = operand in self.defines
        elif name == "iffile":
            holds = not self._hostile and os.path.exists(self.absolute(operand))
        elif name == "ifversion":
            holds = self._is_version_condition_met(operand)
        elif name in ("ifdirective", "ifsection"):
            holds = not is_negated
        else:
            return None
        return holds != is_negated

    def _is_version_condition_met(self, condition):
        match = re.match(r"(>=|<=|==|=|>|<)?\s*(\d+(?:\.\d+)*)$", condition)
        if not match:
            return True
        version = tuple(int(part) for part in match.group(2).split("."))
        mine = self.version[: len(version)]
        return {">=": mine >= version, "<=": mine <= version, ">": mine > version, "<": mine < version}.get(
            match.group(1), mine == version
        )

    def _process_directive(self, directive, depth):
        name, args = directive.name, directive.args
        if self._hostile:
            return [directive]
        if name in ("include", "includeoptional") and args:
            return [
                node for path in self._list_included_files(args[0]) for node in self._read_file_nodes(path, depth + 1)
            ]
        if name == "loadmodule" and len(args) > 1:
            self.modules.add(re.sub(r"_module$", "", args[0]))
            self.module_files.add(os.path.basename(args[1]).replace(".so", ".c"))
            if args[0] == "php_module":
                self.module_files.add("mod_php.c")
        elif name == "define" and args:
            self.defines.add(args[0])
            self.variables[args[0]] = args[1] if len(args) > 1 else ""
        elif name == "undefine" and args:
            self.defines.discard(args[0])
            self.variables.pop(args[0], None)
        elif name == "serverroot" and args:
            self.server_root = args[0]
        elif name == "use" and args and args[0].lower() in self._macros:
            return self._parse_expanded_macro(directive, depth)
        return [directive]

    def _parse_expanded_macro(self, directive, depth):
        parameters, body = self._macros[directive.args[0].lower()]
        values = dict(zip(parameters, directive.args[1:]))
        for parameter in sorted(values, key=len, reverse=True):
            body = [line.replace(parameter, values[parameter]) for line in body]
        return self._parse_nodes(_Lines("\n".join(body), directive.file, directive.line), None, depth + 1)

    def _list_included_files(self, pattern):
        path = self.absolute(pattern)
        self.patterns.append(path)
        paths = sorted(glob.glob(path)) if glob.has_magic(path) else [path]
        files = []
        for each in paths:
            if os.path.isdir(each):
                below = sorted(os.path.join(folder, name) for folder, _, names in os.walk(each) for name in names)
                files.extend(below)
            elif os.path.exists(each):
                files.append(each)
        return files

    def _expand_variables(self, line):
        return re.sub(r"\$\{(\w+)\}", lambda match: self.variables.get(match.group(1), match.group(0)), line)


class _Lines:
    """Logical lines of a file with their numbers: continued ones joined, blank ones and comments left out."""

    def __init__(self, text, path, number=None):
        self.path = path
        self._lines = iter(text.splitlines())
        self._number, self._fixed = 0, number

    def __iter__(self):
        return self

    def __next__(self):
        while True:
            line = self._read_physical_line()
            first = self._number
            while line.endswith("\\") and not line.endswith("\\\\"):
                try:
                    line = line[:-1] + self._read_physical_line()
                except StopIteration:
                    line = line[:-1]
            line = re.sub(r"\s+", " ", line.strip(), count=1) if not line.lstrip().startswith("<") else line.strip()
            if line and not line.startswith("#"):
                return self._fixed or first, line

    def _read_physical_line(self):
        line = next(self._lines)
        self._number += 1
        return line.rstrip()

    def take_lines_until_section_end(self, section_name):
        """Return the lines up to the end of a section, its end taken too."""
        depth, body = 1, []
        for _, line in self:
            tag = re.match(r"<(/?)(\w+)", line)
            if tag and tag.group(2).lower() == section_name:
                depth += -1 if tag.group(1) else 1
                if depth == 0:
                    break
            body.append(line)
        return body


def split_apache_arguments(text):
    """Return arguments as httpd splits them: quotes group, a backslash saves a quote."""
    groups = re.findall(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|(\S+)", text)
    return [
        re.sub(r"\\([\"'])", r"\1", double or single) if double or single else bare for double, single, bare in groups
    ]


def is_path_matched_by_wildcard(pattern, path):
    """Return whether a wildcard pattern fits a whole path, a ``*`` never passing a slash."""
    if not glob.has_magic(pattern):
        return pattern == path
    parts, path_parts = pattern.split("/"), path.split("/")
    return len(parts) == len(path_parts) and all(
        fnmatch.fnmatchcase(name, part) for part, name in zip(parts, path_parts)
    )


@functools.lru_cache(maxsize=20_000)
def compile_pcre_pattern(pattern):
    """Return a compiled PCRE, as near as Python has it; None when Python cannot. Others wrote it: it may never end."""
    flags = 0
    for letter, flag in (("i", re.IGNORECASE), ("s", re.DOTALL), ("m", re.MULTILINE)):
        if re.search(r"\(\?[a-z]*%s[a-z]*\)" % letter, pattern):
            flags |= flag
    pattern = (
        re.sub(r"\(\?[ismx]+\)", "", pattern).replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!")
    )
    try:
        return re.compile(pattern, flags)
    except (re.error, OverflowError, RecursionError):
        return None
