import base64
import dataclasses
import hashlib
import posixpath
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from auditor.models import HostOutcome, Text
from auditor.report import evidence
from auditor.report.html import addresses, renderer
from auditor.report.html import pages as html
from auditor.results.summary import summarize_run
from auditor.results.trend import make_trend_point
from auditor.text.translations import Words
from tests import factory

CATALOGUE = factory.catalogue()
BEFORE = factory.run(started="2026-11-23T08:21:00+07:00", run_id="before")
RUNS = {
    "plain": (factory.run(), None, ()),
    "hardened": (factory.run(hardened=True), BEFORE, (make_trend_point(BEFORE),)),
    "unreachable": (factory.run(unreachable=["web3"]), BEFORE, ()),
    "nobody": (factory.run(unreachable=["web1", "web2", "web3"]), None, ()),
    "hostile": (factory.run(nasty=factory.NASTY), factory.run(nasty=factory.NASTY), ()),
    "clean": (factory.run(clean=True), None, ()),
    "empty": (factory.run(hosts=()), None, ()),
}


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.ids, self.links, self.words = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


@cache
def rendered(name, lang="vi"):
    run, before, trend = RUNS[name]
    return dict(html.iter_html_report_pages(run, CATALOGUE, lang, before, trend))


@pytest.fixture(params=[(name, lang) for name in RUNS for lang in ("vi", "en")], ids="-".join)
def pages(request):
    return parsed(*request.param)


@cache
def parsed(name, lang):
    return {path: (text, Page(text)) for path, text in rendered(name, lang).items()}


def test_only_our_own_tags_and_attributes(pages):
    for path, (_, page) in pages.items():
        assert not {"img", "iframe", "link", "object", "form", "base", "a href"} & set(page.tags), path
        for tag, name, _value in page.attributes:
            assert not name.startswith("on") and name not in ("style", "src", "srcdoc"), (path, tag, name)


def test_every_link_leads_to_a_page_and_a_place_that_is_there(pages):
    for path, (_, page) in pages.items():
        for link in page.links:
            target, _, fragment = link.partition("#")
            where = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
            assert where in pages, (path, link)
            assert not fragment or fragment in pages[where][1].ids, (path, link)


def test_the_only_script_is_our_own_and_the_policy_admits_no_other(pages):
    script, digest = renderer.load_asset_with_csp_hash("filter.js")
    for path, (text, page) in pages.items():
        policy = re.search('Content-Security-Policy" content="([^"]*)"', text).group(1)
        found = re.findall(r"<script>(.*?)</script>", text, re.S)
        assert page.tags.count("script") == len(found) == policy.count("script-src"), path
        assert set(found) <= {str(script)}, path
        assert not found or f"script-src 'sha256-{digest}'" in policy, path
        assert ("data-filter" in text) == bool(found), path


def test_ids_are_given_once(pages):
    for path, (_, page) in pages.items():
        assert len(page.ids) == len(set(page.ids)), path


def test_the_style_is_the_one_that_the_policy_admits(pages):
    for text, _ in pages.values():
        style = re.search(r"<style>(.*?)</style>", text, re.S).group(1)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"default-src 'none'; style-src 'sha256-{digest}'" in text


def test_headings_go_down_by_one_and_there_is_one_title(pages):
    for path, (_, page) in pages.items():
        levels = [int(tag[1]) for tag in page.tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1 and levels.count(1) == 1, path
        assert all(after <= before + 1 for before, after in pairwise(levels)), path


def test_nothing_invisible_is_left(pages):
    for text, _ in pages.values():
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", text
        )


def test_hostile_text_is_there_to_read():
    page = Page(rendered("hostile")["sites/antruc.test.html"])
    assert "<script>document.title='owned'</script>" in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert "⟨U+202E⟩" in page.text


def test_a_page_does_not_grow_with_what_a_host_sends():
    huge = factory.run(nasty=["x" * 1_000_000])
    assert max(len(text) for _, text in html.iter_html_report_pages(huge, CATALOGUE, "vi")) < 1_500_000


def test_an_unread_site_is_never_green():
    pages = rendered("unreachable")
    row = re.search(
        r"<tr role=\"row\"[^>]*>\s*<th[^>]*><a href=\"sites/gotre.test.html\".*?</tr>", pages["index.html"], re.S
    )
    changes, sites = re.findall(
        r"<tr role=\"row\"[^>]*>\s*<th[^>]*><a href=\"sites/gotre.test.html\".*?</tr>", pages["index.html"], re.S
    )
    assert row and '→ <b class="unsure-text">?</b>' in changes
    assert "standing unread" in sites and "clean" not in sites and sites.count(">?<") == 4
    site = Page(pages["sites/gotre.test.html"]).text
    assert "cổng SSH từ chối kết nối" in site
    assert "Không còn việc" not in site and "Không có việc" not in site


def test_a_shared_finding_is_marked_and_told_on_each_site():
    for domain in ("dongvau.test", "gotre.test"):
        page = Page(rendered("plain")[f"sites/{domain}.html"])
        assert "dùng chung máy chủ web3 (2 trang)" in page.text
        assert "ssh.root_by_password" in page.ids


def test_the_command_for_a_fix_is_exact():
    text = Page(rendered("plain")["sites/antruc.test.html"]).text
    assert "auditor harden -i inventories/lab --limit antruc.test" in text
    assert "auditor harden -i inventories/lab --limit web1" in text


def test_a_control_s_commands_name_those_where_it_is_open():
    page = rendered("plain")["controls/ssh.root_by_password.html"]
    text = Page(page).text
    assert "auditor harden -i inventories/lab --limit web1,web2,web3" in text
    assert (
        "ansible-playbook -i inventories/lab playbooks/harden.yml --tags ssh.root_by_password"
        " --limit web1,web2,web3 --check --diff" in text
    )


def test_the_words_are_those_of_the_organisation_s_laws():
    older = factory.run().model_copy(
        update={"organisation": factory.ORGANISATION.model_copy(update={"regime": "2022"})}
    )
    made = dict(html.iter_html_report_pages(older, CATALOGUE, "vi"))
    assert "Báo cáo rà soát an toàn thông tin mạng" in made["index.html"]
    assert "Báo cáo rà soát an ninh mạng" in rendered("plain")["index.html"]
    cards = [Page(text["frameworks.html"]).text for text in (made, rendered("plain"))]
    assert cards[0].index("11930") < cards[0].index("14423")
    assert cards[1].index("14423") < cards[1].index("11930")


def test_an_inventory_path_cannot_add_a_command():
    run = factory.run().model_copy(update={"inventory": "x; rm -rf /"})
    index = dict(html.iter_html_report_pages(run, CATALOGUE, "vi"))["index.html"]
    assert "auditor harden -i &#39;x; rm -rf /&#39;" in index


def test_a_local_audit_offers_no_command_that_would_not_work():
    run = factory.run().model_copy(update={"inventory": "localhost"})
    for _, text in html.iter_html_report_pages(run, CATALOGUE, "vi"):
        assert "auditor harden" not in text


def test_times_elsewhere_are_vietnam_s():
    assert Words("vi").format_iso_moment("2026-11-24T16:38:00+07:00") == "16:38 ngày 24/11/2026"
    assert Words("vi").format_iso_moment("2026-11-24T17:38:00+00:00") == "00:38 ngày 25/11/2026"
    assert Words("en").format_iso_moment("2026-11-24T16:38:00+02:00") == "24 Nov 2026, 21:38"


@pytest.mark.parametrize(
    ("name", "lang", "sentence"),
    [
        ("plain", "vi", "Cả 4 trang đều có việc phải làm ngay"),
        ("plain", "en", "All 4 sites need action now"),
        ("nobody", "vi", "Chưa đọc được trang nào, nên chưa thể kết luận"),
        ("clean", "vi", "Không thấy việc phải làm, nhưng 4 trong 4 trang chưa đánh giá được hết"),
        ("empty", "vi", "Bảng kiểm kê chưa có máy chủ nào"),
    ],
)
def test_the_headline_says_how_it_stands(name, lang, sentence):
    assert html.write_headline_for_office_chair(summarize_run(RUNS[name][0]), Words(lang)) == sentence


def test_three_of_four():
    run = factory.run()
    kept = tuple(f for f in run.findings if f.host != "web2" or f.status == "pass")
    assert (
        html.write_headline_for_office_chair(summarize_run(run.model_copy(update={"findings": kept})), Words("vi"))
        == "3 trong 4 trang có việc phải làm ngay"
    )


def test_one_alone_is_not_counted():
    run = factory.run(hosts=factory.HOSTS[:1])
    kept = tuple(f for f in run.findings if f.severity in ("low", "medium") and f.status != "not_evaluated")
    assert (
        html.write_headline_for_office_chair(summarize_run(run.model_copy(update={"findings": kept})), Words("vi"))
        == "Không có việc phải làm ngay, nhưng trang này còn việc nên làm"
    )
    assert html.write_headline_for_office_chair(summarize_run(run), Words("en")) == "This site needs action now"


def test_a_fleet_that_is_done_says_so_only_when_everything_was_evaluated():
    run = factory.run(clean=True)
    done = run.model_copy(update={"findings": tuple(f for f in run.findings if f.status != "not_evaluated")})
    assert (
        html.write_headline_for_office_chair(summarize_run(done), Words("vi"))
        == "Không còn việc nào phải làm ở 4 trang"
    )


def test_file_names_come_from_safe_names_only():
    assert addresses.get_site_page_path("antruc.test") == "sites/antruc.test.html"
    assert re.fullmatch(r"hosts/[0-9a-f]{24}\.html", addresses.get_host_page_path("../../etc/passwd"))
    assert re.fullmatch(r"hosts/[0-9a-f]{24}\.html", addresses.get_host_page_path("Máy chủ 1"))
    long = ".".join(["a" * 60] * 4) + ".test"
    assert len(addresses.get_site_page_path(long)) < 60


def test_values_are_shown_as_people_read_them():
    def value(path, data):
        return evidence.format_value_for_people(path, data, Words("vi"), 100)

    assert value("files.mode", 0o644) == "0644"
    assert value("site.certificate.not_after", factory.NOW) == "08:30 ngày 23/11/2026"
    assert value("site.certificate.not_after", 10**30) == str(10**30)
    assert value("a.b", True) == "true"
    assert value("a.b", ["x", 1, True]) == "x, 1, true"
    assert value("a.b", {"k": [1], "mode": 0o600}) == "k=[1], mode=0600"
    assert value("a.b", [{"k": 1}, {"k": "x\ny"}]) == "k=1\nk=x⏎y"
    assert value("a.b", "26 members") == "26 mục"
    assert value("a.b", "") == '""'
    assert value("a.b", None) == "—"


def test_a_path_that_was_only_tried_does_not_look_like_a_file_that_is_there():
    some = next(finding for finding in factory.run().findings if finding.violations)
    tried = dataclasses.replace(some, violations=({"tried": "/.env"}, {"tried": "/.git/config"}))
    assert evidence.summarize_finding(tried, Words("vi")) == (
        "thử /.env: không bị chặn",
        "thử /.git/config: không bị chặn",
    )
    table = evidence.build_violation_table(tried, Words("en"))
    assert table is not None
    assert table.columns == () and table.rows == (("tried /.env: not refused",), ("tried /.git/config: not refused",))


def test_whom_a_setting_of_sshd_holds_for_is_in_words():
    some, *_ = factory.run().findings
    cases = ({"when": "for anybody", "value": "yes"}, {"when": "user root", "value": "yes"})
    table = evidence.build_violation_table(dataclasses.replace(some, violations=cases), Words("vi"))
    assert table is not None and table.rows == (("với mọi người", "yes"), ("user root", "yes"))


def test_clauses_are_cited_as_each_framework_does():
    cited = dict(
        evidence.list_frameworks_with_clauses(
            {
                "tcvn14423": {"l1": ["3.5"], "l2": ["4.5", "4.6 a"], "l3": []},
                "nd331": ["30.4.b"],
                "cis_nginx": [],
                "new": ["7"],
            },
            Words("vi"),
        )
    )
    assert cited == {
        "TCVN 14423:2026": "cấp độ 1: 3.5 · cấp độ 2: 4.5, 4.6 a",
        "Nghị định 331/2026/NĐ-CP": "điểm b khoản 4 Điều 30",
        "new": "7",
    }


def test_reasons_are_foreign_text_too():
    run = factory.run()
    outcomes = tuple(
        HostOutcome(host=host.name, reached=False, reason=Text(vi="<b>x</b>\u202e", en="<b>x</b>"))
        for host in run.hosts
    )
    index = dict(html.iter_html_report_pages(run.model_copy(update={"outcomes": outcomes}), CATALOGUE, "vi"))[
        "index.html"
    ]
    assert "&lt;b&gt;x&lt;/b&gt;⟨U+202E⟩" in index
