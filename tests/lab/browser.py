"""A visitor's browser for the lab.

Follows redirects, keeps cookies, trusts the lab's authority, and needs no name server.
"""

from __future__ import annotations

import http.client
import re
import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode, urljoin, urlsplit

from auditor import lab


@dataclass(frozen=True)
class Page:
    """Record of what a browser shows in the end."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def hidden(self, name: str) -> str:
        """Return the value of a hidden field of a form."""
        found = re.search(rf'name="{name}" value="([^"]*)"|value="([^"]*)"[^>]* name="{name}"', self.text)
        return next((value for value in found.groups() if value), "") if found else ""


class Browser:
    """One visitor of one host, at that address of it."""

    def __init__(self, address: str, seconds: float = 20, headers: Mapping[str, str] | None = None) -> None:
        self.address, self.seconds, self.own_headers = address, seconds, dict(headers or {})
        self.cookies: dict[str, tuple[str, bool]] = {}
        """By name, the value and whether it is for HTTPS alone."""

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(lab.get_lab_state_in_use().ca_certificate_file))

    def get(self, url: str) -> Page:
        """Visit, wherever that leads."""
        return self.ask("GET", url)

    def post(self, url: str, fields: Mapping[str, str], file: tuple[str, bytes] | None = None) -> Page:
        """Send a form; ``file``: with a file in its field ``upload``."""
        if file is None:
            kind, body = "application/x-www-form-urlencoded", urlencode(fields).encode()
        else:
            edge, (name, content) = uuid.uuid4().hex, file
            kind = f"multipart/form-data; boundary={edge}"
            head = f'--{edge}\r\nContent-Disposition: form-data; name="upload"; filename="{name}"\r\n\r\n'
            body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        return self.ask("POST", url, body, {"Content-Type": kind})

    def ask(self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Page:
        """Return one request, and those that its redirects lead to."""
        for _ in range(6):
            page = self._once(method, url, body, dict(headers or {}))
            if page.status not in (301, 302, 303, 307, 308):
                return page
            url = urljoin(url, page.headers.get("location", ""))
            if page.status in (301, 302, 303) and method != "GET":
                method, body, headers = "GET", None, None
        raise AssertionError(f"redirected for ever: {url}")

    def _once(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Page:
        parts = urlsplit(url)
        assert parts.hostname
        connection = http.client.HTTPConnection(
            self.address, parts.port or (443 if parts.scheme == "https" else 80), timeout=self.seconds
        )
        try:
            connection.connect()
            if parts.scheme == "https":
                connection.sock = self._tls.wrap_socket(connection.sock, server_hostname=parts.hostname)
            cookie = "; ".join(
                f"{name}={value}"
                for name, (value, secure) in self.cookies.items()
                if not secure or parts.scheme == "https"
            )
            asked = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            sent = {"Host": parts.netloc, **self.own_headers, **headers, **({"Cookie": cookie} if cookie else {})}
            connection.request(method, asked, body, sent)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = line.partition(";")[0].partition("=")
                secure = "secure" in (each.strip().lower() for each in line.split(";")[1:])
                self.cookies[name.strip()] = (value, secure)
            said = {name.lower(): value for name, value in answer.headers.items()}
            return Page(url, answer.status, said, answer.read(4_000_000))
        finally:
            connection.close()
