"""How many attacks on pages the reading of content finds, and how many honest pages it takes for one.

What a page costs.

    .venv/bin/python -m benchmarks.content [--speed] [--lexicon shipped|empty|both] [--each]

The cases are data, ``benchmarks/pages/attacks.yml`` and ``benign.yml``, laid into the page of a site, ``site.html``: an
attack is found, and an honest page alarmed, when a trace is ``exact`` or ``strong``. ``--each`` shows for every case
which families found it. ``--speed``: pages a second of a core's own time, as other work on the machine leaves it, and
what hostile pages cost.
"""

from __future__ import annotations

import argparse
import functools
import io
import resource
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

from auditor.content.analyzer import analyze_visit
from auditor.content.page import css_rules
from auditor.content.text.lexicon import Lexicon, copy_lexicon_without_words, load_built_in_lexicon
from auditor.scans.responses import PageVisit, Sheet, SiteBaseline, Visitor, VisitorResponse
from auditor.scans.traces import Trace
from auditor.system.yaml_source import load_yaml

PAGES = Path(__file__).parent / "pages"
DOMAIN = "antruc.test"
TITLE = "Trang thông tin điện tử xã An Trúc"
ARTICLE = """<h1>Ủy ban nhân dân xã họp thường kỳ tháng 11</h1>
<p>Sáng ngày 20 tháng 11, Ủy ban nhân dân xã An Trúc tổ chức phiên họp thường kỳ đánh giá tình hình kinh tế, xã hội.</p>
<p>Phiên họp thống nhất nhiệm vụ trọng tâm: thu ngân sách, giải ngân vốn đầu tư công, chuẩn bị vụ đông xuân.</p>"""
KNOWN = {"title": TITLE}
MOST = 2_000_000
"""Bytes of the largest page that is fetched."""
SIZES = {40: 500, 80: 250, 160: 120}
"""KB of a page, and how many of them a second are enough."""
ROUND = 25
"""Pages that are read without a pause; the best of all rounds counts, since whatever else runs makes them slower."""


@dataclass(frozen=True)
class Case:
    """One page of a site, as each visitor is served it."""

    name: str
    checks: str
    visited: PageVisit
    known: SiteBaseline


def cases(file: str) -> list[Case]:
    return [_case(told) for told in load_yaml(PAGES / file)]


def _case(told: Mapping[str, Any]) -> Case:
    path = told.get("path", "/tin-tuc/hop-thuong-ky")
    visitors: tuple[Visitor, ...] = get_args(Visitor)
    common = {key: value for key, value in told.items() if key not in visitors}
    served = tuple(_served(visitor, path, {**common, **told.get(visitor, {})}) for visitor in visitors)
    known = {**KNOWN, **told.get("known", {})}
    return Case(
        told["name"],
        told.get("checks", ""),
        PageVisit(f"https://{DOMAIN}{quote(path, safe='/?=&%')}", told.get("role", "page"), served, _sheets(told)),
        SiteBaseline(
            DOMAIN,
            own=frozenset({DOMAIN}),
            title=known["title"],
            is_complete=bool(known.get("hosts") or known.get("tokens")),
            hosts=frozenset(known.get("hosts", ())),
            landmarks=frozenset(known.get("landmarks", ())),
            tokens=frozenset(known.get("tokens", ())),
        ),
    )


def _sheets(told: Mapping[str, Any]) -> tuple[tuple[str, Sheet], ...]:
    """Return the site's own style sheets, read as a review reads them before a page that links to them."""
    return tuple(
        (f"https://{DOMAIN}{path}", css_rules.parse_hiding_and_showing_rules(text))
        for path, text in told.get("sheets", {}).items()
    )


def _served(visitor: Visitor, path: str, told: Mapping[str, Any]) -> VisitorResponse:
    body, kind = _body(path, told)
    headers = {"content-type": told.get("type", kind), **told.get("headers", {})}
    return VisitorResponse(visitor, told.get("status", 200), headers, body, told.get("location"))


def _body(path: str, told: Mapping[str, Any]) -> tuple[bytes, str]:
    if told.get("raw"):
        return told["raw"].encode(), "text/html; charset=utf-8"
    if "pdf" in told:
        return pdf(told["pdf"]["lines"], told["pdf"]["link"]), "application/pdf"
    if "docx" in told:
        return docx(told["docx"]["lines"], told["docx"]["link"]), "application/octet-stream"
    if "sitemap" in told:
        return sitemap(told["sitemap"]).encode(), "application/xml"
    return page(path, told).encode(), "text/html; charset=utf-8"


def page(path: str, told: Mapping[str, Any], count: int = 31_000) -> str:
    site = _template()
    parts = {
        "title": told.get("title", TITLE),
        "path": path,
        "head": told.get("head", ""),
        "main": told.get("main", ARTICLE) + told.get("add", ""),
        "foot": told.get("foot", ""),
        "count": str(count),
        "online": str(count % 13),
    }
    for name, value in parts.items():
        site = site.replace("{" + name + "}", value)
    return site


@functools.cache
def _template() -> str:
    return (PAGES / "site.html").read_text("utf-8")


def sitemap(addresses: Iterable[str]) -> str:
    full = (address if "://" in address else f"https://{DOMAIN}{address}" for address in addresses)
    return "<?xml version='1.0'?><urlset>" + "".join(f"<url><loc>{one}</loc></url>" for one in full) + "</urlset>"


def pdf(lines: Iterable[str], link: str) -> bytes:
    shown = "BT /F1 12 Tf 14 TL 50 700 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    parts = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>"
        f"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI({link})>>>>]>>",
        f"<</Length {len(shown)}>>stream\n{shown}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    return _pdf([part.encode() for part in parts])


def _pdf(parts: Iterable[bytes]) -> bytes:
    body, offsets = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        offsets.append(len(body))
        body += b"%d 0 obj%bendobj\n" % (number, part)
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    tail = f"xref\n0 {len(offsets) + 1}\n0000000000 65535 f \n{table}trailer<</Root 1 0 R/Size {len(offsets) + 1}>>\n"
    return body + f"{tail}startxref\n{len(body)}\n%%EOF".encode()


def docx(lines: Iterable[str], link: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        story = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
        archive.writestr("word/document.xml", f"<w:document><w:body>{story}</w:body></w:document>")
        archive.writestr(
            "word/_rels/document.xml.rels", f'<Relationships><Relationship Target="{link}"/></Relationships>'
        )
    return file.getvalue()


def alarms(case: Case, lexicon: Lexicon) -> tuple[Trace, ...]:
    return tuple(one for one in analyze_visit(case.visited, case.known, lexicon).traces if one.certainty != "weak")


def judged(name: str, lexicon: Lexicon, *, each: bool) -> None:
    attacks, benign = cases("attacks.yml"), cases("benign.yml")
    found = {case.name: alarms(case, lexicon) for case in attacks}
    false = {case.name: alarms(case, lexicon) for case in benign}
    hit, wrong = sum(map(bool, found.values())), sum(map(bool, false.values()))
    print(f"lexicon {name}\n{'':10}{'alarmed':>9}{'not':>6}")
    print(f"{'attacks':10}{hit:>9}{len(attacks) - hit:>6}   recall {100 * hit / len(attacks):.1f} %")
    print(f"{'benign':10}{wrong:>9}{len(benign) - wrong:>6}   precision {100 * hit / max(1, hit + wrong):.1f} %")
    for case in attacks:
        if each or not found[case.name]:
            print(f"  {case.checks:8} {case.name}: {_told(found[case.name]) or 'NOT FOUND'}")
    for case in benign:
        if false[case.name]:
            print(f"  benign   {case.name}: {_told(false[case.name])}")


def _told(traces: Iterable[Trace]) -> str:
    return "; ".join(
        f"{one.kind} {one.certainty} ({', '.join(one.families)}: {', '.join(one.rules)})" for one in traces
    )


# --- what it costs -------------------------------------------------------------------------------------------


def sized(kilobytes: int, number: int) -> bytes:
    """Return an ordinary page of that size, each another one: menus and links grow with the text."""
    item = (
        '<li class="tin"><a href="/tin-tuc/{n}/" title="Tin số {n}"><img src="/anh/{n}.jpg" alt="Ảnh {n}"></a><h3><a '
        'href="/tin-tuc/{n}/">'
        'Xã An Trúc triển khai công tác phòng chống thiên tai năm {n}</a></h3><p style="color:#333">Ủy ban nhân dân '
        "xã yêu cầu các thôn rà soát,"
        " bảo đảm an toàn cho người dân, tài sản; chủ động phương án sơ tán khi có bão, lũ, sạt lở đất ở các khu vực "
        "xung yếu ven sông.</p></li>\n"
    )
    items, size = [], len(page("/", {}).encode())
    while size < kilobytes * 1000:
        items.append(item.replace("{n}", str(number * 1000 + len(items))))
        size += len(items[-1].encode())
    return page("/", {"add": "<ul>" + "".join(items) + "</ul>"}, number).encode()


def speed() -> bool:
    known = SiteBaseline(DOMAIN, own=frozenset({DOMAIN}), title=TITLE)
    enough = True
    analyze_visit(visit(sized(40, 0), "/warm"), known)
    for kilobytes, wanted in SIZES.items():
        pages = [visit(sized(kilobytes, number), f"/tin/{number}") for number in range(12_000 // kilobytes)]
        rate = max(
            _rate(pages[at : at + ROUND], known, start) for start in range(3) for at in range(0, len(pages), ROUND)
        )
        enough &= rate >= wanted
        print(f"{kilobytes:>4} KB {rate:>8.0f} pages/s {1e6 / rate:>6.0f} us   (at least {wanted})")
    same = visit(sized(40, 1), "/same")
    analyze_visit(same, known)
    before = time.process_time()
    for _ in range(5_000):
        analyze_visit(same, known)
    rate = 5_000 / (time.process_time() - before)
    enough &= rate >= 5_000
    print(f"seen before {rate:>5.0f} answers/s (at least 5000)")
    for name, body in hostile():
        before = time.process_time()
        analyze_visit(visit(body, "/x"), known)
        spent = time.process_time() - before
        enough &= spent < 2
        print(f"{name:30} {len(body) / 1e6:6.2f} MB {spent:6.2f} s (at most 2)")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"memory of the whole {peak} MB (at most 300)")
    return enough and peak < 300


def _rate(pages: list[PageVisit], known: SiteBaseline, start: int) -> float:
    fresh = [replace(one, url=f"{one.url}?{start}") for one in pages]
    before = time.process_time()
    for one in fresh:
        analyze_visit(one, known)
    return len(pages) / (time.process_time() - before)


def visit(body: bytes, path: str) -> PageVisit:
    served = VisitorResponse("plain", 200, {"content-type": "text/html; charset=utf-8"}, body)
    return PageVisit(f"https://{DOMAIN}{path}", "page", (served,))


def hostile() -> Iterator[tuple[str, bytes]]:
    shapes: dict[str, Callable[[], str]] = {
        "open formats": lambda: "".join(f"<b {n}>" for n in range(5_000)) + "".join(f"<i {n}>" for n in range(5_000)),
        "nested lists": lambda: "<ul><li>" * 200_000,
        "nested hidden": lambda: '<div style="display:none"><a href=//x.example>x' * 30_000,
        "attributes": lambda: "<a " + " ".join(f"x{n}=1" for n in range(200_000)) + ">",
        "rules of style": lambda: (
            "<style>" + ".a{left:-9999px}" * 100_000 + "</style>" + "<p class=a><a href=//b.example>c</a>" * 9_000
        ),
        "open braces": lambda: "<style>" + "a{" * 900_000,
        "comments": lambda: "<!--" * 400_000 + "href",
        "comments with links": lambda: "<!-- <a href=//x.example>x</a> -->" * 50_000,
        "letters spelt apart": lambda: "n.h.à c.á.i " * 150_000,
        "two tones": lambda: "ảõ" * 300_000,
        "invisible letters": lambda: "nh\u200bà c\u200bái " * 120_000,
        "words": lambda: "<p>tài xỉu nhà cái lô đề xóc đĩa đăng ký ngay " * 30_000,
        "plain words": lambda: "<p>nha cai uy tin tai xiu online " * 60_000,
        "script of quotes": lambda: "<script>" + "'+'" * 600_000 + "</script>",
        "script of codes": lambda: "<script>String.fromCharCode(" + "97," * 600_000 + "1)</script>",
        "script of base64": lambda: "<script>atob('" + "YXRvYignWVhSdllpZ24nKQ" * 80_000 + "')</script>",
        "many scripts": lambda: (
            "<script>atob('ZG9jdW1lbnQud3JpdGUoIjxhIGhyZWY9Ly9hLmV4YW1wbGU+Iik=')</script>" * 25_000
        ),
        "script of packers": lambda: "<script>" + "}('a',62,1,'b'.split('|')" * 70_000 + "</script>",
        "backslashes": lambda: "<script>'" + "\\" * 1_900_000 + "</script>",
        "links": lambda: "".join(f"<a href=//h{n}.example>bet{n}</a>" for n in range(60_000)),
        "frames of data": lambda: (
            '<iframe src="data:text/html,'
            + "<a href=//x.example>x" * 4_000
            + '"></iframe>'
            + "<iframe srcdoc='<b>'>" * 9_000
        ),
        "refresh": lambda: "<meta http-equiv=refresh content='" + "0" * 1_900_000 + "'>",
        "one word": lambda: "a" * MOST,
        "lies about letters": lambda: "<meta charset=cp1258>" + "\udcff\udc80\udcfe" * 300_000,
        "title": lambda: "<title>" + "tài xỉu " * 200_000,
        "sitemap": lambda: "<urlset>" + "<url><loc>https://antruc.test/a</loc></url>" * 45_000,
        "sitemap of open ends": lambda: "<urlset>" + "<loc>" * 400_000,
    }
    for name, shape in shapes.items():
        yield name, shape().encode("utf-8", "surrogateescape")[:MOST]
    yield "PDF that unfolds", _bomb()
    yield "DOCX that unfolds", _docx_bomb()
    yield "noise", bytes(range(256)) * 7_800


def _bomb() -> bytes:
    packer = zlib.compressobj(9)
    inner = b"".join(packer.compress(bytes(1_000_000)) for _ in range(64)) + packer.flush()
    stream = zlib.compress(inner, 9)
    return _pdf(
        (
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
            b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%b\nendstream" % (len(stream), stream),
        )
    )


def _docx_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as story:
        for _ in range(256):
            story.write(b"<w:t>" + b"x" * 1_000_000)
    return file.getvalue()


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--speed", action="store_true")
    asked.add_argument("--lexicon", choices=("shipped", "empty", "both"), default="both")
    asked.add_argument("--each", action="store_true")
    given = asked.parse_args()
    if given.speed:
        return 0 if speed() else 1
    if given.lexicon != "empty":
        judged("as shipped", load_built_in_lexicon(), each=given.each)
    if given.lexicon != "shipped":
        judged("emptied", copy_lexicon_without_words(load_built_in_lexicon()), each=given.each)
    return 0


if __name__ == "__main__":
    sys.exit(main())
