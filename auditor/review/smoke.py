"""Whether the sites still serve the same pages: each smoke URL fetched from its host's address, before and after."""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
from cryptography import x509

from auditor.models import Host, Site

FETCH_SECONDS = 15.0
MAX_BODY = 2_000_000
SIZE_BAND = 0.10
"""Pages of the same title may differ by this share in size: dates, nonces, counters."""

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """What one URL gave, or why it gave nothing."""

    url: str
    status: int | None
    location: str | None = None
    title: str = ""
    size: int = 0
    digest: str = ""
    own: bool = True
    """False when the certificate is for other names: what answered there is not this site."""
    error: str = ""

    @property
    def serves(self) -> bool:
        """Whether a visitor gets a page or a redirect of this very site."""
        return self.own and self.status is not None and self.status < 400


@dataclass(frozen=True)
class Difference:
    """A URL that a site no longer serves as before."""

    domain: str
    url: str
    what: str


@dataclass
class Client:
    """Fetches by host address with the site's own Host and SNI; nothing on this machine has to know the names."""

    ca_file: str | None = None
    _context: ssl.SSLContext = field(init=False)

    def __post_init__(self) -> None:
        self._context = (
            ssl.create_default_context(cafile=self.ca_file) if self.ca_file else ssl.create_default_context()
        )
        # Whether the certificate is sound is a control of its own; a site with a bad one must still be compared.
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE

    def get(self, scheme: str, address: str, domain: str, path: str, port: int | None = None) -> Answer:
        """One page, redirects not followed; ``port`` when it is not the scheme's own."""
        url = f"{scheme}://{domain}{path}"
        host = (f"[{address}]" if ":" in address else address) + (f":{port}" if port else "")
        try:
            with (
                httpx.Client(verify=self._context, timeout=FETCH_SECONDS, trust_env=False) as client,
                client.stream(
                    "GET",
                    f"{scheme}://{host}{path}",
                    headers={"Host": domain, "User-Agent": "LuyTre-smoke/1", "Accept-Encoding": "identity"},
                    extensions={"sni_hostname": domain},
                ) as response,
            ):
                own = _names_the_site(response, domain)
                body = b""
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_BODY:
                        break
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Answer(url=url, status=None, error=f"{type(error).__name__}: {error}"[:200])
        found = _TITLE.search(body.decode("utf-8", "replace"))
        return Answer(
            url=url,
            status=response.status_code,
            location=response.headers.get("location"),
            title=" ".join(found.group(1).split())[:300] if found else "",
            size=len(body),
            digest=hashlib.sha256(body).hexdigest(),
            own=own,
        )


def _names_the_site(response: httpx.Response, domain: str) -> bool:
    """Whether the certificate, be it expired or unknown, was made out to the domain. True without TLS."""
    connection = response.extensions["network_stream"].get_extra_info("ssl_object")
    if connection is None:
        return True
    try:
        certificate = x509.load_der_x509_certificate(connection.getpeercert(True) or b"")
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    wanted = {domain, "*." + domain.partition(".")[2]}
    return any(name.lower() in wanted for name in names.get_values_for_type(x509.DNSName))


def visit(hosts: Sequence[Host], ca_files: Mapping[str, str | None]) -> dict[str, tuple[Answer, ...]]:
    """Every site's smoke URLs on http and https, by domain."""
    visits = [(host, site) for host in hosts for site in host.sites]
    with ThreadPoolExecutor(max_workers=6) as pool:
        answers = pool.map(lambda pair: _visit_site(pair[0], pair[1], ca_files.get(pair[0].name)), visits)
        return {site.domain: answer for (_, site), answer in zip(visits, answers, strict=True)}


def _visit_site(host: Host, site: Site, ca_file: str | None) -> tuple[Answer, ...]:
    client = Client(ca_file)
    return tuple(
        client.get(scheme, host.address, site.domain, path) for scheme in ("http", "https") for path in site.smoke_urls
    )


def compare(before: Mapping[str, Sequence[Answer]], after: Mapping[str, Sequence[Answer]]) -> tuple[Difference, ...]:
    """URLs that served before and do not serve the same now. What was broken before is not judged."""
    found = []
    for domain, answers in before.items():
        now = {answer.url: answer for answer in after.get(domain, ())}
        for was in answers:
            what = _difference(was, now.get(was.url)) if was.serves else None
            if what:
                found.append(Difference(domain, was.url, what))
    return tuple(found)


def _difference(was: Answer, now: Answer | None) -> str | None:
    if now is None or now.status is None:
        return f"no answer now ({now.error if now else 'not visited'})"
    if now.status in (301, 302, 307, 308) and now.location == was.url.replace("http://", "https://", 1):
        return None
    if now.status != was.status:
        return f"status {was.status} → {now.status}"
    if now.location != was.location:
        return f"redirects to {now.location} instead of {was.location}"
    if now.title != was.title:
        return f"title {was.title!r} → {now.title!r}"
    if abs(now.size - was.size) > max(200, SIZE_BAND * was.size):
        return f"size {was.size} → {now.size} bytes"
    return None


def broken(answers: Mapping[str, Sequence[Answer]]) -> tuple[str, ...]:
    """Domains of which no smoke URL serves at all."""
    return tuple(domain for domain, got in answers.items() if not any(answer.serves for answer in got))
