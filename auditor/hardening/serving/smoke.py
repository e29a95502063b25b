"""Whether the sites still serve the same pages: visited twice before, to learn what varies by itself, and once after."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from auditor.hardening.serving import following
from auditor.models import Host, Site, Text
from auditor.text.visible import one_line
from auditor.web.fetch import Answer, Client

WORKERS = 24
SIZE_BAND = 0.10
"""Sizes may differ by this share besides what the two first visits showed: dates, nonces, counters."""
SIZE_FLOOR = 200
"""Bytes by which any page may differ in size."""
KEPT = 0.7
"""The share of the lines, and of the headings, that both first visits showed and a page must still show."""

_SLIGHT = ("Warning:", "Notice:", "Deprecated:")
"""What PHP complains of and goes on."""

Answers = Mapping[str, tuple[Answer, ...]]
"""By domain."""

_LOGINS = {
    "wordpress": "/wp-login.php",
    "nukeviet": "/admin/index.php",
    "joomla": "/administrator/index.php",
    "drupal": "/user/login",
    "dokuwiki": "/doku.php?do=login",
    "mediawiki": "/index.php?title=Special:UserLogin",
    "moodle": "/login/index.php",
}


@dataclass(frozen=True)
class Remark:
    """Something to say about one URL of a site."""

    domain: str
    url: str
    what: Text

    @property
    def sentence(self) -> Text:
        """Site, URL and what, to be shown alone."""
        return self.what.of(f"{self.domain}: {self.url}")


class Difference(Remark):
    """A URL that a site no longer serves as before."""


class Unjudged(Remark):
    """What cannot be compared at a URL, since it failed or varied before anything was changed."""


@dataclass(frozen=True)
class Expected:
    """One URL as the first two visits found it."""

    domain: str
    first: Answer
    second: Answer


@dataclass(frozen=True)
class Expectation:
    """What the sites served before: the measure of what they serve after."""

    pages: tuple[Expected, ...]
    unjudged: tuple[Unjudged, ...]

    @property
    def grouped_unjudged(self) -> tuple[Unjudged, ...]:
        """The same with one remark for each site and reason, its URLs together."""
        urls: dict[tuple[str, str], list[Unjudged]] = {}
        for one in self.unjudged:
            urls.setdefault((one.domain, one.what.en), []).append(one)
        return tuple(
            Unjudged(domain, ", ".join(one.url for one in alike), alike[0].what) for (domain, _), alike in urls.items()
        )

    def of(self, domains: Container[str]) -> Expectation:
        """The same of these sites only."""
        return Expectation(
            tuple(page for page in self.pages if page.domain in domains),
            tuple(one for one in self.unjudged if one.domain in domains),
        )


def visit(hosts: Sequence[Host], ca_files: Mapping[str, str | None], *, again: Answers | None = None) -> Answers:
    """Every site's smoke URLs, login page and one asset of its start page, on http and https, and where redirects of these lead on the site.

    ``again`` are the answers of an earlier visit, whose very URLs are then visited. Raises InputError for an
    unreadable file of authorities, never for what the sites do.
    """
    clients = {host.name: Client(ca_files.get(host.name)) for host in hosts}
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:

        def fetch(targets: Iterable[_Target]) -> list[Answer]:
            return list(pool.map(lambda target: target.by(clients[target.host.name]), targets))

        sites = [(host, site) for host in hosts for site in host.sites]

        def followed(found: Answers) -> Answers:
            for _ in range(following.ROUNDS):
                targets = [target for host, site in sites for target in _followed(host, site, found[site.domain])]
                if not targets:
                    break
                more = _by_domain(sites, targets, fetch(targets))
                found = {domain: answers + more[domain] for domain, answers in found.items()}
            return found

        if again is not None:
            targets = [t for host, site in sites for t in _as_before(host, site, again.get(site.domain, ()))]
            return followed(_by_domain(sites, targets, fetch(targets)))
        targets = [target for host, site in sites for target in _first(host, site)]
        found = followed(_by_domain(sites, targets, fetch(targets)))
        assets = [target for host, site in sites for target in _assets(host, site, found[site.domain])]
        more = _by_domain(sites, assets, fetch(assets))
        return {domain: answers + more[domain] for domain, answers in found.items()}


@dataclass(frozen=True)
class _Target:
    host: Host
    site: Site
    scheme: str
    path: str
    declared: bool = True
    name: str | None = None
    """One of the site's names; None: its domain."""

    def by(self, client: Client) -> Answer:
        name = self.name or self.site.domain
        return client.get(self.scheme, self.host.address, name, self.path, declared=self.declared)


def _first(host: Host, site: Site) -> Iterator[_Target]:
    login = _LOGINS.get(site.application or "")
    for scheme in ("http", "https"):
        for path in site.smoke_urls:
            yield _Target(host, site, scheme, path)
        if login is not None and login not in site.smoke_urls:
            yield _Target(host, site, scheme, login, declared=False)


def _assets(host: Host, site: Site, answers: Iterable[Answer]) -> Iterator[_Target]:
    path = next((answer.page.asset for answer in answers if answer.serves and answer.page.asset), None)
    if path is not None and path not in site.smoke_urls:
        for scheme in ("http", "https"):
            yield _Target(host, site, scheme, path, declared=False)


def _as_before(host: Host, site: Site, answers: Iterable[Answer]) -> Iterator[_Target]:
    for answer in answers:
        scheme, name, path = following.split(answer.url)
        yield _Target(host, site, scheme, path, answer.declared, name)


def _followed(host: Host, site: Site, answers: Iterable[Answer]) -> Iterator[_Target]:
    for scheme, name, path in following.unvisited(site, answers):
        yield _Target(host, site, scheme, path, declared=False, name=name)


def _by_domain(
    sites: Iterable[tuple[Host, Site]], targets: Sequence[_Target], answers: Sequence[Answer]
) -> dict[str, tuple[Answer, ...]]:
    pairs = list(zip(targets, answers, strict=True))
    return {site.domain: tuple(a for t, a in pairs if t.site.domain == site.domain) for _, site in sites}


def broken(answers: Answers) -> tuple[str, ...]:
    """Domains of which no smoke URL serves at all, redirects followed: one that leads to a page that fails serves nobody."""
    return tuple(
        domain
        for domain, got in answers.items()
        if not any(following.serves(one, following.by_url(got)) for one in got if one.declared)
    )


def served(answers: Answers) -> dict[str, int]:
    """Domain to how many of its URLs serve, redirects followed; domains of which none does are left out."""
    counts = {
        domain: sum(following.serves(one, following.by_url(got)) for one in got) for domain, got in answers.items()
    }
    return {domain: count for domain, count in counts.items() if count}


def fallen(before: Answers, after: Answers) -> dict[str, tuple[Difference, ...]]:
    """Domain to the URLs that served before and no longer do, redirects followed: a site serves when all of them do."""
    found = {}
    for domain, answers in before.items():
        then, now = following.by_url(answers), following.by_url(after.get(domain, ()))
        ends = ((one.url, following.end(one, then), now.get(one.url)) for one in answers)
        states = ((url, _fallen(was, answer and following.end(answer, now), url)) for url, was, answer in ends)
        lost = tuple(Difference(domain, url, what) for url, what in states if what is not None)
        if lost:
            found[domain] = lost
    return found


def _fallen(was: Answer, now: Answer | None, url: str) -> Text | None:
    """What is wrong with what a URL comes to, redirects followed, where it served before."""
    if not was.serves:
        return None
    failing = _failing(was, now) if now is not None and now.serves else _state(now)
    if failing is None and now is not None:
        return _led_away(was, now)
    if failing is None or now is None or now.url == url:
        return failing
    return Text(
        vi=f"chuyển đến {one_line(now.url, 200)}, ở đó {failing.vi}",
        en=f"leads to {one_line(now.url, 200)}, and there {failing.en}",
    )


def _led_away(was: Answer, now: Answer) -> Text | None:
    """What tells that another page of the site's is shown in place of one, such as the installer of an application that has lost its settings."""
    before, after = (urlsplit(one.url).path.rstrip("/") for one in (was, now))
    leads = now.location if was.size and was.location is None else None
    if before == after and leads is None:
        return None
    there = one_line(leads or now.url, 200)
    return Text(vi=f"chuyển đến {there}, trước đây thì không", en=f"leads to {there}, where it did not lead before")


def _failing(was: Answer, now: Answer) -> Text | None:
    """What tells that an application died though its server answers: PHP that shows errors does so with status 200."""
    grave = [one for one in sorted(now.page.complaints - was.page.complaints) if not one.startswith(_SLIGHT)]
    if grave:
        return Text(vi=f"trang hiện lỗi {_quoted(grave[0])}", en=f"the page shows the error {_quoted(grave[0])}")
    if was.size and not now.size and was.location is None and now.location is None:
        return Text(vi="trang trống", en="the page is empty")
    return None


def learn(first: Answers, second: Answers | None = None) -> Expectation:
    """What to expect after two visits that nothing came between; after one, nothing is known to vary."""
    pages, unjudged = [], []
    for domain, answers in first.items():
        again = {answer.url: answer for answer in (second or first).get(domain, ())}
        for one in answers:
            two = again.get(one.url, one)
            reason = _useless(one, two)
            if reason is None:
                page = Expected(domain, one, two)
                pages.append(page)
                unjudged += [Unjudged(domain, one.url, what) for what in _varying(page)]
            elif one.declared:
                unjudged.append(Unjudged(domain, one.url, reason))
    return Expectation(tuple(pages), tuple(unjudged))


def https_faults(answers: Answers) -> dict[str, Text]:
    """Domain to why its visitors must not be sent on to HTTPS as it answers now: it fails, or is another page there."""
    found = {}
    for domain, got in answers.items():
        by_url = {answer.url: answer for answer in got if answer.declared}
        for url, plain in by_url.items():
            secure = by_url.get(_secure(url))
            if secure is None or secure is plain or not plain.serves or plain.location == _secure(url):
                continue
            why = _https_fault(plain, secure)
            if why is not None:
                found[domain] = why.of(secure.url)
                break
    return found


def _https_fault(plain: Answer, secure: Answer) -> Text | None:
    if not secure.serves or not secure.trusted:
        return _state(secure)
    title = _ASPECTS[-1]
    was, there = title.of(plain), title.of(secure)
    if plain.location is None and secure.location is not None and _leads_back(plain.url, secure.location):
        return Text(vi="chuyển ngược về HTTP", en="it sends visitors back to HTTP")
    if plain.location is None and secure.location is None and was != there:
        return Text(
            vi=f"trang ở đó khác trang HTTP: {_turned(title.name, was, there).vi}",
            en=f"another page than by HTTP: {_turned(title.name, was, there).en}",
        )
    return None


def _leads_back(url: str, location: str) -> bool:
    return location.rstrip("/") == url.rstrip("/")


def compare(expectation: Expectation, after: Answers) -> tuple[Difference, ...]:
    """URLs that are not served as the expectation says."""
    found = []
    before = {page.first.url: page for page in expectation.pages}
    for page in expectation.pages:
        now = {answer.url: answer for answer in after.get(page.domain, ())}
        what = _difference(page, before, now)
        if what is not None:
            found.append(Difference(page.domain, page.first.url, what))
    return tuple(found)


# --- one URL -------------------------------------------------------------------------------------------


def _useless(one: Answer, two: Answer) -> Text | None:
    was, then = _state(one), _state(two)
    if not one.serves and not two.serves:
        return Text(vi=f"đã lỗi từ trước ({was.vi})", en=f"failed before ({was.en})")
    if one.status != two.status or one.serves != two.serves:
        return Text(
            vi=f"hai lần xem trước khi gia cố đã khác nhau ({was.vi}; {then.vi})",
            en=f"varied before anything was changed ({was.en}; {then.en})",
        )
    return None


def _state(answer: Answer | None) -> Text:
    if answer is None or answer.status is None:
        said = one_line(answer.error, 200) if answer else ""
        return Text(vi=f"không trả lời: {said or '?'}", en=f"no answer: {said or '?'}")
    if not answer.own:
        return Text(vi="chứng thư của trang khác", en="another site's certificate")
    if not answer.trusted:
        return Text(vi=f"{answer.status}, chứng thư không được tin cậy", en=f"{answer.status}, certificate not trusted")
    return Text.alike(str(answer.status))


def _varying(page: Expected) -> Iterator[Text]:
    for aspect in _ASPECTS:
        one, two = aspect.of(page.first), aspect.of(page.second)
        if one != two:
            yield Text(
                vi=f"{aspect.name.vi} tự thay đổi giữa hai lần xem",
                en=f"{aspect.name.en} varies by itself",
            )
    if page.first.page.lines and not page.first.page.lines & page.second.page.lines:
        yield Text(vi="nội dung tự thay đổi giữa hai lần xem", en="text varies by itself")


def _difference(page: Expected, before: Mapping[str, Expected], after: Mapping[str, Answer]) -> Text | None:
    url = page.first.url
    now = after.get(url)
    if now is None or now.status is None:
        return _state(now)
    secure = _secure(url)
    if secure != url and now.status in (301, 302, 307, 308) and now.location == secure:
        if page.first.location == secure:
            return None
        return _after_redirect(before.get(secure, page), after.get(secure))
    return _changed(page, now)


def _secure(url: str) -> str:
    return url.replace("http://", "https://", 1)


def _after_redirect(page: Expected, now: Answer | None) -> Text | None:
    """What is wrong with a page whose visitors are now sent on to https, where it was ``page`` before."""
    if now is None or not now.serves or not now.trusted:
        state = _state(now)
        return Text(
            vi=f"chuyển sang HTTPS, nhưng ở đó không dùng được ({state.vi})",
            en=f"sent on to HTTPS, where it does not work ({state.en})",
        )
    what = _changed(page, now)
    return what and Text(vi=f"chuyển sang HTTPS, ở đó {what.vi}", en=f"sent on to HTTPS, and there {what.en}")


def _changed(page: Expected, now: Answer) -> Text | None:
    if not now.own:
        return Text(vi="chứng thư không còn là của trang này", en="the certificate is no longer this site's")
    if page.first.trusted and page.second.trusted and not now.trusted:
        return Text(vi="chứng thư không còn được tin cậy", en="the certificate is no longer trusted")
    if now.status != page.first.status:
        return _turned(Text(vi="mã trạng thái", en="status"), page.first.status, now.status)
    for aspect in _ASPECTS:
        was, other, value = aspect.of(page.first), aspect.of(page.second), aspect.of(now)
        if was == other != value:
            return _turned(aspect.name, was, value)
    return _complaining(page, now) or _resized(page, now) or _lost(page, now)


@dataclass(frozen=True)
class _Aspect:
    name: Text
    of: Callable[[Answer], Any]


_ASPECTS = (
    _Aspect(Text(vi="địa chỉ chuyển hướng", en="redirect"), lambda answer: _without_scheme(answer.location)),
    _Aspect(Text(vi="kiểu nội dung", en="content type"), lambda answer: answer.media),
    _Aspect(Text(vi="tiêu đề trang", en="title"), lambda answer: answer.page.title),
)


def _without_scheme(location: str | None) -> str | None:
    """A redirect to the https form of where it went before is the same redirect."""
    return location and location.removeprefix("http:").removeprefix("https:")


def _turned(name: Text, was: object, now: object) -> Text:
    change = f"{_quoted(was)} → {_quoted(now)}"
    return Text(vi=f"{name.vi} {change}", en=f"{name.en} {change}")


def _quoted(value: object) -> str:
    return f"“{one_line(value, 120)}”" if isinstance(value, str) and value else str(value or "—")


def _complaining(page: Expected, now: Answer) -> Text | None:
    new = now.page.complaints - page.first.page.complaints - page.second.page.complaints
    if not new:
        return None
    said = _quoted(sorted(new)[0])
    return Text(vi=f"trang hiện lỗi PHP {said}", en=f"the page shows a PHP error {said}")


def _resized(page: Expected, now: Answer) -> Text | None:
    sizes = (page.first.size, page.second.size)
    low, high = min(sizes), max(sizes)
    band = max(SIZE_FLOOR, SIZE_BAND * high, high - low)
    if low - band <= now.size <= high + band:
        return None
    was = str(low) if low == high else f"{low}-{high}"
    return Text(vi=f"kích thước {was} → {now.size} byte", en=f"size {was} → {now.size} bytes")


def _lost(page: Expected, now: Answer) -> Text | None:
    first, second = page.first.page, page.second.page
    for common, still, name in (
        (first.headings & second.headings, now.page.headings, Text(vi="đề mục", en="headings")),
        (first.lines & second.lines, now.page.lines, Text(vi="dòng chữ", en="lines of text")),
    ):
        gone = common - still
        if common and len(gone) > (1 - KEPT) * len(common):
            one = _quoted(min(gone))
            return Text(
                vi=f"mất {len(gone)} trên {len(common)} {name.vi}, như {one}",
                en=f"{len(gone)} of {len(common)} {name.en} gone, such as {one}",
            )
    return None
