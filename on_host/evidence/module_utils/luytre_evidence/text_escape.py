"""Names and texts of anybody's, written so that they stay one word or one line."""

import os
from urllib.parse import quote_from_bytes


def escape_path(path):
    """Return the path with ``%`` and all that is not printed spelt as ``%0A``; bytes that are no UTF-8 too."""
    return "".join(char if char.isprintable() and char != "%" else _percent_encode_char(char) for char in path)


def escape_for_mactime(path):
    """Return the same for a program that undoes one spelling as it reads, and loses names with the end of a line in
    them without a word.
    """
    return escape_path(path).replace("%", "%25").replace("|", "%257C")


def escape_line(text):
    """Return the text with what would end its line, or do something to a terminal, spelt out."""
    return "".join(char if char.isprintable() else "\\x%02x" % ord(char) for char in text)


def _percent_encode_char(char):
    return quote_from_bytes(os.fsencode(char), safe="")
