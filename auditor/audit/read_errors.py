"""Why a host does not tell a fact, in a sentence: what stands beside it as ``…_unread``, or in its area's ``untold``.

No I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.fleet.error_messages import explain_missing_fact_area
from auditor.models import Text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

_WORDS: Mapping[str, Text] = {
    "not_plain": make_text("{file} does not spell out the name, the account or the password of its database"),
    "elsewhere": make_text("{file} names a database on another machine"),
    "other_kind": make_text("the database that {file} names is neither MariaDB nor MySQL"),
    "another_server": make_text("the socket or port that {file} names is not that of this host's MariaDB"),
    "not_running": make_text("MariaDB does not run here, so the database that {file} names could not be asked"),
    "refused": make_text("MariaDB refuses the account {account} that {file} names"),
    "no_tables": make_text("the database that {file} names does not hold the site's tables"),
    "late": make_text("the database of the account {account} ({file}) took too long to answer"),
    "too_much": make_text("the database of the account {account} ({file}) answered with more than a site has"),
    "patterns": make_text("the patterns of {file} cost too much time"),
    "not_understood": make_text("what {file} says could not be worked out"),
    "no_time": make_text("no time was left for {file}: other sites of this host took it all"),
    "vulnerability_release": make_text("the imported vulnerability data does not cover the release {release}"),
    "failed": make_text("the site's tables could not be read as the account {account} that {file} names"),
}


def explain_unread_fact_path(path: str, context: Mapping[str, Any]) -> Text | None:
    """Return the reason that the facts give for not showing ``path``; None when they give none.

    The reason may be that of a folder that ``path`` lies in.
    """
    here: Any = context
    for part in path.split("."):
        if not isinstance(here, Mapping):
            return None
        details = here.get(f"{part}_unread")
        if details is not None:
            return _format_unread_reason(details)
        untold = here.get("untold")
        if isinstance(untold, Mapping) and part in untold:
            return explain_missing_fact_area(untold[part])
        here = here.get(part)
    return None


def _format_unread_reason(details: Mapping[str, Any]) -> Text:
    values = {name: escape_text_to_one_line(str(value), 200) for name, value in details.items()}
    text = _WORDS[details["why"]]
    return Text(vi=text.vi.format(**values), en=text.en.format(**values))
