"""The report as people meet it: in Chromium, without scripts, on a phone, on paper, by keyboard."""

import re

import pytest
from playwright.sync_api import sync_playwright

from auditor.models import Format
from auditor.report import trend_point, write
from tests import factory

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
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1180, "height": 900}
PAGES = ("index.html", "sites/antruc.test.html", "sites/gotre.test.html", "hosts/web3.html")


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    catalogue = factory.catalogue()
    before = factory.run(started="2026-11-23T08:21:00+07:00", run_id="before")
    runs = {
        "plain": (factory.run(), None),
        "hardened": (factory.run(hardened=True, unreachable=["web3"]), before),
        "hostile": (factory.run(nasty=factory.NASTY), None),
    }
    return {
        name: write(
            run,
            catalogue,
            output=tmp_path_factory.mktemp(name),
            lang="vi",
            before=earlier,
            trend=[trend_point(earlier)] if earlier else [],
        )
        .files[Format.HTML]
        .parent
        for name, (run, earlier) in runs.items()
    }


@pytest.fixture
def visit(chromium):
    """Open a page in a context of its own; every request but the page's own fails the test."""
    contexts, requests, errors = [], [], []

    def open_page(url, **options):
        context = chromium.new_context(**{"viewport": DESKTOP, "java_script_enabled": False, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("dialog", lambda dialog: errors.append(f"dialog {dialog.message}"))
        page.goto(url.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [
        url for url in requests if not url.startswith("file:///") or not url.partition("#")[0].endswith(".html")
    ] == []
    assert errors == []


def overflow(page):
    """How many pixels wider than the window the page is, and what sticks out."""
    return page.evaluate(
        """() => [document.documentElement.scrollWidth - document.documentElement.clientWidth,
            [...document.querySelectorAll('main *')].filter(e => {
              const r = e.getBoundingClientRect();
              return r.width > 2 && r.right > document.documentElement.clientWidth + 1 && !e.closest('.hidden, thead');
            }).map(e => e.outerHTML.slice(0, 120)).slice(0, 3)]"""
    )


@pytest.mark.parametrize(
    "viewport", [PHONE, DESKTOP, {"width": 320, "height": 600}], ids=["phone", "desktop", "narrow"]
)
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("name", ["plain", "hardened", "hostile"])
def test_no_page_scrolls_sideways(reports, visit, name, path, viewport):
    page = visit(reports[name] / path, viewport=viewport, java_script_enabled=True)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert overflow(page) == [0, []]


def test_everything_is_there_without_scripts(reports, visit):
    page = visit(reports["plain"] / "index.html")
    assert page.locator("h1").inner_text() == "Cả 4 trang đều có việc phải làm ngay"
    assert page.locator("table.sites:not(.hosts) tbody tr").count() == 4
    page.get_by_role("link", name="antruc.test").first.click()
    assert page.locator("h1").inner_text() == "antruc.test"
    body = page.locator("#ssh\\.root_login")
    assert body.is_visible()
    assert "ssh.effective.permitrootlogin" in body.inner_text()
    closed = page.locator("details.finding:not([open])").first
    closed.locator("summary").click()
    assert closed.locator(".body").count() == 0 or page.locator("details.finding[open]").count() > 1


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
    for path in PAGES:
        page = visit(reports["hostile"] / path, java_script_enabled=True)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.wait_for_timeout(100)
        assert "owned" not in page.title()
        assert page.locator("script, iframe, img").count() == 0
        assert page.locator("main style").count() == 0


def test_a_script_would_not_run_even_if_it_were_there(reports, chromium, tmp_path):
    text = (reports["plain"] / "index.html").read_text("utf-8")
    (tmp_path / "index.html").write_text(
        text.replace("</main>", "<script>document.title='owned'</script></main>"), "utf-8"
    )
    page = chromium.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    assert page.title() != "owned"
    page.close()


def test_one_landmark_of_each_kind_and_named_sections(reports, visit):
    for path in PAGES:
        page = visit(reports["hardened"] / path)
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
    skip = page.locator(".skip")
    assert skip.bounding_box()["y"] >= 0
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


def test_paper_shows_what_is_folded(reports, visit):
    page = visit(reports["plain"] / "sites/antruc.test.html")
    page.emulate_media(media="print")
    bodies = page.locator("details.finding .body")
    assert bodies.count() > 20
    assert all(body.bounding_box()["height"] > 50 for body in bodies.all())
    assert not page.locator(".crumbs").is_visible()
    assert len(page.pdf(prefer_css_page_size=True)) > 20_000


_CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c[3] === 255) return c; } return [255, 255, 255, 255]; };
  const faults = [];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || !e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    let opacity = 1; for (let p = e; p; p = p.parentElement) opacity *= getComputedStyle(p).opacity;
    const back = ground(e), fore = rgb(style.color).map((v, i) => v * opacity + back[i] * (1 - opacity));
    const [a, b] = [light(fore), light(back)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) faults.push(`${ratio.toFixed(2)} ${e.className} ${e.textContent.trim().slice(0, 30)}`);
  }
  return [...new Set(faults)];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_all_text_has_contrast(reports, visit, path, scheme):
    page = visit(reports["hardened"] / path, color_scheme=scheme, java_script_enabled=True)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate(_CONTRAST) == []


def test_colour_is_never_alone(reports, visit):
    page = visit(reports["plain"] / "index.html")
    words = re.compile("Nghiêm trọng|Cao|Trung bình|Thấp")
    assert all(words.search(mark.inner_text()) for mark in page.locator(".sev:visible").all())
    assert {mark.inner_text() for mark in page.locator(".standing").all()} == {"Phải làm ngay"}
