"""Lists of files that the sites' own pages show or link to: somebody wants them seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from auditor.hardening.health import smoke
from auditor.models import Domain, Host, Site, Text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text
from auditor.web.fetch import Client, FetchResult

MAX_FOLLOWED = 30
"""Links of a site."""
WORKERS = 8
_TITLE = "Index of "
"""How nginx and Apache begin the title of a list."""


def find_folder_listings_of_sites(hosts: Sequence[Host], ca_files: Mapping[str, str | None]) -> dict[Domain, Text]:
    """Return, by domain, the lists of files that its smoke pages are, or link to within one step.

    Raises InputError for an unreadable file of authorities, never for what the sites do.
    """
    pages = smoke.visit_smoke_urls_of_sites(hosts, ca_files)
    listings_by_domain: dict[Domain, Text] = {}
    for host in hosts:
        client = Client(ca_files.get(host.name))
        for site in host.sites:
            descriptions = list(_find_folder_listings_of_site(host, site, client, pages.get(site.domain, ())))
            if descriptions:
                listings_by_domain[site.domain] = Text.join(descriptions)
    return listings_by_domain


def _find_folder_listings_of_site(
    host: Host, site: Site, client: Client, pages: Sequence[FetchResult]
) -> Iterator[Text]:
    served_pages = [page for page in pages if page.serves_page_or_redirect_of_site and page.is_declared]
    shown_listings = {urlsplit(page.url).path: page for page in served_pages if is_folder_listing_page(page)}
    yield from (_describe_folder_listing(escape_text_to_one_line(path, 100), None) for path in shown_listings)
    links: dict[str, FetchResult] = {}
    for page in served_pages:
        for path in page.page.folders:
            links.setdefault(path, page)
    paths = [path for path in links if path not in shown_listings][:MAX_FOLLOWED]

    def follow(path: str) -> FetchResult:
        return client.fetch_page(urlsplit(links[path].url).scheme, host.address, site.domain, path, is_declared=False)

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        for path, answer in zip(paths, pool.map(follow, paths), strict=True):
            if is_folder_listing_page(answer):
                yield _describe_folder_listing(
                    escape_text_to_one_line(path, 100), escape_text_to_one_line(urlsplit(links[path].url).path, 100)
                )


def is_folder_listing_page(answer: FetchResult) -> bool:
    """Return whether a page is a web server's own list of a folder's files."""
    return answer.own and answer.status == 200 and answer.page.title.startswith(_TITLE)


def _describe_folder_listing(path: str, linking_page: str | None) -> Text:
    if linking_page is None:
        return make_text("the page {path} is a list of files", path=path)
    return make_text("the page {linking_page} links to the list of files {path}", linking_page=linking_page, path=path)
