"""One review of one site: visited within its budget, read page by page, told as a look.

Goes on where the last one stopped.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event

from auditor.content import browser_responses, worker
from auditor.content.crawler import crawl, home_pages, probes, robots, sitemaps, url_filter
from auditor.content.crawler.crawl import HOME, PathToVisit
from auditor.content.crawler.probes import ActiveProbe
from auditor.content.crawler.robots import RobotsRules
from auditor.content.crawler.session import CrawlStopError, SiteSession
from auditor.content.crawler.style_sheets import StyleSheets
from auditor.content.domains import get_registrable_domain
from auditor.content.manners import MANNERS_OF_VISITOR, MannerLog, select_traces_not_seen_again
from auditor.content.warc import ResponseKeeper
from auditor.models import Scan, Stop, Trace, clock
from auditor.models.reviews import MAX_TARGET, MAX_WHERE, SILENCES, Hindrance
from auditor.scans import inventory
from auditor.scans.frontier import MAX_PLACES, CrawlFrontier
from auditor.scans.responses import (
    PageAnalysis,
    PageInventory,
    PageVisit,
    Role,
    SiteBaseline,
    Visitor,
    VisitorResponse,
)
from auditor.scans.traces import defang_address
from auditor.web.browser import RenderedPage
from auditor.web.children import UnreadableContent

MAX_PAGES = 300
MINUTES = 10
"""Of one site in one look."""
SAMPLED, ONE_IN = 10, 5
"""Other pages that every visitor is sent to."""
MAX_REFUSED_IN_A_ROW = 3
MAX_OF_HOST = MAX_PLACES // 2
"""Addresses beyond which none is taken from a host: visitors write its logs."""
KEPT_EVERY = 5
"""Pages after which it is kept how far a review got."""
ROBOTS = "/robots.txt"
NOWHERE, LOGS, PROBES, RULES = "-", "=", "?", "!"
"""What the ledger calls the address at which there is nothing, another one in each look; what access logs say.

What probes do; robots.txt.
"""
_OTHERS: tuple[Visitor, ...] = ("again", "engine", "referrer", "phone", "phone_referrer")


@dataclass(frozen=True)
class ScanBudget:
    """The limits of one look at one site."""

    pages: int = MAX_PAGES
    seconds: float = MINUTES * 60


@dataclass
class SiteScanner:
    """One site, as far as a review has got with it."""

    door: SiteSession
    ledger: CrawlFrontier
    baseline: SiteBaseline
    last: Scan | None
    engine_hindrance: Hindrance | None
    """Why it must not be visited as a search engine; None: it may."""
    save: Callable[[CrawlFrontier], None]
    """Keeps how far it got."""
    store: Callable[[str, bytes], str]
    """Keeps the answers of an address as a file of that name, and tells its whole name."""
    budget: ScanBudget = field(default_factory=ScanBudget)
    stop_event: Event = field(default_factory=Event)
    """Set when nobody wants the look any more: it ends with the page that it is at."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What the unit adds to the lexicon."""
    browser: Callable[[str], RenderedPage] | None = None
    """What a browser makes of the page at an address, unless none is asked. Raises UnreadableContent."""
    pages: PageInventory | None = None
    """Which pages there are, as its host says; None: it did not."""
    obey_robots: bool = True
    """Whether what robots.txt refuses is left out."""
    may_probe: bool = False
    """Whether its office has it in writing that it may be asked for what nobody names."""
    _robots: RobotsRules = field(default_factory=RobotsRules, init=False)
    _sections: tuple[str, ...] = field(default=(), init=False)
    _suspect_paths: frozenset[str] = field(default=frozenset(), init=False)
    _visited_paths: set[str] = field(default_factory=set, init=False)
    _readings: list[PageAnalysis] = field(default_factory=list, init=False)
    _unread: int = field(default=0, init=False)
    _turned_away: set[Visitor] = field(default_factory=set, init=False)
    """Visitors that are not sent any more in this look."""
    _manners: MannerLog = field(init=False)
    _sitemaps: int = field(default=0, init=False)
    _sample_count: int = field(default=0, init=False)
    _refusal_count: int = field(default=0, init=False)
    _id: str = field(default="", init=False)
    _rendered_count: int = field(default=0, init=False)
    _unrendered_count: int = field(default=0, init=False)
    _kept_responses: ResponseKeeper = field(init=False)
    _sheets: StyleSheets = field(init=False)

    def __post_init__(self) -> None:
        """Prepare what goes by its parts."""
        self._sheets = StyleSheets(
            self.door.own, self._fetch_and_analyze_style_sheet, lambda path: self._robots.is_path_allowed_to_us(path)
        )
        self._manners = MannerLog(is_rendering_requested=self.browser is not None)
        if self.engine_hindrance is not None:
            self._turned_away.add("engine")
            self._manners.note_hindrance(["search_engine"], self.engine_hindrance)

    def scan_site_until_stopped(self) -> Scan:
        """Look at it until all is seen, the budget is used up, or the site wants no more of it."""
        started_at, began = clock.now(), time.monotonic()
        self._id = f"{clock.format_compact_utc_moment(started_at)}-{secrets.token_hex(3)}"
        self._kept_responses = ResponseKeeper(self.store, self.door.address, self._id)
        stop = self._visit_paths_until_stopped(began + self.budget.seconds, started_at)
        self.save(self.ledger)
        return self._build_scan(started_at, time.monotonic() - began, stop)

    def _visit_paths_until_stopped(self, ends: float, started_at: datetime) -> Stop | None:
        if self.ledger.not_before is not None and clock.parse_iso_moment(self.ledger.not_before) > started_at:
            return Stop(why="told_to_wait")
        self.ledger = self.ledger.with_counters_reset_for_new_scan()
        try:
            self._visit_home_robots_and_missing_page()
            while (
                step := crawl.choose_next_path_to_visit(self.ledger, self._robots, self._visited_paths, self._sections)
            ) is not None:
                if len(self._visited_paths) > self.budget.pages:
                    return Stop(why="pages", where=step.path[:100])
                if self.stop_event.is_set() or time.monotonic() >= ends:
                    return Stop(why="time", where=step.path[:100])
                self._visit_next_path(step)
                if len(self._visited_paths) % KEPT_EVERY == 0:
                    self.save(self.ledger)
        except CrawlStopError as stopped:
            if stopped.wait:
                self.ledger = self.ledger.with_moment_of_next_visit(clock.now() + timedelta(seconds=stopped.wait))
            return stopped.stop
        return None

    def _visit_home_robots_and_missing_page(self) -> None:
        """Visit the home page, what the site lets us look at, and an address where nothing is."""
        self.door.request_home_page_here_or_from_host()
        rules = self._fetch_file_or_none(ROBOTS)
        site_robots = robots.parse_robots_txt(rules.body if rules is not None else b"")
        self._robots = site_robots if self.obey_robots else replace(site_robots, rules=None)
        self.door.allows = self._robots.is_path_allowed_to_us
        self.ledger = self.ledger.with_known_paths([HOME], is_linked=True)
        if not self._robots.is_path_allowed_to_us(HOME):
            raise CrawlStopError(Stop(why="robots"))
        try:
            home = self.door.get_home_page_response()
        except UnreadableContent as error:
            raise CrawlStopError(Stop(why="unreadable")) from error
        self._run_visit_tolerating_refusals(HOME, lambda: self._read_home_page_and_find_sections(home))
        if rules is not None:
            self._run_visit_tolerating_refusals(
                ROBOTS, lambda: self._analyze_page_and_note_in_frontier(ROBOTS, "page", rules, RULES)
            )
        self._visit_other_home_pages()
        self._add_paths_from_sitemaps()
        self._add_paths_and_log_traces_from_host()
        nowhere = f"/{secrets.token_hex(6)}.html"
        if self._robots.is_path_allowed_to_us(nowhere):
            self._run_visit_tolerating_refusals(
                nowhere,
                lambda: self._analyze_page_and_note_in_frontier(
                    nowhere, "missing", self.door.visit_path(nowhere, "plain"), NOWHERE
                ),
            )
        if self.may_probe:
            self._send_all_probes(secrets.token_hex(6))

    def _read_home_page_and_find_sections(self, home: VisitorResponse) -> None:
        own = self._resolve_links_to_own_paths(self._analyze_page_and_note_in_frontier(HOME, "home", home).links)
        sections = (path for path in own if url_filter.is_section(path) and url_filter.is_safe_to_request(path))
        self._sections = tuple(itertools.islice(sections, crawl.MAX_SECTIONS))

    def _visit_next_path(self, step: PathToVisit) -> None:
        self._visited_paths.add(step.path)
        self._run_visit_tolerating_refusals(
            step.path,
            lambda: self._analyze_page_and_note_in_frontier(
                step.path, step.role, self.door.visit_path(step.path, "plain")
            ),
            step.role,
        )

    def _visit_other_home_pages(self) -> None:
        """Visit the home pages of the site's other names and of plain HTTP.

        What differs there shows on no other page.
        """
        others = home_pages.list_other_home_pages(self.door)
        known_places = {f"@{scheme}://{name}" for scheme, name in others}
        self.ledger = self.ledger.without_paths(
            path for path in self.ledger.places if path[0] == "@" and path not in known_places
        )
        for scheme, name in others:
            responses, is_complete = home_pages.fetch_home_page_responses(
                self.door, scheme, name, include_engine="engine" not in self._turned_away
            )
            self._unread += not is_complete
            if responses:
                visit = PageVisit(f"{scheme}://{name}/", "section", responses, tuple(self._sheets.sheets.items()))
                self._analyze_and_record_visit(f"@{scheme}://{name}", HOME, visit)

    def _analyze_and_record_visit(self, frontier_key: str, path: str, visit: PageVisit) -> None:
        """Read what was served there, and keep it."""
        try:
            reading = worker.analyze_visit_in_child_process(visit, self.baseline, self.words)
        except UnreadableContent:
            self._unread += 1
            return
        if ("plain", "challenge") in reading.odd_answers:
            self._unread += 1
            return
        self._unread += any(visitor != "plain" for visitor, _ in reading.odd_answers)
        self._record_reading(frontier_key, path, visit, reading, is_rendered=False)

    def _record_reading(
        self, frontier_key: str, path: str, visit: PageVisit, reading: PageAnalysis, *, is_rendered: bool
    ) -> None:
        """Keep what was read at an address, and what of it nobody could see again: it may be there."""
        earlier = [self.ledger.traces[key] for key in self._get_trace_keys_of_path(frontier_key)]
        visitors = home_pages.VISITORS if frontier_key.startswith("@") else _OTHERS
        kept = select_traces_not_seen_again(earlier, visit, reading, visitors, is_rendered=is_rendered)
        self._kept_responses.keep_responses_with_new_traces(path, visit, reading.traces)
        self._readings.append(reading)
        self.ledger = self.ledger.with_known_paths(self._resolve_links_to_own_paths(reading.links), is_linked=True)
        self.ledger = self.ledger.with_traces_seen_at_path(frontier_key, (*reading.traces, *kept), clock.now())

    def _run_visit_tolerating_refusals(self, path: str, visit: Callable[[], object], role: Role = "page") -> None:
        """Look at an address. One that refuses costs itself, as long as the home page still answers.

        What was not read, and what did not answer, is not seen: the next look goes there again.
        """
        try:
            visit()
            self._refusal_count = 0
        except UnreadableContent:
            self._unread += 1
        except CrawlStopError as stopped:
            self._refusal_count += 1
            is_too_much = stopped.stop.status == 429 or stopped.wait or self._refusal_count >= MAX_REFUSED_IN_A_ROW
            if is_too_much or stopped.stop.where == HOME:
                raise
            self.door.visit_path(HOME, "plain")
            if stopped.stop.why in SILENCES:
                self._unread += 1
            elif path in self.ledger.places and path != HOME:
                self._compare_refusal_with_engine_visit(path, role, stopped.stop.status or 0)

    def _compare_refusal_with_engine_visit(self, path: str, role: Role, status: int) -> None:
        """Note whether a search engine gets what people are refused.

        What had traces and is refused now is not seen: it may be there.
        """
        refusal = VisitorResponse("plain", status)
        others = []
        try:
            if "engine" not in self._turned_away:
                others = [self.door.visit_path(path, "engine")]
        except UnreadableContent:
            self._unread += 1
            return
        except CrawlStopError as stopped:
            if stopped.stop.status == 429 or stopped.wait:
                raise
        if others:
            self._analyze_and_record_visit(
                path, path, PageVisit(self._build_url_of_path(path), role, (refusal, *others))
            )
        elif not self._get_trace_keys_of_path(path):
            self.ledger = self.ledger.with_traces_seen_at_path(path, (), clock.now())

    def _analyze_page_and_note_in_frontier(
        self, path: str, role: Role, plain_response: VisitorResponse, name: str | None = None
    ) -> PageAnalysis:
        """Return what an address shows, and note it in the ledger.

        Where that matters, visitors other than a plain one visit it, too.
        """
        self._visited_paths.add(path)
        responses = [plain_response]
        curious = role != "page" or path in self._suspect_paths or bool(self._get_trace_keys_of_path(name or path))
        if (
            role == "page"
            and not curious
            and self._sample_count < SAMPLED
            and self._is_page_sampled_for_all_visitors(path)
        ):
            self._sample_count += 1
            curious = True
        reading = self._analyze_responses_of_path(path, role, responses)
        if ("plain", "challenge") in reading.odd_answers:
            raise CrawlStopError(Stop(why="challenge", status=plain_response.status, where=path[:MAX_WHERE]))
        if self._sheets.fetch_new_sheets(reading.sheets):
            reading = self._analyze_responses_of_path(path, role, responses)
        if curious or reading.suspicious or reading.traces:
            responses += self._iter_responses_to_other_visitors(path, _OTHERS)
            reading = self._analyze_responses_of_path(path, role, responses)
        elif plain_response.status >= 400:
            responses += self._iter_responses_to_other_visitors(path, ("engine",))
            reading = self._analyze_responses_of_path(path, role, responses)
        is_rendered = False
        if self.browser is not None and (role == "home" or reading.traces):
            reading, is_rendered = self._add_traces_only_browser_sees(self.browser, path, role, plain_response, reading)
        is_seen_by_all = self._manners.note_answers_of_page(
            path, responses, reading.odd_answers, is_rendered=is_rendered
        )
        self._unread += not (reading.whole and is_seen_by_all)
        self._record_reading(
            name or path,
            path,
            PageVisit(self._build_url_of_path(path), role, tuple(responses)),
            reading,
            is_rendered=is_rendered,
        )
        return reading

    def _add_traces_only_browser_sees(
        self,
        render_page: Callable[[str], RenderedPage],
        path: str,
        role: Role,
        plain_response: VisitorResponse,
        reading: PageAnalysis,
    ) -> tuple[PageAnalysis, bool]:
        """Return what was read with what a browser saw besides, and whether one was shown the page."""
        if "plain" in self.door.through:
            self._manners.note_visit_of_browser(path, "through_host")
            return reading, False
        self.door.pace.wait_for_next_request()
        try:
            rendered_page = render_page(self._build_url_of_path(path))
            theirs = [
                self._analyze_responses_of_path(path, role, [response])
                for response in browser_responses.make_responses_from_rendered_page(plain_response, rendered_page)
            ]
        except UnreadableContent:
            self._unrendered_count += 1
            self._manners.note_visit_of_browser(path, "no_browser")
            return reading, False
        self._rendered_count += 1
        hindrance = browser_responses.find_hindrance_of_rendered_page(plain_response, rendered_page, theirs[0])
        self._manners.note_visit_of_browser(path, hindrance, rendered_page.status)
        return browser_responses.add_traces_only_browser_saw(reading, theirs), hindrance is None

    def _is_page_sampled_for_all_visitors(self, path: str) -> bool:
        """Return whether a page, once some are seen, is one of those that all visitors are sent to.

        Others in each look, and nobody knows which.
        """
        random_byte = hashlib.sha256(f"{self._id}\n{path}".encode("utf-8", "surrogatepass")).digest()[0]
        return len(self._visited_paths) >= ONE_IN and random_byte % ONE_IN == 0

    def _build_url_of_path(self, path: str) -> str:
        return f"{self.door.scheme}://{self.door.domain}{path}"

    def _get_trace_keys_of_path(self, path: str) -> tuple[str, ...]:
        return self.ledger.places[path].keys if path in self.ledger.places else ()

    def _analyze_responses_of_path(self, path: str, role: Role, responses: Iterable[VisitorResponse]) -> PageAnalysis:
        return worker.analyze_visit_in_child_process(
            PageVisit(self._build_url_of_path(path), role, tuple(responses), tuple(self._sheets.sheets.items())),
            self.baseline,
            self.words,
        )

    def _fetch_and_analyze_style_sheet(self, path: str) -> PageAnalysis:
        """Return what a style sheet hides: nothing when it is not there. Raises CrawlStopError for a refusal."""
        try:
            response = self._fetch_file_or_none(path)
            if response is not None:
                return self._analyze_responses_of_path(
                    path, "page", [replace(response, headers={"content-type": "text/css"})]
                )
        except UnreadableContent:
            pass
        except CrawlStopError as stopped:
            if stopped.stop.why not in SILENCES:
                raise
        return PageAnalysis()

    def _iter_responses_to_other_visitors(self, path: str, visitors: Iterable[Visitor]) -> Iterable[VisitorResponse]:
        """Yield what the other visitors are served.

        One that is turned away where a plain one was not is not sent again.
        """
        for visitor in visitors:
            if visitor in self._turned_away:
                continue
            try:
                yield self.door.visit_path(path, visitor)
            except UnreadableContent:
                self._unread += visitor != "again"
                self._manners.note_hindrance(MANNERS_OF_VISITOR[visitor], "unreadable", path)
            except CrawlStopError as stopped:
                why = stopped.stop.hindrance
                if why is None or stopped.stop.status == 429 or stopped.wait:
                    raise
                self.door.visit_path(HOME, "plain")
                self._unread += visitor != "again" and path != HOME
                missed_count = self._manners.count_missed_addresses(visitor) + 1
                is_last_visit = path == HOME or why not in SILENCES or missed_count >= MAX_REFUSED_IN_A_ROW
                self._turned_away |= {visitor} if is_last_visit else set()
                self._manners.note_hindrance(
                    MANNERS_OF_VISITOR[visitor], why, path, stopped.stop.status, is_last_visit=is_last_visit
                )

    def _fetch_file_or_none(self, path: str) -> VisitorResponse | None:
        """Return a file for programs, or nothing where there is none."""
        try:
            response = self.door.visit_path(path, "plain")
        except UnreadableContent:
            return None
        except CrawlStopError as stopped:
            if stopped.stop.status in (None, 429) or stopped.wait:
                raise
            self.door.visit_path(HOME, "plain")
            return None
        return response if response.status == 200 else None

    def _add_paths_from_sitemaps(self) -> None:
        """Take in addresses out of the sitemaps, each file once, as many as are kept."""
        sitemap_paths = self._resolve_links_to_own_paths(self._robots.sitemaps) or list(sitemaps.USUAL)
        queue, read = dict.fromkeys(sitemap_paths), 0
        fetched_paths: set[str] = set()
        while queue and len(fetched_paths) < sitemaps.MAX_SITEMAPS and len(self.ledger.places) < MAX_PLACES:
            path = next(iter(queue))
            del queue[path]
            if path in fetched_paths or not self._robots.is_path_allowed_to_us(path):
                continue
            fetched_paths.add(path)
            response = self._fetch_file_or_none(path)
            is_index, addresses = sitemaps.parse_sitemap(response.body) if response is not None else (False, ())
            if response is not None and addresses:
                read += 1
                self._run_visit_tolerating_refusals(
                    path, functools.partial(self._analyze_page_and_note_in_frontier, path, "page", response)
                )
            own = self._resolve_links_to_own_paths(addresses)
            if is_index:
                queue |= dict.fromkeys(own)
            else:
                self.ledger = self.ledger.with_known_paths(filter(url_filter.is_safe_to_request, own), is_linked=False)
        self._sitemaps = read

    def _add_paths_and_log_traces_from_host(self) -> None:
        """Take in addresses that the site's host knows of, and what its logs say about them."""
        if self.pages is None:
            return
        known_paths = filter(url_filter.is_safe_to_request, self._resolve_links_to_own_paths(self.pages.addresses))
        published_paths = filter(
            url_filter.is_safe_to_request, self._resolve_links_to_own_paths(self.pages.published_paths)
        )
        self.ledger = self.ledger.with_known_paths(published_paths, is_linked=True, max_count=MAX_OF_HOST)
        self.ledger = self.ledger.with_known_paths(known_paths, is_linked=False, max_count=MAX_OF_HOST)
        self.ledger = self.ledger.with_traces_seen_at_path(LOGS, self.pages.traces, clock.now())
        self._suspect_paths = frozenset(self._resolve_links_to_own_paths(self.pages.suspect_paths))

    def _send_all_probes(self, token: str) -> None:
        """Ask for what nobody names; what is said of it now takes the place of what was said before."""
        traces: list[Trace] = []
        for probe in probes.plan_probes(tuple(self.ledger.places), token):
            if self._robots.is_path_allowed_to_us(probe.path):
                self._run_visit_tolerating_refusals(
                    probe.path, functools.partial(self._send_probe, probe, token, traces)
                )
        self.ledger = self.ledger.with_traces_seen_at_path(PROBES, traces, clock.now())

    def _send_probe(self, probe: ActiveProbe, token: str, traces: list[Trace]) -> None:
        response = self.door.visit_path(probe.path, "plain")
        reading = self._analyze_responses_of_path(
            probe.path, "missing" if probe.what == "missing" else "page", [response]
        )
        traces += reading.traces if probe.what == "missing" else ()
        traces += filter(None, [probes.judge_response_to_probe(probe, response, reading.title, token)])

    def _resolve_links_to_own_paths(self, links: Iterable[str]) -> list[str]:
        base = f"{self.door.scheme}://{self.door.domain}/"
        own_paths = (url_filter.resolve_link_to_own_path(link, base, self.door.own) for link in links)
        return [path for path in own_paths if path is not None]

    def _build_scan(self, started_at: datetime, seconds: float, stop: Stop | None) -> Scan:
        now = clock.now()
        paths_to_visit = crawl.select_paths_to_visit(self.ledger, self._robots, self._visited_paths)
        withheld = len(crawl.list_paths_allowed_to_engines_only(self.ledger, self._robots))
        fresh = set(self.ledger.list_paths_seen_within_seven_days(now))
        traces, left_out = self.ledger.collect_traces()
        before = self.last if self.last is not None and not self._visited_paths.issuperset(paths_to_visit) else None
        new = {trace.target for trace in traces if "baseline" in trace.families and trace.target}

        def is_new(host: str) -> bool:
            return defang_address(get_registrable_domain(host))[:MAX_TARGET] in new

        return Scan(
            id=self._id,
            site=self.door.domain,
            started=clock.format_iso_moment(started_at),
            seconds=round(seconds, 3),
            known=len(paths_to_visit) + withheld + self.ledger.left_out,
            fresh=sum(path in fresh for path in paths_to_visit),
            visited=len(self._visited_paths),
            unread=self._unread,
            withheld=withheld,
            stopped=stop,
            engine=not self._manners.is_gap("search_engine"),
            manners=self._manners.list_manner_visits(stop),
            logs=self.pages.logs if self.pages is not None else "none",
            title=inventory.choose_home_page_title(self._readings, self.last, traces),
            sitemaps=self._sitemaps,
            linked=inventory.list_known_foreign_hosts(
                (analysis.linked_hosts for analysis in self._readings), before.linked if before else (), is_new
            ),
            framed=inventory.list_known_foreign_hosts(
                (analysis.framed_hosts for analysis in self._readings), before.framed if before else (), is_new
            ),
            loaded=inventory.list_known_foreign_hosts(
                (analysis.loaded_hosts for analysis in self._readings), before.loaded if before else (), is_new
            ),
            landmarks=inventory.choose_home_page_landmarks(self._readings, self.last, traces),
            tokens=inventory.choose_search_console_tokens(self._readings, self.last, before, traces),
            traces=traces,
            left_out=left_out,
            rendered=self._rendered_count,
            unrendered=self._unrendered_count,
            answers=tuple(self._kept_responses.files),
        )
