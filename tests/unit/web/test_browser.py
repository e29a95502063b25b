"""Where a browser is refused, and how little its answer is believed; what it does is tried in ``tests/browser``."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.web import browser
from auditor.web.children import UnreadableContent


def of_nobody(name: str) -> pwd.struct_passwd:
    raise KeyError(name)


def of_root(name: str) -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", 0, 0, "", "/", "/bin/sh"))


def test_it_is_refused_where_there_is_no_chromium(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(browser, "CHROMIUM", tmp_path / "chromium")
    with pytest.raises(InputError) as refused:
        browser.check_browser_renders_safely()
    assert "apt-get install chromium" in refused.value.mend


@pytest.mark.parametrize(
    ("uid", "account", "mend"),
    [
        (1000, of_root, "run as root"),
        (0, of_nobody, "useradd --system --no-create-home"),
        (0, of_root, "its own"),
    ],
)
def test_it_is_refused_where_it_cannot_be_somebody_else(
    monkeypatch: pytest.MonkeyPatch, uid: int, account: object, mend: str
) -> None:
    monkeypatch.setattr(browser, "CHROMIUM", Path("/bin/sh"))
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(pwd, "getpwnam", account)
    with pytest.raises(InputError) as refused:
        browser.check_browser_renders_safely()
    assert mend in refused.value.mend


def test_a_browser_that_does_not_start_is_a_refusal_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(url: str, places: dict[str, str]) -> browser.RenderedPage:
        raise UnreadableContent("No usable sandbox!")

    monkeypatch.setattr(browser, "CHROMIUM", Path("/bin/sh"))
    monkeypatch.setattr(browser, "_get_browser_account", lambda: None)
    monkeypatch.setattr(browser, "_render_page_as_browser_account", failing)
    with pytest.raises(InputError, match="No usable sandbox!"):
        browser.check_browser_renders_safely()


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"7", b'{"html": 3}', b"[" * 100_000, b'{"error": "it broke"}', b"\xff"]
)
def test_what_a_page_that_took_it_over_may_answer_is_no_page(answer: bytes) -> None:
    with pytest.raises(UnreadableContent):
        browser._parse_untrusted_browser_answer(answer)


def test_an_answer_is_bounded() -> None:
    seen = browser._parse_untrusted_browser_answer(b'{"html": "%s", "led_to": "%s"}' % (b"x" * 3_000_000, b"y" * 9_000))
    assert (len(seen.html), len(seen.led_to or "")) == (browser.MAX_HTML, 2_000)
    assert browser._parse_untrusted_browser_answer(b'{"html": "", "led_to": 7}') == browser.RenderedPage("", None)
