"""Which names are those of secrets, in English and Vietnamese, however they are written. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

NAME = r"[\w.\u0300-\u036f-]+"
"""A name in a text: accents may be letters of their own (NFD)."""


class SecretKind(Enum):
    """The kind of value that a name promises."""

    SECRET = "a secret, whatever stands there"  # noqa: S105
    KEY = "a key: a secret unless it is an ordinary value, such as a path"
    ABOUT = "a setting about secrets: one itself when it is assigned what is no ordinary value"
    LIKELY = "an everyday word: a secret when what stands there looks like one"


_SECRET = re.compile(
    r"(?:pass|passw(?:or)?d|passwort|pword|passphrase|passcode|pwd|(?:^|_)pw|(?:root|bind|user|db|admin)pw|(?:^"
    r"|_)psk|masterauth|(?:^|_)pin"
    r"|mat_?khau|(?:^|_)mk|mat_?ma|bi_?mat|ma_?pin|secret|token|jwt|(?:^|_)salt|(?:^|_)pepper|credentials?"
    r"|authorization|(?:^|_)cookie"
    r"|(?:^|_)(?:webhook|cleartext)"
    r"|(?:auth|logged_in|nonce|api|app|access|secret|private|pre_?shared|shared|encryption|signing|master|client"
    r"|license|site)_?key|khoa_(?:api|rieng)"
    r"|access_?key_?id|shared_?access_?key|account_?key)"
    r"(?:_?(?:\d+|old|new|test|dev|prod|live|base64|b64|hash|salt|cu|moi|db|csdl|root|admin|user|ftp|smtp|mail|api"
    r"|env))?\Z"
)
"""How the name of a secret ends; among them WordPress' eight keys and salts."""
_NO_SECRET = re.compile(
    r"(?:no|by|com|tres|first_|proxy|(?:proxy|fastcgi|uwsgi|scgi|grpc|memcached)_)pass(?:wd)?\Z"
    r"|(?:strict_mode_|same_?site_)?(?:use|session|secure)_cookie\Z|(?:^|_)http_cookie\Z|csrf_?token_name\Z"
    r"|\A(?:(?:nginx|apache)_server_tokens|web_cors_credentials)\Z"
)
"""The last line: controls, before the sites for which files of ours have them in force."""
_KEY = re.compile(r"_(?:key|khoa)(?:_?\d+)?\Z")
_NO_KEY = re.compile(
    r"(?:public|pub|primary|foreign|unique|cache|sort|host|authorized|known|partition|index|hash|group|gpg|certificate"
    r"|cert|zone|meta|registry|array|object|command|control|zone|trusted|ssl|tls|server|ca|accept|reg|row)_?key\Z"
)
_ABOUT = re.compile(
    r"passw(?:or)?d|passphrase|pwd|secret(?!ar)|token(?!iz)|mat_?khau|bi_?mat|(?:private|api)_?key|credential|(?:^"
    r"|_)(?:pass|mk)_"
)
_LIKELY = re.compile(r"\Akey\Z|(?:^|_)(?:auth(?:_?(?:str|tok))?|obfs)\Z|(?:^|_)community(?:_(?:string|name))?\Z")
SPACED_NAME = re.compile(
    r"(?i)m[aạâậ\u0300-\u036f]{1,3}t[ \t]k[hH][aâẩ\u0300-\u036f]{1,3}u(?:(?:[ \t]\w{1,20}){0,3}?(?=[ \t]*[:=])|[ "
    r"\t]l[àa])?"
)
"""A name of two words and more."""
_WORDLIKE = re.compile(
    r"(?i)(?:sha|md\d|hmac|aes|des|rsa|ssh-|ecdsa|sk-|ed25519|x25519|blake|argon|bcrypt|scram|cram|digest|ntlm|oauth"
    r"|xoauth|krb|gss|tls|ssl|x509|pam_|ldaps?|base64|AAAA[BCE])"
    r"|[\w.@+-]*\.[a-z]{2,12}\Z|[\d.:/T+-]++Z?\Z"
)
"""What a word that looks like a secret begins with or is, and is none: names of algorithms, files, hosts, moments."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_APART = re.compile(r"[.-]+")


@lru_cache(maxsize=4096)
def classify_name(name: str) -> SecretKind | None:
    """Return what the name says of its value; None: nothing."""
    plain = "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))
    word = _APART.sub("_", _HUMP.sub("_", plain.replace("đ", "d").replace("Đ", "D"))).lower().strip("_")
    if _NO_SECRET.search(word):
        return None
    if _SECRET.search(word):
        return SecretKind.SECRET
    if _KEY.search(word):
        return None if _NO_KEY.search(word) else SecretKind.KEY
    if _ABOUT.search(word):
        return SecretKind.ABOUT
    return SecretKind.LIKELY if _LIKELY.search(word) else None


def is_word_like_generated_secret(value: str) -> bool:
    """Return whether a word looks as if it was made up to be known to nobody: letters with digits among them."""
    return (
        8 <= len(value) <= 300
        and not any(char.isspace() or char in "/\\$%{}()<>[]" for char in value)
        and "=" not in value.rstrip("=")
        and any(map(str.isdigit, value))
        and any(map(str.isalpha, value))
        and _WORDLIKE.match(value) is None
    )


SOUNDS = (
    *(
        "pass",
        "pword",
        "pwd",
        "pw",
        "psk",
        "auth",
        "pin",
        "khau",
        "mk",
        "mat",
        "secret",
        "token",
        "jwt",
        "salt",
        "pepper",
    ),
    *("credential", "cookie", "webhook", "cleartext", "key", "khoa"),
    *("obfs", "community"),
)
"""Without one of these in it, in whatever case, a name in ASCII is of no ``SecretKind``."""


def has_none_of_words_in_text(text: str, words: Iterable[str]) -> bool:
    """Return whether none of these (in lower case) is in a text of ASCII: a quick no to patterns that need one.

    Other text gets no such answer.
    """
    if not text.isascii():
        return False
    lower = text.lower()
    return not any(word in lower for word in words)
