"""Names and texts of anybody's, written so that they stay one word or one line."""

import os
from urllib.parse import quote_from_bytes


def written(path):
    """The path with ``%`` and all that is not printed spelt as ``%0A``; bytes that are no UTF-8 too."""
    return "".join(one if one.isprintable() and one != "%" else _spelt(one) for one in path)


def for_mactime(path):
    """The same for a program that undoes one spelling as it reads, and loses names with the end of a line in them without a word."""
    return written(path).replace("%", "%25").replace("|", "%257C")


def one_line(text):
    """The text with what would end its line, or do something to a terminal, spelt out."""
    return "".join(one if one.isprintable() else "\\x%02x" % ord(one) for one in text)


def _spelt(letter):
    return quote_from_bytes(os.fsencode(letter), safe="")
