"""Why a mail was not taken."""

from __future__ import annotations

from auditor.text.sanitize import escape_text_to_one_line

_ERROR_LIMIT = 200


class MailRefusal(Exception):
    """The server did not take it. ``for_good``: trying again cannot help."""

    def __init__(self, why: str, *, for_good: bool) -> None:
        self.for_good = for_good
        super().__init__(escape_text_to_one_line(why, _ERROR_LIMIT))


class MailServerUnreachable(MailRefusal):
    """Nothing can be handed to this server now: it is down, does not prove who it is, or does not let us in."""

    def __init__(self, why: str) -> None:
        super().__init__(why, for_good=False)
