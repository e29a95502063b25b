"""What became of the visits of one look, in each manner in which it visits a site. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from auditor.content.crawler.crawl import HOME
from auditor.models import MannerVisit, Stop, Trace
from auditor.models.reviews import (
    MANNERS,
    MAX_WHERE,
    OTHER_ANSWERS,
    REFUSALS,
    RENDERED_RULE,
    Hindrance,
    Manner,
    Outcome,
)
from auditor.scans.responses import PageAnalysis, PageVisit, Visitor, VisitorResponse

MANNERS_OF_VISITOR: Mapping[Visitor, tuple[Manner, ...]] = {
    "plain": ("visitor",),
    "again": (),
    "engine": ("search_engine",),
    "referrer": ("referrer",),
    "phone": ("phone",),
    "phone_referrer": ("phone", "referrer"),
}
"""The same visitor once more shows what varies by itself, and nothing of its own."""
_GONE_STATUSES = (404, 410)
_OF_ONE_ADDRESS: frozenset[Hindrance] = frozenset({"silent", "unreadable", "status", "empty", "led_away", "no_browser"})
"""What may befall one address, and says nothing about the others."""


@dataclass
class MannerLog:
    """The visits of one look."""

    is_rendering_requested: bool = False
    _answered_at_home: set[Manner] = field(default_factory=set, init=False)
    _gaps: dict[Manner, MannerVisit] = field(default_factory=dict, init=False)
    """What counts for the whole site, the first of it."""
    _elsewhere: dict[Manner, MannerVisit] = field(default_factory=dict, init=False)
    """What befell addresses beside the home page, the first of it."""
    _paths: dict[Manner, set[str]] = field(default_factory=lambda: defaultdict(set), init=False)
    _missed_paths: dict[Manner, set[str]] = field(default_factory=lambda: defaultdict(set), init=False)
    """Of addresses beside the home page at which people are shown a page, those that were visited and not seen."""

    def note_answer(self, manners: Iterable[Manner], path: str) -> None:
        """Note that the page at an address was seen in these manners."""
        for manner in manners:
            if path == HOME:
                self._answered_at_home.add(manner)
            else:
                self._paths[manner].add(path)

    def note_hindrance(
        self,
        manners: Iterable[Manner],
        why: Hindrance,
        path: str = HOME,
        status: int | None = None,
        *,
        is_last_visit: bool = False,
    ) -> None:
        """Note what kept the page at an address from being seen in these manners.

        ``is_last_visit``: whether nobody is sent in them any more, so that nobody knows what the other addresses show.
        """
        for manner in manners:
            visit = MannerVisit(
                manner=manner, outcome=get_outcome_of_hindrance(why), why=why, status=status, where=path[:MAX_WHERE]
            )
            if path == HOME or is_last_visit or why not in _OF_ONE_ADDRESS:
                self._gaps.setdefault(manner, visit)
            else:
                self._elsewhere.setdefault(manner, visit)
                self._paths[manner].add(path)
                self._missed_paths[manner].add(path)

    def note_visit_of_browser(self, path: str, why: Hindrance | None, status: int | None = None) -> None:
        """Note whether a browser was shown the page at an address; ``why``: what kept it from that."""
        if why is None:
            self.note_answer(["rendered"], path)
        else:
            self.note_hindrance(["rendered"], why, path, status)

    def note_answers_of_page(
        self,
        path: str,
        responses: Iterable[VisitorResponse],
        odd_answers: Iterable[tuple[Visitor, Hindrance]],
        *,
        is_rendered: bool,
    ) -> bool:
        """Note in which manners an address was seen. Return whether in all in which it was visited.

        Of the home page a manner is lost as a whole, and no address besides. What people are served at other addresses
        is as it is: an error, a redirect, nothing at all.
        """
        odd, is_seen_by_all = dict(odd_answers), True
        is_page = path == HOME or all(response.status < 400 for response in responses if response.visitor == "plain")
        for response in responses:
            why, manners = odd.get(response.visitor), MANNERS_OF_VISITOR[response.visitor]
            if why is None or (response.visitor == "plain" and path != HOME):
                self.note_answer(manners if is_page else (), path)
            elif why == "needs_browser":
                self.note_answer(manners, path)
                if not is_rendered:
                    self.note_hindrance(["rendered"], why, path)
            else:
                is_seen_by_all = is_seen_by_all and path == HOME
                self.note_hindrance(manners, why, path, response.status)
        return is_seen_by_all

    def count_missed_addresses(self, visitor: Visitor) -> int:
        """Return at how many addresses beside the home page one did not get what people got."""
        return max((len(self._missed_paths[manner]) for manner in MANNERS_OF_VISITOR[visitor]), default=0)

    def is_gap(self, manner: Manner) -> bool:
        """Return whether nobody knows what the site shows in a manner."""
        return self._describe_manner(manner).is_gap

    def list_manner_visits(self, stop: Stop | None) -> tuple[MannerVisit, ...]:
        """Return what became of each manner; ``stop``: what ended the look before all was seen."""
        if stop is not None and (why := stop.hindrance):
            self._gaps["visitor"] = MannerVisit(
                manner="visitor", outcome=get_outcome_of_hindrance(why), why=why, status=stop.status, where=stop.where
            )
        return tuple(map(self._describe_manner, MANNERS))

    def _describe_manner(self, manner: Manner) -> MannerVisit:
        if manner in self._gaps:
            return self._gaps[manner]
        # Of one address it costs that address; of most of them, nobody knows what the site shows.
        if len(self._missed_paths[manner]) * 2 > len(self._paths[manner]):
            return self._elsewhere[manner]
        if manner in self._answered_at_home:
            return MannerVisit(manner=manner, outcome="answered")
        if manner == "rendered" and not self.is_rendering_requested:
            return MannerVisit(manner=manner, outcome="not_requested")
        return MannerVisit(manner=manner, outcome="impossible", why="not_visited")


def select_traces_not_seen_again(
    earlier: Iterable[Trace],
    visit: PageVisit,
    reading: PageAnalysis,
    visitors: Collection[Visitor],
    *,
    is_rendered: bool,
) -> tuple[Trace, ...]:
    """Return those earlier traces of an address that only somebody could see who was not answered this time.

    ``visitors``: who is sent to such an address; ``is_rendered``: whether a browser showed the page, so that what a
    browser alone saw is seen again.
    """
    if visit.responses[0].status in _GONE_STATUSES:
        return ()
    odd = {visitor for visitor, _ in reading.odd_answers}
    not_answered = {*visitors} - ({response.visitor for response in visit.responses} - odd)
    seen_again = {trace.key for trace in reading.traces}
    return tuple(
        trace
        for trace in earlier
        if trace.key not in seen_again
        and (
            not not_answered.isdisjoint(_list_visitors_who_saw(trace))
            or (not is_rendered and RENDERED_RULE in trace.rules)
        )
    )


def _list_visitors_who_saw(trace: Trace) -> frozenset[Visitor]:
    """Return who may have been shown a trace that people were not; a trace has room for few of its rules."""
    visitors = [visitor for visitor, manners in MANNERS_OF_VISITOR.items() if manners and manners != ("visitor",)]
    if "visitors" not in trace.families:
        return frozenset()
    by_length = sorted(visitors, key=len, reverse=True)
    named = (next((v for v in by_length if rule.startswith(f"{v}_")), None) for rule in trace.rules)
    return frozenset(visitor for visitor in named if visitor is not None) or frozenset(visitors)


def get_outcome_of_hindrance(why: Hindrance) -> Outcome:
    """Return what a visit came to that something kept from the page."""
    if why in REFUSALS:
        return "refused"
    return "otherwise" if why in OTHER_ANSWERS else "impossible"
