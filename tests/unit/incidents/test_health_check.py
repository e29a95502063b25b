"""Sites are visited before and after, and one that lives by what was taken gets it back. Hosts and visits are stand-ins here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from auditor.hardening.health import smoke
from auditor.incidents import descriptions as telling
from auditor.incidents import health_check as own
from auditor.incidents.actions.registry import ACTION_KINDS, CONTAINMENT_KINDS, ERADICATION_KINDS
from auditor.incidents.containment import ActionRequest
from auditor.incidents.health_check import (
    ServingSites,
    SiteOutage,
    UncheckedSites,
    check_sites_and_undo_actions_breaking_them,
)
from auditor.models import Host, Site
from auditor.models.incidents import ActiveContainment, ContainedEvent, LiftedEvent
from auditor.models.response_actions import Means
from auditor.text.translations import Words
from auditor.web.fetch import FetchResult
from tests.unit.incidents.sites import Pages, StandIn

HOST = Host(
    name="web1", address="203.0.113.1", sites=(Site(domain="antruc.test", host="web1", document_root="/var/www/a"),)
)
PLAIN, SECURE, LOGIN = "http://antruc.test/", "https://antruc.test/", "https://antruc.test/wp-login.php"
WHAT: Mapping[Means, str] = {
    **{"file": "/var/www/a/x.php", "isolation": "web1", "site": "antruc.test", "path": "antruc.test/x.php"},
    **{"process": "7/tmp/x", "cron": "/etc/cron.d/x", "job": "/etc/crontab:1", "account": "an", "unit": "x.service"},
}


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(own.time, "sleep", slept.append)
    return slept


def after(pages: Pages, monkeypatch: pytest.MonkeyPatch, *wanted: ActionRequest) -> list[Any]:
    """What is said after what was done."""
    monkeypatch.setattr(smoke, "visit_smoke_urls_of_sites", pages.visit)
    deeds = (pages.command.contain(HOST, one) for one in wanted)
    said = list(check_sites_and_undo_actions_breaking_them(pages.command, HOST, deeds, None))  # type: ignore[arg-type]
    return said[len(wanted) :]


def sentences(said: list[Any]) -> list[str]:
    return [
        line
        for one in said
        for line in (telling.describe_outage(one, Words("en")) if isinstance(one, SiteOutage) else [])
    ]


def test_what_is_cleaned_is_undone_and_what_only_shuts_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages(StandIn(), {PLAIN: 200}, {PLAIN: 500})
    (fell,) = after(
        pages,
        monkeypatch,
        ActionRequest("row", "antruc.test/posts/66", None),
        ActionRequest("path", WHAT["path"], None),
    )
    assert pages.command.back == [1]
    assert (fell.domain, [one.means for one in fell.lift_events], fell.persisting_failures) == (
        "antruc.test",
        ["row"],
        (),
    )
    assert sentences([fell])[0].startswith("antruc.test stopped serving without these items (http://antruc.test/: 500)")
    assert sentences([fell])[-1] == "antruc.test serves again"


SHUTS: tuple[Means, ...] = ("isolation", "site")


@pytest.mark.parametrize("means", [one for one in (*CONTAINMENT_KINDS, *ERADICATION_KINDS) if one not in SHUTS])
def test_whatever_is_done_a_site_that_dies_of_it_is_named(means: Means, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages(StandIn(), {PLAIN: SECURE, SECURE: 200}, {PLAIN: SECURE, SECURE: 500})
    (fell,) = after(pages, monkeypatch, ActionRequest(means, WHAT.get(means, "antruc.test/x"), None))
    assert pages.command.back == ([1] if ACTION_KINDS[means].may_break_site else [])
    assert [one.url for one in fell.failures] == [PLAIN, SECURE]
    if not ACTION_KINDS[means].may_break_site:
        (line,) = sentences([fell])
        assert "leads to https://antruc.test/, and there 500" in line
        assert line.endswith("auditor incident release SC-20261127-1 1")


def test_that_all_sites_serve_is_said_with_how_much_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages(StandIn(), {PLAIN: SECURE, SECURE: 200, LOGIN: 404}, {PLAIN: SECURE, SECURE: 200, LOGIN: 404})
    (one,) = after(pages, monkeypatch, ActionRequest("account", "an", None))
    assert one == ServingSites(1, 2), "what did not serve before is not counted"
    assert telling.describe_that_all_sites_still_serve([one, one], Words("en")) == (
        "The sites still serve: 2 sites, 4 addresses checked afterward"
    )


def test_what_was_to_go_is_not_said_to_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages(StandIn(), {PLAIN: 200, LOGIN: 200}, {PLAIN: 200, LOGIN: 410}, back_helps=False)
    assert after(pages, monkeypatch, ActionRequest("path", "antruc.test/wp-login.php", None)) == [ServingSites(1, 1)]


@pytest.mark.parametrize("means", SHUTS)
def test_what_is_to_be_shut_is_not_missed(means: Means, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages(StandIn(), {PLAIN: 200}, {PLAIN: 503})
    assert after(pages, monkeypatch, ActionRequest(means, WHAT[means], None)) == []


@pytest.mark.parametrize(
    ("wanted", "lost"),
    [
        (ActionRequest("file", "/var/www/a/wp-login.php", None), []),
        (ActionRequest("path", "antruc.test/wp-login.php", None), []),
        (ActionRequest("file", "/var/www/b/wp-login.php", None), [LOGIN]),
        (ActionRequest("path", "antruc.test/wp-login", None), [LOGIN]),
        (ActionRequest("path", "khac.test/wp-login.php", None), [LOGIN]),
    ],
)
def test_a_page_that_was_to_go_is_not_missed(
    wanted: ActionRequest, lost: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = Pages(StandIn(), {PLAIN: 200, LOGIN: 200}, {PLAIN: 200, LOGIN: 410}, back_helps=False)
    said = after(pages, monkeypatch, wanted)
    assert [one.url for fell in said if isinstance(fell, SiteOutage) for one in fell.failures] == lost


def test_a_site_that_does_not_serve_after_that_either_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages(StandIn(), {PLAIN: 200}, {PLAIN: 500}, back_helps=False)
    some = (ActionRequest("file", WHAT["file"], None), ActionRequest("account", "an", None))
    again, fell = after(pages, monkeypatch, *some)
    assert (pages.command.back, again.number, fell.lift_events, fell.remaining_numbers) == ([1], 3, (), (2, 3))
    assert sentences([fell])[-1].endswith("auditor incident release SC-20261127-1 2 3")


KHAC = "http://khac.test/"
TWO = Host(
    name="web1",
    address="203.0.113.1",
    sites=(
        Site(domain="antruc.test", host="web1", document_root="/var/www/a"),
        Site(domain="khac.test", host="web1", document_root="/var/www/b"),
    ),
)
SHELL, OTHER = ActionRequest("file", "/var/www/a/x.php", None), ActionRequest("file", "/var/www/a/y.php", None)
THEIRS, TEMPORARY = ActionRequest("file", "/var/www/b/x.php", None), ActionRequest("file", "/dev/shm/x", None)  # noqa: S108
UNIT, PROCESS = ActionRequest("unit", "x.service", None), ActionRequest("process", "7/tmp/x", None)
ALL = (UNIT, PROCESS, TEMPORARY, THEIRS, SHELL, OTHER)


class Needing(StandIn):
    """Knows what is in its place on the host."""

    def __init__(self) -> None:
        super().__init__()
        self.by_number: dict[int, str] = {}

    def contain(self, host: Host, wanted: ActionRequest) -> ContainedEvent:
        one = super().contain(host, wanted)
        self.by_number[one.number] = wanted.what
        return one

    def release(self, action: Any) -> LiftedEvent:
        del self.by_number[action.number]
        return super().release(action)

    @property
    def missing(self) -> list[str]:
        return sorted(self.by_number.values())


def needing(
    monkeypatch: pytest.MonkeyPatch,
    *needed: str,
    unjudged: tuple[str, ...] = (),
    wanted: tuple[ActionRequest, ...] = ALL,
) -> tuple[Needing, list[SiteOutage]]:
    """What is missing on a host in the end, on which a site answers 500 when any of these is, and what is told of sites that fell."""
    command = Needing()
    command.unjudged_sites = unjudged

    def visit(*_: Any, **__: Any) -> smoke.Answers:
        status = 500 if {*needed} & {*command.missing} else 200
        return {"antruc.test": (FetchResult(PLAIN, status),), "khac.test": (FetchResult(KHAC, 200),)}

    monkeypatch.setattr(smoke, "visit_smoke_urls_of_sites", visit)
    deeds = (command.contain(TWO, one) for one in wanted)
    said = list(check_sites_and_undo_actions_breaking_them(command, TWO, deeds, None))  # type: ignore[arg-type]
    return command, [one for one in said if isinstance(one, SiteOutage)]


def but(*back: ActionRequest) -> list[str]:
    return sorted(one.what for one in ALL if one not in back)


def test_one_line_of_an_intruders_brings_back_what_it_names_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that answers 500 while the shell is missing."""
    command, (fell,) = needing(monkeypatch, SHELL.what)
    assert command.missing == but(SHELL)
    assert [command.taken[one.number - 1] for one in fell.lift_events] == [SHELL.what]
    assert sentences([fell])[-1] == "antruc.test serves again"


def test_a_site_that_is_not_judged_brings_nothing_back_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    command, (fell,) = needing(monkeypatch, SHELL.what, unjudged=("antruc.test",))
    assert (command.back, command.missing) == ([], but())
    assert (fell.domain, fell.lift_events, fell.remaining_numbers) == ("antruc.test", (), (1, 2, 3, 4, 5, 6))


def test_a_site_brings_back_nothing_of_another_site(monkeypatch: pytest.MonkeyPatch) -> None:
    command, (fell,) = needing(monkeypatch, THEIRS.what)
    assert command.missing == but()
    assert (fell.lift_events, fell.remaining_numbers) == ((), (4, 7, 8, 9, 10, 11))


@pytest.mark.parametrize("needed", [(UNIT,), (SHELL, PROCESS), (SHELL, OTHER, TEMPORARY)])
def test_a_site_that_lives_by_several_things_gets_these_back(
    monkeypatch: pytest.MonkeyPatch, needed: tuple[ActionRequest, ...]
) -> None:
    command, (fell,) = needing(monkeypatch, *(one.what for one in needed))
    assert command.missing == but(*needed)
    assert (len(fell.lift_events), fell.persisting_failures) == (len(needed), ())


def test_what_was_cleaned_and_put_back_in_vain_stays_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    row = ActionRequest("row", "antruc.test/posts/66", None)
    command, (fell,) = needing(monkeypatch, THEIRS.what, wanted=(THEIRS, SHELL, row))
    assert command.missing == sorted([THEIRS.what, SHELL.what])
    assert [one.means for one in fell.lift_events] == ["row"]


def test_a_daemon_that_takes_a_moment_is_no_site_that_fell(
    monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    pages = Pages(StandIn(), {PLAIN: 200}, {PLAIN: 200}, hiccups=2)
    assert after(pages, monkeypatch, ActionRequest("file", WHAT["file"], None)) == [ServingSites(1, 1)]
    assert pauses == [1, 2]


@pytest.mark.parametrize(("forgets", "slept"), [(True, []), (False, [own.OPCACHE_SECONDS])])
def test_php_has_forgotten_a_file_before_the_visit(
    monkeypatch: pytest.MonkeyPatch, pauses: list[float], forgets: bool, slept: list[float]
) -> None:
    command = StandIn(forgets=forgets)
    pages = Pages(command, {PLAIN: 200}, {PLAIN: 200})
    assert after(pages, monkeypatch, ActionRequest("file", WHAT["file"], None)) == [ServingSites(1, 1)]
    assert (command.forgot, pauses) == (1, slept)
    pages = Pages(command, {PLAIN: 200}, {PLAIN: 200})
    assert after(pages, monkeypatch, ActionRequest("unit", WHAT["unit"], None)) == [ServingSites(1, 1)]
    assert command.forgot == 1


def test_a_site_that_served_nothing_before_is_said_not_to_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages(StandIn(), {PLAIN: SECURE, SECURE: 500}, {PLAIN: SECURE, SECURE: 500})
    assert after(pages, monkeypatch, ActionRequest("file", WHAT["file"], None)) == [UncheckedSites(("antruc.test",))]
    assert telling.describe_unchecked_sites(UncheckedSites(("antruc.test",)), Words("en")).startswith(
        "antruc.test: did not serve before"
    )


CLOSED = ActiveContainment(
    incident="SC-20261127-2", number=4, host="web1", means="site", what="antruc.test", known=False
)
ROW = ActionRequest("row", "antruc.test/posts/66", None)


class Closing(StandIn):
    """Somebody else closes the site, for another incident, once this many things are done or undone here."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    def count(self) -> None:
        self.steps -= 1
        if self.steps == 0:
            self.beside.names, self.beside.there = (CLOSED.id_on_host,), [CLOSED]

    def contain(self, host: Host, wanted: ActionRequest) -> ContainedEvent:
        self.count()
        return super().contain(host, wanted)

    def release(self, action: Any) -> LiftedEvent:
        self.count()
        return super().release(action)


def test_a_site_that_others_close_meanwhile_undoes_nothing_and_is_said_to_be_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages = Pages(Closing(1), {PLAIN: 200}, {PLAIN: 503})
    assert after(pages, monkeypatch, ROW) == [UncheckedSites(("antruc.test",), (CLOSED.id_on_host,))]
    assert pages.command.back == []
    said = telling.describe_unchecked_sites(UncheckedSites(("antruc.test",), (CLOSED.id_on_host,)), Words("en"))
    assert said.startswith("antruc.test: SC-20261127-2/4 blocks visitors")


def test_a_site_that_others_close_while_things_are_put_back_is_not_said_to_serve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages = Pages(Closing(2), {PLAIN: 200}, {PLAIN: 500}, back_helps=False)
    again, fell = after(pages, monkeypatch, ActionRequest("file", WHAT["file"], None))
    assert (again.means, fell.shut, fell.remaining_numbers) == ("file", (CLOSED.id_on_host,), (2,))
    assert "serves again" not in " ".join(sentences([fell]))
    assert "it is not known whether the site depends on the contained items" in sentences([fell])[-1]


def test_a_site_that_others_had_closed_before_is_said_to_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages(StandIn(), {PLAIN: 503}, {PLAIN: 503})
    pages.command.beside.there = [CLOSED]
    assert after(pages, monkeypatch, ROW) == [UncheckedSites(("antruc.test",), (CLOSED.id_on_host,))]


def test_a_site_that_falls_while_others_change_its_host_is_not_said_to_fall_by_this(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages = Pages(StandIn(), {PLAIN: 200}, {PLAIN: 500})
    pages.command.beside.names = ("SC-20261127-2/5",)
    (fell,) = after(pages, monkeypatch, ROW)
    first, *_, last = sentences([fell])
    assert "SC-20261127-2/5 changed the host at the same time: it is not known which of the two is the cause" in first
    assert "without these items" not in first
    assert last == "antruc.test serves again"
    pages = Pages(StandIn(), {PLAIN: 200}, {PLAIN: 500})
    pages.command.beside.names = ("SC-20261127-2/5",)
    (fell,) = after(pages, monkeypatch, ActionRequest("account", "an", None))
    assert sentences([fell])[-1] == "SC-20261127-2/5 changed the host at the same time: that may be the cause"
