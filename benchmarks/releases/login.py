"""How people log in to the administration of each CMS, and whether they are in."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from tests.lab.browser import Browser, Page

PAGES = {"nukeviet": "/admin/index.php", "joomla": "/administrator/index.php"}
FIELDS = {"nukeviet": ("nv_login", "nv_password"), "joomla": ("username", "passwd")}
MIN_DESK = 10_000
"""Characters of a page of the administration: fewer are a form, or a page that leads to one."""
_INPUT, _ATTRIBUTE = re.compile(r"<input[^>]*>"), re.compile(r"([\w-]+)=(['\"])(.*?)\2")


def log_in(browser: Browser, kind: str, domain: str, name: str, password: str) -> Browser:
    """Send the form of the administration, and return the browser that was given."""
    address = f"http://{domain}{PAGES[kind]}"
    fields = {**read_hidden_fields(browser.get(address)), **dict(zip(FIELDS[kind], (name, password), strict=True))}
    browser.post(address, fields)
    return browser


def read_hidden_fields(page: Page) -> Mapping[str, str]:
    """Return what a page's forms send without being asked."""
    found = (
        {name: html.unescape(value) for name, _, value in _ATTRIBUTE.findall(tag)} for tag in _INPUT.findall(page.text)
    )
    return {
        words["name"]: words.get("value", "") for words in found if words.get("type") == "hidden" and "name" in words
    }


def is_in(browser: Browser, kind: str, domain: str) -> bool:
    """Return whether the administration shows itself to a browser, and no form to log in."""
    page = browser.get(f"http://{domain}{PAGES[kind]}")
    return page.status == 200 and len(page.text) > MIN_DESK and FIELDS[kind][1] not in page.text
