"""An office's month in the lab's organisation, from runs that the factory makes."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from auditor.audit.frameworks.clauses import OF_REGIME, Framework, load_framework
from auditor.inventory import hosts
from auditor.models import DocumentKind, Lang, Organisation, Regime, Run, clock
from auditor.report.official import content
from auditor.report.official.content.context import Rows
from auditor.report.official.deadlines import USUAL_DAYS, Deadlines
from auditor.report.official.document import AnnexKey, OfficialDocument
from auditor.report.official.incidents import IncidentSummary
from auditor.report.official.period import Period
from auditor.results.month_work import HardeningAudits
from auditor.results.office_month import MonthRuns, OfficeMonthFigures, compute_office_month_figures
from auditor.results.open_since import Since
from tests import factory

CATALOGUE = factory.catalogue()
MONTH = Period(2026, 11)
NOW = "2026-11-24T09:12:00+07:00"
BEFORE = "2026-10-27T08:30:00+07:00"
TODAY = datetime.date(2026, 11, 25)


@cache
def organisation() -> Organisation:
    found = hosts.load_inventory(Path("inventories/lab")).organisation
    assert found is not None
    return found


@cache
def framework(regime: Regime) -> Framework:
    return load_framework(OF_REGIME[regime])


def month(
    unit: str,
    run: Run,
    before: Run | None = None,
    of: Organisation | None = None,
    first: Run | None = None,
    hardenings: Sequence[HardeningAudits] = (),
) -> OfficeMonthFigures:
    tree = of or organisation()
    office = tree.find_unit_by_id(unit)
    assert office is not None
    return compute_office_month_figures(tree, office, factory.HOSTS, MonthRuns(run, before, first, hardenings))


def document(
    unit: str = "xa-an-truc",
    kind: DocumentKind = "bao-cao",
    run: Run | None = None,
    before: Run | None = None,
    *,
    regime: Regime = "2026",
    lang: Lang = "vi",
    of: Organisation | None = None,
    since: Since | None = None,
    today: datetime.date = TODAY,
    first: Run | None = None,
    hardenings: Sequence[HardeningAudits] = (),
    incidents: tuple[IncidentSummary, ...] = (),
    besides: Mapping[AnnexKey, Rows] | None = None,
    levels: Mapping[str, int] | None = None,
) -> OfficialDocument:
    run = run or factory.run(started=NOW)
    given = content.ReportContext(
        figures=month(unit, run, before, of, first, hardenings),
        catalogue=CATALOGUE,
        period=MONTH,
        moments=(run.started,),
        deadlines=deadlines(run, of or organisation(), since or {}, today),
        regime=regime,
        kind=kind,
        lang=lang,
        previous=before.started if before else None,
        framework=framework(regime),
        incidents=incidents,
        levels=levels or {},
        besides=besides or {},
    )
    return content.build_official_document(given)


def deadlines(run: Run, of: Organisation, since: Since, today: datetime.date) -> Deadlines:
    return Deadlines(
        period=MONTH,
        days={**USUAL_DAYS, **of.deadline_days},
        since=since,
        read_on=clock.parse_iso_moment(run.started).date(),
        written_on=today,
    )


def text(of: OfficialDocument) -> str:
    return "\n".join(block.text for block in of.body)
