"""What findings name: which of it is contained at once, and that a site which lives by it gets it back. Hosts and visits are stand-ins here."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.hardening.health import smoke
from auditor.incidents import health_check as own
from auditor.incidents.containment import ActionRequest
from auditor.incidents.health_check import (
    ServingSites,
    SiteOutage,
    UncheckedSites,
    check_sites_and_undo_actions_breaking_them,
)
from auditor.incidents.response.auto_containment import TraceResponse, build_responses, contain_new_traces_on_host
from auditor.models import Finding, Host, Severity, Site, Status, Subject
from auditor.models.incidents import ContainedEvent
from auditor.models.response_actions import Means
from tests.unit.incidents.sites import Pages, StandIn

HOST = Host(
    name="web1", address="203.0.113.1", sites=(Site(domain="antruc.test", host="web1", document_root="/var/www/a"),)
)


def finding(control: str, subject: Subject, *members: Any) -> Finding:
    return Finding(
        control=control,
        subject=subject,
        host="web1",
        status=Status.FAIL,
        severity=Severity.CRITICAL,
        violations=members,
    )


ON_HOST, ON_SITE = Subject(kind="host", id="web1"), Subject(kind="site", id="antruc.test")


SHM = "/dev/shm/.x"  # noqa: S108 - never opened
KEY = "SHA256:WPxiTOIJ29Avp31Y7FfnKXJXu2gelIMoFjkvk8AK3zs"
TABLE = "/var/spool/cron/crontabs/www-data"


@pytest.mark.parametrize(
    ("subject", "kind", "where", "exactly", "wanted"),
    [
        (ON_HOST, "program", "/var/www/a/x.php", "", [("file", "/var/www/a/x.php")]),
        (ON_HOST, "executable", "/var/www/a/x.jpg.php", "", [("file", "/var/www/a/x.jpg.php")]),
        (ON_HOST, "temporary", "/srv/.x (www-data)", "", [("file", "/srv/.x")]),
        (ON_HOST, "program", "/var/www/a/index.php (1)", "", [("file", "/var/www/a/index.php (1)")]),
        (ON_HOST, "program", "/var/www/a/100%25%0A.php", "", [("file", "/var/www/a/100%25%0A.php")]),
        (ON_HOST, "program", "/var/www/a/../../../etc/passwd", "", []),
        (ON_HOST, "program", "/var/www/a/%2e%2e/x.php", "", []),
        (ON_HOST, "changed", "/var/www/a/wp-load.php", "", []),
        (ON_HOST, "settings", "/var/www/a/.htaccess", "", []),
        (ON_HOST, "program", "/var/www/a/long\u2026name.php", "", []),
        (ON_HOST, "key", "/root/.ssh/authorized_keys (root)", KEY, [("key", KEY)]),
        (ON_HOST, "key", "/root/.ssh/authorized_keys (root)", "", []),
        (ON_HOST, "key", "/root/.ssh/authorized_keys (root)", "whole", []),
        (ON_HOST, "account", "/etc/passwd (hethong)", "hethong", [("account", "hethong")]),
        (ON_HOST, "account", "/etc/passwd (a)", "", []),
        (ON_HOST, "account", "/var/www/a/wp-config.php (an)", "an", []),
        (ON_HOST, "job", f"{TABLE} (www-data)", "3@0123456789ab", [("job", f"{TABLE}:3@0123456789ab")]),
        (
            ON_HOST,
            "job",
            "/etc/crontab (root)",
            "3@0123456789ab 5@ba9876543210",
            [("job", "/etc/crontab:3@0123456789ab"), ("job", "/etc/crontab:5@ba9876543210")],
        ),
        (ON_HOST, "job", "/etc/cron.daily/x (root)", "whole", [("cron", "/etc/cron.daily/x")]),
        (ON_HOST, "job", "/var/spool/cron/atjobs/a00001 (root)", "whole", [("cron", "/var/spool/cron/atjobs/a00001")]),
        (ON_HOST, "job", "/etc/cron.daily/x (root)", "", []),
        (ON_HOST, "job", "/etc/cron.d/x (root)", "whole", []),
        (ON_HOST, "job", "/etc/shadow (root)", "whole", []),
        (ON_HOST, "unit", "/etc/systemd/system/x.service (root)", "x.service", [("unit", "x.service")]),
        (ON_HOST, "unit", "/etc/systemd/system/x.service.d/y.conf (root)", "", []),
        (
            ON_HOST,
            "process",
            f"{SHM}/a%0Ab (www-data)",
            "7 1234",
            [("process", f"7{SHM}/a%0Ab"), ("process", f"1234{SHM}/a%0Ab")],
        ),
        (ON_HOST, "process", "/usr/bin/dash (www-data)", "", []),
        (ON_HOST, "process", f"{SHM}/x (www-data)", "1", []),
        (ON_HOST, "listener", "0.0.0.0:31337 (www-data)", "7", []),
        (ON_SITE, "doorway", "/nha-cai/x.html", "", [("path", "antruc.test/nha-cai/x.html")]),
        (ON_SITE, "doorway", "/index.php?id=7", "", []),
        (ON_SITE, "text", "/", "", []),
        (ON_HOST, "startup", "/etc/profile.d/zz.sh", "", [("file", "/etc/profile.d/zz.sh")]),
        (ON_HOST, "startup", "/etc/profile", "", []),
        (ON_HOST, "hook", "/etc/apt/apt.conf.d/99x (root)", "", [("file", "/etc/apt/apt.conf.d/99x")]),
        (ON_HOST, "hook", "/etc/udev/rules.d/70-net.rules (root)", "", []),
        (ON_HOST, "preload", "/etc/ld.so.preload", "", [("file", "/etc/ld.so.preload")]),
        (ON_HOST, "unit", "/etc/systemd/system-generators/x", "", [("file", "/etc/systemd/system-generators/x")]),
    ],
)
def test_what_can_be_told_from_all_else_is_contained_at_once(
    subject: Subject, kind: str, where: str, exactly: str, wanted: list[tuple[Means, str]]
) -> None:
    member = {"kind": kind, "where": where, "sample": "", "exactly": exactly}
    (one,) = build_responses([finding("compromise.shell", subject, member)])
    assert (one.host, one.kind) == ("web1", kind)
    assert one.requests == tuple(ActionRequest(means, what, None) for means, what in wanted)


@pytest.mark.parametrize(
    ("kind", "where", "typed"),
    [
        ("changed", "/var/www/a/wp-load.php", ("core", "antruc.test")),
        ("changed", "/var/www/a/wp-content/plugins/x/x.php", ("core", "antruc.test/wp-content/plugins/x")),
        ("changed", "/var/www/a/wp-content/x.php", ("file", "/var/www/a/wp-content/x.php")),
        ("changed", "/srv/other/x.php", ("file", "/srv/other/x.php")),
        ("account", "/var/www/a (hotro)", ("administrator", "antruc.test/hotro")),
        ("account", "/var/www/a/blog (hotro)", ("administrator", "antruc.test/blog/hotro")),
        ("changed", "/var/www/a/%0Awp-load.php", None),
        ("missing", "/var/www/a/wp-load.php", ("core", "antruc.test")),
        ("key", "/root/.ssh/authorized_keys (root)", None),
        ("unit", "/etc/systemd/system/x.service (root)", ("unit", "x.service")),
        ("unit", "/etc/systemd/system-generators/x", ("file", "/etc/systemd/system-generators/x")),
        ("account", "/etc/passwd (a)", None),
        ("account", "/var/www/a/wp-config.php (hotro)", ("administrator", "antruc.test/hotro")),
        ("account", "/srv/other/wp-config.php (hotro)", None),
        ("job", "/etc/cron.d/x (root)", ("cron", "/etc/cron.d/x")),
        ("job", "/etc/crontab (root)", None),
        ("process", "/usr/bin/dash (www-data)", None),
        ("listener", "0.0.0.0:31337 (www-data)", None),
        ("permission", "/etc/sudoers.d/x (www-data)", None),
    ],
)
def test_what_a_person_has_to_look_at_is_told_with_a_command_that_can_be_typed_or_steps(
    kind: str, where: str, typed: tuple[Means, str] | None
) -> None:
    (one,) = build_responses([finding("compromise.starts", ON_HOST, {"kind": kind, "where": where})], [HOST])
    assert one.manual_action == typed
    assert one.manual_action or one.steps or one.requests


def test_what_two_findings_name_is_named_once_and_what_is_no_trace_is_not() -> None:
    member = {"kind": "program", "where": "/var/www/a/x.php"}
    found = build_responses(
        [finding("compromise.shell", ON_HOST, member, "x.php"), finding("compromise.suspected", ON_HOST, member)]
    )
    assert len(found) == 1


MEMBERS = (
    {"kind": "program", "where": "/var/www/a/x.php"},
    {"kind": "changed", "where": "/var/www/a/index.php"},
    {"kind": "process", "where": "/srv/x (an)", "exactly": "7"},
    {"kind": "job", "where": "/etc/crontab (root)", "exactly": "3@0123456789ab"},
    {"kind": "account", "where": "/etc/passwd (luytre)", "exactly": "luytre"},
    {"kind": "key", "where": "/x (an)", "exactly": KEY},
)


def told(
    before: int, after: int | None, monkeypatch: pytest.MonkeyPatch, *already: ActionRequest
) -> tuple[StandIn, list[ContainedEvent | SiteOutage | UncheckedSites | ServingSites | TraceResponse]]:
    command, home = StandIn(), "http://antruc.test/"
    monkeypatch.setattr(smoke, "visit_smoke_urls_of_sites", Pages(command, {home: before}, {home: after or 0}).visit)
    monkeypatch.setattr(own.time, "sleep", lambda _seconds: None)
    found = build_responses([finding("compromise.shell", ON_HOST, *MEMBERS)])
    return command, list(
        check_sites_and_undo_actions_breaking_them(
            command, HOST, contain_new_traces_on_host(command, HOST, found, already), None
        )
    )  # type: ignore[arg-type]


def test_who_may_come_back_comes_first_and_what_is_left_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    command, said = told(200, 200, monkeypatch)
    assert (command.taken, command.back) == ([KEY, "/etc/crontab:3@0123456789ab", "7/srv/x", "/var/www/a/x.php"], [])
    assert [one.where for one in said if isinstance(one, TraceResponse)] == ["/var/www/a/index.php", "/etc/passwd"]
    assert [one.state for one in said if isinstance(one, ContainedEvent)] == ["confirmed"] * 4


def test_what_is_contained_already_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    command, _ = told(200, 200, monkeypatch, ActionRequest("key", KEY, None), ActionRequest("process", "7/srv/x", None))
    assert command.taken == ["/etc/crontab:3@0123456789ab", "/var/www/a/x.php"]


def test_a_site_that_falls_gets_back_what_it_may_live_by_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    command, said = told(200, 500, monkeypatch)
    assert [command.taken[number - 1] for number in command.back] == ["/var/www/a/x.php"]
    assert isinstance(said[-1], SiteOutage)
    assert (said[-1].domain, len(said[-1].lift_events)) == ("antruc.test", 1)


def test_a_site_that_was_down_before_keeps_nothing_from_being_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    command, _ = told(500, None, monkeypatch)
    assert command.back == []
