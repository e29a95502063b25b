"""Constants and settings of a PHP configuration file, so that they surely count. Nothing is ever run. Pure: bytes in, bytes out."""

import re

from ansible.module_utils.luytre._php import LITERAL, LOADS_THE_REST, Source, assignments, definitions

CONSTANT = re.compile(r"\A[A-Za-z_][A-Za-z0-9_]{0,99}\Z")
PLAIN_TEXT = re.compile(r"\A[A-Za-z0-9 ._:/@-]{0,200}\Z")


def define(content, constant, value):
    """The file with the constant defined as wanted; the same bytes when it is so already. Raises ValueError."""
    if not CONSTANT.match(constant):
        raise ValueError("not a constant's name: %r" % constant)
    literal = _literal(value)
    text = content.decode("latin-1")
    found = definitions(Source(text), constant)
    text = _with_value(text, found, literal)
    if not any(one.sure for one in found):
        text = _with_line(text, "defined( '%s' ) || define( '%s', %s );" % (constant, constant, literal))
    edited = text.encode("latin-1")
    if not is_sure(edited, constant, value):
        raise ValueError("no place in it that surely runs before the rest is loaded")
    return edited


def defined(content, constant):
    """The values of the constant's active definitions, for showing; all but plain literals are hidden."""
    return _shown(definitions(Source(content.decode("latin-1")), constant))


def is_sure(content, constant, value):
    """Whether the file surely defines the constant with that value (``true``, ``false``, a number or plain text)."""
    found = definitions(Source(content.decode("latin-1")), constant)
    return any(one.sure for one in found) and all(_is(one.literal, _literal(value)) for one in found)


def assign(content, form, name, value):
    """The file with a setting that it has changed to what is wanted; the same bytes without one. Raises ValueError."""
    literal = _literal(value)
    text = content.decode("latin-1")
    edited = _with_value(text, assignments(Source(text), form, name), literal)
    if not all(one.sure and _is(one.literal, literal) for one in assignments(Source(edited), form, name)):
        raise ValueError("it is set where it may not run")
    return edited.encode("latin-1")


def assigned(content, form, name):
    """The values that a setting is given, for showing; all but plain literals are hidden."""
    return _shown(assignments(Source(content.decode("latin-1")), form, name))


def _with_value(text, found, literal):
    for one in reversed(found):
        if not _is(one.literal, literal):
            blank = " " if text[one.end - 1 : one.end] == " " else ""
            text = text[: one.start] + literal + blank + text[one.end :]
    return text


def _shown(found):
    return ", ".join(one.literal if LITERAL.match(one.literal) else "…" for one in found) or "none"


def _is(present, literal):
    return present == literal or (LITERAL.match(literal) is not None and present.lower() == literal)


def _literal(value):
    if LITERAL.match(value):
        return value.lower()
    if PLAIN_TEXT.match(value):
        return "'%s'" % value
    raise ValueError("not a value that can be defined: %r" % value)


def _with_line(text, statement):
    source = Source(text)
    for match in LOADS_THE_REST.finditer(source.code):
        if source.bare[match.start()] != "'":
            statement_before = max(source.bare.rfind(mark, 0, match.start()) for mark in "{};") + 1
            start = max(text.rfind("\n", 0, match.start()) + 1, statement_before)
            return text[:start] + statement + ("\r\n" if "\r\n" in text else "\n") + text[start:]
    raise ValueError("no line that loads wp-settings.php: nowhere to define a constant")
