"""What a host does not tell is told with its reason, in both languages, whatever the host's words are."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from auditor.audit import read_errors
from auditor.facts.web import _cms, _web

DATABASE = {"why": "refused", "file": "/var/www/a/wp-config.php", "account": "antruc"}


def context(said: Any) -> dict[str, Any]:
    return {"site": {"wordpress": {"database": None, "database_unread": said}}}


@pytest.mark.parametrize("why", get_args(_cms.UnreadDatabase.model_fields["why"].annotation))
def test_every_reason_of_a_database_has_words(why: str) -> None:
    text = read_errors.explain_unread_fact_path(
        "site.wordpress.database.options.siteurl", context({**DATABASE, "why": why})
    )
    assert text is not None
    assert "/var/www/a/wp-config.php" in text.vi
    assert "/var/www/a/wp-config.php" in text.en
    assert text.vi != text.en


@pytest.mark.parametrize("why", get_args(_web.VhostReadError.model_fields["why"].annotation))
def test_every_reason_of_a_virtual_host_has_words(why: str) -> None:
    text = read_errors.explain_unread_fact_path(
        "site.vhosts", {"site": {"vhosts_unread": {"why": why, "file": "/a/.htaccess"}}}
    )
    assert text is not None
    assert "/a/.htaccess" in text.vi
    assert "/a/.htaccess" in text.en
    assert text.vi != text.en


def test_a_hosts_words_stay_words() -> None:
    hostile = {**DATABASE, "account": "{file.__class__}\n\x1b[31m\u202e" + "x" * 5000}
    text = read_errors.explain_unread_fact_path("site.wordpress.database", context(hostile))
    assert text is not None
    assert "{file.__class__}" in text.en
    assert "\n" not in text.en
    assert "\x1b" not in text.en
    assert len(text.en) < 1000


@pytest.mark.parametrize("path", ["site.wordpress", "site.other.database", "site.wordpress.salts", "nothing"])
def test_what_says_nothing_has_no_reason(path: str) -> None:
    assert read_errors.explain_unread_fact_path(path, context(DATABASE)) is None
