"""Settings of an application out of one of its PHP files, and what PHP's loose truth makes of them.

Secrets stay on the host.
"""

import hashlib

from ansible.module_utils.luytre_shared.os.area_reader import read_text_below
from ansible.module_utils.luytre_shared.parsers import php_source

MAX_READ = 200_000
LONG = 16
"""Characters from which on a secret can be told by a fingerprint without being guessed by it."""
MAX_SHOWN = 80


def read_settings_of_php_file(folder, file, assignment_form, setting_names):
    """Return names to values as ``php_source.read_php_settings`` has them, or None when there is no such file."""
    text = read_text_below(folder, file, MAX_READ)
    return (
        None
        if text is None
        else php_source.read_php_settings(text.encode("utf-8", "replace"), assignment_form, setting_names)
    )


def convert_to_php_truth(php_value):
    """Return whether PHP takes it for true; None when it is not set."""
    if php_value is None or php_value == php_source.UNKNOWN:
        return php_value
    return php_value not in (False, 0, "", "0", [])


def is_text_set(value):
    """Return whether a text is there at all, without the text."""
    return value if value == php_source.UNKNOWN else bool(value)


def convert_to_whole_number(value):
    """Return a whole number, also where it is written as text; None when it is not set."""
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return int(value) if isinstance(value, int) else php_source.UNKNOWN


def convert_to_short_plain_value(value):
    """Return a short text or a number as it is."""
    if isinstance(value, list):
        return php_source.UNKNOWN
    return value[:MAX_SHOWN] if isinstance(value, str) else value


def describe_secret(value, samples):
    """Return ``auditor.facts.web._cms.SigningSecret``."""
    text = value if isinstance(value, str) and value != php_source.UNKNOWN else None
    digest = hashlib.sha256(text.encode()).hexdigest()[:16] if text and len(text) >= LONG else None
    return {
        "length": len(text) if text else php_source.UNKNOWN if value not in (None, "") else None,
        "sample": text in samples,
        "fingerprint": digest,
    }
