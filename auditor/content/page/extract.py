"""What one HTML document holds: what it says, whom it points to, what of it nobody sees.

Pure; bounded in time and in what it keeps.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from auditor.content.domains import get_host_in_address, resolve_link
from auditor.content.page import css_rules, css_values, events, hidden_elements, scripts
from auditor.content.page.css_rules import CssVisibilityRule
from auditor.content.page.css_visibility import Way
from auditor.content.page.hidden_elements import NEVER_SEEN, HiddenElement
from auditor.content.page.metadata import read_descriptions_tokens_and_noindex as said_of
from auditor.content.page.scripts import ScriptBehaviour
from auditor.scans.responses import Sheet
from auditor.web.html_limits import cut_excess_from_html_and_tell_if_whole

Via = Literal["link", "frame", "script", "form", "canonical", "base", "refresh"]
Inside = Literal["", "unscripted", "comment", "template", "written", "decoded"]

MAX_LINKS, MAX_OWN, MAX_FRAMES, MAX_SCRIPTS, MAX_OF_A_TAG = 3_000, 500, 60, 500, 500
MAX_STYLES = 60
MAX_NESTED, MAX_HEADINGS, MAX_COMMENTS, MAX_COMMENT = 20, 6, 500, 20_000
MAX_TEXT, MAX_AROUND, MAX_WORDS, MAX_MAIN = 400_000, 500, 300, 4_000
MAX_READ, _COST = 600_000, 300
"""Letters that are read of elements one by one, and what each of them costs besides."""
_DEPTH = 2
_LETTERS_OF_WARNING = 20
"""Of a text for those without scripts, below which it offers nothing."""
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
_COVER_STYLES = tuple(
    re.compile(part, re.IGNORECASE)
    for part in (
        r"position\s*:\s*fixed",
        r"(?:^|[;\s])width\s*:\s*100(?:%|vw)",
        r"(?:^|[;\s])height\s*:\s*100(?:%|d?vh)",
    )
)
_APART = frozenset((*NEVER_SEEN, *events.EVENT_ATTRIBUTES))
_NOTABLE_TAGS = (
    *("title", "a", "area", "script", "link", "meta", "base", "style", "iframe", "frame", "embed", "object", "form"),
    *("noscript", "template", "noframes", "noembed", "xmp", "marquee", "dialog"),
)
_HEADINGS = ("h1", "h2")
_OTHERS = (
    "a[href], :not(a, li, p, img:not([onerror]), div, span, ul, td, tr, br, h3, h4, h5, h6, table, tbody, b, i,"
    " strong, em, font, input:not([autofocus]), area:not([href]), link:not([href]), base:not([href]), "
    "form:not([action]))"
)
"""All elements but those that pages are full of, and that tell nothing: faster than naming those that do."""


@dataclass(frozen=True)
class OutboundPointer:
    """One place that a document points to."""

    via: Via
    address: str
    host: str
    words: str = ""
    """Of the link."""
    around: str = ""
    """Of the block that it stands in; of foreign ones only."""
    hidden_way: Way | None = None
    is_picture: bool = False
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
class PageExtract:
    """The contents of one document."""

    title: str = ""
    headings: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    """What it declares about itself to engines: description, Open Graph, structured data."""
    text: str = ""
    """What people may see, a line for each piece."""
    main: str = ""
    """Of it what stands beside the first heading."""
    hidden_texts: tuple[str, ...] = ()
    """Texts of what is kept out of sight."""
    pointers: tuple[OutboundPointer, ...] = ()
    """To other hosts, in the order of the document."""
    own: tuple[str, ...] = ()
    scripts: tuple[ScriptBehaviour, ...] = ()
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
class _DocumentDraft:
    url: str
    host: str
    nodes: dict[str, list[LexborNode]]
    """What points or tells somewhere, by its tag; what hides by an attribute, as ``hidden_texts``."""
    apart: list[LexborNode]
    """What is never seen, and what may act by itself, in the order of the document."""
    headings: list[LexborNode]
    """Of the two highest kinds, in the order of the document."""
    pointers: list[OutboundPointer] = field(default_factory=list)
    own: dict[str, None] = field(default_factory=dict)
    scripts: list[ScriptBehaviour] = field(default_factory=list)
    hidden_texts: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    """Texts of sheets that are in the document itself."""
    nested_count: int = 0
    room: int = MAX_READ

    def get_text_within_limit(self, node: LexborNode) -> str:
        """Return the text within an element, while there is room for more.

        Elements may hold each other by thousands.
        """
        if self.room <= 0:
            return ""
        text = node.text(separator=" ")
        self.room -= len(text) + _COST
        return text

    def list_elements_of_tags(self, *tags: str) -> list[LexborNode]:
        """Return the elements of these tags, in the order of the document for each."""
        return [node for tag in tags for node in self.nodes.get(tag, ())][:MAX_OF_A_TAG]


def _collect_elements_of_document(tree: LexborHTMLParser, url: str) -> _DocumentDraft:
    nodes: dict[str, list[LexborNode]] = {tag: [] for tag in _NOTABLE_TAGS}
    apart, headings, links = [], [], nodes["a"]
    for node in tree.css(_OTHERS):
        tag = node.tag or ""
        if tag == "a":
            links.append(node)
            continue
        if (same_tag := nodes.get(tag)) is not None:
            same_tag.append(node)
        if tag in _APART:
            apart.append(node)
        elif tag in _HEADINGS:
            headings.append(node)
    return _DocumentDraft(url, get_host_in_address(url), nodes, apart, headings)


def extract_page_contents(
    html: str, url: str, linked_sheets: Sequence[tuple[str, Sheet]] = (), *, depth: int = 0
) -> PageExtract:
    """Return what the document at ``url`` holds, whatever its text.

    ``linked_sheets``: what is known of the site's own sheets.
    """
    if "<wbr" in html or ("-->" in html and _CUT_AFTER.search(html)):
        html = _CUT.sub("", html)
    html, whole = cut_excess_from_html_and_tell_if_whole(html)
    tree = LexborHTMLParser(html)
    draft = _collect_elements_of_document(tree, url)
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    draft.styles += (node.text()[: css_rules.MAX_SHEET] for node in draft.list_elements_of_tags("style")[:MAX_STYLES])
    _collect_scripts(draft, tree)
    ways, texts = hidden_elements.find_hidden_elements(
        tree,
        _collect_rules_of_all_style_sheets(draft, linked_sheets),
        tuple(dict.fromkeys(name for script in draft.scripts for name in script.hides)),
        draft.list_elements_of_tags("dialog", "marquee", "iframe", "object", "embed"),
        draft.get_text_within_limit,
        {name: value for text in draft.styles for name, value in css_values.parse_css_variables(text).items()},
    )
    draft.hidden_texts += texts
    _collect_links(draft, ways, origin)
    _collect_frames(draft, ways, depth)
    _add_meta_pointers(draft)
    if depth < _DEPTH:
        _mark_pointers_inside_noscript(tree, draft)
        _read_html_in_templates_and_comments(html, draft, depth)
    title = _get_title_of_document(draft)
    descriptions, tokens, noindex = said_of(
        draft.list_elements_of_tags("meta")[:80], draft.list_elements_of_tags("script")[:MAX_SCRIPTS]
    )
    loads = any("src" in node.attributes for node in draft.list_elements_of_tags("script"))
    alternates = tuple(
        (node.attributes.get("hreflang") or "").lower()[:10] for node in draft.list_elements_of_tags("link")
    )
    headings = list(
        itertools.islice(
            filter(hidden_elements.is_outside_never_seen_elements, draft.headings[:MAX_OF_A_TAG]), MAX_HEADINGS
        )
    )
    hidden_elements.remove_never_seen_elements(draft.apart)
    text = tree.body.text(deep=True, separator="\n", skip_empty=True)[:MAX_TEXT] if tree.body else ""
    return PageExtract(
        title=title,
        headings=tuple(" ".join(node.text(separator=" ").split())[:300] for node in headings),
        descriptions=descriptions,
        text=text,
        main=_extract_text_beside_first_heading(headings, text),
        hidden_texts=tuple(draft.hidden_texts),
        pointers=tuple(draft.pointers),
        own=tuple(draft.own)[:MAX_OWN],
        scripts=tuple(draft.scripts),
        tokens=tokens,
        html=html,
        sheets=tuple(draft.sheets),
        noindex=noindex,
        shell=loads and len(text) < _SHELL * 10 and len(" ".join(text.split())) < _SHELL,
        alternates=tuple(filter(None, alternates)),
        whole=whole and _is_document_completely_read(draft, ways),
    )


def _is_document_completely_read(draft: _DocumentDraft, ways: dict[int, HiddenElement]) -> bool:
    """Return whether there is no more of anything in the document than was read of it."""
    scripts_, links = len(draft.nodes["script"]), len(draft.nodes["a"]) + len(draft.nodes["area"])
    within = draft.room > 0 and draft.nested_count <= MAX_NESTED and len(ways) < hidden_elements.MAX_HIDDEN
    return within and scripts_ <= MAX_SCRIPTS and links <= MAX_LINKS and len(draft.nodes["style"]) <= MAX_STYLES


def _collect_rules_of_all_style_sheets(
    draft: _DocumentDraft, linked_sheets: Sequence[tuple[str, Sheet]]
) -> list[CssVisibilityRule]:
    """Return what the document's own sheets hide, and those that it links to."""
    inside = map(css_rules.parse_hiding_and_showing_rules, draft.styles)
    sheets_by_address = dict(linked_sheets)
    outside = (css_rules.restore_rules_of_read_sheet(sheets_by_address.get(address, ())) for address in draft.sheets)
    return [rule for rules in (*inside, *outside) for rule in rules]


def _get_title_of_document(draft: _DocumentDraft) -> str:
    return (
        " ".join(draft.list_elements_of_tags("title")[0].text().split())[:300]
        if draft.list_elements_of_tags("title")
        else ""
    )


def _extract_text_beside_first_heading(headings: list[LexborNode], text: str) -> str:
    """Return what stands beside the first heading of the highest kind."""
    heading = next((node for node in headings if node.tag == "h1"), None)
    if heading is not None and heading.parent is not None and heading.parent.tag not in ("html", "-undef"):
        return heading.parent.text(separator="\n")[:MAX_MAIN]
    return text[:MAX_MAIN]


# --- whom it points to ------------------------------------------------------------------------------------


def _collect_links(draft: _DocumentDraft, ways: dict[int, HiddenElement], origin: str) -> None:
    paths: dict[str, None] = {}
    for node in (*draft.nodes["a"], *draft.nodes["area"])[:MAX_LINKS]:
        href = (node.attrs.get("href") or node.attributes.get("xlink:href") or "").strip()
        if href[:1] == "/" and href[1:2] not in _SECOND:
            if href not in paths:
                paths[href] = draft.own[origin + href.partition("#")[0]] = None
            continue
        address = resolve_link(href, draft.url)
        host = get_host_in_address(address) if address else ""
        if not host:
            continue
        if host == draft.host:
            draft.own[address.partition("#")[0]] = None
        else:
            draft.pointers.append(
                _build_pointer_of_element(draft, "link", address, node, hidden_elements.find_hiding_element(node, ways))
            )
    for node in draft.list_elements_of_tags("form")[:MAX_FRAMES]:
        address = resolve_link(node.attributes.get("action") or "", draft.url)
        if (host := get_host_in_address(address)) and host != draft.host:
            form = _build_pointer_of_element(
                draft, "form", address, node, hidden_elements.find_hiding_element(node, ways)
            )
            draft.pointers.append(replace(form, asks=_describe_form_input_fields(node)))


def _is_absolute_path_on_own_host(link: str) -> bool:
    """Return whether a link is plainly to the site itself."""
    return link[:1] == "/" and link[1:2] not in _SECOND


def _build_pointer_of_element(
    draft: _DocumentDraft, via: Via, address: str, node: LexborNode, shut: HiddenElement | None
) -> OutboundPointer:
    words, around = " ".join(draft.get_text_within_limit(node)[:MAX_WORDS].split()), ""
    is_picture = via == "link" and len(words) < 3
    if is_picture:
        words = _describe_picture_in_link(words, node)
    if node.parent is not None and node.parent.tag not in ("body", "html"):
        around = draft.get_text_within_limit(node.parent)[:MAX_AROUND]
    return OutboundPointer(
        via,
        address,
        get_host_in_address(address),
        words,
        " ".join(around.split()),
        shut.way if shut else None,
        is_picture,
        shut.honest if shut else False,
        shut.group if shut else -1,
    )


def _describe_form_input_fields(form: LexborNode) -> str:
    fields = (node.attributes for node in form.css("input")[:40])
    kinds = ("type", "name", "placeholder", "autocomplete")
    return " ".join(field_attributes.get(kind) or "" for field_attributes in fields for kind in kinds)[:2_000].lower()


def _describe_picture_in_link(link_text: str, node: LexborNode) -> str:
    attributes = node.attributes
    picture = node.css_first("img")
    alt = (picture.attributes.get("alt") or "") if picture is not None else ""
    return " ".join(f"{link_text} {attributes.get('title') or ''} {attributes.get('alt') or ''} {alt}".split())[
        :MAX_WORDS
    ]


def _collect_frames(draft: _DocumentDraft, ways: dict[int, HiddenElement], depth: int) -> None:
    for node in draft.list_elements_of_tags("iframe", "frame", "embed", "object")[:MAX_FRAMES]:
        attributes = node.attributes
        for source in (attributes.get("src"), attributes.get("data"), attributes.get("data-src")):
            if source is None:
                continue
            if source[:11].lower() == "javascript:":
                draft.scripts.append(
                    _mark_script_addresses_as_decoded(scripts.analyze_script_code(unquote(source[11:])))
                )
            if (data_match := _DATA.match(source)) is not None and depth < _DEPTH:
                _add_contents_of_html_fragment(_decode_data_url(data_match[1], data_match[2]), "decoded", draft, depth)
            elif (host := get_host_in_address(resolve_link(source, draft.url))) == draft.host:
                draft.own[resolve_link(source, draft.url).partition("#")[0]] = None
            elif host:
                frame = _build_pointer_of_element(
                    draft,
                    "frame",
                    resolve_link(source, draft.url),
                    node,
                    hidden_elements.find_hiding_element(node, ways),
                )
                covers = all(part.search(attributes.get("style") or "") for part in _COVER_STYLES)
                draft.pointers.append(replace(frame, covers=covers))
        if (document := attributes.get("srcdoc")) and depth < _DEPTH:
            _add_contents_of_html_fragment(
                document, "written", draft, depth, hidden_elements.find_hiding_element(node, ways)
            )


def _decode_data_url(media_type: str, data: str) -> str:
    return scripts.decode_base64_text(data.strip()) if "base64" in media_type.lower() else unquote(data)


def _collect_scripts(draft: _DocumentDraft, tree: LexborHTMLParser) -> None:
    for node in draft.list_elements_of_tags("script")[:MAX_SCRIPTS]:
        attributes = node.attributes
        if "src" in attributes:
            _add_pointer_to_foreign_host(draft, "script", attributes["src"] or "")
        elif "json" not in (attributes.get("type") or "") and len(code := node.text()) > 10:
            draft.scripts.append(scripts.analyze_script_code(code))
    for code in events.find_event_code_run_by_itself(draft.apart, tree):
        script = scripts.analyze_script_code(code)
        draft.scripts.append(
            _mark_script_addresses_as_decoded(script)
            if _is_event_script_more_than_picture_swap(script, code)
            else script
        )
    _collect_links_of_head(draft)


def _collect_links_of_head(draft: _DocumentDraft) -> None:
    for node in draft.list_elements_of_tags("link")[:MAX_SCRIPTS]:
        attributes = node.attributes
        rel, href = (attributes.get("rel") or "").lower(), attributes.get("href") or ""
        if rel in ("canonical", "amphtml", "alternate"):
            if rel != "alternate" or attributes.get("hreflang"):
                _add_pointer_to_foreign_host(draft, "canonical", href)
            if get_host_in_address(address := resolve_link(href, draft.url)) == draft.host:
                draft.own[address.partition("#")[0]] = None
        elif "stylesheet" in rel or (attributes.get("as") or "").lower() == "style":
            _add_pointer_to_foreign_host(draft, "script", href)
            if get_host_in_address(address := resolve_link(href, draft.url)) == draft.host:
                draft.sheets.append(address)
            elif (style_match := _STYLE.match(href)) is not None:
                draft.styles.append(_decode_data_url(style_match[1], style_match[2]))


def _is_event_script_more_than_picture_swap(script: ScriptBehaviour, code: str) -> bool:
    """Return whether what happens by itself is more than another picture in place of one that is not there."""
    return (
        script.leads
        or script.asks_who
        or bool(script.written_html or script.decoded_addresses)
        or "createElement" in code
    )


def _add_meta_pointers(draft: _DocumentDraft) -> None:
    for node in draft.list_elements_of_tags("meta"):
        attributes = node.attributes
        if (attributes.get("http-equiv") or "").strip().lower() == "refresh":
            _add_pointer_of_meta_refresh(attributes.get("content") or "", draft)
        elif attributes.get("property") == "og:url":
            _add_pointer_to_foreign_host(draft, "canonical", attributes.get("content") or "")
    for node in draft.list_elements_of_tags("base")[:1]:
        _add_pointer_to_foreign_host(draft, "base", node.attributes.get("href") or "")


def _add_pointer_of_meta_refresh(content: str, draft: _DocumentDraft) -> None:
    if (match := REFRESH.match(content[:2_100])) is not None:
        _add_pointer_to_foreign_host(draft, "refresh", match[1])


def _add_pointer_to_foreign_host(draft: _DocumentDraft, via: Via, link: str) -> None:
    if _is_absolute_path_on_own_host(link):
        return
    address = resolve_link(link, draft.url)
    if (host := get_host_in_address(address)) and host != draft.host:
        draft.pointers.append(OutboundPointer(via, address, host))


# --- documents within ---------------------------------------------------------------------------------------


def _mark_pointers_inside_noscript(tree: LexborHTMLParser, draft: _DocumentDraft) -> None:
    """Mark what stands in ``noscript``, which the parser reads as if there were no scripts."""
    if draft.list_elements_of_tags("noscript"):
        texts = (" ".join(node.text(separator=" ").split()) for node in draft.list_elements_of_tags("noscript")[:20])
        draft.hidden_texts += [text[:MAX_WORDS] for text in texts if len(text) > _LETTERS_OF_WARNING]
        inside = [node.attributes for node in tree.css("noscript a, noscript iframe")[:200]]
        links = {
            resolve_link(attributes.get("href") or attributes.get("src") or "", draft.url) for attributes in inside
        }
        draft.pointers = [
            replace(pointer, inside="unscripted") if pointer.address in links else pointer for pointer in draft.pointers
        ]


def _read_html_in_templates_and_comments(html: str, draft: _DocumentDraft, depth: int) -> None:
    for node in draft.list_elements_of_tags("template", "noframes", "noembed", "xmp")[:MAX_OF_A_TAG]:
        inner = (node.html or "")[10:60_000] if node.tag == "template" else node.text()[:60_000]
        if "href" in inner and "//" in inner:
            _add_contents_of_html_fragment(inner, "template", draft, depth)
    for comment in itertools.islice(_iter_html_comments(html), MAX_COMMENTS):
        if ("href" in comment or "<iframe" in comment) and "//" in comment:
            _add_contents_of_html_fragment(comment, "comment", draft, depth)
    for script in tuple(draft.scripts):
        for fragment in script.written_html:
            _add_contents_of_html_fragment(fragment, "written", draft, depth)
        for fragment in script.decoded_html:
            _add_contents_of_html_fragment(fragment, "decoded", draft, depth)


def _mark_script_addresses_as_decoded(script: ScriptBehaviour) -> ScriptBehaviour:
    """Return a script in a place where nobody looks for one: all that it holds is out of sight."""
    return replace(script, addresses=(), decoded_addresses=script.addresses + script.decoded_addresses)


def _iter_html_comments(html: str) -> Iterator[str]:
    start = html.find("<!--")
    while start >= 0 and (end := html.find("-->", start + 4)) >= 0:
        yield html[start + 4 : min(end, start + MAX_COMMENT)]
        start = html.find("<!--", end)


def _add_contents_of_html_fragment(
    html: str, inside: Inside, draft: _DocumentDraft, depth: int, hidden_element: HiddenElement | None = None
) -> None:
    draft.nested_count += 1
    if draft.nested_count > MAX_NESTED:
        return
    inner = extract_page_contents(html[:100_000], draft.url, depth=depth + 1)
    draft.pointers += [
        replace(
            pointer, inside=inside, hidden_way=pointer.hidden_way or (hidden_element.way if hidden_element else None)
        )
        for pointer in inner.pointers
    ]
    if inside == "decoded":
        draft.scripts += map(_mark_script_addresses_as_decoded, inner.scripts)
    elif inside == "written":
        draft.scripts += inner.scripts
    draft.hidden_texts += [
        *inner.hidden_texts,
        *([inner.text[:2000]] if inside in ("decoded", "comment", "template") else []),
    ]
