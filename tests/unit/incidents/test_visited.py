"""Sites are visited before and after, and one that lives by what was taken gets it back. Hosts and visits are stand-ins here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from auditor.hardening.serving import smoke
from auditor.incidents.containing import Wanted
from auditor.incidents.visited import visited
from auditor.models import Host, Site
from auditor.models.incidents import Contained, Released
from auditor.web.fetch import Answer

HOST = Host(
    name="web1", address="203.0.113.1", sites=(Site(domain="antruc.test", host="web1", document_root="/var/www/a"),)
)


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


def told(
    before: int, after: int | None, monkeypatch: pytest.MonkeyPatch, wanted: tuple[Wanted, ...]
) -> tuple[StandIn, list[Any]]:
    visits = iter([before, after])

    def visit(*_: Any, **__: Any) -> smoke.Answers:
        return {"antruc.test": (Answer("http://antruc.test/", next(visits)),)}

    monkeypatch.setattr(smoke, "visit", visit)
    command = StandIn()
    return command, list(visited(command, HOST, (command.contain(HOST, one) for one in wanted), None))  # type: ignore[arg-type]


def test_what_is_cleaned_is_undone_and_what_only_shuts_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    both = (Wanted("row", "antruc.test/posts/66", None), Wanted("path", "antruc.test/x.php", None))
    command, said = told(200, 500, monkeypatch, both)
    assert command.back == [1]
    assert (said[-1].domain, [one.means for one in said[-1].released]) == ("antruc.test", ["row"])
