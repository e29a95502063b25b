"""What findings name: which of it is contained at once, and that a site which lives by it gets it back. Hosts and visits are stand-ins here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from auditor.hardening.serving import smoke
from auditor.incidents.containing import Wanted
from auditor.incidents.named import Fell, contained, named
from auditor.models import Finding, Host, Severity, Site, Status, Subject
from auditor.models.incidents import Contained, Released
from auditor.web.fetch import Answer

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


@pytest.mark.parametrize(
    ("subject", "kind", "where", "wanted"),
    [
        (ON_HOST, "program", "/var/www/a/x.php", Wanted("file", "/var/www/a/x.php", None)),
        (ON_HOST, "executable", "/var/www/a/x.jpg.php", Wanted("file", "/var/www/a/x.jpg.php", None)),
        (ON_HOST, "temporary", "/srv/.x (www-data)", Wanted("file", "/srv/.x", None)),
        (ON_HOST, "program", "/var/www/a/index.php (1)", Wanted("file", "/var/www/a/index.php (1)", None)),
        (ON_HOST, "program", "/var/www/a/100%25%0A.php", Wanted("file", "/var/www/a/100%25%0A.php", None)),
        (ON_HOST, "program", "/var/www/a/../../../etc/passwd", None),
        (ON_HOST, "program", "/var/www/a/%2e%2e/x.php", None),
        (ON_HOST, "changed", "/var/www/a/wp-load.php", None),
        (ON_HOST, "settings", "/var/www/a/.htaccess", None),
        (ON_HOST, "program", "/var/www/a/long\u2026name.php", None),
        (ON_HOST, "key", "/root/.ssh/authorized_keys (root)", None),
        (ON_SITE, "doorway", "/nha-cai/x.html", Wanted("path", "antruc.test/nha-cai/x.html", None)),
        (ON_SITE, "doorway", "/index.php?id=7", None),
        (ON_SITE, "text", "/", None),
    ],
)
def test_what_only_an_intruder_put_there_is_contained_at_once(
    subject: Subject, kind: str, where: str, wanted: Wanted | None
) -> None:
    (one,) = named([finding("compromise.shell", subject, {"kind": kind, "where": where, "sample": ""})])
    assert (one.host, one.kind, one.wanted) == ("web1", kind, wanted)


def test_what_two_findings_name_is_named_once_and_what_is_no_trace_is_not() -> None:
    member = {"kind": "program", "where": "/var/www/a/x.php"}
    found = named(
        [finding("compromise.shell", ON_HOST, member, "x.php"), finding("compromise.suspected", ON_HOST, member)]
    )
    assert len(found) == 1


@dataclass
class StandIn:
    """Says that all is done, and notes what was."""

    taken: list[str] = field(default_factory=list)
    back: list[int] = field(default_factory=list)

    def contain(self, host: Host, wanted: Wanted) -> Contained:
        self.taken.append(wanted.what)
        return Contained(
            number=len(self.taken), host=host.name, means=wanted.means, what=wanted.what, state="confirmed"
        )

    def release(self, action: Any) -> Released:
        self.back.append(action.number)
        return Released(number=action.number, host=action.host, means=action.means, state="released")


def told(before: int, after: int | None, monkeypatch: pytest.MonkeyPatch) -> tuple[StandIn, list[Any]]:
    visits = iter([before, after])

    def visit(*_: Any, **__: Any) -> smoke.Answers:
        return {"antruc.test": (Answer("http://antruc.test/", next(visits)),)}

    monkeypatch.setattr(smoke, "visit", visit)
    found = named(
        [
            finding(
                "compromise.shell",
                ON_HOST,
                {"kind": "program", "where": "/var/www/a/x.php"},
                {"kind": "changed", "where": "/var/www/a/index.php"},
                {"kind": "program", "where": "/var/www/a/y.php"},
            )
        ]
    )
    command = StandIn()
    return command, list(contained(command, HOST, found, None))  # type: ignore[arg-type]


def test_a_site_that_serves_on_is_left_without_what_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    command, said = told(200, 200, monkeypatch)
    assert (command.taken, command.back) == (["/var/www/a/x.php", "/var/www/a/y.php"], [])
    assert [one.state for one in said] == ["confirmed", "confirmed"]


def test_a_site_that_lives_by_what_was_taken_gets_it_back_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    command, said = told(200, 500, monkeypatch)
    assert command.back == [2, 1]
    assert isinstance(said[-1], Fell)
    assert (said[-1].domain, len(said[-1].released)) == ("antruc.test", 2)


def test_a_site_that_was_down_before_keeps_nothing_from_being_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    command, _ = told(500, None, monkeypatch)
    assert command.back == []
