"""How the installers of CMSs are gone through, as whoever installs one does in a browser."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.lab.browser import Browser, Page

ADMINISTRATOR, MAIL = "quantri", "quantri@example.org"
_TOKEN = re.compile(r'name="([0-9a-f]{32})" value="1"')
_ERROR = re.compile(r'<(?:div|p|span)[^>]*class="[^"]*(?:error|alert|warning|infoerror)[^"]*"[^>]*>(.{1,400}?)</', re.S)


@dataclass(frozen=True)
class Installation:
    """What an installer is told of one site."""

    domain: str
    account: str
    engine: str
    password: str
    """Of the account of the database, and of the administrator."""


def install_nukeviet(browser: Browser, site: Installation) -> None:
    """Go through the eight steps of NukeViet. Raises SystemExit with what it shows when it is not done."""
    form: Mapping[int, Mapping[str, str]] = {
        5: {
            "dbtype": "mysql", "dbhost": "localhost", "dbport": "", "dbuname": site.account, "dbname": site.account,
            "dbpass": site.password, "prefix": "nv4", "db_detete": "0",
        },
        6: {
            "site_name": "Trang thử", "nv_login": ADMINISTRATOR, "nv_email": MAIL,
            "nv_password": site.password, "re_password": site.password, "question": "Tên xã?",
            "answer_question": "Xã thử",
        },
    }  # fmt: skip
    page: Page | None = None
    for step in range(1, 9):
        address = f"http://{site.domain}/install/index.php?language=vi&step={step}"
        page = browser.get(address)
        if step in form:
            page = browser.post(address, form[step])
        if page.status != 200 or not page.url.endswith(tuple(f"step={later}" for later in range(step, 9))):
            raise SystemExit(f"{site.domain}: step {step} ended at {page.url}, {page.status}: {find_errors(page)}")
        if page.url.endswith("step=8"):
            break
    shown = browser.get(f"http://{site.domain}/")
    if shown.status != 200 or "Trang thử" not in shown.text:
        raise SystemExit(f"{site.domain}: not installed, {shown.url} is {shown.status}: {shown.text[:1000]}")


def install_joomla(browser: Browser, site: Installation) -> None:
    """Go through the pages of Joomla's installer, with its sample data.

    Raises SystemExit with what it answers when it is not done.
    """
    base = f"http://{site.domain}/installation/index.php"
    forms = {
        "site": {
            "language": "en-GB", "site_name": "Trang thử", "site_metadesc": "", "admin_email": MAIL,
            "admin_user": ADMINISTRATOR, "admin_password": site.password, "admin_password2": site.password,
            "site_offline": "0",
        },
        "database": {
            "db_type": "mysqli" if site.engine == "mysql" else "pgsql", "db_host": "localhost",
            "db_user": site.account, "db_pass": site.password, "db_name": site.account, "db_prefix": "thu_",
            "db_old": "remove",
        },
        "summary": {"sample_file": "sample_blog.sql", "summary_email": "0"},
    }  # fmt: skip
    page = browser.get(base)
    token = find_token(page)
    for task, fields in forms.items():
        answer = browser.post(
            base, {**{f"jform[{name}]": word for name, word in fields.items()}, "task": task, token: "1"}
        )
        token = read_answer(site.domain, task, answer)
    for task in ("Database_remove", "Database", "Sample", "Config"):
        answer = browser.post(f"{base}?task=Install{task}", {token: "1"})
        token = read_answer(site.domain, task, answer)
    answer = browser.post(f"{base}?task=removefolder", {token: "1"})
    read_answer(site.domain, "removefolder", answer)
    shown = browser.get(f"http://{site.domain}/")
    if shown.status != 200 or "Trang thử" not in shown.text:
        raise SystemExit(f"{site.domain}: not installed, {shown.url} is {shown.status}: {shown.text[:1000]}")


def find_token(page: Page) -> str:
    """Return the name by which a form of Joomla's proves that it is its own. Raises SystemExit."""
    match = _TOKEN.search(page.text)
    if match is None:
        raise SystemExit(f"{page.url}: {page.status}, no form: {page.text[:1000]}")
    return match[1]


def read_answer(domain: str, task: str, page: Page) -> str:
    """Return the token for the next task of Joomla's installer. Raises SystemExit with what went wrong."""
    try:
        answer = json.loads(page.text)
    except ValueError:
        raise SystemExit(f"{domain}: {task}: {page.status}: {page.text[:1000]}") from None
    if answer.get("error") or answer.get("messages"):
        raise SystemExit(f"{domain}: {task}: {answer}")
    return str(answer["token"])


def find_errors(page: Page) -> str:
    """Return what a page shows as errors."""
    return "; ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).strip() for text in _ERROR.findall(page.text))


INSTALLERS = {"nukeviet": install_nukeviet, "joomla": install_joomla}
