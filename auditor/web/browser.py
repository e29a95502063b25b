"""A page as a browser makes it, scripts run, in Debian's Chromium.

As a user of its own, in its sandbox, with no way to anybody but the site.
"""

from __future__ import annotations

import importlib.util
import json
import os
import pwd
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from auditor.errors import InputError
from auditor.system import lock
from auditor.web.children import UnreadableContent

ACCOUNT = "luytre-browser"
"""The system account that the browser runs as: it owns nothing, and can read no key of ours."""
CHROMIUM = Path("/usr/bin/chromium")
START_SECONDS = 120.0
"""Until the browser is up: hundreds of megabytes from a disk, on a machine that may be busy. No page is open yet."""
PAGE_SECONDS = 40.0
"""For one page, from when the browser is up."""
MAX_HTML = 2_000_000
_PROGRAM = Path(__file__).with_name("in_browser.py")
_MAX_ANSWER = 10_000_000
_STARTED = b"started\n"
_TRIAL = "data:text/html,<p id=x></p><script>x.textContent=6*7</script>"
_USUAL_PORTS = {"http": 80, "https": 443}
_LOCK = Path("/run/luytre-browser.lock")


@dataclass(frozen=True)
class RenderedPage:
    """A page as a browser made it."""

    html: str
    led_to: str | None
    """The first address of another site that the page itself went to: it was not followed."""
    status: int | None = None
    """What the browser was answered; None: it was not told in time."""


def check_browser_renders_safely() -> None:
    """Render something. Raises InputError, with what to do, where that cannot be done safely."""
    if not CHROMIUM.exists():
        raise InputError(
            "{program} is not installed", mend="apt-get install chromium, or omit --render", program=CHROMIUM
        )
    if importlib.util.find_spec("playwright") is None:
        raise InputError("playwright is not installed", mend="install luytre[render], or omit --render")
    _get_browser_account()
    try:
        page = _render_page_as_browser_account(_TRIAL, {})
    except UnreadableContent as error:
        raise InputError(
            "the browser does not start in its sandbox: {why}",
            why=str(error),
            mend=("allow {account} to read this program and to create user namespaces, or omit --render"),
            account=ACCOUNT,
        ) from error
    if "42" not in page.html:
        raise InputError("the browser does not run scripts", mend="omit --render")


def render_page_in_browser(url: str, names: Iterable[str], address: str, ports: Mapping[str, int]) -> RenderedPage:
    """Return the page at ``url`` with its scripts run.

    ``names``: the site's, all of them at ``address``. Raises UnreadableContent.

    ``ports``: by scheme, where it is not the usual one. No other port of the address can be reached.
    """
    host = f"[{address}]" if ":" in address else address
    return _render_page_as_browser_account(
        url,
        {
            f"{name}:{usual}": f"{host}:{ports.get(scheme, usual)}"
            for name in names
            for scheme, usual in _USUAL_PORTS.items()
        },
    )


def _get_browser_account() -> pwd.struct_passwd:
    if os.geteuid() != 0:
        raise InputError("only root can start the browser as another user", mend="run as root, or omit --render")
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise InputError(
            "there is no account {account}",
            mend=("useradd --system --no-create-home --shell /usr/sbin/nologin {account}, or omit --render"),
            account=ACCOUNT,
        ) from None
    if account.pw_uid == 0:
        raise InputError("the account {account} has the UID of root", mend="give it its own UID", account=ACCOUNT)
    return account


def _render_page_as_browser_account(url: str, places: dict[str, str]) -> RenderedPage:
    account = _get_browser_account()
    question = json.dumps({"url": url, "places": places, "chromium": str(CHROMIUM), "longest": MAX_HTML})
    with (
        _hold_lock_for_one_page(),
        tempfile.TemporaryDirectory(prefix="luytre-browser-", ignore_cleanup_errors=True) as home,
        tempfile.TemporaryFile() as asked,
    ):
        asked.write(question.encode())
        asked.seek(0)
        os.chown(home, account.pw_uid, account.pw_gid)
        process = subprocess.Popen(
            [sys.executable, "-I", str(_PROGRAM)],
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=home,
            env={"HOME": home, "TMPDIR": home, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            umask=0o077,
            start_new_session=True,
        )
        try:
            first = _wait_until_browser_is_up(process)
            answer, _ = process.communicate(timeout=PAGE_SECONDS)
        except subprocess.TimeoutExpired:
            raise UnreadableContent(f"the browser took longer than {PAGE_SECONDS:.0f} s") from None
        finally:
            _kill_processes_of_account(account)
            process.communicate()
    return _parse_untrusted_browser_answer(first.removeprefix(_STARTED) + answer)


def _wait_until_browser_is_up(process: subprocess.Popen[bytes]) -> bytes:
    """Return what the child says first: that the browser is up, or why it is not. Raises UnreadableContent."""
    output = cast("IO[bytes]", process.stdout)
    readable, _, _ = select.select([output], [], [], START_SECONDS)
    if not readable:
        raise UnreadableContent(f"the browser was not up after {START_SECONDS:.0f} s")
    return os.read(output.fileno(), len(_STARTED))


@contextmanager
def _hold_lock_for_one_page() -> Iterator[None]:
    """Allow one page at a time on this machine.

    Whatever runs as the account afterwards is a rest of that page.
    """
    try:
        with lock.hold_lock(_LOCK, wait=True):
            yield
    except OSError as error:
        raise UnreadableContent(f"{_LOCK}: {error.strerror}") from error


def _kill_processes_of_account(account: pwd.struct_passwd) -> None:
    """End everything that runs as the account: a browser's processes leave the group that they were started in."""
    end = f"import os; os.kill(-1, {int(signal.SIGKILL)})"
    subprocess.run(
        [sys.executable, "-I", "-S", "-c", end],
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        stderr=subprocess.DEVNULL,
        check=False,
    )


def _parse_untrusted_browser_answer(answer: bytes) -> RenderedPage:
    """Return the answer of a process that a hostile page may have taken over."""
    try:
        document: Any = json.loads(answer[:_MAX_ANSWER])
        html, led_to, error = document.get("html"), document.get("led_to"), document.get("error")
    except (ValueError, AttributeError, RecursionError) as problem:
        raise UnreadableContent("the browser ended without an answer") from problem
    if not isinstance(html, str):
        raise UnreadableContent(str(error)[:200])
    status = document.get("status")
    return RenderedPage(
        html[:MAX_HTML],
        led_to[:2_000] if isinstance(led_to, str) else None,
        status if isinstance(status, int) and 100 <= status < 600 else None,
    )
