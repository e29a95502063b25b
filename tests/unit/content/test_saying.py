"""An advert is told together with whom it leads to, so that the same one on many sites is one piece of work."""

from __future__ import annotations

import pytest

from auditor.content.analyzer import analyze_visit
from auditor.scans.responses import PageVisit, SiteBaseline, VisitorResponse

ADVERT = '<p>Dự đoán xsmb chuẩn, lô đề online 1 ăn 99. <a href="https://{name}/choi?n=1">Chơi ngay</a></p>'


@pytest.mark.parametrize(("name", "targets"), [("motsite.example", {"motsite[.]example"}), ("antruc.test", set())])
def test_an_advert_names_the_host_that_it_leads_to(name: str, targets: set[str]) -> None:
    body = f"<!doctype html><html lang=vi><title>Tin</title>{ADVERT.format(name=name)}</html>".encode()
    served = VisitorResponse("plain", 200, {"content-type": "text/html; charset=utf-8"}, body)
    known = SiteBaseline("antruc.test", own=frozenset({"antruc.test"}))
    traces = analyze_visit(PageVisit("https://antruc.test/tin/1.html", "page", (served,)), known).traces
    assert {one.target for one in traces if one.certainty != "weak" and one.kind == "link"} == targets
