"""What a gang that knows the reader does so that it reads nothing: each page is found, or told not to be read as a whole."""

from __future__ import annotations

import pytest

from auditor.content.analyzer import analyze_visit
from auditor.scans.responses import PageVisit, SiteBaseline, Visitor, VisitorResponse
from auditor.scans.traces import Trace
from benchmarks.content import ARTICLE, DOMAIN, TITLE, page

HTML = "text/html; charset=utf-8"
KNOWN = SiteBaseline(DOMAIN, own=frozenset({DOMAIN}), title=TITLE, is_complete=True, hosts=frozenset({"cdn.example"}))
LINKS = '<a href="https://zuno.example/">zuno mới</a> <a href="https://fenix.invalid/">fenix</a>'
AWAY = f'<div style="position:absolute;left:-9999px">{LINKS}</div>'
ASKS = '<script>if(/google/.test(document.referrer)){location.href="https://zuno.example/"}</script>'
ADVERT = "nhà cái uy tín, cá cược bóng đá, tài xỉu đổi thưởng"


def whole(foot: str = "", head: str = "", main: str = ARTICLE) -> bytes:
    return page("/tin", {"foot": foot, "head": head, "main": main}).encode()


def visited(body: bytes, *, kind: str = HTML, **others: VisitorResponse) -> PageVisit:
    return PageVisit(
        f"https://{DOMAIN}/tin", "page", (VisitorResponse("plain", 200, {"content-type": kind}, body), *others.values())
    )


def alarms(one: PageVisit) -> list[Trace]:
    return [trace for trace in analyze_visit(one, KNOWN).traces if trace.certainty != "weak"]


def served(visitor: Visitor, body: bytes, **headers: str) -> VisitorResponse:
    return VisitorResponse(visitor, 200, {"content-type": HTML, **headers}, body)


STYLES = [
    "left:calc(-9999px)", "left:calc(-1px * 9999)", "inset:auto auto auto -9999px", "inset-inline-start:-9999px", "translate:-9999px",
    "--l:-9999px;left:var(--l)", "left:/**/-9999px", "l\\65 ft:-9999px", "scale:0", "transform:scaleX(0)", "transform:rotateX(90deg)",
    "transform:matrix(0,0,0,0,0,0)", "zoom:0.001", "font-size:calc(1px * 0)", "font-size:0.05vw", "font-size:max(0px,0px)", "opacity:1%",
    "color:rgba(0,0,0,0)", "color:#ffffff00", "-webkit-text-fill-color:transparent", "color:rgb(255,255,255);background:rgb(255 255 255)",
    "block-size:0;inline-size:0;overflow:hidden", "letter-spacing:-99px", "mask:linear-gradient(transparent,transparent)",
]  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
def test_links_are_hidden_however_a_style_says_it(style: str) -> None:
    assert alarms(visited(whole(f'<div style="position:absolute;{style}">{LINKS}</div>')))


SHEETS = {
    ":root .k": "", ":is(.k)": "", "div:where(.k)": "", ".k:not(.z)": "", "div>.k a:link": "", ".k>a[href*='//']": "",
    ".q{color:red;& .k": "}", ".q{left:0;.k": "}", "@scope (.q){.k": "}",
}  # fmt: skip


@pytest.mark.parametrize("selector", SHEETS)
def test_links_are_hidden_whatever_the_selector(selector: str) -> None:
    sheet = f"<style>{selector}{{position:absolute;left:-9999px}}{SHEETS[selector]}</style>"
    assert alarms(visited(whole(f"<div class=q><div class=k>{LINKS}</div></div>", sheet)))


@pytest.mark.parametrize(
    "head",
    [
        "<style>:root{--x:-9999px}.k{position:absolute;left:var(--x)}</style>",
        "<link rel=stylesheet href='data:text/css,.k{position:absolute;left:-9999px}'>",
        "<style>"
        + "".join(f".q{n}{{display:none}}" for n in range(700))
        + ".k{position:absolute;left:-9999px}</style>",
        "<style>.k{left:-9999px;.z{color:red}}</style>",
    ],
    ids=["a variable", "a sheet in its address", "behind many rules", "before an inner rule"],
)
def test_links_are_hidden_by_any_sheet(head: str) -> None:
    assert alarms(visited(whole(f"<div class=k>{LINKS}</div>", head)))


@pytest.mark.parametrize(
    "body",
    [
        b"%PDF-1.4\n" + whole(AWAY),
        b"PK\x03\x04 word/" + whole(AWAY),
        b"<!-- <urlset> -->" + whole(AWAY),
        whole(AWAY).replace(b'<meta charset="utf-8">', b"<meta charset=utf-16>"),
        whole(AWAY).replace(b'<meta charset="utf-8">', b"<meta charset=cp037>"),
        whole(f"<p>{ADVERT} <a href=https://zuno.example/>đăng ký</a></p>") + b"<!--" + b"\xff" * 60_000 + b"-->",
        whole("<svg><a xlink:href='https://a.example/'><text>x</text></a></svg>" + AWAY),
        whole('<p style="display:none">x</p>' * 161 + AWAY),
        whole('<p style="color:red"></p>' * 2_001 + AWAY),
        whole("<script>var a=12345678;</script>" * 121 + ASKS),
        whole("<template><a href=/x>x</a></template>" * 13 + f"<template>{AWAY}</template>"),
        whole(f"<iframe srcdoc='{AWAY}'></iframe>"),
        whole(main=ARTICLE + "<p>" + ADVERT.replace("i", "<wbr>i") + " <a href=https://zuno.example/>vào</a></p>"),
        whole(main=ARTICLE + "<p>" + ADVERT.replace("i", "<!-- -->i") + " <a href=https://zuno.example/>vào</a></p>"),
        whole(main=ARTICLE + "<p>ｎｈａ ｃａｉ ｔａｉ ｘｉｕ ｎｏ ｈｕ <a href=https://zuno.example/>vào</a></p>"),
        whole("<div style='position:absolute;left:-9999px'><a href='https://slot.antruc.test/'>zuno mới</a></div>"),
        whole("<div style='position:absolute;left:-9999px'><a href='https://storage.googleapis.com/zuno/x'>zuno</a></div>"),
    ],
    ids=[
        *("says it is a PDF", "says it is a Word file", "says it is a sitemap", "UTF-16 that it is not", "letters of a mainframe"),
        *("bytes that mean nothing", "a link in a drawing", "behind many that are hidden", "behind many styles"),
        *("behind many scripts", "behind many templates", "a document in an attribute", "words cut by tags"),
        *("words cut by comments", "letters of full width", "a name below the site's own", "a page at a provider of the whole web"),
    ],
)  # fmt: skip
def test_a_page_is_read_whatever_it_pretends(body: bytes) -> None:
    assert alarms(visited(body))


@pytest.mark.parametrize(
    "kind", ["x", "*/*", "unknown/unknown", "application/octet-stream", "application/json", "multipart/mixed"]
)
def test_what_browsers_show_as_a_page_is_read_as_one(kind: str) -> None:
    assert alarms(visited(whole(AWAY), kind=kind))


@pytest.mark.parametrize(
    "body",
    [
        ("<html><body>" + "<i></i>" * 4_800 + AWAY + "<i></i>" * 4_800).encode(),
        ("<html><body><p>" + "x y " * 230_000 + AWAY + "x y " * 240_000).encode(),
        ("<html><body>" + "x y " * 600_000).encode(),
        whole("<a href=/a>x</a>" * 3_001 + AWAY),
        whole("<a href=https://google.com/a>x</a>" * 2_100 + AWAY),
    ],
    ids=["tags", "letters", "bytes", "links", "links that are read"],
)
def test_what_is_too_much_to_be_read_is_told(body: bytes) -> None:
    assert not analyze_visit(visited(body), KNOWN).whole


def test_an_ordinary_page_is_read_as_a_whole() -> None:
    assert analyze_visit(visited(whole()), KNOWN).whole


LEADING = [
    'function r(){location.href="URL"}r();', 'addEventListener("load",()=>{location="URL"})', 'b.onclick=function(){location.href="/x"};' + "var q=1;" * 60 + 'location="URL"',
    'function r(){location="URL"}setTimeout(r,9)', 'navigation.navigate("URL")', 'var a=document.createElement("a");a.href="URL";a.click()',
    'var u="URL";open(u,"_self")', 'location["hr"+"ef"]="URL"', 'eval("loc"+"ation=\'URL\'")', 'location=[104,116,116,112,115,58,47,47,122,117,110,111,46,101,120,97,109,112,108,101,47].map(c=>String.fromCharCode(c)).join("")',
]  # fmt: skip


@pytest.mark.parametrize("code", LEADING)
def test_a_script_leads_away_however_it_is_written(code: str) -> None:
    asks = f"<script>if(/google|coccoc/.test(document.referrer)){{{code.replace('URL', 'https://zuno.example/')}}}</script>"
    assert alarms(visited(whole(asks)))


@pytest.mark.parametrize(
    "code",
    [
        "function go(){if(/iPhone/.test(navigator.userAgent)){location.href='URL'}}",
        "document.addEventListener('DOMContentLoaded',function(){x.addEventListener('click',function(){open('URL')})});navigator.userAgent",
        "$(document).ready(function(){$('#x').on('click',function(){location='URL'})});navigator.userAgent",
        "document.addEventListener('DOMContentLoaded',function(){s.onchange=function(){location.href='URL'+this.value}});navigator.userAgent",
        "$(function(){$('#s').change(function(){location.href='URL'})});navigator.userAgent",
    ],
)
def test_a_script_that_waits_for_a_click_does_not(code: str) -> None:
    assert not alarms(visited(whole(f"<script>{code.replace('URL', 'https://khaosat.example/')}</script>")))


@pytest.mark.parametrize(
    "acting",
    ["<video onerror=X>", "<DETAILS open ONTOGGLE=X>", "<input autofocus onfocus=X>", "<style onload=X></style>", "<link rel=stylesheet href=/a.css onload=X>",
     "<marquee onstart=X>", "<script src=/x.js onerror=X></script>", "<body onpointermove=X>", "<i OnAnimationStart=X>", "<object data=x onerror=X></object>"],
)  # fmt: skip
def test_what_happens_by_itself_is_a_script(acting: str) -> None:
    assert alarms(visited(whole(acting.replace("X", "\"location='https://zuno.example/'\""))))


@pytest.mark.parametrize(
    "link", ["https:///zuno.example/", "///zuno.example/", "http:zuno.example/", "https://zuno%2Eexample/", "\x01https://zuno.example/", "https://[2001:db8::1]/", "https://antruc.test@zuno.example/"]
)  # fmt: skip
def test_a_link_leads_where_browsers_take_it(link: str) -> None:
    assert alarms(visited(whole(f'<div style="position:absolute;left:-9999px"><a href="{link}">zuno mới</a></div>')))


@pytest.mark.parametrize(
    "other",
    [
        served("referrer", whole(), refresh="0; https://zuno.example/?a=b"),
        served("referrer", whole(head='<meta http-equiv="refresh" content="0 url=https://zuno.example/">')),
        served("engine", whole(), link='</a.css>; rel=preload, <https://zuno.example/>; rel="canonical"'),
        served("engine", whole(main=f"<h1>{ADVERT}</h1>"), **{"content-type": "x"}),
    ],
    ids=["a header", "a declaration", "where it belongs", "no type"],
)
def test_what_only_some_get_is_seen(other: VisitorResponse) -> None:
    assert alarms(visited(whole(), other=other))


@pytest.mark.parametrize(("body", "kind"), [(b"body{}", "text/css"), (b"%PDF-1.4 x", "application/pdf"), (b"", HTML)])
def test_what_engines_get_is_read_when_people_get_no_page(body: bytes, kind: str) -> None:
    assert alarms(visited(body, kind=kind, other=served("engine", whole(AWAY))))


def keys(body: bytes, *, role: str = "page", path: str = "/tin", kind: str = HTML) -> set[str]:
    one = PageVisit(
        f"https://{DOMAIN}{path}",
        "orphan" if role == "orphan" else "page",
        (VisitorResponse("plain", 200, {"content-type": kind}, body),),
    )
    return {trace.key for trace in analyze_visit(one, KNOWN).traces if trace.certainty != "weak"}


SITEMAP = "<urlset>" + "".join(f"<url><loc>https://{DOMAIN}/{n}</loc></url>" for n in "abcd")


@pytest.mark.parametrize(
    ("accepted", "later"),
    [
        (whole("<div style='left:-9999px'><a href=https://a.pages.dev/>lịch</a></div>"), whole("<div style='left:-9999px'><a href=https://b.pages.dev/>lịch</a></div>")),
        (f"{SITEMAP}<loc>https://hoc.example/a</loc>".encode(), f"{SITEMAP}<loc>https://hoc.example/a</loc><loc>https://zuno.example/b</loc>".encode()),
        (f"{SITEMAP}<loc>/xoc-dia-online/a</loc><loc>/xoc-dia-online/b</loc>".encode(), f"{SITEMAP}<loc>/xoc-dia-online/b</loc><loc>/tai-xiu-online</loc><loc>/nha-cai-uy-tin</loc>".encode()),
        (whole(f"<div style='display:none'>{'Lô đề là bệnh của làng xã, ai mắc vào cũng khổ, chớ có mà dây vào lô đề kẻo mất nhà mất cửa. ' * 2}</div>"),
         whole(f"<div style='display:none'>{'Lô đề là bệnh của làng xã, ai mắc vào cũng khổ, chớ có mà dây vào lô đề kẻo mất nhà mất cửa. ' * 2} Tài xỉu, nổ hũ, nhà cái uy tín</div>")),
    ],
    ids=["names at a provider", "hosts in a sitemap", "words in a sitemap", "a text that goes on"],
)  # fmt: skip
def test_who_accepts_one_thing_accepts_no_other(accepted: bytes, later: bytes) -> None:
    assert keys(accepted)
    assert keys(later) - keys(accepted)


def test_what_is_new_is_new_also_where_there_was_nothing() -> None:
    known = SiteBaseline(DOMAIN, own=frozenset({DOMAIN}), title=TITLE, is_complete=True)
    script = visited(whole("<script src=https://jquery-cdn.example/x.js></script>"))
    assert any("baseline" in one.families for one in analyze_visit(script, known).traces)
    owner = visited(whole(head="<meta name=google-site-verification content=abc>"))
    assert any(one.kind == "search_console" for one in analyze_visit(owner, known).traces)


@pytest.mark.parametrize(
    "foot",
    [
        "<style>.sub{transform:scaleY(0)}li:hover .sub{transform:scaleY(1)}</style><ul><li><div class=sub>LINKS</div></ul>",
        "<style>.cap{opacity:.02}.pic:hover .cap{opacity:1}</style><div class=pic><div class=cap>LINKS</div></div>",
        "<style>:root{--w:-280px}.side{position:fixed;left:var(--w)}</style><div class=side>LINKS</div>",
        "<div style='font-size:0'><p style='font-size:14px'>LINKS</p></div>",
        "<div style='margin-left:calc(50% - 50vw);width:100vw;font-size:clamp(14px,2vw,20px)'>LINKS</div>",
        "<div style='color:rgb(255,255,0)'>LINKS</div>",
        "<div style='color:#ffff00'>LINKS</div>",
        "<video onerror=\"this.src='https://phim.example/x.mp4'\"></video>",
        "<svg><a xlink:href='https://bao.example/'><text>Báo tỉnh</text></a></svg>",
        "<p>https://<wbr>dichvucong<wbr>.gov.vn, Nghị<wbr>định, thông<wbr>báo</p>",
        "<p>គណៈកម្មាធិការប្រជាជនឃុំ ជូនដំណឹងអំពីការប្រជុំ <a href=https://bao.example/>Báo tỉnh</a></p>",
        "<p>នគរបាល បង្ក្រាប ល្បែងភ្នាល់ <a href=https://bao.example/>Báo tỉnh</a></p>",
    ],
    ids=[
        *("a menu that unfolds", "words over a picture", "a menu beside the window", "letters with a size again", "from edge to edge"),
        *("yellow", "yellow by its number", "another film", "a link in a drawing", "long words", "Khmer", "police news in Khmer"),
    ],
)  # fmt: skip
def test_what_is_made_alike_and_honest_is_no_alarm(foot: str) -> None:
    links = "<a href=https://a.example/>Sở A</a> <a href=https://b.example/>Sở B</a>"
    assert not alarms(visited(whole(foot.replace("LINKS", links))))


@pytest.mark.parametrize("text", ["កាស៊ីណូអនឡាញ ភ្នាល់បាល់", "คาสิโนออนไลน์ สล็อต", "在线赌场 老虎机", "オンラインカジノ"])
def test_adverts_in_other_writing_are_found_where_nobody_leads(text: str) -> None:
    body = page(
        "/tin", {"title": text, "main": f"<h1>{text}</h1><p>{text} <a href=https://zuno.example/>{text}</a></p>"}
    )
    one = PageVisit(
        f"https://{DOMAIN}/tin", "orphan", (VisitorResponse("plain", 200, {"content-type": HTML}, body.encode()),)
    )
    assert alarms(one)
