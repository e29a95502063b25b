"""Which visitors of an address were served something else than the page: an error, a challenge, nothing. Pure.

What is not the page shows nothing of it, so that no review may say that there is nothing amiss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.content.answers import PageAnswers
from auditor.content.domains import get_host_in_address, resolve_link
from auditor.content.page.extract import PageExtract
from auditor.content.page.segments import is_filled_by_browser_application
from auditor.models.reviews import Hindrance
from auditor.scans.responses import PageVisit, SiteBaseline, Visitor, VisitorResponse

_SMALL, _TINY = 150, 60
"""Words of a page that may be a challenge: with the code of one, with its words alone."""
_FEW_WORDS, _FEW_LINKS, _MANY_WORDS = 40, 5, 80
_CHALLENGE_HEADERS = {"cf-mitigated": "challenge", "x-amzn-waf-action": "", "x-datadome-captcha": ""}
"""Names of headers, and what stands in them."""
_CHALLENGE_CODE = re.compile(
    r"_cf_chl_opt|cf_chl_|cf-browser-verification|geo\.captcha-delivery\.com|px-captcha|sucuri_cloudproxy_js"
    r"|within\.website/x/cmd/anubis|\.well-known/ddos-guard/|slowAES|token\.awswaf\.com|awsWafCookieDomainList"
    r"|Incapsula incident ID|sec-if-cpt-container|[?&]bm-verify=|vercel security checkpoint|wordfence.{0,40}blocked",
    re.IGNORECASE,
)
_CHALLENGE_WIDGET = re.compile(r"g-recaptcha|h-captcha|hcaptcha\.com|cf-turnstile|recaptcha/api|_Incapsula_Resource")
_CHALLENGE_WORDS = re.compile(
    r"just a moment|checking (?:if the site connection|your browser)|verify(?:ing)? (?:that )?you are (?:a )?human"
    r"|are you (?:a )?(?:human|robot)|not a (?:ro)?bot|enable javascript and cookies|attention required|access denied"
    r"|request (?:was )?blocked|unusual traffic|\bcaptcha\b|xác (?:minh|nhận|thực)[^.]{0,30} (?:con )?người"
    r"|không phải (?:là )?(?:ro-?bot|người máy|bot\b)|kiểm tra trình duyệt"
    r"|truy cập (?:của bạn )?(?:đã )?bị (?:chặn|từ chối)",
    re.IGNORECASE,
)
_PASSWORD = re.compile(r"type\s*=\s*[\"']?password", re.IGNORECASE)
_PICTURE = re.compile(r"<(?:img|svg|canvas|video|object|embed|picture)\b", re.IGNORECASE)


def iter_odd_answers(answers: PageAnswers, baseline: SiteBaseline) -> Iterator[tuple[Visitor, Hindrance]]:
    """Yield visitors that were not served the page, each with what kept it from them.

    A blank page that scripts write is both, with what a browser can mend last.
    """
    plain, page = answers.plain, answers.page
    oddities = [*_iter_oddities_of_page(plain, page), *_iter_redirect_away(plain, answers.visit, baseline)]
    for oddity in oddities:
        yield plain.visitor, oddity
    for other in answers.visit.responses[1:]:
        theirs = answers.extracts[other.visitor]
        hindrance = _find_oddity_beside_plain(other, theirs, plain, page, is_page="challenge" not in oddities)
        if hindrance is not None:
            yield other.visitor, hindrance
        elif not _leads_where_plain_does(other, plain, answers.visit.url):
            yield from ((other.visitor, why) for why in _iter_redirect_away(other, answers.visit, baseline))


def is_challenge(response: VisitorResponse, page: PageExtract) -> bool:
    """Return whether a page only tells people from programs, by its headers, its code or its words."""
    headers = response.headers
    if any(name in headers and part in headers[name].lower() for name, part in _CHALLENGE_HEADERS.items()):
        return True
    words, html = len(page.text.split()), page.html[:200_000]
    if words > _SMALL or len(page.own) >= _FEW_LINKS or _PASSWORD.search(html):
        return False
    if _CHALLENGE_CODE.search(html):
        return True
    says = f"{page.title[:300]}\n{page.text[:5_000]}"
    few = words <= _TINY and not page.own
    return few and bool(_CHALLENGE_WIDGET.search(html) or _CHALLENGE_WORDS.search(says))


def is_blank(page: PageExtract) -> bool:
    """Return whether a page shows nothing at all, whatever its title and its scripts."""
    things = page.text.strip(), page.own, page.pointers, page.hidden_texts
    return not any(things) and not _PICTURE.search(page.html[:200_000])


def _iter_oddities_of_page(plain: VisitorResponse, page: PageExtract) -> Iterator[Hindrance]:
    if is_challenge(plain, page):
        yield "challenge"
    elif plain.status < 300 or (plain.status < 400 and not plain.location):
        if is_blank(page):
            yield "empty"
        words = len(page.text.split())
        is_filled = words < _FEW_WORDS and (page.shell or is_filled_by_browser_application(page))
        if is_filled or (page.scripts and not words):
            yield "needs_browser"


def _find_oddity_beside_plain(
    other: VisitorResponse, theirs: PageExtract, plain: VisitorResponse, page: PageExtract, *, is_page: bool
) -> Hindrance | None:
    """Return what another visitor got in place of the page that people get; ``is_page``: whether they got one."""
    if is_challenge(other, theirs):
        return "challenge"
    if plain.status >= 400 or not is_page:
        return None
    if other.status >= 400:
        return "status"
    if theirs == page or (300 <= other.status < 400 and other.location):
        return None
    return "empty" if is_blank(theirs) or _has_next_to_nothing_of(theirs, page) else None


def _has_next_to_nothing_of(theirs: PageExtract, page: PageExtract) -> bool:
    words, all_words = len(theirs.text.split()), len(page.text.split())
    is_stripped = words < _FEW_WORDS and not theirs.own and words * 4 < max(all_words, 1)
    return is_stripped and (all_words >= _MANY_WORDS or len(page.own) >= _FEW_LINKS)


def _leads_where_plain_does(other: VisitorResponse, plain: VisitorResponse, url: str) -> bool:
    return bool(plain.location) and get_host_in_address(resolve_link(plain.location or "", url)) == get_host_in_address(
        resolve_link(other.location or "", url)
    )


def _iter_redirect_away(response: VisitorResponse, visit: PageVisit, baseline: SiteBaseline) -> Iterator[Hindrance]:
    """Yield that a visitor was led to where no review goes, if that is so.

    That is a site that nobody declared, or an address of this one that must not be asked for.
    """
    if not response.location or not 300 <= response.status < 400:
        return
    host = get_host_in_address(resolve_link(response.location, visit.url))
    is_other_declared_site = host in baseline.own and host not in (baseline.domain, get_host_in_address(visit.url))
    if not is_other_declared_site:
        yield "led_away"
