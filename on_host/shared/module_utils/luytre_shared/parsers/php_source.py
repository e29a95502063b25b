"""PHP configuration files read as text: which constants and settings surely count. Nothing is ever run."""

import re

MAX_DEFINITIONS = 50
LITERAL = re.compile(r"\A(?:true|false|null|-?\d{1,18})\Z", re.IGNORECASE)
_OPEN = re.compile(r"<\?(?:php\b|=)", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?P<comment>/\*.*?(?:\*/|\Z)|//[^\n]*?(?=\?>|\n|\Z)|\#(?!\[)[^\n]*?(?=\?>|\n|\Z))"
    r"|(?P<heredoc><<<[ \t]*(?P<quote>['\"]?)(?P<label>[A-Za-z_]\w*)(?P=quote)\r?\n.*?(?:^[ \t]*(?P=label)\b|\Z))"
    r"|(?P<string>'(?:[^'\\]|\\.)*(?:'|\Z)|\"(?:[^\"\\]|\\.)*(?:\"|\Z)|`(?:[^`\\]|\\.)*(?:`|\Z))"
    r"|(?P<close>\?>)",
    re.DOTALL | re.MULTILINE,
)
UNKNOWN = "unknown"
_LOADS = re.compile(r"\b(?:require|include)(?:_once)?\b", re.IGNORECASE)
LOADS_THE_REST = re.compile(
    r"\b(?:require|include)(?:_once)?\b[^;{}]{0,500}?wp-settings\.php[^;{}]{0,500};", re.IGNORECASE
)


class PhpSource:
    """Two views of a file at the same offsets: ``code`` without comments and HTML, ``bare`` without strings too."""

    def __init__(self, text):
        self.text = text
        code, bare = [" "] * len(text), [" "] * len(text)
        start = _OPEN.search(text)
        while start is not None:
            bare[start.end() - 1] = ";"
            start = _OPEN.search(text, self._split_code_from_text(code, bare, start.end()))
        self.code, self.bare = "".join(code), "".join(bare)

    def _split_code_from_text(self, code, bare, position):
        for token in _TOKEN.finditer(self.text, position):
            code[position : token.start()] = bare[position : token.start()] = self.text[position : token.start()]
            position = token.end()
            if token.group("close"):
                bare[token.start()] = ";"
                return position
            if token.group("string"):
                code[token.start() : position] = token.group()
                bare[token.start() : position] = "'" * (position - token.start())
        code[position:] = bare[position:] = self.text[position:]
        return len(self.text)


class _Definition:
    """An active ``define('NAME', value)`` or ``const NAME = value``: where its value stands, whether it surely runs."""

    def __init__(self, start, end, literal, sure):
        self.start, self.end, self.literal, self.sure = start, end, literal, sure


def find_constant_definitions(source, constant):
    """Return the active definitions of a constant in a PhpSource, in order.

    Raises ValueError when there are too many.
    """
    name = re.escape(constant)
    define = re.compile(r"(?<![\w$>:\\])(?i:define)\s*\(\s*(?:'%s'|\"%s\")\s*,\s*" % (name, name))
    const = re.compile(r"\b(?i:const)\s+%s\s*=\s*" % name)
    candidates = [(match, ")") for match in define.finditer(source.code)] + [
        (match, ";") for match in const.finditer(source.code)
    ]
    active = [(match, terminator) for match, terminator in candidates if source.bare[match.start()] != "'"]
    if len(active) > MAX_DEFINITIONS:
        raise ValueError("defines %s %d times" % (constant, len(active)))
    return [
        _Definition(
            match.end(),
            end,
            source.text[match.end() : end].strip(),
            _is_statement_surely_run(source, match.start(), constant),
        )
        for match, terminator in sorted(active, key=lambda item: item[0].start())
        for end in [_find_end_of_value(source.bare, match.end(), terminator)]
    ]


def _find_end_of_value(bare, position, terminator):
    depth = 0
    while position < len(bare) and not (depth == 0 and bare[position] in (terminator, ",", ";")):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(bare[position], 0)
        position += 1
    return position


def _is_statement_surely_run(source, start, constant):
    """Return whether a statement surely runs.

    It stands at the top level of the file, as a statement of its own, after ``defined(…) ||`` or in ``if
    (!defined(…)) {``.
    """
    guard_match = re.search(
        r"\bif\s*\(\s*!\s*defined\s*\(\s*['\"]%s['\"]\s*\)\s*\)\s*\{\s*\Z" % re.escape(constant), source.code[:start]
    )
    if guard_match is not None:
        outside = source.bare[: guard_match.start()].rstrip()
        return outside.count("{") == outside.count("}") and outside[-1:] in ("", ";", "}")
    before = source.bare[:start]
    begin = max(before.rfind(mark) for mark in "{};") + 1
    guard = r"\A(?:defined\s*\(\s*(?:'%s'|\"%s\")\s*\)\s*\|\|)?\Z" % (re.escape(constant), re.escape(constant))
    return before.count("{") == before.count("}") and re.match(guard, source.code[begin:start].strip()) is not None


def is_constant_defined(content, constant):
    """Return whether the file has an active definition of the constant, sure or not."""
    return bool(find_constant_definitions(PhpSource(content.decode("latin-1")), constant))


def read_php_constants(content, constant_names):
    """Return what the file makes of each constant before it loads the rest of WordPress.

    ``True``, ``False`` (null too), a whole number or a text; ``None`` when it defines none; ``UNKNOWN`` when only
    running it would tell: a condition, an expression, or nothing here and another file that it loads.
    """
    source = PhpSource(content.decode("utf-8", "replace"))
    loads = [match.start() for match in _LOADS.finditer(source.code) if source.bare[match.start()] != "'"]
    rest = [match.start() for match in LOADS_THE_REST.finditer(source.code) if source.bare[match.start()] != "'"]
    end = rest[0] if rest else len(source.text)
    others = any(position < end for position in loads)
    return {name: _evaluate_constant(source, name, end, others) for name in constant_names}


def _evaluate_constant(source, constant, end, loads_other_files):
    try:
        matches = [definition for definition in find_constant_definitions(source, constant) if definition.start < end]
    except ValueError:
        return UNKNOWN
    if not matches:
        return UNKNOWN if loads_other_files else None
    values = [_evaluate_php_literal(definition.literal) for definition in matches]
    if matches[0].sure:
        return values[0]
    return (
        values[0]
        if any(definition.sure for definition in matches)
        and all(_is_same_typed_value(value, values[0]) for value in values)
        else UNKNOWN
    )


def _is_same_typed_value(value, other):
    return type(value) is type(other) and value == other


def _evaluate_php_literal(literal):
    if LITERAL.match(literal):
        word = literal.lower()
        return word == "true" if word in ("true", "false", "null") else int(literal)
    text = re.match(r"\A(?:'((?:[^'\\]|\\.)*)'|\"([^\"\\$]*)\")\Z", literal, re.DOTALL)
    if text is None:
        return UNKNOWN
    return re.sub(r"\\(['\\])", r"\1", text.group(1)) if text.group(1) is not None else text.group(2)


def find_variable_text(content, name):
    """Return the plain text that ``$name`` is surely given first, or None."""
    source = PhpSource(content.decode("utf-8", "replace"))
    for match in re.finditer(r"\$%s\s*=\s*(?:'([^'\\]*)'|\"([^\"\\$]*)\")\s*;" % re.escape(name), source.code):
        if source.bare[match.start()] == "$":
            before = source.bare[: match.start()]
            sure = before.count("{") == before.count("}")
            return (match.group(1) if match.group(1) is not None else match.group(2)) if sure else None
    return None


# --- settings -------------------------------------------------------------------------------------------

PROPERTY = "property"
"""A property of the one class that the file is: ``public $debug = false;``."""
GLOBAL = "global"
"""A member of an array: ``$global_config['version'] = '4.5.06';``; named
``global_config.version``.
"""
_FORMS = {
    PROPERTY: (1, r"\b(?:public|protected|private|var)\s+(?:\??[A-Za-z]\w{0,40}\s+)?\$(%s)\s*=(?!=)\s*"),
    GLOBAL: (0, r"\$(%s)\s*\[\s*(?:'%s'|\"%s\")\s*\]\s*=(?![=>])\s*"),
}
FORMS = tuple(_FORMS)


def find_setting_assignments(source, assignment_form, setting_name):
    """Return the active assignments of a setting in a PhpSource, in order. Raises ValueError for too many of them."""
    depth, pattern = _FORMS[assignment_form]
    array, _, key = setting_name.rpartition(".")
    words = (array, key, key) if assignment_form == GLOBAL else (setting_name,)
    results = []
    for match in re.finditer(pattern % tuple(map(re.escape, words)), source.code):
        if source.bare[match.start()] == "'":
            continue
        before = source.bare[: match.start()]
        begin = max(before.rfind(mark) for mark in "{};") + 1
        sure = before.count("{") - before.count("}") == depth and not before[begin:].strip()
        end = _find_end_of_value(source.bare, match.end(), ";")
        results.append(_Definition(match.end(), end, source.text[match.end() : end].strip(), sure))
        if len(results) > MAX_DEFINITIONS:
            raise ValueError("sets %s more than %d times" % (setting_name, MAX_DEFINITIONS))
    return results


def read_php_settings(content, assignment_form, setting_names):
    """Return what each setting is when the file has been loaded: as in ``read_php_constants``, or a list of texts.

    The last one counts.
    """
    source = PhpSource(content.decode("utf-8", "replace"))
    return {name: _evaluate_php_setting(source, assignment_form, name) for name in setting_names}


def _evaluate_php_setting(source, assignment_form, setting_name):
    try:
        matches = find_setting_assignments(source, assignment_form, setting_name)
    except ValueError:
        return UNKNOWN
    if not matches:
        return None
    return _parse_php_list_literal(matches[-1].literal) if all(assignment.sure for assignment in matches) else UNKNOWN


def _parse_php_list_literal(literal):
    """Return a plain value, or a plain list of texts."""
    brackets = re.match(r"\A(?:(?i:array)\s*\(|\[)(.*)[\])]\Z", literal, re.DOTALL)
    if brackets is None:
        return _evaluate_php_literal(literal)
    texts = re.findall(r"'([^'\\]*)'|\"([^\"\\$]*)\"", brackets.group(1))
    rest = re.sub(r"'[^'\\]*'|\"[^\"\\$]*\"", "", brackets.group(1))
    return [single or other for single, other in texts] if re.match(r"[\s,]*\Z", rest) else UNKNOWN
