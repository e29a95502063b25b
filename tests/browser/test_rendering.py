"""``auditor review --render`` with the real Chromium: what its page sees, and whom it cannot reach."""

import os
import pwd
import subprocess
import tempfile
from pathlib import Path

import pytest

from auditor.web import browser
from auditor.web.children import UnreadableContent
from tests.unit.content.web_site import Page, pages, serving

pytestmark = [pytest.mark.browser, pytest.mark.skipif(os.geteuid() != 0, reason="it is refused to all but root")]

PAGE = """<title>Xã</title><div id=a></div><script>
var h = 'https://zuno' + '.example/'; a.innerHTML = '<a href="' + h + '">zuno</a>';
for (const there of ['http://127.0.0.1:PORT/key', 'http://[::1]:PORT/key', 'http://other.test:PORT/key', 'file:///etc/passwd'])
  fetch(there).then(r => r.text()).then(t => a.append('REA' + 'CHED ' + t)).catch(() => {});
new Image().src = 'http://127.0.0.1:PORT/key'; new WebSocket('ws://127.0.0.1:PORT/key');
window.open('/key'); navigator.serviceWorker && navigator.serviceWorker.register('/key').catch(() => {});
fetch('/own.json').then(r => r.text()).then(t => a.append(t));
fetch('/form', {method: 'POST'}).catch(() => {});
setTimeout(() => location.href = 'https://evil' + '.example/go', 400);
</script>"""


@pytest.fixture
def account():
    try:
        pwd.getpwnam(browser.ACCOUNT)
        made = False
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "-s", "/usr/sbin/nologin", browser.ACCOUNT], check=True
        )
        made = True
    yield pwd.getpwnam(browser.ACCOUNT).pw_uid
    if made:
        subprocess.run(["userdel", browser.ACCOUNT], check=True)


def running(uid):
    found = subprocess.run(["ps", "-o", "stat=", "-u", str(uid)], capture_output=True, text=True, check=False)
    return [state for state in found.stdout.split() if not state.startswith("Z")]


def test_scripts_run_reach_nobody_but_the_site_and_leave_nothing_behind(account):
    browser.check_browser_renders_safely()
    with serving(pages({"/own.json": "OWN"})) as site:
        site.answer = pages({"/": PAGE.replace("PORT", str(site.port)), "/own.json": "OWN", "/key": "KEY"})
        seen = browser.render_page_in_browser("http://antruc.test/", ["antruc.test"], "127.0.0.1", {"http": site.port})
        asked = {(one.method, one.host.partition(":")[0], one.path) for one in site.asked}
    assert '<a href="https://zuno.example/">' in seen.html
    assert "OWN" in seen.html
    assert "REACHED" not in seen.html
    assert seen.led_to == "https://evil.example/go"
    assert seen.status == 200
    assert asked == {("GET", "antruc.test", "/"), ("GET", "antruc.test", "/own.json")}
    assert running(account) == []


def test_a_browser_says_what_it_was_answered(account):
    with serving(pages({"/": Page("<p>Truy cập bị từ chối", 403)})) as site:
        seen = browser.render_page_in_browser("http://antruc.test/", ["antruc.test"], "127.0.0.1", {"http": site.port})
    assert seen.status == 403
    assert "bị từ chối" in seen.html


OTHER_PORTS = """<title>Xã</title><div id=a></div><script>
for (const there of ['http://antruc.test:PORT/key', 'https://antruc.test:PORT/key', '/away'])
  fetch(there, {mode: 'no-cors'}).then(r => r.text()).catch(() => {});
new Image().src = 'http://antruc.test:PORT/key';
</script><script src="http://antruc.test:PORT/key"></script><script src="/away"></script>
<iframe src="http://antruc.test:PORT/key"></iframe>"""


def test_a_page_reaches_no_other_port_of_its_own_address(account):
    with serving(pages({"/key": "KEY"})) as other, serving(pages({})) as site:
        there = f"http://antruc.test:{other.port}/key"
        site.answer = pages(
            {"/": OTHER_PORTS.replace("PORT", str(other.port)), "/away": Page("", 302, {"Location": there})}
        )
        seen = browser.render_page_in_browser("http://antruc.test/", ["antruc.test"], "127.0.0.1", {"http": site.port})
        asked, reached = {one.path for one in site.asked}, [one.path for one in other.asked]
    assert "<title>" in seen.html
    assert reached == []
    assert asked == {"/", "/away"}


SAYS = {
    "never starts": ("import time; time.sleep(3600)", "START_SECONDS", "was not up after"),
    "cannot start": ("""print('{"error": "no sandbox"}')""", None, "no sandbox"),
    "hangs on the page": (
        "print('started', flush=True); import time; time.sleep(3600)",
        "PAGE_SECONDS",
        "took longer than",
    ),
    "dies on the page": ("print('started', flush=True)", None, "ended without an answer"),
}


@pytest.mark.parametrize(("program", "limit", "said"), SAYS.values(), ids=SAYS)
def test_a_browser_that_fails_says_at_which_step(account, monkeypatch, program, limit, said):
    with tempfile.NamedTemporaryFile("w", suffix=".py") as child:  # pytest's own folders are root's alone
        child.write(program)
        child.flush()
        Path(child.name).chmod(0o644)
        monkeypatch.setattr(browser, "_PROGRAM", Path(child.name))
        if limit:
            monkeypatch.setattr(browser, limit, 1.0)
        with pytest.raises(UnreadableContent, match=said):
            browser.render_page_in_browser("http://antruc.test/", [], "127.0.0.1", {})
    assert running(account) == []
