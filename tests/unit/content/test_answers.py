"""What a review keeps of answers with traces, and what it marks as seen by a browser alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.content.bot_protection import ALL, VisitRoutes
from auditor.content.warc import MAX_KEPT
from auditor.history.scans import MAX_SCANS, ScanHistory
from auditor.web import browser
from auditor.web.browser import RenderedPage
from auditor.web.children import UnreadableContent
from tests.unit.content.test_review import HOME, HOST, SITES, FromThere, Office, linking
from tests.unit.content.web_site import WebSite, pages, serving


@pytest.fixture
def office(tmp_path: Path) -> Callable[[WebSite], Office]:
    return lambda site: Office(ScanHistory(tmp_path / "history.sqlite"), site.port)


ADVERT = "<div style='position:absolute;left:-9999px'><a href=//b{n}.example>nhà cái b{n}</a></div>"


def test_answers_with_traces_are_kept_for_their_owner_with_the_digest_in_the_look(
    office: Callable[[WebSite], Office], tmp_path: Path
) -> None:
    names = "abcdefghijklmnopqrstuvwxyz"[: MAX_KEPT + 3]
    texts = {f"/tin/{name}x": HOME + ADVERT.replace("{n}", name) for name in names}
    foot = HOME + "<div style='font-size:0'><a href=//foot.example>tài xỉu</a></div>"
    with serving(pages({"/": foot + linking(*texts), "/tin/zz": foot, **texts})) as site:
        reviewer = office(site)
        look = reviewer.review()[SITES[0]]
        folder = reviewer.looks.get_answers_folder("/i", SITES[0])
        assert folder.is_relative_to(tmp_path)
        assert len(look.answers) == MAX_KEPT == len(list(folder.iterdir()))
        assert len({one.where for one in look.answers}) == MAX_KEPT
        for one in look.answers:
            file = folder / one.file
            assert hashlib.sha256(file.read_bytes()).hexdigest() == one.sha256
            assert file.stat().st_mode & 0o777 == 0o600
            assert file.parent.stat().st_mode & 0o077 == 0
        site.answer = pages({"/": HOME})
        for _ in range(MAX_SCANS):
            assert reviewer.review(SITES[0])[SITES[0]].answers == ()
    assert list(folder.iterdir()) == []


def test_what_a_browser_alone_sees_is_marked_and_one_that_fails_is_told(
    office: Callable[[WebSite], Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    def rendering(url: str, names: Iterable[str], address: str, port: int | None) -> RenderedPage:
        shown.append(url)
        if url.endswith("/tin/b"):
            raise UnreadableContent("out of time")
        return RenderedPage(HOME + ADVERT.replace("{n}", "1"), "https://away.example/go")

    monkeypatch.setattr(browser, "render_page_in_browser", rendering)
    bad = HOME + ADVERT.replace("{n}", "2")
    with serving(pages({"/": linking("/tin/a", "/tin/b"), "/tin/a": HOME, "/tin/b": bad})) as site:
        (look,) = replace(office(site).reviewing(), render=True).scan_sites([HOST], SITES[:1], lambda _: None)
        reached = replace(
            office(site).reviewing(), render=True, ways={"web1": VisitRoutes(inside=ALL)}, inside=lambda _: FromThere()
        )
        (there,) = reached.scan_sites([HOST], SITES[:1], lambda _: None)
    assert shown == [f"http://{SITES[0]}/", f"http://{SITES[0]}/tin/b"]
    assert {(one.target, one.certainty, "rendered" in one.rules) for one in look.traces if one.target} == {
        ("b1[.]example", "strong", True),
        ("away[.]example", "strong", True),
        ("b2[.]example", "strong", False),
    }
    assert (look.rendered, look.unrendered) == (1, 1)
    assert (there.rendered, there.unrendered) == (0, 0)
