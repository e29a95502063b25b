"""What a command says of all its visits, once."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from auditor.commands.output import incidents
from auditor.incidents.health_check import ServingSites, SiteOutage, UncheckedSites
from auditor.models import Lang
from auditor.text.translations import Words

TWO = (ServingSites(1, 1), ServingSites(2, 5))
FELL = SiteOutage("SC-20261127-1", "antruc.test", (), (), (), ())


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("came_to", "lang", "said"),
    [
        (TWO, "en", "The sites still serve: 3 sites, 6 addresses checked afterward"),
        (TWO, "vi", "Các trang vẫn hoạt động: 3 trang, đã kiểm tra lại 6 địa chỉ"),
        (TWO[:1], "en", "The sites still serve: 1 site, 1 address checked afterward"),
        ((), "en", None),
        ((*TWO, FELL), "en", None),
        ((UncheckedSites(("antruc.test",)), *TWO), "en", None),
    ],
)
def test_that_sites_serve_is_said_once_and_only_when_all_do(
    came_to: tuple[ServingSites | SiteOutage | UncheckedSites, ...],
    lang: Lang,
    said: str | None,
    as_json: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(incidents, "out", Console(file=written, width=200, highlight=False))
    told = incidents.ActionReporter(Words(lang), as_json=as_json)
    for one in came_to:
        told.report_outcome_of_action_or_site(one)
    told.report_summary_and_print_json()
    lines = [line for line in written.getvalue().splitlines() if "still serve" in line or "vẫn hoạt động" in line]
    assert lines == ([said] if said is not None and not as_json else [])
    assert told.well == (FELL not in came_to)
