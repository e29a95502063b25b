"""A page of an office, and what is said with confidence of what stands on it."""

from __future__ import annotations

from auditor.content.analyzer import analyze_visit
from auditor.scans.responses import PageVisit, SiteBaseline, VisitorResponse

SITE = "antruc.test"
MENU = "".join(f'<li><a href="/{name}">{name}</a></li>' for name in ("gioi-thieu", "tin", "van-ban", "lien-he", "dvc"))


def alarms(
    main: str = "", *, title: str = "Xã An Trúc", head: str = "", heading: str = "Xã An Trúc", path: str = "/"
) -> set[str]:
    """Return the rules of what is said with confidence of one page."""
    body = (
        f"<!doctype html><html lang=vi><head><title>{title}</title>{head}</head><body><ul>{MENU}</ul>"
        f"<div><h1>{heading}</h1>{main}</div></body></html>"
    ).encode()
    served = VisitorResponse("plain", 200, {"content-type": "text/html; charset=utf-8"}, body)
    visit = PageVisit(f"https://{SITE}{path}", "home" if path == "/" else "page", (served,))
    known = SiteBaseline(SITE, own=frozenset({SITE}))
    return {rule for one in analyze_visit(visit, known).traces if one.certainty != "weak" for rule in one.rules}
