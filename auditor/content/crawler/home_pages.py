"""The home pages of a site's other names, and without HTTPS: what differs there shows on no other page."""

from __future__ import annotations

from auditor.content.crawler.session import CrawlStopError, SiteSession
from auditor.scans.responses import Visitor, VisitorResponse
from auditor.web.children import UnreadableContent

MAX_NAMES = 6
"""Of one site, each by HTTPS and without."""
VISITORS: tuple[Visitor, ...] = ("plain", "engine", "phone_referrer")


def list_other_home_pages(session: SiteSession) -> list[tuple[str, str]]:
    """Return scheme and name of each home page but the one that a door leads to."""
    schemes = ("https", "http") if session.scheme == "https" else ("http",)
    by_name = sorted(session.own, key=lambda name: (name != session.domain, name))
    every = ((scheme, name) for name in by_name for scheme in schemes)
    return [home_page for home_page in every if home_page != (session.scheme, session.domain)][:MAX_NAMES]


def fetch_home_page_responses(
    session: SiteSession, scheme: str, host_name: str, *, include_engine: bool
) -> tuple[tuple[VisitorResponse, ...], bool]:
    """Return what visitors get there, a plain one first, and whether each of them got something.

    Nothing where it is not the site's, or does not answer people. ``include_engine``: whether one comes.
    Raises CrawlStopError where the site asks for less.
    """
    responses: list[VisitorResponse] = []
    visitors = [visitor for visitor in VISITORS if visitor != "engine" or include_engine]
    for visitor in visitors:
        try:
            responses.append(session.visit_home_page_of_host_name(scheme, host_name, visitor))
        except UnreadableContent:
            pass
        except CrawlStopError as stopped:
            if stopped.stop.status == 429 or stopped.wait:
                raise
        if not responses:
            return (), True
    return tuple(responses), len(responses) == len(visitors)
