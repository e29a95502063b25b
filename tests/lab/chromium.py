"""A real browser at the lab's sites: Chromium, as an editor has it, which finds the sites without a name server."""

from __future__ import annotations

import io
import re
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from playwright.sync_api import FilePayload, Page, sync_playwright

from auditor import lab

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
_SECONDS = 30
# asyncio silences a warning of its own for the whole process while it starts a child: one at a time, or another
# thread's start meets the warning as an error.
_START = threading.Lock()


@contextmanager
def chromium(host: str, refused: list[str]) -> Iterator[Page]:
    """A page of a browser to which all names of the host's sites lead there.

    ``refused`` gets what a policy of the site kept the browser from. Its certificates are looked at elsewhere.
    """
    machine = lab.load_lab_spec().hosts[host]
    names = [name for domain, site in machine.sites.items() for name in (domain, *site.aliases)]
    rules = ",".join(f"MAP {name} {machine.address}" for name in names)
    with _START:
        playwright = sync_playwright().start()
    try:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGUMENTS, f"--host-resolver-rules={rules}"]
        )
        try:
            page = browser.new_context(ignore_https_errors=True).new_page()
            page.set_default_timeout(_SECONDS * 1000)
            page.on("console", lambda said: refused.append(said.text) if _refuses(said.text) else None)
            page.on("dialog", lambda dialog: dialog.accept())
            yield page
        finally:
            browser.close()
    finally:
        playwright.stop()


def _refuses(said: str) -> bool:
    """Return whether it is of a policy, and not of one that only reports and lets everything through."""
    return "Content Security Policy" in said and not re.search(r"report[- ]only", said, re.IGNORECASE)


def picture(name: str) -> FilePayload:
    """Return a PNG of 400 by 300."""

    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(
        b"\0" + bytes((x % 256, 90, 140)[channel] for x in range(400) for channel in range(3)) for _ in range(300)
    )
    head = struct.pack(">IIBBBBB", 400, 300, 8, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")
    return {"name": name, "mimeType": "image/png", "buffer": content}


def document(name: str) -> FilePayload:
    """Return a PDF without pages."""
    return {"name": name, "mimeType": "application/pdf", "buffer": PDF}


def packed(name: str, files: Mapping[str, str]) -> FilePayload:
    """Return a zip, as extensions come."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as parts:
        for path, text in files.items():
            parts.writestr(path, text)
    return {"name": name, "mimeType": "application/zip", "buffer": content.getvalue()}
