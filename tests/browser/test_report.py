"""The report as people meet it: in Chromium, with and without scripts, on a phone, on paper, by keyboard, read aloud."""

import re
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from auditor.models import AppliedWaiver, ExceptionScope, Hardening, Host, HostHardening, Site, Text, Waiver, WaiverUse
from auditor.report.files import ReportComparison, write_report_files_of_run
from auditor.report.formats import Format
from auditor.report.html.addresses import get_host_page_path
from auditor.results.trend import make_trend_point
from tests import factory, pictures
from tests.unit import intruded

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = (Path(__file__).parent / "axe.min.js").read_text("utf-8")
"""axe-core 4.14.1 by Deque Systems, MPL-2.0 (axe.LICENSE.txt): finds what a screen reader cannot make sense of."""
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1180, "height": 900}
NARROW = {"width": 320, "height": 600}
KINDS = (
    "index.html",
    "controls.html",
    "controls/ssh.root_by_password.html",
    "frameworks.html",
    "frameworks/nd331.html",
    "unevaluated.html",
    "sites/antruc.test.html",
    "hosts/web3.html",
)
"""A page of each kind that every report has."""
EVIL = "\"><img src=x onerror=\"document.title='owned'\">\u202e<script>document.title='owned'</script>"
PAGES = {
    "plain": (*KINDS, "sites/gotre.test.html"),
    "hardened": (*KINDS, "changes.html"),
    "few": (*KINDS, "changes.html"),
    "hostile": (*KINDS, "changes.html", get_host_page_path(EVIL)),
    "large": ("index.html", "sites-2.html", "names.html"),
    "hacked": (
        "index.html",
        "sites/antruc.test.html",
        "sites/bennua.test.html",
        "sites/gotre.test.html",
        "hosts/web1.html",
    ),
}


def hardened():
    """A run after a hardening that went well on one host only, with a waiver about to expire."""
    hardening = Hardening(
        id="before",
        inventory="inventories/lab",
        started=factory.STARTED,
        seconds=300,
        hosts=(
            HostHardening(host="web1", batch=1, controls=("ssh.root_by_password",), state="confirmed"),
            HostHardening(host="web2", batch=2, state="reverted", why=Text(vi="trang trả lời 500", en="answered 500")),
            HostHardening(host="web3", batch=2, state="lost"),
        ),
        broken_before=("gotre.test",),
    )
    waiver = Waiver(
        id="MT-01", control="tls.certificate_in_date", scope=ExceptionScope(sites=("bennua.test",)), reason="chờ chứng thư mới",
        approver="Chánh Văn phòng", granted=date(2026, 1, 1), expires=date(2026, 12, 1), compensating="chặn từ ngoài",
    )  # fmt: skip
    waived = AppliedWaiver.model_validate(
        {**waiver.model_dump(exclude={"control", "scope"}), "days_left": 8, "validity": "expiring"}
    )
    run = factory.run(hardened=True, unreachable=["web3"])
    findings = tuple(
        replace(finding, waiver=waived)
        if (finding.control, finding.subject.id) == ("tls.certificate_in_date", "bennua.test")
        else finding
        for finding in run.findings
    )
    use = WaiverUse(waiver=waiver, validity="expiring", days_left=8, waived=1, open=0, not_evaluated=0, met=0)
    return run.model_copy(update={"findings": findings, "hardening": hardening, "waivers": (use,)})


def few(run, each=2):
    """The run with so many findings of each subject, status and severity, of all kinds that pages show."""
    kept = Counter()
    findings = []
    for finding in run.findings:
        kind = (finding.subject, finding.status, finding.severity, finding.waiver is None)
        kept[kind] += 1
        if kept[kind] <= each:
            findings.append(finding)
    return run.model_copy(update={"findings": tuple(findings)})


def hostile():
    """Whatever a host may send, wherever it may, from a host with a name to match; and a megabyte of it."""
    evil = Host(name=EVIL, address="192.0.2.1", sites=(Site(domain="evil.test", host=EVIL),))
    return factory.run(nasty=(*factory.NASTY, "x" * 1_000_000), hosts=(*factory.HOSTS, evil))


def large():
    sites = tuple(Site(domain=f"xa{n}.test", host="web1", unit="xa-an-truc") for n in range(201))
    return factory.run(hosts=(Host(name="web1", address="192.0.2.1", sites=sites),)).model_copy(update={"findings": ()})


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    before = factory.run(started="2026-11-23T08:21:00+07:00", run_id="before")
    point = make_trend_point(before)
    months = [
        point.model_copy(update={"run_id": f"m{m}", "started": f"2026-{m:02}-20T08:00:00+07:00"}) for m in (8, 9, 10)
    ]
    runs = {
        "plain": (factory.run(), None, ()),
        "tidy": (factory.run(hardened=True), before, (*months, point)),
        "hardened": (hardened(), before, (*months, point)),
        "few": (few(hardened()), few(before), (*months, point)),
        "hostile": (hostile(), before, ()),
        "large": (large(), None, ()),
        "hacked": (intruded.fleet(), before, (*months, point)),
    }
    runs |= {f"{name}-en": runs[name] for name in ("plain", "tidy", "hacked")}
    return {
        name: write_report_files_of_run(
            run,
            intruded.CATALOGUE if name.startswith("hacked") else factory.catalogue(),
            output=tmp_path_factory.mktemp(name),
            lang="en" if name.endswith("-en") else "vi",
            formats={Format.HTML},
            comparison=ReportComparison(earlier, trend),
        )
        .files[Format.HTML]
        .parent
        for name, (run, earlier, trend) in runs.items()
    }


@pytest.fixture
def visit(chromium):
    """Open pages in one tab; every request but the page's own fails the test, as every error and dialog does."""
    tabs, requests, errors = {}, [], []

    def open_page(url, **options):
        key = repr(sorted(options.items()))
        if key not in tabs:
            context = chromium.new_context(**{"viewport": DESKTOP, "java_script_enabled": False, **options})
            page = tabs[key] = context.new_page()
            page.on("request", lambda request: requests.append(request.url))
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            page.on("dialog", lambda dialog: errors.append(f"dialog {dialog.message}"))
            page.on("pageerror", lambda error: errors.append(str(error)))
        tabs[key].goto(url.as_uri())
        return tabs[key]

    yield open_page
    for page in tabs.values():
        page.context.close()
    assert [
        url for url in requests if not url.startswith("file:///") or not url.partition("#")[0].endswith(".html")
    ] == []
    assert errors == []


UNFOLD = "document.querySelectorAll('details').forEach(d => d.open = true)"
OVERFLOW = """() => [document.documentElement.scrollWidth - document.documentElement.clientWidth,
    [...document.querySelectorAll('main *, header *')].filter(e => {
      const r = e.getBoundingClientRect();
      return r.width > 2 && r.right > document.documentElement.clientWidth + 1 && !e.closest('.hidden, thead');
    }).map(e => e.outerHTML.slice(0, 120)).slice(0, 3)]"""
"""How many pixels wider than the window the page is, and what sticks out."""


@pytest.mark.parametrize("name", sorted(PAGES.keys() - {"few"}))
def test_no_page_scrolls_sideways(reports, visit, name):
    for path in PAGES[name]:
        page = visit(reports[name] / path, java_script_enabled=True)
        page.evaluate(UNFOLD)
        for viewport in (DESKTOP, PHONE, NARROW):
            page.set_viewport_size(viewport)
            assert page.evaluate(OVERFLOW) == [0, []], (path, viewport)
        page.set_viewport_size(DESKTOP)


def violations(page, **options):
    """What axe objects to: rule, and the first elements."""
    page.evaluate(AXE)
    found = page.evaluate("options => axe.run(document, options)", {"resultTypes": ["violations"], **options})
    return [(one["id"], [node["html"][:150] for node in one["nodes"][:3]]) for one in found["violations"]]


@pytest.mark.parametrize(("name", "paths"), [("few", PAGES["few"]), ("large", ("index.html", "names.html"))])
def test_a_screen_reader_makes_sense_of_every_page(reports, visit, name, paths):
    for path in paths:
        page = visit(reports[name] / path, java_script_enabled=True)
        page.evaluate(UNFOLD)
        assert violations(page) == [], path


@pytest.mark.parametrize("options", [{"color_scheme": "dark"}, {"viewport": PHONE}], ids=["dark", "phone"])
def test_all_text_has_contrast_and_all_targets_are_large_enough(reports, visit, options):
    for path in PAGES["few"]:
        page = visit(reports["few"] / path, java_script_enabled=True, **options)
        page.evaluate(UNFOLD)
        rules = ["color-contrast", "target-size", "scrollable-region-focusable"]
        assert violations(page, runOnly={"type": "rule", "values": rules}) == [], path


def test_everything_is_there_without_scripts(reports, visit):
    page = visit(reports["plain"] / "index.html")
    assert page.locator("h1").inner_text() == "Cả 4 trang đều có việc phải làm ngay"
    assert page.locator("#sites-rows tbody tr").count() == 4
    page.get_by_role("link", name="antruc.test").first.click()
    assert page.locator("h1").inner_text() == "antruc.test"
    body = page.locator("#ssh\\.root_by_password")
    assert body.is_visible()
    assert "ssh.effective.permitrootlogin" in body.inner_text()
    closed = page.locator("details.finding:not([open])").first
    control = closed.locator(".body").get_attribute("id")
    assert not page.locator(f"[id='{control}']").is_visible()
    closed.locator("summary").click()
    assert page.locator(f"[id='{control}']").is_visible()
    page = visit(reports["plain"] / "controls.html")
    assert not page.locator(".filter").is_visible()
    rows = page.locator("#controls tbody tr")
    assert rows.count() == len({finding.control for finding in factory.run().findings})
    assert all(row.is_visible() for row in rows.all())


def test_a_list_narrows_as_one_types(reports, visit):
    page = visit(reports["plain"] / "controls.html", java_script_enabled=True)
    shown = page.locator("#controls tbody tr:visible")
    everything = shown.count()
    page.get_by_label("Tìm").fill("duong ham")
    assert shown.count() == 0
    assert page.locator(".filter output").inner_text() == f"Hiện 0 trong {everything} dòng."
    page.get_by_label("Tìm").fill("CHUNG CHI han")
    assert [row.locator("code").inner_text() for row in shown.all()] == ["tls.certificate_in_date"]
    page.get_by_label("Tìm").fill("")
    page.get_by_label("Chỉ hiện").select_option("critical")
    assert 0 < shown.count() < everything
    assert {row.locator(".sev").inner_text() for row in shown.all()} == {"Nghiêm trọng"}
    page.get_by_label("Chỉ hiện").select_option("")
    assert shown.count() == everything


def test_a_large_fleet_is_walked_page_by_page_and_searched_by_name(reports, visit):
    page = visit(reports["large"] / "index.html")
    assert page.locator("#sites-rows tbody tr").count() == 200
    page.get_by_role("link", name="sau →").click()
    assert page.locator("#sites-rows tbody tr").count() == 1
    assert page.locator(".pager").first.locator("[aria-current=page]").inner_text().split()[-1] == "2"
    page = visit(reports["large"] / "names.html", java_script_enabled=True)
    page.get_by_label("Tìm").fill("xa200 an truc")
    assert page.locator("#names li:visible a").all_inner_texts() == ["xa200.test"]


def test_a_link_to_a_folded_finding_unfolds_it(reports, visit):
    page = visit(reports["plain"] / "sites/antruc.test.html")
    folded = page.locator("details.finding:not([open]) .body").first
    assert not folded.is_visible()
    control = folded.get_attribute("id")
    page.goto((reports["plain"] / "sites/antruc.test.html").as_uri() + f"#{control}")
    target = page.locator(f"[id='{control}']")
    assert target.is_visible()
    summary = page.locator("details.finding", has=target).locator("summary").bounding_box()
    assert 0 <= summary["y"] < DESKTOP["height"]


def test_hostile_strings_do_nothing(reports, visit):
    for path in PAGES["hostile"]:
        page = visit(reports["hostile"] / path, java_script_enabled=True)
        page.evaluate(UNFOLD)
        assert page.evaluate("new Promise(done => requestAnimationFrame(() => done(document.title)))") != "owned"
        assert page.locator("iframe, img, main style, main script").count() == 0, path
        assert page.evaluate("[...document.querySelectorAll('script')].every(s => s.textContent.startsWith('// '))")
        text = page.locator("body").inner_text()
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", text), path
        assert len(text) < 400_000, path
    told = visit(reports["hostile"] / "sites/antruc.test.html").locator("body").inner_text()
    assert "<script>document.title='owned'</script>" in told and "⟨U+202E⟩" in told and "/1000000]" in told
    name = visit(reports["hostile"] / get_host_page_path(EVIL)).locator("h1").inner_text()
    assert name == EVIL.replace("\u202e", "⟨U+202E⟩")


def test_no_script_but_ours_would_run_even_if_it_were_there(reports, chromium, tmp_path):
    page = chromium.new_page()
    for path in ("index.html", "controls.html"):
        text = (reports["plain"] / path).read_text("utf-8")
        evil = "<script>document.title='owned'</script><b onclick=\"document.title='owned'\">x</b>"
        (tmp_path / path).write_text(text.replace("</main>", f"{evil}</main>"), "utf-8")
        page.goto((tmp_path / path).as_uri())
        page.locator("main > b").click()
        assert page.title() != "owned"
    assert page.locator(".filter").is_visible()
    page.close()


def test_one_landmark_of_each_kind_and_named_sections(reports, visit):
    for path in PAGES["few"]:
        page = visit(reports["few"] / path)
        for role in ("main", "banner", "contentinfo"):
            assert page.get_by_role(role).count() == 1, (path, role)
        for section in page.locator("section").all():
            label = section.get_attribute("aria-labelledby")
            assert page.locator(f"#{label}").inner_text().strip(), path
        assert page.locator("html").get_attribute("lang") == "vi"


def test_tables_stay_tables_when_they_look_like_cards(reports, visit):
    page = visit(reports["plain"] / "index.html", viewport=PHONE)
    table = page.get_by_role("table").first
    assert table.get_by_role("row").count() == 5
    assert table.get_by_role("rowheader").count() == 4
    assert table.get_by_role("columnheader").count() == 9
    first = table.get_by_role("row").nth(1).bounding_box()
    assert first["width"] > 300 and first["height"] > 100


def test_the_keyboard_reaches_content_and_shows_where_it_is(reports, visit):
    page = visit(reports["plain"] / "sites/antruc.test.html")
    page.keyboard.press("Tab")
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.evaluate("e => e.closest('main') !== null")
    assert focused.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    folded = page.locator("details.finding:not([open]) > summary").first
    body = page.locator("details.finding:not([open])").first.locator(".body").get_attribute("id")
    folded.focus()
    page.keyboard.press("Enter")
    assert page.locator(f"[id='{body}']").is_visible()


def test_the_keyboard_walks_a_page_in_the_order_of_reading(reports, visit):
    page = visit(reports["plain"] / "controls.html", java_script_enabled=True)
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();"
                " return [e.tagName, r.width > 0 && r.height > 0, s.outlineStyle !== 'none' || e.tagName === 'INPUT',"
                " [...document.querySelectorAll('*')].indexOf(e)]; }"
            )
        )
    assert all(visible and ringed for _tag, visible, ringed, _at in seen)
    places = [at for _tag, _visible, _ringed, at in seen]
    assert places == sorted(places) and len(set(places)) == len(places)
    tags = [tag for tag, _visible, _ringed, _at in seen]
    assert "INPUT" in tags and "SELECT" in tags and tags[-1] == "A"


def printed(page, path):
    """What is on paper, white space aside."""
    path.write_bytes(page.pdf(prefer_css_page_size=True))
    text = subprocess.run(["pdftotext", "-raw", path, "-"], check=True, capture_output=True, text=True).stdout
    return re.sub(r"\s+", "", text)


def test_paper_tells_each_open_finding_in_a_few_lines_and_folds_what_is_met(reports, visit, tmp_path):
    page = visit(reports["plain"] / "sites/antruc.test.html")
    page.emulate_media(media="print")
    lines = page.locator("details.finding .on-paper")
    assert lines.count() > 20
    assert all(line.is_visible() and line.bounding_box()["height"] < 60 for line in lines.all())
    assert not page.locator(".fold.pass ul").first.is_visible()
    assert not page.locator(".crumbs, .entries").first.is_visible()
    text = printed(page, tmp_path / "site.pdf")
    assert pages_of(tmp_path / "site.pdf") <= 8
    assert {finding.control for finding in factory.run().findings if finding.host == "web1" and finding.is_open} <= {
        control.id for control in factory.catalogue().controls if control.id in text
    }


def test_paper_holds_every_place_and_every_change(reports, visit, tmp_path):
    page = visit(reports["hardened"] / "changes.html")
    rows = page.locator(".rows > li").count()
    text = printed(page, tmp_path / "changes.pdf")
    assert rows > 50 and text.count("web1") + text.count("web2") + text.count("web3") + text.count(".test") >= rows
    text = printed(visit(reports["plain"] / "controls/ssh.root_by_password.html"), tmp_path / "control.pdf")
    assert text.count("ssh.effective.permitrootlogin=yes") == 3
    text = printed(visit(reports["hardened"] / "index.html"), tmp_path / "index.pdf")
    assert "MT-01" in text and "Đãkhôiphục" in text and "10/2026" in text


def chairs(page):
    """The page with its form for the chair asked for."""
    page.get_by_role("link", name="Bản in một trang").click()
    return page


def pages_of(path):
    told = subprocess.run(["pdfinfo", path], check=True, capture_output=True, text=True).stdout
    return int(re.search(r"^Pages:\s+(\d+)", told, re.MULTILINE)[1])


@pytest.mark.parametrize("name", ["plain", "hardened", "hostile", "large", "hacked"])
def test_the_chair_s_form_is_one_page(reports, visit, name, tmp_path):
    for number, path in enumerate(("index.html", "sites/antruc.test.html", "hosts/web3.html")):
        if (reports[name] / path).exists():
            sheet = tmp_path / f"{number}.pdf"
            text = printed(chairs(visit(reports[name] / path)), sheet)
            assert pages_of(sheet) == 1, path
            assert "1.Tìnhtrạng" in text and "2.Thayđổi" in text and "3.Việccầnquyếtđịnh" in text
            assert "PHỤLỤC" not in text


def test_a_page_on_paper_begins_with_the_chair_s_form(reports, visit, tmp_path):
    sheet = tmp_path / "index.pdf"
    page = visit(reports["plain"] / "index.html")
    assert not page.locator("#brief").is_visible()
    text = printed(page, sheet)
    first = subprocess.run(["pdftotext", "-l", "1", sheet, "-"], check=True, capture_output=True, text=True).stdout
    assert "gotre.test" in first and "Hạn đề nghị: 07/12/2026." in first and "PHỤ LỤC" not in first
    assert "PHỤLỤC:CHITIẾT" in text and pages_of(sheet) > 1
    assert chairs(page).locator("#brief").is_visible()


def test_findings_of_a_site_are_searched_and_folds_open_for_what_is_found(reports, visit):
    page = visit(reports["plain"] / "sites/antruc.test.html", java_script_enabled=True)
    fold = page.locator("details.fold.pass")
    assert fold.get_attribute("open") is None
    page.locator("#found-find").fill("khong nap ma tu dia chi")
    shown = page.locator("#found [data-row]:not([hidden])")
    assert 0 < shown.count() < 5
    assert all("không nạp mã" in row.text_content().lower() for row in shown.all())
    page.locator("#found-find").fill("")
    assert fold.get_attribute("open") is None and fold.is_visible()
    page = visit(reports["plain"] / "index.html", java_script_enabled=True)
    page.locator("#work-rows-find").fill("antruc sao luu")
    assert 0 < page.locator("#work-rows [data-row]:not([hidden])").count() < 4


def test_the_trend_tells_what_its_axes_are(reports, visit):
    page = visit(reports["tidy"] / "sites/antruc.test.html")
    axes = page.locator(".plot .axis").all_text_contents()
    assert axes[0] == "Số điểm chưa đạt" and axes[2:] == ["0", "20/08/2026", "23/11/2026"]


def test_colour_is_never_alone(reports, visit):
    page = visit(reports["plain"] / "index.html")
    words = re.compile("Nghiêm trọng|Cao|Trung bình|Thấp")
    assert all(words.search(mark.inner_text()) for mark in page.locator(".sev:visible").all())
    assert {mark.inner_text() for mark in page.locator(".standing").all()} == {"Phải làm ngay"}
    clauses = visit(reports["plain"] / "frameworks/nd331.html")
    assert all(mark.inner_text().strip() for mark in clauses.locator(".result").all())


def test_the_documentation_shows_the_report_as_it_is(reports, visit):
    def shot(name, path):
        page = visit(reports[name] / path, viewport={"width": 1180, "height": 1500}, color_scheme="light")
        return page.screenshot()

    fleet, site = shot("tidy", "index.html"), shot("plain", "sites/antruc.test.html")
    others = [shot("plain", path) for path in ("controls.html", "unevaluated.html", "hosts/web3.html")]
    pictures.check("fleet", fleet, [site, *others])
    pictures.check("site", site, [fleet, *others])
    pictures.check("en-fleet", shot("tidy-en", "index.html"), [site, *others])
    pictures.check("en-site", shot("plain-en", "sites/antruc.test.html"), [fleet, *others])


SHOWN = (
    "index.html",
    "sites/antruc.test.html",
    "hosts/web3.html",
    "controls.html",
    "controls/ssh.root_by_password.html",
    "changes.html",
    "unevaluated.html",
    "frameworks.html",
    "frameworks/nd331.html",
)
"""A page of every kind, as the documentation shows them side by side."""


OF_AN_INTRUSION = ("index.html", "hosts/web1.html", "sites/antruc.test.html", "sites/bennua.test.html")
"""A hacked fleet's overview, a host's page, a site's that has traces itself, and one whose host has."""


def test_the_documentation_shows_every_kind_of_page_at_every_size(reports, visit, tmp_path):
    def on_screen(name, paths, width, height):
        size = {"viewport": {"width": width, "height": height}, "color_scheme": "light"}
        shots = [visit(reports[name] / path, **size).screenshot() for path in paths]
        return [*shots, chairs(visit(reports[name] / "index.html", **size)).screenshot()]

    def on_paper(name, path, number=1):
        written = tmp_path / "page.pdf"
        written.write_bytes(visit(reports[name] / path).pdf(prefer_css_page_size=True))
        picture = ["pdftoppm", "-r", "60", "-png", "-f", str(number), "-singlefile", written, tmp_path / "page"]
        subprocess.run(picture, check=True)
        return (tmp_path / "page.png").read_bytes()

    hacked = OF_AN_INTRUSION
    sheets = {
        "pages-375": pictures.sheet(on_screen("tidy", SHOWN, 375, 812), 5, 300),
        "pages-1280": pictures.sheet(on_screen("tidy", SHOWN, 1280, 1500), 5, 480),
        "pages-a4": pictures.sheet([on_paper("tidy", path) for path in SHOWN], 5, 420),
        "intruded-375": pictures.sheet(on_screen("hacked", hacked, 375, 1600), 5, 300),
        "intruded-1280": pictures.sheet(on_screen("hacked", hacked, 1280, 1500), 5, 480),
        "intruded-a4": pictures.sheet([on_paper("hacked", path, page) for path in hacked for page in (1, 2)], 4, 420),
    }
    for name, taken in sheets.items():
        pictures.check(name, taken, [other for named, other in sheets.items() if named != name])
