"""One comparison of hosts with indicators: the digests that they are given, and what their answers mean. Pure but for its key."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from auditor.facts import HostFacts
from auditor.facts.contacts import Facts
from auditor.fleet.collect import Asked
from auditor.indicators.indicator import Indicator
from auditor.indicators.matching import Against
from auditor.indicators.values import value
from auditor.models import Host, Look

AREA = "contacts"
MAX_LISTED = 200
"""Places that are told, and beyond them one of each further indicator, so that they can be counted."""


@dataclass(frozen=True)
class Comparison:
    """Indicators, and the key under which hosts are asked about them, made anew for each time."""

    against: Against
    key: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)

    @cached_property
    def _by_digest(self) -> Mapping[str, Indicator]:
        return {digest.hex(): one for digest, one in self.against.digests(self.key).items()}

    def told(self) -> dict[str, Any]:
        """What hosts are given: nothing that a value could be read from without trying all there are."""
        packed = bytes.fromhex("".join(sorted(self._by_digest)))
        return {
            "key": self.key.hex(),
            "digests": base64.b64encode(packed).decode("ascii"),
            "files": sorted({one.kind for one in self._by_digest.values()} & {"md5", "sha1", "sha256"}),
            "lengths": {str(version): list(lengths) for version, lengths in self.against.lengths.items()},
        }

    @property
    def asked(self) -> Asked:
        """What an audit asks hosts for besides."""
        return Asked(models={AREA: Facts}, told={"indicators": self.told()})

    def area(self, facts: HostFacts, host: Host, looks: Iterable[Look]) -> dict[str, Any]:
        """The area ``indicators`` of control expressions: what a host, and the pages of its sites, had to do with."""
        told = facts.data.get(AREA)
        if not isinstance(told, Facts):
            return {"compared": True, "untold": {"contacts": facts.errors.get(AREA, "not collected")}}
        sites = {site.domain for site in host.sites}
        found = [*self._on_host(told), *self._on_pages(look for look in looks if look.site in sites)]
        found.sort(key=lambda one: (one["where"] in ("log", "mail"), -one["times"], one["indicator"]))
        return {"compared": True, "contacts": _told(found)}

    def _on_host(self, facts: Facts) -> Iterator[dict[str, Any]]:
        for seen in facts.seen:
            one = self._by_digest.get(seen.digest)
            if one is not None:
                yield _violation(one, seen.where, seen.path, seen.times)

    def _on_pages(self, looks: Iterable[Look]) -> Iterator[dict[str, Any]]:
        for look in looks:
            for host in sorted({*look.linked, *look.framed, *look.loaded}):
                shown = value(host)
                one = self.against.of(shown) if shown is not None else None
                if one is not None:
                    yield _violation(one, "page", look.site, 1)


def _told(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    first = {one["indicator"]: one for one in reversed(found)}
    return [one for at, one in enumerate(found) if at < MAX_LISTED or first[one["indicator"]] is one]


NONE: dict[str, Any] = {"compared": False}
"""The area where nothing was compared."""


def _violation(one: Indicator, where: str, path: str, times: int) -> dict[str, Any]:
    return {
        "indicator": one.text,
        "where": where,
        "path": path,
        "times": times,
        "list": one.list,
        "dated": str(one.first),
        "until": str(one.until),
        "note": one.note,
        "tlp": one.tlp,
        "id": one.id,
    }
