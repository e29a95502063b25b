"""What people write into a ledger, as it is written there: nothing can be taken out of it later. Pure."""

from __future__ import annotations

from auditor.errors import InputError
from auditor.text.redact import redact

LONGEST = 2_000


def validate_sentence(option: str, text: str) -> str:
    """Return the text, with what looks like a secret hidden.

    Raises InputError naming the ``option`` for one that is empty or no text.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError("{option} is not UTF-8 text", option=option, mend="type it again") from None
    if not text.strip():
        raise InputError("{option} is empty", option=option, mend="write one sentence")
    return redact(text.strip())[:LONGEST]
