"""One comparison of hosts with indicators: the digests that they are given, and what their answers mean.

Pure but for its key.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from auditor.facts import HostFacts
from auditor.facts.contacts import ContactsFacts
from auditor.fleet.collect import FactsRequest
from auditor.indicators.index import IndicatorIndex
from auditor.indicators.indicator import Indicator
from auditor.indicators.values import parse_value
from auditor.models import Host, Scan

AREA = "contacts"
MAX_LISTED = 200
"""Places that are told, and beyond them one of each further indicator, so that they can be counted."""


@dataclass(frozen=True)
class IndicatorComparison:
    """Indicators, and the key under which hosts are asked about them, made anew for each time."""

    index: IndicatorIndex
    key: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)

    @cached_property
    def _indicators_by_digest(self) -> Mapping[str, Indicator]:
        return {digest.hex(): indicator for digest, indicator in self.index.compute_digests(self.key).items()}

    def build_digest_question_for_hosts(self) -> dict[str, Any]:
        """Return what hosts are given: nothing that a value could be read from without trying all there are."""
        digest_bytes = bytes.fromhex("".join(sorted(self._indicators_by_digest)))
        return {
            "key": self.key.hex(),
            "digests": base64.b64encode(digest_bytes).decode("ascii"),
            "files": sorted(
                {indicator.kind for indicator in self._indicators_by_digest.values()} & {"md5", "sha1", "sha256"}
            ),
            "lengths": {
                str(version): list(lengths) for version, lengths in self.index.prefix_lengths_by_ip_version.items()
            },
        }

    @property
    def fact_request(self) -> FactsRequest:
        """Return what an audit asks hosts for besides."""
        return FactsRequest(
            models={AREA: ContactsFacts}, extra_variables={"indicators": self.build_digest_question_for_hosts()}
        )

    def build_indicators_area(self, facts: HostFacts, host: Host, scans: Iterable[Scan]) -> dict[str, Any]:
        """Return the area ``indicators`` of control expressions.

        What a host, and the pages of its sites, had to do with.
        """
        contacts = facts.data.get(AREA)
        if not isinstance(contacts, ContactsFacts):
            return {"compared": True, "untold": {"contacts": facts.errors.get(AREA, "not collected")}}
        sites = {site.domain for site in host.sites}
        violations = [
            *self._find_violations_on_host(contacts),
            *self._find_violations_on_pages(look for look in scans if look.site in sites),
        ]
        violations.sort(
            key=lambda violation: (violation["where"] in ("log", "mail"), -violation["times"], violation["indicator"])
        )
        return {"compared": True, "contacts": _limit_violations_keeping_each_indicator(violations)}

    def _find_violations_on_host(self, facts: ContactsFacts) -> Iterator[dict[str, Any]]:
        for contact in facts.seen:
            indicator = self._indicators_by_digest.get(contact.digest)
            if indicator is not None:
                yield _make_violation(indicator, contact.where, contact.path, contact.times)

    def _find_violations_on_pages(self, looks: Iterable[Scan]) -> Iterator[dict[str, Any]]:
        for look in looks:
            for host in sorted({*look.linked, *look.framed, *look.loaded}):
                host_value = parse_value(host)
                indicator = self.index.find(host_value) if host_value is not None else None
                if indicator is not None:
                    yield _make_violation(indicator, "page", look.site, 1)


def _limit_violations_keeping_each_indicator(violations: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    first = {violation["indicator"]: violation for violation in reversed(violations)}
    return [
        violation
        for at, violation in enumerate(violations)
        if at < MAX_LISTED or first[violation["indicator"]] is violation
    ]


NONE: dict[str, Any] = {"compared": False}
"""The area where nothing was compared."""


def _make_violation(indicator: Indicator, where: str, path: str, times: int) -> dict[str, Any]:
    return {
        "indicator": indicator.text,
        "where": where,
        "path": path,
        "times": times,
        "list": indicator.list,
        "dated": str(indicator.first),
        "until": str(indicator.last_valid_day),
        "note": indicator.note,
        "tlp": indicator.tlp,
        "id": indicator.id,
    }
