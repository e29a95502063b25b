"""What a history's file holds, counted by other code than ours: SQLite's rows, their JSON, and nothing of the program's."""

from __future__ import annotations

import contextlib
import datetime
import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DAYS = {"critical": 7, "high": 15, "medium": 30, "low": 60}
"""What the lab's organisation has: the usual ones."""
LAST_DAY = {"2026-10": datetime.date(2026, 10, 31), "2026-11": datetime.date(2026, 11, 30)}


@dataclass
class Counted:
    """What the history's file holds, counted here."""

    runs: Sequence[Mapping[str, Any]]
    ledgers: Mapping[str, list[Mapping[str, Any]]]
    now: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.runs[-1]

    def open(self, run: Mapping[str, Any] | None = None, **where: str) -> list[Mapping[str, Any]]:
        return [
            one
            for one in (run or self.now)["findings"]
            if one["status"] in ("fail", "partial")
            and one["waiver"] is None
            and all(one[key] == value for key, value in where.items())
        ]

    def status(self, status: str) -> int:
        return sum(one["status"] == status for one in self.now["findings"])

    @property
    def intrusions(self) -> list[Mapping[str, Any]]:
        return [
            one for one in self.open() if one["control"].startswith(("content.", "compromise.")) and one["violations"]
        ]

    @property
    def configured(self) -> list[Mapping[str, Any]]:
        theirs = {id(one) for one in self.intrusions}
        return [one for one in self.open() if id(one) not in theirs]

    def of_site(self, domain: str, findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Those of the site, and of the host that serves it."""
        host = next(h["name"] for h in self.now["hosts"] for s in h["sites"] if s["domain"] == domain)
        return [
            one
            for one in findings
            if (one["subject"]["kind"], one["subject"]["id"]) in (("site", domain), ("host", host))
        ]

    @property
    def domains(self) -> list[str]:
        return sorted(site["domain"] for host in self.now["hosts"] for site in host["sites"])

    def served(self, hosts: Iterable[str]) -> list[str]:
        return sorted(s["domain"] for h in self.now["hosts"] if h["name"] in set(hosts) for s in h["sites"])

    def since(self) -> Mapping[tuple[str, str], str]:
        """The month since when each finding has been open in every run that came to a result."""
        known: dict[tuple[str, str], str] = {}
        for run in self.runs:
            for one in run["findings"]:
                key = (one["control"], one["subject"]["id"])
                if one["status"] in ("fail", "partial"):
                    known.setdefault(key, run["started"][:7])
                elif one["status"] in ("pass", "not_applicable"):
                    known.pop(key, None)
        return known

    def due(self, one: Mapping[str, Any]) -> datetime.date:
        month = self.since().get((one["control"], one["subject"]["id"]), "2026-11")
        return LAST_DAY[month] + datetime.timedelta(days=DAYS[one["severity"]])

    def change(self, before: Mapping[str, Any], now: Iterable[Mapping[str, Any]] | None = None) -> Counter[str]:
        """What became of each finding, or of some, since that run."""
        was = {(one["control"], one["subject"]["id"]): one["status"] for one in before["findings"]}
        came: Counter[str] = Counter()
        for one in self.now["findings"] if now is None else now:
            earlier, opened = was.get((one["control"], one["subject"]["id"])), one["status"] in ("fail", "partial")
            if opened:
                came["still" if earlier in ("fail", "partial") else "worse" if earlier == "pass" else "new"] += 1
            elif one["status"] == "pass" and earlier in ("fail", "partial"):
                came["fixed"] += 1
        return came

    def certainties(self) -> Counter[str]:
        return Counter(
            "certain" if trace["certainty"] == "exact" else "likely"
            for one in self.intrusions
            for trace in one["violations"]
        )


def read(database: Path) -> Counted:
    """Read the file as SQLite has it, and nothing of ours."""
    with contextlib.closing(sqlite3.connect(database)) as opened:
        runs = [
            json.loads(zlib.decompress(document))
            for (document,) in opened.execute("SELECT document FROM runs ORDER BY started")
        ]
        links = [json.loads(text) for (text,) in opened.execute("SELECT statement FROM chain ORDER BY position")]
    ledgers: dict[str, list[Mapping[str, Any]]] = {}
    for link in links:
        if "incident" in link:
            ledgers.setdefault(link["incident"], []).append(link["entry"])
    return Counted(runs, ledgers)


def read_clause(status: str, findings: Sequence[Mapping[str, Any]], controls: Iterable[str]) -> str:
    """What a clause comes to for one site, by the rule in ``docs/en/frameworks.md``, written anew."""
    names = set(controls)
    shown = _show(findings, names - {one["control"] for one in findings}) if names else "not_applicable"
    if status == "manual":
        return shown if names else "needs_confirmation"
    if status == "partial":
        return shown if shown in ("not_met", "partly", "not_evaluated") else "needs_confirmation"
    return shown


def _show(findings: Sequence[Mapping[str, Any]], unanswered: set[str]) -> str:
    """What the findings of a clause show together."""
    asked = [one for one in findings if one["status"] != "not_applicable"]
    if findings and not asked and not unanswered:
        return "not_applicable"
    by_status = Counter(one["status"] for one in asked)
    grave = [one for one in asked if one["status"] in ("fail", "partial") and one["severity"] in ("high", "critical")]
    if any(one["status"] == "fail" or one["severity"] == "critical" for one in grave):
        return "not_met"
    if by_status["fail"]:
        return "partly" if by_status["pass"] or by_status["partial"] else "not_met"
    if by_status["partial"]:
        return "partly"
    if by_status["not_evaluated"] or unanswered or not findings:
        return "not_evaluated"
    return "needs_confirmation" if by_status["manual"] else "met"
