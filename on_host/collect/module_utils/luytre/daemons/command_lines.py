"""Tell what a command line of cron or a unit runs."""

import os
import re
import shlex

_INTERPRETERS = re.compile(
    r"^(?:ba|da|k|z)?sh$|^(?:php|python|perl|ruby)[\d.]*$|^(?:nice|ionice|nohup|env|timeout|flock|chronic|exec|\{|if"
    r"|then|else|do|!)$"
)
ASSIGNMENT = re.compile(r"^\s*[A-Za-z_]\w*\s*=")


def parse_programs_of_command(command):
    """Return absolute paths that a command line runs or hands to an interpreter, before any redirection.

    A quoted word with blanks in it is a path only where there is such a file; after ``-c`` it is a command line itself.
    """
    try:
        reader = shlex.shlex(command.replace("%", " "), posix=True, punctuation_chars=";&|()")
        reader.whitespace_split = True
        reader.commenters = ""
        words = list(reader)
    except ValueError:
        words = command.split()
    paths = []
    expects, interprets, before = True, False, ""
    for word in words:
        before, last = word, before
        if not word.strip(";&|()"):
            expects, interprets = True, False
        elif re.match(r"^\d*[<>]", word):
            expects = interprets = False
        elif interprets and re.match(r"^-[a-z]*c$", last):
            paths += parse_programs_of_command(word)
            expects = interprets = False
        elif expects and not ASSIGNMENT.match(word) and not word.startswith("-"):
            if word.startswith("/") and (len(word.split()) == 1 or os.path.exists(word)):
                paths.append(word)
            is_one = _INTERPRETERS.match(os.path.basename(word) if word.startswith("/") else word) is not None
            interprets = interprets or is_one
            expects = is_one or word.isdigit()
    return paths[:10]
