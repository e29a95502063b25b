"""What one HTML document holds: what it says, whom it points to, what of it nobody sees. Pure; bounded in time and in what it keeps."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from auditor.content.neighbours import absolute, host_of
from auditor.content.page import events, hidden, scripts, sheets, values
from auditor.content.page.hidden import NEVER_SEEN, Hidden
from auditor.content.page.said import of as said_of
from auditor.content.page.scripts import Script
from auditor.content.page.sheets import Rule
from auditor.content.page.styles import Way
from auditor.looks.visits import Sheet
from auditor.web.bounded import cut

Via = Literal["link", "frame", "script", "form", "canonical", "base", "refresh"]
Inside = Literal["", "unscripted", "comment", "template", "written", "decoded"]

MAX_LINKS, MAX_OWN, MAX_FRAMES, MAX_SCRIPTS, MAX_OF_A_TAG = 3_000, 500, 60, 500, 500
MAX_STYLES = 60
MAX_NESTED, MAX_HEADINGS, MAX_COMMENTS, MAX_COMMENT = 20, 6, 500, 20_000
MAX_TEXT, MAX_AROUND, MAX_WORDS, MAX_MAIN = 400_000, 500, 300, 4_000
MAX_READ, _COST = 600_000, 300
"""Letters that are read of elements one by one, and what each of them costs besides."""
_DEPTH = 2
_SECOND = frozenset("/\\\t\n\r")
"""What makes, or may make, a link that begins with a slash one to another host: browsers leave some of it out."""
_SHELL = 200
"""Letters: a page with fewer, and with scripts, is written in the browser."""

_DATA = re.compile(r"\s*data:text/html([^,]{0,80}),(.{1,100000})", re.DOTALL | re.IGNORECASE)
_STYLE = re.compile(r"\s*data:text/css([^,]{0,80}),(.{1,100000})", re.DOTALL | re.IGNORECASE)
_CUT_AFTER = re.compile(r"-->\w")
_CUT = re.compile(r"<(?<=\w<)(?:wbr\b[^<>]{0,50}>|!--[^<>]{0,200}-->)(?=\w)", re.IGNORECASE)
"""What stands within a word and nobody sees."""
REFRESH = re.compile(
    r"^\s*\d{0,6}[.\d]*(?:\s*[;,]\s*|\s+)(?:url\s*=\s*)?[\"']?\s*(.{1,2000}?)[\"']?\s*$", re.IGNORECASE | re.DOTALL
)
"""Where a refresh leads, by header or by declaration."""
_COVERING = tuple(
    re.compile(part, re.IGNORECASE)
    for part in (
        r"position\s*:\s*fixed",
        r"(?:^|[;\s])width\s*:\s*100(?:%|vw)",
        r"(?:^|[;\s])height\s*:\s*100(?:%|d?vh)",
    )
)
_APART = frozenset((*NEVER_SEEN, *events.ACTING))
_TELLING = (
    *("title", "a", "area", "script", "link", "meta", "base", "style", "iframe", "frame", "embed", "object", "form"),
    *("noscript", "template", "noframes", "noembed", "xmp", "marquee", "dialog"),
)
_HEADINGS = ("h1", "h2")
_OTHERS = (
    "a[href], :not(a, li, p, img:not([onerror]), div, span, ul, td, tr, br, h3, h4, h5, h6, table, tbody, b, i,"
    " strong, em, font, input:not([autofocus]), area:not([href]), link:not([href]), base:not([href]), form:not([action]))"
)
"""All elements but those that pages are full of, and that tell nothing: faster than naming those that do."""


@dataclass(frozen=True)
class Pointer:
    """One place that a document points to."""

    via: Via
    address: str
    host: str
    words: str = ""
    """Of the link."""
    around: str = ""
    """Of the block that it stands in; of foreign ones only."""
    hidden: Way | None = None
    pictured: bool = False
    """Its words are those of a picture, which stays when letters have no size."""
    honest: bool = False
    """It is hidden as menus and dialogues are."""
    group: int = -1
    """Which hidden block it stands in."""
    inside: Inside = ""
    covers: bool = False
    """It is a frame that lies over the whole page."""
    asks: str = ""
    """Of a form: what its fields are called, and of which kinds they are."""


@dataclass(frozen=True)
class Extract:
    """What one document holds."""

    title: str = ""
    headings: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    """What it declares about itself to engines: description, Open Graph, structured data."""
    text: str = ""
    """What people may see, a line for each piece."""
    main: str = ""
    """Of it what stands beside the first heading."""
    hidden: tuple[str, ...] = ()
    """Texts of what is kept out of sight."""
    pointers: tuple[Pointer, ...] = ()
    """To other hosts, in the order of the document."""
    own: tuple[str, ...] = ()
    scripts: tuple[Script, ...] = ()
    tokens: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    """Addresses of the site's own style sheets that it links to."""
    html: str = ""
    """The document itself, bounded, for those few that are worth a second look."""
    noindex: bool = False
    shell: bool = False
    """An application writes the page in the visitor's browser: there is next to nothing in it."""
    alternates: tuple[str, ...] = ()
    """Languages that it offers itself in."""
    whole: bool = True
    """Whether all of it was read: there is not more of anything than is read of a page."""


@dataclass
class _Draft:
    url: str
    host: str
    nodes: dict[str, list[LexborNode]]
    """What points or tells somewhere, by its tag; what hides by an attribute, as ``hidden``."""
    apart: list[LexborNode]
    """What is never seen, and what may act by itself, in the order of the document."""
    headings: list[LexborNode]
    """Of the two highest kinds, in the order of the document."""
    pointers: list[Pointer] = field(default_factory=list)
    own: dict[str, None] = field(default_factory=dict)
    scripts: list[Script] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    """Texts of sheets that are in the document itself."""
    nested: int = 0
    room: int = MAX_READ

    def text_of(self, node: LexborNode) -> str:
        """The text within an element, while there is room for more: elements may hold each other by thousands."""
        if self.room <= 0:
            return ""
        text = node.text(separator=" ")
        self.room -= len(text) + _COST
        return text

    def of(self, *tags: str) -> list[LexborNode]:
        """The elements of these tags, in the order of the document for each."""
        return [node for tag in tags for node in self.nodes.get(tag, ())][:MAX_OF_A_TAG]


def _draft(tree: LexborHTMLParser, url: str) -> _Draft:
    nodes: dict[str, list[LexborNode]] = {tag: [] for tag in _TELLING}
    apart, headings, links = [], [], nodes["a"]
    for node in tree.css(_OTHERS):
        tag = node.tag or ""
        if tag == "a":
            links.append(node)
            continue
        if (named := nodes.get(tag)) is not None:
            named.append(node)
        if tag in _APART:
            apart.append(node)
        elif tag in _HEADINGS:
            headings.append(node)
    return _Draft(url, host_of(url), nodes, apart, headings)


def read(html: str, url: str, linked: Sequence[tuple[str, Sheet]] = (), *, depth: int = 0) -> Extract:
    """What the document at ``url`` holds, whatever its text. ``linked``: what is known of the site's own sheets."""
    if "<wbr" in html or ("-->" in html and _CUT_AFTER.search(html)):
        html = _CUT.sub("", html)
    html, whole = cut(html)
    tree = LexborHTMLParser(html)
    draft = _draft(tree, url)
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    draft.styles += (node.text()[: sheets.MAX_SHEET] for node in draft.of("style")[:MAX_STYLES])
    _scripts(draft, tree)
    ways, texts = hidden.find(
        tree,
        _rules(draft, linked),
        tuple(dict.fromkeys(name for script in draft.scripts for name in script.hides)),
        draft.of("dialog", "marquee", "iframe", "object", "embed"),
        draft.text_of,
        {name: value for text in draft.styles for name, value in values.variables(text).items()},
    )
    draft.hidden += texts
    _links(draft, ways, origin)
    _frames(draft, ways, depth)
    _declared(draft)
    if depth < _DEPTH:
        _unscripted(tree, draft)
        _nested(html, draft, depth)
    title = _title(draft)
    said, tokens, noindex = said_of(draft.of("meta")[:80], draft.of("script")[:MAX_SCRIPTS])
    loads = any("src" in node.attributes for node in draft.of("script"))
    alternates = tuple((node.attributes.get("hreflang") or "").lower()[:10] for node in draft.of("link"))
    headings = list(itertools.islice(filter(hidden.may_be_seen, draft.headings[:MAX_OF_A_TAG]), MAX_HEADINGS))
    hidden.take_out(draft.apart)
    text = tree.body.text(deep=True, separator="\n", skip_empty=True)[:MAX_TEXT] if tree.body else ""
    return Extract(
        title=title,
        headings=tuple(" ".join(node.text(separator=" ").split())[:300] for node in headings),
        said=said,
        text=text,
        main=_main(headings, text),
        hidden=tuple(draft.hidden),
        pointers=tuple(draft.pointers),
        own=tuple(draft.own)[:MAX_OWN],
        scripts=tuple(draft.scripts),
        tokens=tokens,
        html=html,
        sheets=tuple(draft.sheets),
        noindex=noindex,
        shell=loads and len(text) < _SHELL * 10 and len(" ".join(text.split())) < _SHELL,
        alternates=tuple(filter(None, alternates)),
        whole=whole and _is_whole(draft, ways),
    )


def _is_whole(draft: _Draft, ways: dict[int, Hidden]) -> bool:
    """Whether there is no more of anything in the document than was read of it."""
    scripts_, links = len(draft.nodes["script"]), len(draft.nodes["a"]) + len(draft.nodes["area"])
    within = draft.room > 0 and draft.nested <= MAX_NESTED and len(ways) < hidden.MAX_HIDDEN
    return within and scripts_ <= MAX_SCRIPTS and links <= MAX_LINKS and len(draft.nodes["style"]) <= MAX_STYLES


def _rules(draft: _Draft, linked: Sequence[tuple[str, Sheet]]) -> list[Rule]:
    """What the document's own sheets hide, and those that it links to."""
    inside = map(sheets.rules, draft.styles)
    known = dict(linked)
    outside = (sheets.told(known.get(one, ())) for one in draft.sheets)
    return [rule for found in (*inside, *outside) for rule in found]


def _title(draft: _Draft) -> str:
    return " ".join(draft.of("title")[0].text().split())[:300] if draft.of("title") else ""


def _main(headings: list[LexborNode], text: str) -> str:
    """What stands beside the first heading of the highest kind."""
    heading = next((node for node in headings if node.tag == "h1"), None)
    if heading is not None and heading.parent is not None and heading.parent.tag not in ("html", "-undef"):
        return heading.parent.text(separator="\n")[:MAX_MAIN]
    return text[:MAX_MAIN]


# --- whom it points to ------------------------------------------------------------------------------------


def _links(draft: _Draft, ways: dict[int, Hidden], origin: str) -> None:
    paths: dict[str, None] = {}
    for node in (*draft.nodes["a"], *draft.nodes["area"])[:MAX_LINKS]:
        href = (node.attrs.get("href") or node.attributes.get("xlink:href") or "").strip()
        if href[:1] == "/" and href[1:2] not in _SECOND:
            if href not in paths:
                paths[href] = draft.own[origin + href.partition("#")[0]] = None
            continue
        address = absolute(href, draft.url)
        host = host_of(address) if address else ""
        if not host:
            continue
        if host == draft.host:
            draft.own[address.partition("#")[0]] = None
        else:
            draft.pointers.append(_pointer(draft, "link", address, node, hidden.within(node, ways)))
    for node in draft.of("form")[:MAX_FRAMES]:
        address = absolute(node.attributes.get("action") or "", draft.url)
        if (host := host_of(address)) and host != draft.host:
            form = _pointer(draft, "form", address, node, hidden.within(node, ways))
            draft.pointers.append(replace(form, asks=_asked(node)))


def _is_path(link: str) -> bool:
    """Whether a link is plainly to the site itself."""
    return link[:1] == "/" and link[1:2] not in _SECOND


def _pointer(draft: _Draft, via: Via, address: str, node: LexborNode, shut: Hidden | None) -> Pointer:
    words, around = " ".join(draft.text_of(node)[:MAX_WORDS].split()), ""
    pictured = via == "link" and len(words) < 3
    if pictured:
        words = _pictured(words, node)
    if node.parent is not None and node.parent.tag not in ("body", "html"):
        around = draft.text_of(node.parent)[:MAX_AROUND]
    return Pointer(
        via,
        address,
        host_of(address),
        words,
        " ".join(around.split()),
        shut.way if shut else None,
        pictured,
        shut.honest if shut else False,
        shut.group if shut else -1,
    )


def _asked(form: LexborNode) -> str:
    fields = (node.attributes for node in form.css("input")[:40])
    kinds = ("type", "name", "placeholder", "autocomplete")
    return " ".join(one.get(kind) or "" for one in fields for kind in kinds)[:2_000].lower()


def _pictured(words: str, node: LexborNode) -> str:
    attributes = node.attributes
    picture = node.css_first("img")
    alt = (picture.attributes.get("alt") or "") if picture is not None else ""
    return " ".join(f"{words} {attributes.get('title') or ''} {attributes.get('alt') or ''} {alt}".split())[:MAX_WORDS]


def _frames(draft: _Draft, ways: dict[int, Hidden], depth: int) -> None:
    for node in draft.of("iframe", "frame", "embed", "object")[:MAX_FRAMES]:
        attributes = node.attributes
        for source in (attributes.get("src"), attributes.get("data"), attributes.get("data-src")):
            if source is None:
                continue
            if source[:11].lower() == "javascript:":
                draft.scripts.append(_as_decoded(scripts.read(unquote(source[11:]))))
            if (told := _DATA.match(source)) is not None and depth < _DEPTH:
                _read_inner(_untold(told[1], told[2]), "decoded", draft, depth)
            elif (host := host_of(absolute(source, draft.url))) == draft.host:
                draft.own[absolute(source, draft.url).partition("#")[0]] = None
            elif host:
                frame = _pointer(draft, "frame", absolute(source, draft.url), node, hidden.within(node, ways))
                covers = all(part.search(attributes.get("style") or "") for part in _COVERING)
                draft.pointers.append(replace(frame, covers=covers))
        if (document := attributes.get("srcdoc")) and depth < _DEPTH:
            _read_inner(document, "written", draft, depth, hidden.within(node, ways))


def _untold(form: str, data: str) -> str:
    return scripts.from_base64(data.strip()) if "base64" in form.lower() else unquote(data)


def _scripts(draft: _Draft, tree: LexborHTMLParser) -> None:
    for node in draft.of("script")[:MAX_SCRIPTS]:
        attributes = node.attributes
        if "src" in attributes:
            _add(draft, "script", attributes["src"] or "")
        elif "json" not in (attributes.get("type") or "") and len(code := node.text()) > 10:
            draft.scripts.append(scripts.read(code))
    for code in events.codes(draft.apart, tree):
        script = scripts.read(code)
        draft.scripts.append(_as_decoded(script) if _does_something(script, code) else script)
    for node in draft.of("link")[:MAX_SCRIPTS]:
        attributes = node.attributes
        rel, href = (attributes.get("rel") or "").lower(), attributes.get("href") or ""
        if rel in ("canonical", "amphtml", "alternate"):
            if rel != "alternate" or attributes.get("hreflang"):
                _add(draft, "canonical", href)
            if host_of(address := absolute(href, draft.url)) == draft.host:
                draft.own[address.partition("#")[0]] = None
        elif "stylesheet" in rel or (attributes.get("as") or "").lower() == "style":
            _add(draft, "script", href)
            if host_of(address := absolute(href, draft.url)) == draft.host:
                draft.sheets.append(address)
            elif (told := _STYLE.match(href)) is not None:
                draft.styles.append(_untold(told[1], told[2]))


def _does_something(script: Script, code: str) -> bool:
    """Whether what happens by itself is more than another picture in place of one that is not there."""
    return script.leads or script.asks_who or bool(script.written or script.decoded) or "createElement" in code


def _declared(draft: _Draft) -> None:
    for node in draft.of("meta"):
        attributes = node.attributes
        if (attributes.get("http-equiv") or "").strip().lower() == "refresh":
            _refresh(attributes.get("content") or "", draft)
        elif attributes.get("property") == "og:url":
            _add(draft, "canonical", attributes.get("content") or "")
    for node in draft.of("base")[:1]:
        _add(draft, "base", node.attributes.get("href") or "")


def _refresh(content: str, draft: _Draft) -> None:
    if (found := REFRESH.match(content[:2_100])) is not None:
        _add(draft, "refresh", found[1])


def _add(draft: _Draft, via: Via, link: str) -> None:
    if _is_path(link):
        return
    address = absolute(link, draft.url)
    if (host := host_of(address)) and host != draft.host:
        draft.pointers.append(Pointer(via, address, host))


# --- documents within ---------------------------------------------------------------------------------------


def _unscripted(tree: LexborHTMLParser, draft: _Draft) -> None:
    """Marks what stands in ``noscript``, which the parser reads as if there were no scripts."""
    if draft.of("noscript"):
        inside = [node.attributes for node in tree.css("noscript a, noscript iframe")[:200]]
        links = {absolute(one.get("href") or one.get("src") or "", draft.url) for one in inside}
        draft.pointers = [replace(one, inside="unscripted") if one.address in links else one for one in draft.pointers]


def _nested(html: str, draft: _Draft, depth: int) -> None:
    for node in draft.of("template", "noframes", "noembed", "xmp")[:MAX_OF_A_TAG]:
        inner = (node.html or "")[10:60_000] if node.tag == "template" else node.text()[:60_000]
        if "href" in inner and "//" in inner:
            _read_inner(inner, "template", draft, depth)
    for told in itertools.islice(_comments(html), MAX_COMMENTS):
        if ("href" in told or "<iframe" in told) and "//" in told:
            _read_inner(told, "comment", draft, depth)
    for script in tuple(draft.scripts):
        for written in script.written:
            _read_inner(written, "written", draft, depth)
        for written in script.revealed:
            _read_inner(written, "decoded", draft, depth)


def _as_decoded(script: Script) -> Script:
    """A script in a place where nobody looks for one: all that it holds is out of sight."""
    return replace(script, addresses=(), decoded=script.addresses + script.decoded)


def _comments(html: str) -> Iterator[str]:
    start = html.find("<!--")
    while start >= 0 and (end := html.find("-->", start + 4)) >= 0:
        yield html[start + 4 : min(end, start + MAX_COMMENT)]
        start = html.find("<!--", end)


def _read_inner(html: str, inside: Inside, draft: _Draft, depth: int, shut: Hidden | None = None) -> None:
    draft.nested += 1
    if draft.nested > MAX_NESTED:
        return
    inner = read(html[:100_000], draft.url, depth=depth + 1)
    draft.pointers += [
        replace(one, inside=inside, hidden=one.hidden or (shut.way if shut else None)) for one in inner.pointers
    ]
    if inside == "decoded":
        draft.scripts += map(_as_decoded, inner.scripts)
    elif inside == "written":
        draft.scripts += inner.scripts
    draft.hidden += [*inner.hidden, *([inner.text[:2000]] if inside in ("decoded", "comment", "template") else [])]
