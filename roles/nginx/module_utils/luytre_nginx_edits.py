"""Put directives of an nginx configuration out of force, put lines of ours in, and take both back. Pure."""

import re

from ansible.module_utils.luytre_shared.incidents import web_block_config

ADDED_MARK = " # luytre: added"
BROKEN_MARK = " # luytre: broken\n"
_ADDED_LINE = re.compile(r"^[^\n]* # luytre: added\n", re.MULTILINE)
_PUT_OUT = re.compile(r"# luytre: put out for [a-z0-9_.]+: ")


def restore(text):
    """Return the vendor's own text: our lines gone, its lines back."""
    return _PUT_OUT.sub("", _ADDED_LINE.sub("", text).replace(BROKEN_MARK, ""))


def apply_edits(text, put_out, insert):
    """Return the text with its directives put out and our lines put in."""
    changes = [(start, end, control, None) for (start, end), control in put_out.items()]
    changes += [(at, at, None, lines) for at, lines in insert.items()]
    for start, end, control, lines in sorted(changes, key=lambda change: change[:2], reverse=True):
        if lines is None:
            text = _put_out_directive(text, start, end, control)
        else:
            text = _insert_lines(text, start, lines)
    return text


def _put_out_directive(text, start, end, control):
    before, directive, after = text[:start], text[start:end], text[end:]
    mark = "# luytre: put out for %s: " % control
    marked_text = "\n".join(mark + line for line in directive.split("\n"))
    if before.rpartition("\n")[2].strip():
        marked_text = BROKEN_MARK + marked_text
    rest = after.partition("\n")[0].strip()
    return before + marked_text + (BROKEN_MARK if rest and not rest.startswith("#") else "") + after


def _insert_lines(text, at, lines):
    before, after = text[:at], text[at:]
    start = before.rpartition("\n")[2]
    indent = start[: len(start) - len(start.lstrip())] + "    "
    added_text = "".join("%s%s%s\n" % (indent, line, ADDED_MARK) for line in lines)
    rest = after.partition("\n")[0]
    if not rest.strip() or rest.lstrip().startswith("#"):
        first = web_block_config.match_own_include_lines_at_start(after[len(rest) + 1 :])
        return before + rest + "\n" + first + added_text + after[len(rest) + 1 + len(first) :]
    return before + BROKEN_MARK + added_text + after
