"""Code in sites' databases is judged as code in files is; who administers them is read of the tables."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from auditor.compromise import snippets
from auditor.compromise.applications import iter_cms_administrators_as_autoruns
from auditor.compromise.autoruns import Autorun
from auditor.facts import HostFacts
from auditor.facts.web import applications
from auditor.models import clock

RUNS = f"@{'ev' + 'al'}($_{'POST'}['x']);"


def snippet(said: str) -> Autorun:
    return Autorun("snippet", "/var/www/a: wp_posts 7", "", "foreign", said, frozenset(), ())


def test_a_snippet_that_runs_what_visitors_say_is_exact_and_a_harmless_one_is_nothing() -> None:
    told = snippets.find_traces_in_snippets(
        [
            snippet(RUNS),
            snippet(f"<p>x</p><?php {RUNS} ?>"),
            snippet("add_filter('the_title', 'trim');"),
            snippet(""),
            snippet("<script>x()</script>"),
            Autorun("cron", "/etc/x", "", "foreign", RUNS, frozenset(), ()),
        ]
    )
    assert [(one.kind, one.certainty, one.where) for one in told] == [
        ("database_code", "exact", "/var/www/a: wp_posts 7")
    ] * 2


@pytest.mark.parametrize("kind", ["wordpress", "joomla"])
def test_administrators_are_read_of_the_tables(kind: str) -> None:
    now = int(clock.now().timestamp())
    accounts = [
        SimpleNamespace(login="quantri", registered=now - 300),
        SimpleNamespace(login="x" * 400, registered=now - 100),
        SimpleNamespace(login="an", registered=0),
    ]
    database = SimpleNamespace(administrators=accounts, super_users=accounts)
    sites = [SimpleNamespace(path="/var/www/a", database=database), SimpleNamespace(path="/b", database=None)]
    area = applications.ApplicationsFacts.model_construct(**{"wordpress": [], "joomla": [], kind: sites})
    told = list(iter_cms_administrators_as_autoruns(cast(HostFacts, SimpleNamespace(data={"applications": area}))))
    assert [(one.where, one.who, set(one.marks)) for one in told] == [
        ("/var/www/a", "", {"read"}),
        ("/var/www/a", "quantri", {"of_days"}),
        ("/var/www/a", "x" * 100, {"of_days"}),
        ("/var/www/a", "an", set()),
    ]
    del accounts[2]
    told = list(iter_cms_administrators_as_autoruns(cast(HostFacts, SimpleNamespace(data={"applications": area}))))
    assert [one.who for one in told if "of_days" in one.marks] == ["x" * 100]  # of whoever was first nothing is said
    assert list(iter_cms_administrators_as_autoruns(cast(Any, None))) == []
