"""Whether the sites still serve the same pages.

They are visited twice before, to learn what varies by itself, and once after.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from auditor.hardening.health import redirects
from auditor.models import Host, Site, Text
from auditor.models.applications.registry import CMSS
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text
from auditor.web.fetch import Client, FetchResult

WORKERS = 24
SIZE_BAND = 0.10
"""Sizes may differ by this share besides what the two first visits showed: dates, nonces, counters."""
SIZE_FLOOR = 200
"""Bytes by which any page may differ in size."""
MIN_KEPT_SHARE = 0.7
"""The share of the lines, and of the headings, that both first visits showed and a page must still show."""

_SLIGHT = ("Warning:", "Notice:", "Deprecated:")
"""What PHP complains of and goes on."""

Answers = Mapping[str, tuple[FetchResult, ...]]
"""By domain."""

_LOGINS = {
    **{cms.kind: cms.login_page for cms in CMSS},
    "drupal": "/user/login",
    "dokuwiki": "/doku.php?do=login",
    "mediawiki": "/index.php?title=Special:UserLogin",
    "moodle": "/login/index.php",
}


@dataclass(frozen=True)
class SiteRemark:
    """Something to say about one URL of a site."""

    domain: str
    url: str
    what: Text

    @property
    def sentence_with_site_and_url(self) -> Text:
        """Return site, URL and what, to be shown alone."""
        return self.what.with_prefix(f"{self.domain}: {self.url}")


class SiteRegression(SiteRemark):
    """A URL that a site no longer serves as before."""


class SiteExclusion(SiteRemark):
    """A URL that cannot be compared, since it failed or varied before anything was changed."""


@dataclass(frozen=True)
class PageBaseline:
    """One URL as the first two visits found it."""

    domain: str
    first: FetchResult
    second: FetchResult


@dataclass(frozen=True)
class SmokeBaseline:
    """The pages that sites served before: the measure of what they serve after."""

    pages: tuple[PageBaseline, ...]
    exclusions: tuple[SiteExclusion, ...]

    @property
    def exclusions_grouped_by_site_and_reason(self) -> tuple[SiteExclusion, ...]:
        """Return the same with one remark for each site and reason, its URLs together."""
        urls: dict[tuple[str, str], list[SiteExclusion]] = {}
        for exclusion in self.exclusions:
            urls.setdefault((exclusion.domain, exclusion.what.en), []).append(exclusion)
        return tuple(
            SiteExclusion(domain, ", ".join(alike_exclusion.url for alike_exclusion in alike), alike[0].what)
            for (domain, _), alike in urls.items()
        )

    def select_baseline_of_domains(self, domains: Container[str]) -> SmokeBaseline:
        """Return the same of these sites only."""
        return SmokeBaseline(
            tuple(page for page in self.pages if page.domain in domains),
            tuple(exclusion for exclusion in self.exclusions if exclusion.domain in domains),
        )


def visit_smoke_urls_of_sites(
    hosts: Sequence[Host], ca_files: Mapping[str, str | None], *, again: Answers | None = None
) -> Answers:
    """Visit every site's smoke URLs, login page and one asset of its start page, on http and https.

    The targets of redirects on the same site are visited, too.

    ``again`` are the answers of an earlier visit, whose very URLs are then visited. Raises InputError for an
    unreadable file of authorities, never for what the sites do.
    """
    clients = {host.name: Client(ca_files.get(host.name)) for host in hosts}
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:

        def fetch(targets: Iterable[_SmokeTarget]) -> list[FetchResult]:
            return list(pool.map(lambda target: target.fetch_page(clients[target.host.name]), targets))

        sites = [(host, site) for host in hosts for site in host.sites]

        def follow_all(current_answers: Answers) -> Answers:
            for _ in range(redirects.ROUNDS):
                targets = [
                    target
                    for host, site in sites
                    for target in _iter_redirect_targets(host, site, current_answers[site.domain])
                ]
                if not targets:
                    break
                more = _group_answers_by_domain(sites, targets, fetch(targets))
                current_answers = {domain: answers + more[domain] for domain, answers in current_answers.items()}
            return current_answers

        if again is not None:
            targets = [
                t
                for host, site in sites
                for t in _iter_targets_of_earlier_answers(host, site, again.get(site.domain, ()))
            ]
            return follow_all(_group_answers_by_domain(sites, targets, fetch(targets)))
        targets = [target for host, site in sites for target in _iter_smoke_and_login_targets(host, site)]
        answers_by_domain = follow_all(_group_answers_by_domain(sites, targets, fetch(targets)))
        assets = [
            target
            for host, site in sites
            for target in _iter_start_page_asset_targets(host, site, answers_by_domain[site.domain])
        ]
        more = _group_answers_by_domain(sites, assets, fetch(assets))
        return {domain: answers + more[domain] for domain, answers in answers_by_domain.items()}


@dataclass(frozen=True)
class _SmokeTarget:
    host: Host
    site: Site
    scheme: str
    path: str
    is_declared: bool = True
    name: str | None = None
    """One of the site's names; None: its domain."""

    def fetch_page(self, client: Client) -> FetchResult:
        name = self.name or self.site.domain
        return client.fetch_page(self.scheme, self.host.address, name, self.path, is_declared=self.is_declared)


def _iter_smoke_and_login_targets(host: Host, site: Site) -> Iterator[_SmokeTarget]:
    login = _LOGINS.get(site.application or "")
    for scheme in ("http", "https"):
        for path in site.smoke_urls:
            yield _SmokeTarget(host, site, scheme, path)
        if login is not None and login not in site.smoke_urls:
            yield _SmokeTarget(host, site, scheme, login, is_declared=False)


def _iter_start_page_asset_targets(host: Host, site: Site, answers: Iterable[FetchResult]) -> Iterator[_SmokeTarget]:
    path = next(
        (answer.page.asset for answer in answers if answer.serves_page_or_redirect_of_site and answer.page.asset), None
    )
    if path is not None and path not in site.smoke_urls:
        for scheme in ("http", "https"):
            yield _SmokeTarget(host, site, scheme, path, is_declared=False)


def _iter_targets_of_earlier_answers(host: Host, site: Site, answers: Iterable[FetchResult]) -> Iterator[_SmokeTarget]:
    for answer in answers:
        scheme, name, path = redirects.split_url_into_scheme_name_path(answer.url)
        yield _SmokeTarget(host, site, scheme, path, answer.is_declared, name)


def _iter_redirect_targets(host: Host, site: Site, answers: Iterable[FetchResult]) -> Iterator[_SmokeTarget]:
    for scheme, name, path in redirects.find_unvisited_redirect_targets_on_site(site, answers):
        yield _SmokeTarget(host, site, scheme, path, is_declared=False, name=name)


def _group_answers_by_domain(
    sites: Iterable[tuple[Host, Site]], targets: Sequence[_SmokeTarget], answers: Sequence[FetchResult]
) -> dict[str, tuple[FetchResult, ...]]:
    pairs = list(zip(targets, answers, strict=True))
    return {site.domain: tuple(a for t, a in pairs if t.site.domain == site.domain) for _, site in sites}


def find_domains_that_serve_no_smoke_url(answers: Answers) -> tuple[str, ...]:
    """Return domains of which no smoke URL serves at all, redirects followed.

    One that leads to a page that fails serves nobody.
    """
    return tuple(
        domain
        for domain, got in answers.items()
        if not any(
            redirects.is_served_after_redirects(answer, redirects.index_by_url(got))
            for answer in got
            if answer.is_declared
        )
    )


def count_serving_urls_by_domain(answers: Answers) -> dict[str, int]:
    """Return, by domain, how many of its URLs serve, redirects followed.

    Domains of which none does are left out.
    """
    counts = {
        domain: sum(redirects.is_served_after_redirects(answer, redirects.index_by_url(got)) for answer in got)
        for domain, got in answers.items()
    }
    return {domain: count for domain, count in counts.items() if count}


def find_urls_no_longer_served_by_domain(before: Answers, after: Answers) -> dict[str, tuple[SiteRegression, ...]]:
    """Return, by domain, the URLs that served before and no longer do, redirects followed.

    A site serves when all of them do.
    """
    regressions = {}
    for domain, answers in before.items():
        then, now = redirects.index_by_url(answers), redirects.index_by_url(after.get(domain, ()))
        ends = (
            (earlier_answer.url, redirects.follow_redirects(earlier_answer, then), now.get(earlier_answer.url))
            for earlier_answer in answers
        )
        states = (
            (url, _describe_why_url_no_longer_serves(was, answer and redirects.follow_redirects(answer, now), url))
            for url, was, answer in ends
        )
        site_regressions = tuple(SiteRegression(domain, url, what) for url, what in states if what is not None)
        if site_regressions:
            regressions[domain] = site_regressions
    return regressions


def _describe_why_url_no_longer_serves(was: FetchResult, now: FetchResult | None, url: str) -> Text | None:
    """Return what is wrong with what a URL comes to, redirects followed, where it served before."""
    if not was.serves_page_or_redirect_of_site:
        return None
    failure = (
        _describe_application_failure_on_page(was, now)
        if now is not None and now.serves_page_or_redirect_of_site
        else _describe_status_of_answer(now)
    )
    if failure is None and now is not None:
        return _describe_redirect_not_there_before(was, now)
    if failure is None or now is None or now.url == url:
        return failure
    return make_text("leads to {url}, and there {failure}", url=escape_text_to_one_line(now.url, 200), failure=failure)


def _describe_redirect_not_there_before(was: FetchResult, now: FetchResult) -> Text | None:
    """Return the reason to believe that another page of the site's is shown in place of one.

    Such a page is the installer of an application that has lost its settings.
    """
    before, after = (urlsplit(answer.url).path.rstrip("/") for answer in (was, now))
    leads = now.location if was.size and was.location is None else None
    if before == after and leads is None:
        return None
    there = escape_text_to_one_line(leads or now.url, 200)
    return make_text("leads to {there}, where it did not lead before", there=there)


def _describe_application_failure_on_page(was: FetchResult, now: FetchResult) -> Text | None:
    """Return what tells that an application died though its server answers.

    PHP that shows errors does so with status 200.
    """
    grave = [
        complaint
        for complaint in sorted(now.page.complaints - was.page.complaints)
        if not complaint.startswith(_SLIGHT)
    ]
    if grave:
        return make_text("the page shows the error {grave}", grave=_quote_value_on_one_line(grave[0]))
    if was.size and not now.size and was.location is None and now.location is None:
        return make_text("the page is empty")
    return None


def learn_smoke_baseline_from_two_visits(first: Answers, second: Answers | None = None) -> SmokeBaseline:
    """Return what to expect after two visits that nothing came between; after one, nothing is known to vary."""
    pages, exclusions = [], []
    for domain, answers in first.items():
        again = {answer.url: answer for answer in (second or first).get(domain, ())}
        for first_answer in answers:
            second_answer = again.get(first_answer.url, first_answer)
            reason = _explain_why_url_cannot_be_compared(first_answer, second_answer)
            if reason is None:
                page = PageBaseline(domain, first_answer, second_answer)
                pages.append(page)
                exclusions += [
                    SiteExclusion(domain, first_answer.url, what) for what in _find_aspects_varying_by_themselves(page)
                ]
            elif first_answer.is_declared:
                exclusions.append(SiteExclusion(domain, first_answer.url, reason))
    return SmokeBaseline(tuple(pages), tuple(exclusions))


def find_reasons_against_https_by_domain(answers: Answers) -> dict[str, Text]:
    """Return, by domain, why its visitors must not be sent on to HTTPS as it answers now.

    HTTPS fails, or is another page there.
    """
    fault_by_domain = {}
    for domain, got in answers.items():
        by_url = {answer.url: answer for answer in got if answer.is_declared}
        for url, plain in by_url.items():
            secure = by_url.get(_replace_http_by_https_in_url(url))
            if (
                secure is None
                or secure is plain
                or not plain.serves_page_or_redirect_of_site
                or plain.location == _replace_http_by_https_in_url(url)
            ):
                continue
            why = _find_reason_against_https(plain, secure)
            if why is not None:
                fault_by_domain[domain] = why.with_prefix(secure.url)
                break
    return fault_by_domain


def _find_reason_against_https(http_answer: FetchResult, https_answer: FetchResult) -> Text | None:
    if not https_answer.serves_page_or_redirect_of_site or not https_answer.is_trusted:
        return _describe_status_of_answer(https_answer)
    title = _ASPECTS[-1]
    was, there = title.of(http_answer), title.of(https_answer)
    if (
        http_answer.location is None
        and https_answer.location is not None
        and _is_redirect_back_to_url(http_answer.url, https_answer.location)
    ):
        return make_text("it sends visitors back to HTTP")
    if http_answer.location is None and https_answer.location is None and was != there:
        return make_text("another page than by HTTP: {name}", name=_describe_value_change(title.name, was, there))
    return None


def _is_redirect_back_to_url(url: str, location: str) -> bool:
    return location.rstrip("/") == url.rstrip("/")


def find_urls_unlike_smoke_baseline(baseline: SmokeBaseline, after: Answers) -> tuple[SiteRegression, ...]:
    """Return URLs that are not served as the expectation says."""
    regressions = []
    before = {page.first.url: page for page in baseline.pages}
    for page in baseline.pages:
        now = {answer.url: answer for answer in after.get(page.domain, ())}
        what = _find_difference_from_page_baseline(page, before, now)
        if what is not None:
            regressions.append(SiteRegression(page.domain, page.first.url, what))
    return tuple(regressions)


# --- one URL -------------------------------------------------------------------------------------------


def _explain_why_url_cannot_be_compared(first: FetchResult, second: FetchResult) -> Text | None:
    was, then = _describe_status_of_answer(first), _describe_status_of_answer(second)
    if not first.serves_page_or_redirect_of_site and not second.serves_page_or_redirect_of_site:
        return make_text("failed before ({was})", was=was)
    if first.status != second.status or first.serves_page_or_redirect_of_site != second.serves_page_or_redirect_of_site:
        return make_text("varied before anything was changed ({was}; {then})", was=was, then=then)
    return None


def _describe_status_of_answer(answer: FetchResult | None) -> Text:
    if answer is None or answer.status is None:
        message = escape_text_to_one_line(answer.error, 200) if answer else ""
        return make_text("no answer: {value}", value=message or "?")
    if not answer.own:
        return make_text("another site's certificate")
    if not answer.is_trusted:
        return make_text("{status}, certificate not trusted", status=answer.status)
    return Text.make_same_in_both_languages(str(answer.status))


def _find_aspects_varying_by_themselves(page: PageBaseline) -> Iterator[Text]:
    for aspect in _ASPECTS:
        first, second = aspect.of(page.first), aspect.of(page.second)
        if first != second:
            yield make_text("{name} varies by itself", name=aspect.name)
    if page.first.page.lines and not page.first.page.lines & page.second.page.lines:
        yield make_text("text varies by itself")


def _find_difference_from_page_baseline(
    page: PageBaseline, before: Mapping[str, PageBaseline], after: Mapping[str, FetchResult]
) -> Text | None:
    url = page.first.url
    now = after.get(url)
    if now is None or now.status is None:
        return _describe_status_of_answer(now)
    secure = _replace_http_by_https_in_url(url)
    if secure != url and now.status in (301, 302, 307, 308) and now.location == secure:
        if page.first.location == secure:
            return None
        return _describe_fault_after_https_redirect(before.get(secure, page), after.get(secure))
    return _describe_change_from_page_baseline(page, now)


def _replace_http_by_https_in_url(url: str) -> str:
    return url.replace("http://", "https://", 1)


def _describe_fault_after_https_redirect(page: PageBaseline, now: FetchResult | None) -> Text | None:
    """Return what is wrong with a page whose visitors are now sent on to https, where it was ``page`` before."""
    if now is None or not now.serves_page_or_redirect_of_site or not now.is_trusted:
        state = _describe_status_of_answer(now)
        return make_text("sent on to HTTPS, where it does not work ({state})", state=state)
    what = _describe_change_from_page_baseline(page, now)
    return what and make_text("sent on to HTTPS, and there {what}", what=what)


def _describe_change_from_page_baseline(page: PageBaseline, now: FetchResult) -> Text | None:
    if not now.own:
        return make_text("the certificate is no longer this site's")
    if page.first.is_trusted and page.second.is_trusted and not now.is_trusted:
        return make_text("the certificate is no longer trusted")
    if now.status != page.first.status:
        return _describe_value_change(make_text("status"), page.first.status, now.status)
    for aspect in _ASPECTS:
        was, other, value = aspect.of(page.first), aspect.of(page.second), aspect.of(now)
        if was == other != value:
            return _describe_value_change(aspect.name, was, value)
    return (
        _describe_new_php_error_on_page(page, now)
        or _describe_size_change(page, now)
        or _describe_lost_headings_and_lines(page, now)
    )


@dataclass(frozen=True)
class _Aspect:
    name: Text
    of: Callable[[FetchResult], Any]


_ASPECTS = (
    _Aspect(
        make_text("redirect"),
        lambda answer: _drop_scheme_from_redirect_location(answer.location),
    ),
    _Aspect(make_text("content type"), lambda answer: answer.media),
    _Aspect(make_text("title"), lambda answer: answer.page.title),
)


def _drop_scheme_from_redirect_location(location: str | None) -> str | None:
    """Return a redirect's location without its scheme: one to the https form of where it went before is the same."""
    return location and location.removeprefix("http:").removeprefix("https:")


def _describe_value_change(aspect_name: Text, was: object, now: object) -> Text:
    change = f"{_quote_value_on_one_line(was)} → {_quote_value_on_one_line(now)}"
    return Text(vi=f"{aspect_name.vi} {change}", en=f"{aspect_name.en} {change}")


def _quote_value_on_one_line(value: object) -> str:
    return f"“{escape_text_to_one_line(value, 120)}”" if isinstance(value, str) and value else str(value or "—")


def _describe_new_php_error_on_page(page: PageBaseline, now: FetchResult) -> Text | None:
    new = now.page.complaints - page.first.page.complaints - page.second.page.complaints
    if not new:
        return None
    complaint = _quote_value_on_one_line(sorted(new)[0])
    return make_text("the page shows a PHP error {complaint}", complaint=complaint)


def _describe_size_change(page: PageBaseline, now: FetchResult) -> Text | None:
    sizes = (page.first.size, page.second.size)
    low, high = min(sizes), max(sizes)
    band = max(SIZE_FLOOR, SIZE_BAND * high, high - low)
    if low - band <= now.size <= high + band:
        return None
    was = str(low) if low == high else f"{low}-{high}"
    return make_text("size {was} → {size} bytes", was=was, size=now.size)


def _describe_lost_headings_and_lines(page: PageBaseline, now: FetchResult) -> Text | None:
    first, second = page.first.page, page.second.page
    for common, still, name in (
        (first.headings & second.headings, now.page.headings, make_text("headings")),
        (first.lines & second.lines, now.page.lines, make_text("lines of text")),
    ):
        lost_items = common - still
        if common and len(lost_items) > (1 - MIN_KEPT_SHARE) * len(common):
            example = _quote_value_on_one_line(min(lost_items))
            return make_text(
                "{count} of {total} {name} gone, such as {example}",
                count=len(lost_items),
                total=len(common),
                name=name,
                example=example,
            )
    return None
