"""The pages, the chair's among them, begin with an intrusion."""

from __future__ import annotations

import re

from auditor.report.html.brief import list_decisions
from auditor.report.html.pages import iter_html_report_pages
from auditor.results.by_control import list_work
from auditor.results.intrusions import find_intrusions
from tests.unit import intruded

RUN = intruded.run(*intruded.TRACES, injected=True)


def shown(run=RUN, lang="vi") -> dict[str, str]:
    return dict(iter_html_report_pages(run, intruded.CATALOGUE, lang))


def test_the_first_page_says_so_before_everything_else_and_asks_for_the_incident_first() -> None:
    page = shown()["index.html"]
    assert re.search(r"<h1>\d trong 4 trang bị xâm nhập: phải xử lý sự cố ngay</h1>", page)
    brief = page[page.index('id="brief"') : page.index('class="annex-begins"')]
    first = brief[brief.index("<ol>") : brief.index("</li>", brief.index("<ol>"))]
    assert "Xử lý sự cố ngay; thông báo trong 24 giờ" in first
    assert "gia cố tự động" not in first
    assert brief.index("Bị xâm nhập") < brief.index("1. Tình trạng")
    assert page.index('id="intrusion"') < page.index('id="totals"') < page.index('id="work"')
    assert "thực thi lệnh từ xa" not in page[page.index('id="work"') :]


def test_the_page_of_a_host_and_of_its_site_begin_with_it() -> None:
    for name in ("hosts/web1.html", "sites/antruc.test.html", "sites/gotre.test.html"):
        page = shown()[name]
        assert 'class="verdict intruded"' in page
        assert page.index('id="intrusion"') < page.index('id="facts"')
        assert "Lúc rà soát chưa mở hồ sơ sự cố." in page
    assert 'id="intrusion"' not in shown()["hosts/web2.html"]


def test_a_site_of_an_intruded_host_says_that_its_host_is_and_not_itself() -> None:
    some = shown(intruded.run(intruded.TRACES[1]))
    page = some["sites/antruc.test.html"]
    assert 'class="verdict host_intruded"' in page
    assert "Máy chủ web1 đặt trang này bị xâm nhập." in page
    assert "Có dấu vết chắc chắn do đối tượng xâm nhập để lại" not in page
    assert "1 trong 4 trang nằm trên máy chủ bị xâm nhập: phải xử lý sự cố ngay" in some["index.html"]
    both = shown(intruded.run(intruded.TRACES[1], injected=True))["index.html"]
    assert "1 trong 4 trang bị xâm nhập" in both
    assert "Ngoài ra, 1 trang nằm trên máy chủ bị xâm nhập." in both


def test_an_open_incident_is_told_with_what_it_contains_and_stays_a_decision_without_traces() -> None:
    some = shown(RUN.model_copy(update={"incidents": (intruded.INCIDENT,)}))
    assert "Hồ sơ sự cố SC-20261124-1 đang mở" in some["index.html"]
    cleaned = intruded.run(incidents=(intruded.INCIDENT,))
    first, *_ = list_decisions(
        list_work(cleaned, intruded.CATALOGUE), cleaned, 0, find_intrusions(cleaned), cleaned.incidents or ()
    )
    assert (first.what, first.names) == ("conclude", ("SC-20261124-1",))
    assert "Sự cố đang xử lý" in shown(cleaned)["hosts/web1.html"]


def test_what_is_contained_stands_before_each_trace_on_the_pages_that_it_concerns() -> None:
    some = shown(intruded.fleet())
    for name in ("index.html", "hosts/web1.html", "sites/antruc.test.html"):
        page = some[name]
        line = page.index("Đã cách ly (số 1): /var/www/antruc.test/wp-content/uploads/.a.php trên web1")
        assert page.index('id="intrusion"') < line < page.index("</section>", line)
        assert name == "index.html" or line < page.index('class="findings"')
    assert "Đã cách ly" not in some["sites/bennua.test.html"]


def test_nothing_is_said_of_intrusions_where_none_is() -> None:
    assert 'id="intrusion"' not in "".join(shown(intruded.run()).values())
