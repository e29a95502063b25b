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


NEWS = "<p>Công an xã bắt giữ nhóm trộm cắp xe máy, cảnh báo người dân cảnh giác.</p>"


def alarms(title: str, main: str, path: str = "/", head: str = "") -> set[str]:
    body = f"<!doctype html><html lang=vi><title>{title}</title>{head}<h1>Xã An Trúc</h1>{main}</html>".encode()
    served = VisitorResponse("plain", 200, {"content-type": "text/html; charset=utf-8"}, body)
    known = SiteBaseline("antruc.test", own=frozenset({"antruc.test"}))
    visit = PageVisit(f"https://antruc.test{path}", "home" if path == "/" else "page", (served,))
    return {rule for one in analyze_visit(visit, known).traces if one.certainty != "weak" for rule in one.rules}


def test_police_news_beside_an_advert_does_not_silence_the_title_of_a_home_page() -> None:
    assert "title" in alarms("Casino trực tuyến nhà cái uy tín", NEWS)


def test_police_news_beside_an_advert_that_leads_away_does_not_silence_its_title() -> None:
    away = NEWS + '<p>Mời vào <a href="https://motsite.example/">trang chính</a></p>'
    assert "title" in alarms("Casino trực tuyến nhà cái uy tín", away, "/tin/1.html")


@pytest.mark.parametrize(
    ("title", "main", "path"),
    [
        ("Nhà cái trực tuyến và cái giá phải trả", "<p>Công an khởi tố 5 bị can.</p>", "/tin/1.html"),
        ("Nhà cái trực tuyến và cái giá", "<p>Công an cảnh báo: nhà cái lừa đảo.</p>", "/"),
        (
            "Nhà cái trực tuyến và cái giá",
            '<p>Công an cảnh báo nhà cái lừa đảo.</p><p>Xem <a href="https://bao.example/">báo</a></p>',
            "/tin/1.html",
        ),
        ("Xã An Trúc", NEWS, "/"),
    ],
)
def test_news_of_the_police_stays_clean(title: str, main: str, path: str) -> None:
    assert not alarms(title, main, path)


@pytest.mark.parametrize("quote", ["'", '"'])
def test_an_advert_that_a_style_sheet_writes_is_told(quote: str) -> None:
    rule = f"h1::before{{content:{quote}NHÀ CÁI – HOÀN TRẢ{quote};color:red}}"
    assert "style_text" in alarms("Xã An Trúc", NEWS, head=f"<style>{rule}</style>")
    assert "style_text" not in alarms("Xã An Trúc", NEWS, head=f"<script>var rule={rule!r}</script>")
    assert not alarms("Xã An Trúc", NEWS, head='<style>a::after{content:"Cảnh báo nhà cái lừa đảo"}</style>')
