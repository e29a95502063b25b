"""What people write into a ledger, as it is written there: nothing can be taken out of it later. Pure."""

from __future__ import annotations

from auditor.errors import InputError
from auditor.text.redact import redact_secrets_in_text

LONGEST = 2_000


def validate_and_redact_user_sentence(option_name: str, text: str) -> str:
    """Return the text, with what looks like a secret hidden.

    Raises InputError naming the ``option_name`` for one that is empty or no text.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError("{option} is not UTF-8 text", option=option_name, mend="type it again") from None
    if not text.strip():
        raise InputError("{option} is empty", option=option_name, mend="write one sentence")
    return redact_secrets_in_text(text.strip())[:LONGEST]
