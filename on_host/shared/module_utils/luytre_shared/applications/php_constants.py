"""Constants and settings of a PHP configuration file, so that they surely count.

Nothing is ever run. Pure: bytes in, bytes out.
"""

import re

from ansible.module_utils.luytre_shared.parsers.php_source import (
    LITERAL,
    LOADS_THE_REST,
    PhpSource,
    find_constant_definitions,
    find_setting_assignments,
)

CONSTANT = re.compile(r"\A[A-Za-z_][A-Za-z0-9_]{0,99}\Z")
PLAIN_TEXT = re.compile(r"\A[A-Za-z0-9 ._:/@-]{0,200}\Z")


def define_constant_in_php_source(content, constant, value):
    """Return the file with the constant defined as wanted; the same bytes when it is so already. Raises ValueError."""
    if not CONSTANT.match(constant):
        raise ValueError("not a constant's name: %r" % constant)
    literal = _make_literal(value)
    text = content.decode("latin-1")
    places = find_constant_definitions(PhpSource(text), constant)
    text = _replace_values(text, places, literal)
    if not any(place.sure for place in places):
        text = _insert_statement_before_wp_settings(
            text, "defined( '%s' ) || define( '%s', %s );" % (constant, constant, literal)
        )
    new_content = text.encode("latin-1")
    if not is_constant_surely_defined_with_value(new_content, constant, value):
        raise ValueError("no place in it that surely runs before the rest is loaded")
    return new_content


def describe_definitions(content, constant):
    """Return the values of the constant's active definitions, for showing; all but plain literals are hidden."""
    return _join_literals(find_constant_definitions(PhpSource(content.decode("latin-1")), constant))


def is_constant_surely_defined_with_value(content, constant, value):
    """Return whether the file surely defines the constant with that value (``true``, ``false``, a number or plain
    text).
    """
    places = find_constant_definitions(PhpSource(content.decode("latin-1")), constant)
    return any(place.sure for place in places) and all(
        _is_same_literal(place.literal, _make_literal(value)) for place in places
    )


def change_assigned_setting_in_php_source(content, setting_form, name, value):
    """Return the file with a setting that it has changed to what is wanted; the same bytes without one.

    Raises ValueError.
    """
    literal = _make_literal(value)
    text = content.decode("latin-1")
    new_text = _replace_values(text, find_setting_assignments(PhpSource(text), setting_form, name), literal)
    if not all(
        place.sure and _is_same_literal(place.literal, literal)
        for place in find_setting_assignments(PhpSource(new_text), setting_form, name)
    ):
        raise ValueError("it is set where it may not run")
    return new_text.encode("latin-1")


def describe_assignments(content, setting_form, name):
    """Return the values that a setting is given, for showing; all but plain literals are hidden."""
    return _join_literals(find_setting_assignments(PhpSource(content.decode("latin-1")), setting_form, name))


def _replace_values(text, places, literal):
    for place in reversed(places):
        if not _is_same_literal(place.literal, literal):
            blank = " " if text[place.end - 1 : place.end] == " " else ""
            text = text[: place.start] + literal + blank + text[place.end :]
    return text


def _join_literals(places):
    return ", ".join(place.literal if LITERAL.match(place.literal) else "…" for place in places) or "none"


def _is_same_literal(present_literal, literal):
    return present_literal == literal or (LITERAL.match(literal) is not None and present_literal.lower() == literal)


def _make_literal(value):
    if LITERAL.match(value):
        return value.lower()
    if PLAIN_TEXT.match(value):
        return "'%s'" % value
    raise ValueError("not a value that can be defined: %r" % value)


def _insert_statement_before_wp_settings(text, statement):
    source = PhpSource(text)
    for match in LOADS_THE_REST.finditer(source.code):
        if source.bare[match.start()] != "'":
            statement_before = max(source.bare.rfind(mark, 0, match.start()) for mark in "{};") + 1
            start = max(text.rfind("\n", 0, match.start()) + 1, statement_before)
            return text[:start] + statement + ("\r\n" if "\r\n" in text else "\n") + text[start:]
    raise ValueError("no line that loads wp-settings.php: nowhere to define a constant")
