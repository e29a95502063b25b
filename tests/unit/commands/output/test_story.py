"""A hardening on one screen: every part is there, in the order in which it happened, however much there is to tell."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from auditor.commands.hardening.flow import HardeningOutcome
from auditor.commands.output.timeline import show_hardening_story_in_four_parts
from auditor.hardening.plan import ControlChange, HardeningPlan, HostPlan
from auditor.models import Hardening, HostHardening, Lang, Status
from tests import factory

LINES = 40
"""Of a terminal that is not even large."""


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_found_changed_proven_and_report_fit_one_screen(lang: Lang) -> None:
    before = factory.run()
    after = before.model_copy(
        update={"findings": tuple(replace(one, status=Status.PASS, violations=()) for one in before.findings)}
    )
    hosts = tuple(host.name for host in before.hosts)
    change = ControlChange(control=before.findings[0].control, disruption="none")
    plan = HardeningPlan(hosts=tuple(HostPlan(host=name, changes=(change,) * 50) for name in hosts))
    entries = tuple(HostHardening(host=name, state="confirmed", tasks=("t",) * 30) for name in hosts)
    hardening = Hardening(id="r", inventory="i", started=before.started, seconds=600, hosts=entries)
    written = io.StringIO()
    console = Console(file=written, width=80, highlight=False)
    show_hardening_story_in_four_parts(
        HardeningOutcome(before, plan, hardening, after, Path("out/report/index.html")),
        factory.catalogue(),
        lang,
        console,
    )
    told = written.getvalue()
    order = {
        "vi": ("1. Phát hiện", "2. Thay đổi", "3. Kiểm chứng", "4. Báo cáo"),
        "en": ("1. Found", "2. Changed", "3. Verified", "4. Report"),
    }
    at = [told.index(one) for one in (*order[lang], "out/report/index.html")]
    assert at == sorted(at)
    opened = sum(one.is_open for one in before.findings)
    assert f"{opened} → 0" in told
    assert str(50 * len(hosts)) in told
    assert all(f"{name}: " in told for name in hosts)
    assert len(told.splitlines()) <= LINES
