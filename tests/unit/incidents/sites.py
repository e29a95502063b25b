"""Stand-ins for what contains, and for the sites that are visited before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.errors import InputError
from auditor.hardening.health import smoke
from auditor.incidents.containment import ActionRequest
from auditor.models import Host
from auditor.models.incidents import ActiveContainment, ContainedEvent, LiftedEvent
from auditor.web.fetch import FetchResult


@dataclass
class Beside:
    """What others do on a host meanwhile."""

    names: tuple[str, ...] = ()
    there: list[ActiveContainment] = field(default_factory=list)

    def list_since(self) -> tuple[str, ...]:
        return self.names

    def list_in_force(self) -> tuple[ActiveContainment, ...]:
        return tuple(self.there)


@dataclass
class StandIn:
    """Says that all is done, and notes what was; PHP forgets what it is told to."""

    incident: str = "SC-20261127-1"
    back: list[int] = field(default_factory=list)
    forgot: int = 0
    forgets: bool = True
    unjudged_sites: tuple[str, ...] = ()
    number: int = 0
    taken: list[str] = field(default_factory=list)
    beside: Beside = field(default_factory=Beside)

    def watch_actions_of_others_on_host(self, _host: str) -> Beside:
        return self.beside

    def contain(self, host: Host, wanted: ActionRequest) -> ContainedEvent:
        if wanted.what == "luytre":
            raise InputError("{account} is ours", account=wanted.what, mend="x")
        self.number += 1
        self.taken.append(wanted.what)
        return ContainedEvent(
            number=self.number, host=host.name, means=wanted.means, what=wanted.what, state="confirmed"
        )

    def release(self, action: Any) -> LiftedEvent:
        self.back.append(action.number)
        return LiftedEvent(number=action.number, host=action.host, means=action.means, state="released")

    def reset_php_code_cache_on_host(self, _host: str) -> bool:
        self.forgot += 1
        return self.forgets


@dataclass
class Pages:
    """What a site answers: ``before``, then ``after`` while something of ``by`` is taken away; what of it is back, is back."""

    command: StandIn
    before: Mapping[str, int | str]
    after: Mapping[str, int | str]
    hiccups: int = 0
    back_helps: bool = True

    def visit(self, *_: Any, again: smoke.Answers | None = None, **__: Any) -> smoke.Answers:
        said = self.before
        if again is not None and not (self.command.back and self.back_helps):
            said = self.after
            if self.hiccups:
                self.hiccups -= 1
                said = dict.fromkeys(self.before, 502)
        return {"antruc.test": tuple(_answer(url, one) for url, one in said.items())}


def _answer(url: str, said: int | str) -> FetchResult:
    return FetchResult(url, 301, said) if isinstance(said, str) else FetchResult(url, said or None)
