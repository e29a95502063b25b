"""The manners in which the last review saw a site, what kept it from the others, and what a person does then. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from auditor.models import MannerVisit, Scan, ScanSummary, Text
from auditor.models.reviews import MANNERS, Hindrance, Manner
from auditor.system.groups import group_by
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

MANNER_NAMES: Mapping[Manner, Text] = {
    "visitor": make_text("an ordinary visitor"),
    "phone": make_text("a phone"),
    "search_engine": make_text("a search engine"),
    "referrer": make_text("somebody who comes from a search"),
    "rendered": make_text("a browser that runs its scripts"),
}

_LET_THROUGH = make_text(
    "let requests from this machine's address through the site's bot protection or firewall, those that call "
    "themselves a search engine included, then review again"
)
_ANSWER = make_text("make the site answer this machine at its host's address, then review again")
_SHOW_PAGE = make_text(
    "let requests from this machine's address through the site's bot protection, or find out why the site serves "
    "that, then review again"
)

HINDRANCES: Mapping[Hindrance, tuple[Text, Text]] = {
    # What happened, and what a person does about it.
    "refused": (make_text("the site refused it (status {status} at {where})"), _LET_THROUGH),
    "challenge": (
        make_text("a challenge of a bot protection came in place of the page (status {status} at {where})"),
        _LET_THROUGH,
    ),
    "silent": (make_text("nothing answered (at {where})"), _ANSWER),
    "no_name": (
        make_text("the name that stands for its host's address was not found"),
        make_text("correct ansible_host in the inventory or this machine's name service, then review again"),
    ),
    "no_tls": (
        make_text("its HTTPS does not work (at {where})"),
        make_text("fix the certificate or the TLS settings of its web server, then review again"),
    ),
    "another_site": (
        make_text("another site answered in its place (at {where})"),
        make_text(
            "check the site's domain and host in the inventory, and the names in the certificate, then review again"
        ),
    ),
    "unreadable": (
        make_text("what the site served at {where} could not be read"),
        make_text("find out why the site serves that (redirects in circles, damaged compression), then review again"),
    ),
    "robots": (
        make_text("the site's robots.txt refuses its home page"),
        make_text("declare obey_robots: false for the site in the inventory, then review again"),
    ),
    "told_to_wait": (
        make_text("the site asked to be left alone for a while"),
        make_text("review again when that time is over"),
    ),
    "guards_unknown": (
        make_text("its host did not tell what would ban such a visitor"),
        make_text("let this machine read the host (auditor audit says why it could not), then review again"),
    ),
    "no_way_inside": (
        make_text("a guard of the host would ban such a visitor, and no visit can start on the host itself"),
        make_text("let this machine reach the host over SSH, then review again"),
    ),
    "no_browser": (
        make_text("the browser could not show the page (at {where})"),
        make_text("review with --render again; if that fails again, check Chromium and its account"),
    ),
    "needs_browser": (
        make_text("scripts write the home page, and what the site serves without them is all but empty"),
        make_text("review with --render"),
    ),
    "through_host": (
        make_text("visits of people go through the host itself, where there is no browser"),
        make_text("exempt this machine's address from the host's guard, or review without --render"),
    ),
    "not_visited": (make_text("the review ended before"), make_text("review again")),
    "status": (
        make_text("it got an error (status {status} at {where}) where people get the page"),
        _SHOW_PAGE,
    ),
    "empty": (make_text("it got a page with next to nothing on it (at {where})"), _SHOW_PAGE),
    "led_away": (
        make_text("{where} led it to a site that is not declared, or to an address that no review requests"),
        make_text(
            "declare that site if it is the office's; if nobody knows it, treat it as an intrusion; then review again"
        ),
    ),
    "not_recorded": (make_text("the review did not record why"), make_text("review again")),
}


def list_manner_visits_of_scan(scan: Scan) -> tuple[MannerVisit, ...]:
    """Return what became of each manner; of a look by an earlier version, as far as it says so."""
    if scan.manners:
        return scan.manners
    gaps: dict[Manner, MannerVisit] = {}
    if not scan.engine:
        gaps["search_engine"] = _make_gap("search_engine", "not_recorded")
    for visitor in scan.missed:
        for manner in MANNERS:
            if manner in visitor:
                gaps[manner] = _make_gap(manner, "unreadable")
    if scan.stopped is not None and (why := scan.stopped.hindrance):
        gaps["visitor"] = _make_gap("visitor", why, scan.stopped.status, scan.stopped.where)
    rendered = MannerVisit(manner="rendered", outcome="answered" if scan.rendered else "not_requested")
    answered = {manner: MannerVisit(manner=manner, outcome="answered") for manner in MANNERS}
    return tuple({**answered, "rendered": rendered, **gaps}.values())


def _make_gap(manner: Manner, why: Hindrance, status: int | None = None, where: str = "/") -> MannerVisit:
    return MannerVisit(manner=manner, outcome="impossible", why=why, status=status, where=where)


def select_gaps(visits: Iterable[MannerVisit], manners: Collection[Manner] = MANNERS) -> tuple[MannerVisit, ...]:
    """Return the manners among these in which nobody knows what the site shows.

    Where people see nothing of it, the others are left out that were not sent for that reason.
    """
    gaps = [visit for visit in visits if visit.is_gap and visit.manner in manners]
    if not any(gap.manner == "visitor" for gap in gaps):
        return tuple(gaps)
    return tuple(gap for gap in gaps if gap.manner == "visitor" or gap.why != "not_visited")


def describe_gaps(gaps: Iterable[MannerVisit]) -> tuple[Text, ...]:
    """Return a sentence for each cause: in which manners the site was not seen, why, and what to do."""
    by_cause = group_by(gaps, lambda gap: (gap.why or "not_recorded", gap.status, gap.where))
    return tuple(
        make_text(
            "the last review did not see the site as {manners}: {what}; to fix it: {fix}",
            manners=Text.join((MANNER_NAMES[gap.manner] for gap in members), ", "),
            what=describe_hindrance(members[0]),
            fix=get_fix(members[0]),
        )
        for members in by_cause.values()
    )


def describe_hindrance(gap: MannerVisit) -> Text:
    """Return what kept the site from being seen in a manner."""
    what = HINDRANCES[gap.why or "not_recorded"][0]
    values = {"status": gap.status or "–", "where": escape_text_to_one_line(gap.where, 200)}
    return Text(vi=what.vi.format(**values), en=what.en.format(**values))


def describe_gaps_of_summary(summary: ScanSummary) -> tuple[Text, ...]:
    """Return the same of the last review of a site, in whatever manner it did not see it."""
    return describe_gaps(select_gaps(summary.manners))


def get_fix(gap: MannerVisit) -> Text:
    """Return what a person does, so that the next review sees the site in a manner."""
    return HINDRANCES[gap.why or "not_recorded"][1]
