"""What sshd itself says of its configuration, and the configuration's lines in the order in which sshd reads them."""

import glob
import os

from ansible.module_utils.luytre import _stake
from ansible.module_utils.luytre._reading import read_text

CONFIG = "/etc/ssh/sshd_config"
LISTS = {
    "acceptenv": None,
    "allowgroups": None,
    "allowusers": None,
    "authenticationmethods": None,
    "authorizedkeysfile": None,
    "ciphers": ",",
    "denygroups": None,
    "denyusers": None,
    "hostkey": None,
    "kexalgorithms": ",",
    "listenaddress": None,
    "macs": ",",
}
"""Keywords that carry several values, and what separates them on one line (None: blanks)."""
RENAMED = {"challengeresponseauthentication": "kbdinteractiveauthentication"}
MAX_INCLUDES = 16
MAX_LINES = 5000


def effective(reading, *options):
    """``sshd -T`` as a dict: lower-case keyword to text, whole number or list of texts."""
    return parse(ask(reading, *options))


def ask(reading, *options):
    """What ``sshd -T`` says, as text. Raises NotRun when another than root could change what sshd believes."""
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    return reading.run(["sshd", "-T", *options], at_stake=[_stake.OPENSSL, *_stake.tree(CONFIG, _includes)])


def _includes(text):
    settings = (split(raw) for raw in text.splitlines()[:MAX_LINES])
    return [
        os.path.join("/etc/ssh", one) for keyword, value in settings if keyword == "include" for one in words(value)
    ]


def parse(text):
    settings = {key: [] for key in LISTS}
    for line in text.splitlines():
        key, _, value = line.strip().partition(" ")
        key = RENAMED.get(key, key)
        if key in LISTS:
            settings[key] += [part for part in value.split(LISTS[key]) if part]
        else:
            settings[key] = int(value) if value.isdigit() and len(value) < 10 else value
    return settings


def lines(path=CONFIG, match=None, depth=0):
    """``(file, line, criteria, keyword, value)`` of every setting, includes followed.

    ``criteria`` is the text after ``Match`` that the line stands under, None for the general part; ``keyword`` is in
    lower case.
    """
    text = read_text(path)
    if text is None or depth > MAX_INCLUDES:
        return
    here = match
    for number, raw in enumerate(text.splitlines()[:MAX_LINES], 1):
        keyword, value = split(raw)
        if not keyword:
            continue
        if keyword == "match":
            here = value
        elif keyword == "include":
            for pattern in words(value):
                for included in sorted(glob.glob(os.path.join("/etc/ssh", pattern))):
                    for found in lines(included, here, depth + 1):
                        yield found
        else:
            yield path, number, here, RENAMED.get(keyword, keyword), value


def split(raw):
    """Keyword in lower case and the rest of a line; ``("", "")`` for a comment or nothing."""
    line = raw.strip()
    if not line or line.startswith("#"):
        return "", ""
    end = next((index for index, char in enumerate(line) if char in " \t="), len(line))
    rest = line[end:].lstrip()
    if rest.startswith("="):
        rest = rest[1:]
    return line[:end].lower().strip('"'), rest.strip()


def words(value):
    """The arguments of a line, quotes taken off, a trailing comment left out."""
    found, word, quote = [], "", None
    for char in value + " ":
        if quote:
            word, quote = (word, None) if char == quote else (word + char, quote)
        elif char == '"':
            quote = char
        elif char == "#" and not word:
            break
        elif char in " \t":
            if word:
                found.append(word)
            word = ""
        else:
            word += char
    return found
