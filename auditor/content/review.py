"""One review of one site: visited within its budget, read page by page, told as a look. Goes on where the last one stopped."""

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

from auditor.content import reader, rendered, warc
from auditor.content.going import crawl, names, paths, probes, robots, sitemaps
from auditor.content.going.crawl import HOME, Next
from auditor.content.going.door import HEADERS, Door, Stopped, sent
from auditor.content.going.probes import Probe
from auditor.content.going.robots import Robots
from auditor.content.neighbours import registrable
from auditor.looks import inventory
from auditor.looks.ledger import MAX_PLACES, Ledger
from auditor.looks.traces import defanged
from auditor.looks.visits import Known, Pages, Reading, Role, Served, Sheet, Visited, Visitor
from auditor.models import Look, Stop, Trace, clock
from auditor.models.reviews import MAX_TARGET, Answers
from auditor.web.browser import Rendered
from auditor.web.children import Unreadable

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
MAX_KEPT = 20
"""Addresses whose answers are kept in one look."""
MAX_SHEETS = 20
"""Style sheets of one site that are fetched in one look, of those pages that lead to others."""
ROBOTS = "/robots.txt"
NOWHERE, LOGS, PROBES, RULES = "-", "=", "?", "!"
"""What the ledger calls the address at which there is nothing, another one in each look; what access logs say; what probes do; robots.txt."""
_OTHERS: tuple[Visitor, ...] = ("again", "engine", "referrer", "phone", "phone_referrer")


@dataclass(frozen=True)
class Budget:
    """What one look at one site may take."""

    pages: int = MAX_PAGES
    seconds: float = MINUTES * 60


@dataclass
class Review:
    """One site, as far as a review has got with it."""

    door: Door
    ledger: Ledger
    known: Known
    last: Look | None
    engine: bool
    """Whether it may be visited as a search engine."""
    save: Callable[[Ledger], None]
    """Keeps how far it got."""
    store: Callable[[str, bytes], str]
    """Keeps the answers of an address as a file of that name, and tells its whole name."""
    budget: Budget = field(default_factory=Budget)
    ended: Event = field(default_factory=Event)
    """Set when nobody wants the look any more: it ends with the page that it is at."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What the unit adds to the lexicon."""
    browser: Callable[[str], Rendered] | None = None
    """What a browser makes of the page at an address, unless none is asked. Raises Unreadable."""
    pages: Pages | None = None
    """Which pages there are, as its host says; None: it did not."""
    obey_robots: bool = True
    """Whether what robots.txt refuses is left out."""
    may_probe: bool = False
    """Whether its office has it in writing that it may be asked for what nobody names."""
    _robots: Robots = field(default_factory=Robots, init=False)
    _sections: tuple[str, ...] = field(default=(), init=False)
    _suspected: frozenset[str] = field(default=frozenset(), init=False)
    _done: set[str] = field(default_factory=set, init=False)
    _readings: list[Reading] = field(default_factory=list, init=False)
    _unread: int = field(default=0, init=False)
    _missed: set[Visitor] = field(default_factory=set, init=False)
    _sitemaps: int = field(default=0, init=False)
    _sampled: int = field(default=0, init=False)
    _refused: int = field(default=0, init=False)
    _id: str = field(default="", init=False)
    _rendered: int = field(default=0, init=False)
    _unrendered: int = field(default=0, init=False)
    _answers: list[Answers] = field(default_factory=list, init=False)
    _proven: set[str] = field(default_factory=set, init=False)
    """Keys of traces whose answers were kept in this look."""
    _sheets: dict[str, Sheet] = field(default_factory=dict, init=False)

    def run(self) -> Look:
        """Look at it until all is seen, the budget is used up, or the site wants no more of it."""
        started, began = clock.now(), time.monotonic()
        self._id = f"{clock.compact(started)}-{secrets.token_hex(3)}"
        stop = self._look(began + self.budget.seconds, started)
        self.save(self.ledger)
        return self._told(started, time.monotonic() - began, stop)

    def _look(self, ends: float, started: datetime) -> Stop | None:
        if self.ledger.not_before is not None and clock.read(self.ledger.not_before) > started:
            return Stop(why="told_to_wait")
        self.ledger = self.ledger.begun()
        try:
            self._enter()
            while (going := crawl.following(self.ledger, self._robots, self._done, self._sections)) is not None:
                if len(self._done) > self.budget.pages:
                    return Stop(why="pages", where=going.path[:100])
                if self.ended.is_set() or time.monotonic() >= ends:
                    return Stop(why="time", where=going.path[:100])
                self._see(going)
                if len(self._done) % KEPT_EVERY == 0:
                    self.save(self.ledger)
        except Stopped as stopped:
            if stopped.wait:
                self.ledger = self.ledger.waiting(clock.now() + timedelta(seconds=stopped.wait))
            return stopped.stop
        return None

    def _enter(self) -> None:
        """The home page, what the site lets us look at, and where nothing is."""
        self.door.open()
        rules = self._file(ROBOTS)
        said = robots.read(_body(rules))
        self._robots = said if self.obey_robots else replace(said, rules=(), for_engines=())
        self.door.allows = self._robots.allows
        self.ledger = self.ledger.with_places([HOME], linked=True)
        if not self._robots.allows(HOME):
            raise Stopped(Stop(why="robots"))
        try:
            home = self.door.home()
        except Unreadable as error:
            raise Stopped(Stop(why="unreadable")) from error
        self._patiently(HOME, lambda: self._begin(home))
        if rules is not None:
            self._patiently(ROBOTS, lambda: self._read(ROBOTS, "page", rules, RULES))
        self._see_names()
        self._known_of_sitemaps()
        self._known_of_host()
        nowhere = f"/{secrets.token_hex(6)}.html"
        if self._robots.allows(nowhere):
            self._patiently(nowhere, lambda: self._read(nowhere, "missing", self.door.visit(nowhere, "plain"), NOWHERE))
        if self.may_probe:
            self._probe(secrets.token_hex(6))

    def _begin(self, home: Served) -> None:
        own = self._own(self._read(HOME, "home", home).links)
        sections = (path for path in own if paths.is_section(path) and paths.may_be_asked_for(path))
        self._sections = tuple(itertools.islice(sections, crawl.MAX_SECTIONS))

    def _see(self, going: Next) -> None:
        self._done.add(going.path)
        self._patiently(
            going.path, lambda: self._read(going.path, going.role, self.door.visit(going.path, "plain")), going.role
        )

    def _see_names(self) -> None:
        """The home pages of the site's other names, and without HTTPS: what differs there shows on no other page."""
        others = names.others(self.door)
        known = {f"@{scheme}://{name}" for scheme, name in others}
        self.ledger = self.ledger.without(path for path in self.ledger.places if path[0] == "@" and path not in known)
        for scheme, name in others:
            served = tuple(names.served(self.door, scheme, name, engine=self.engine))
            if served:
                visited = Visited(f"{scheme}://{name}/", "section", served, tuple(self._sheets.items()))
                self._note(f"@{scheme}://{name}", HOME, visited)

    def _note(self, place: str, path: str, visited: Visited) -> None:
        """Read what was served there, and keep it."""
        try:
            reading = reader.read(visited, self.known, self.words)
        except Unreadable:
            self._unread += 1
            return
        self._keep_answers(path, visited, reading.traces)
        self._readings.append(reading)
        self.ledger = self.ledger.with_places(self._own(reading.links), linked=True)
        self.ledger = self.ledger.seen(place, reading.traces, clock.now())

    def _patiently(self, path: str, look: Callable[[], object], role: Role = "page") -> None:
        """Look at an address. One that refuses costs itself, as long as the home page still answers.

        What was not read, and what did not answer, is not seen: the next look goes there again.
        """
        try:
            look()
            self._refused = 0
        except Unreadable:
            self._unread += 1
        except Stopped as stopped:
            self._refused += 1
            if stopped.stop.status == 429 or stopped.wait or self._refused >= MAX_REFUSED_IN_A_ROW:
                raise
            self.door.visit(HOME, "plain")
            if stopped.stop.why == "silent":
                self._unread += 1
            elif path in self.ledger.places:
                self._turned_away(path, role, stopped.stop.status or 0)

    def _turned_away(self, path: str, role: Role, status: int) -> None:
        """Whether a search engine gets what people are refused. What had traces and is refused now is not seen: it may be there."""
        refused = Served("plain", status)
        try:
            others = [self.door.visit(path, "engine")] if self.engine else []
        except Unreadable:
            others = []
        except Stopped as stopped:
            if stopped.stop.status == 429 or stopped.wait:
                raise
            others = []
        if others:
            self._note(path, path, Visited(self._url(path), role, (refused, *others)))
        elif not self._place_keys(path):
            self.ledger = self.ledger.seen(path, (), clock.now())

    def _read(self, path: str, role: Role, plain: Served, name: str | None = None) -> Reading:
        """What an address shows, to others than a plain visitor, too, where that matters; noted in the ledger."""
        self._done.add(path)
        served = [plain]
        curious = role != "page" or path in self._suspected or bool(self._place_keys(name or path))
        if role == "page" and not curious and self._sampled < SAMPLED and self._is_sample(path):
            self._sampled += 1
            curious = True
        reading = self._reading(path, role, served)
        if self._fetch_sheets(reading.sheets):
            reading = self._reading(path, role, served)
        if curious or reading.suspicious or reading.traces:
            served += self._others(path, _OTHERS)
            reading = self._reading(path, role, served)
        elif plain.status >= 400:
            served += self._others(path, ("engine",))
            reading = self._reading(path, role, served)
        if self.browser is not None and "plain" not in self.door.through and (role == "home" or reading.traces):
            reading = self._with_browser(self.browser, path, role, plain, reading)
        self._unread += not reading.whole
        self._keep_answers(path, Visited(self._url(path), role, tuple(served)), reading.traces)
        self._readings.append(reading)
        self.ledger = self.ledger.with_places(self._own(reading.links), linked=True)
        self.ledger = self.ledger.seen(name or path, reading.traces, clock.now())
        return reading

    def _with_browser(
        self, browser: Callable[[str], Rendered], path: str, role: Role, plain: Served, reading: Reading
    ) -> Reading:
        self.door.pace.wait()
        try:
            seen = browser(self._url(path))
            theirs = [self._reading(path, role, [one]) for one in rendered.answers(plain, seen)]
        except Unreadable:
            self._unrendered += 1
            return reading
        self._rendered += 1
        return rendered.added(reading, theirs)

    def _is_sample(self, path: str) -> bool:
        """Whether a page, once some are seen, is one of those that all visitors are sent to: others in each look, and nobody knows which."""
        drawn = hashlib.sha256(f"{self._id}\n{path}".encode("utf-8", "surrogatepass")).digest()[0]
        return len(self._done) >= ONE_IN and drawn % ONE_IN == 0

    def _url(self, path: str) -> str:
        return f"{self.door.scheme}://{self.door.domain}{path}"

    def _keep_answers(self, path: str, visited: Visited, traces: Iterable[Trace]) -> None:
        """Keep what an address answered when it shows traces that no other address did in this look."""
        new = {one.key for one in traces if one.certainty != "weak"} - self._proven
        if not new or len(self._answers) >= MAX_KEPT:
            return
        scheme = visited.url.partition(":")[0]
        said = {visitor: sent(visitor, scheme) for visitor in HEADERS}
        content = warc.packed(visited, said, self.door.address, self._id, clock.now())
        name = self.store(f"{self._id}-{len(self._answers) + 1:02}", content)
        self._proven |= new
        self._answers.append(Answers(file=name, sha256=hashlib.sha256(content).hexdigest(), where=path[:100]))

    def _place_keys(self, path: str) -> tuple[str, ...]:
        return self.ledger.places[path].keys if path in self.ledger.places else ()

    def _reading(self, path: str, role: Role, served: Iterable[Served]) -> Reading:
        return reader.read(
            Visited(self._url(path), role, tuple(served), tuple(self._sheets.items())), self.known, self.words
        )

    def _fetch_sheets(self, addresses: Iterable[str]) -> bool:
        """Read the style sheets that are new, and those that they take in. Whether one of them hides anything."""
        hides, waiting = False, [(address, address) for address in addresses]
        while waiting and len(self._sheets) < MAX_SHEETS:
            address, linked = waiting.pop(0)
            path = paths.own_path(address, address, self.door.own)
            if address in self._sheets or path is None or not paths.is_sheet(path) or not self._robots.allows(path):
                continue
            read = self._sheet(path)
            self._sheets[address] = ()
            self._sheets[linked] += read.hides
            hides = hides or bool(read.hides)
            waiting += [(one, linked) for one in read.sheets]
        return hides

    def _sheet(self, path: str) -> Reading:
        """What a style sheet hides: nothing when it is not there. Raises Stopped for a refusal."""
        try:
            served = self._file(path)
            if served is not None:
                return self._reading(path, "page", [replace(served, headers={"content-type": "text/css"})])
        except Unreadable:
            pass
        except Stopped as stopped:
            if stopped.stop.why != "silent":
                raise
        return Reading()

    def _others(self, path: str, visitors: Iterable[Visitor]) -> Iterable[Served]:
        """What the other visitors are served. One that is turned away where a plain one was not is not sent again."""
        for visitor in visitors:
            if visitor == "engine" and not self.engine:
                continue
            try:
                yield self.door.visit(path, visitor)
            except Unreadable:
                self._missed |= {visitor} if path == HOME else set()
                self._unread += visitor != "again"
            except Stopped as stopped:
                if visitor != "engine" or stopped.stop.status == 429 or stopped.wait:
                    raise
                self.engine = False
                self.door.visit(path, "plain")

    def _file(self, path: str) -> Served | None:
        """A file for programs, or nothing where there is none."""
        try:
            served = self.door.visit(path, "plain")
        except Unreadable:
            return None
        except Stopped as stopped:
            if stopped.stop.status != 403:
                raise
            self.door.visit(HOME, "plain")
            return None
        return served if served.status == 200 else None

    def _known_of_sitemaps(self) -> None:
        """Addresses out of the sitemaps, each file once, as many as are kept."""
        named = self._own(self._robots.sitemaps) or list(sitemaps.USUAL)
        waiting, read = dict.fromkeys(named), 0
        asked: set[str] = set()
        while waiting and len(asked) < sitemaps.MAX_SITEMAPS and len(self.ledger.places) < MAX_PLACES:
            path = next(iter(waiting))
            del waiting[path]
            if path in asked or not self._robots.allows(path):
                continue
            asked.add(path)
            served = self._file(path)
            is_index, found = sitemaps.read(served.body) if served is not None else (False, ())
            if served is not None and found:
                read += 1
                self._patiently(path, functools.partial(self._read, path, "page", served))
            own = self._own(found)
            if is_index:
                waiting |= dict.fromkeys(own)
            else:
                self.ledger = self.ledger.with_places(filter(paths.may_be_asked_for, own), linked=False)
        self._sitemaps = read

    def _known_of_host(self) -> None:
        """Addresses that the site's host knows of, and what its logs say about them."""
        if self.pages is None:
            return
        known = filter(paths.may_be_asked_for, self._own(self.pages.addresses))
        published = filter(paths.may_be_asked_for, self._own(self.pages.published))
        self.ledger = self.ledger.with_places(published, linked=True, most=MAX_OF_HOST)
        self.ledger = self.ledger.with_places(known, linked=False, most=MAX_OF_HOST)
        self.ledger = self.ledger.seen(LOGS, self.pages.traces, clock.now())
        self._suspected = frozenset(self._own(self.pages.suspected))

    def _probe(self, token: str) -> None:
        """Ask for what nobody names; what is said of it now takes the place of what was said before."""
        found: list[Trace] = []
        for probe in probes.planned(tuple(self.ledger.places), token):
            if self._robots.allows(probe.path):
                self._patiently(probe.path, functools.partial(self._probed, probe, token, found))
        self.ledger = self.ledger.seen(PROBES, found, clock.now())

    def _probed(self, probe: Probe, token: str, found: list[Trace]) -> None:
        served = self.door.visit(probe.path, "plain")
        reading = self._reading(probe.path, "missing" if probe.what == "missing" else "page", [served])
        found += reading.traces if probe.what == "missing" else ()
        found += filter(None, [probes.told(probe, served, reading.title, token)])

    def _own(self, links: Iterable[str]) -> list[str]:
        base = f"{self.door.scheme}://{self.door.domain}/"
        found = (paths.own_path(link, base, self.door.own) for link in links)
        return [path for path in found if path is not None]

    def _told(self, started: datetime, seconds: float, stop: Stop | None) -> Look:
        now = clock.now()
        wanted = crawl.wanted(self.ledger, self._robots, self._done)
        withheld = len(crawl.withheld(self.ledger, self._robots))
        fresh = set(self.ledger.fresh(now))
        traces, left_out = self.ledger.found()
        before = self.last if self.last is not None and not self._done.issuperset(wanted) else None
        new = {one.target for one in traces if "baseline" in one.families and one.target}

        def is_new(host: str) -> bool:
            return defanged(registrable(host))[:MAX_TARGET] in new

        return Look(
            id=self._id,
            site=self.door.domain,
            started=clock.stamp(started),
            seconds=round(seconds, 3),
            known=len(wanted) + withheld + self.ledger.left_out,
            fresh=sum(path in fresh for path in wanted),
            visited=len(self._done),
            unread=self._unread,
            withheld=withheld,
            stopped=stop,
            engine=self.engine,
            missed=tuple(sorted(self._missed - {"again"})),
            logs=self.pages.logs if self.pages is not None else "none",
            title=inventory.title(self._readings, self.last, traces),
            sitemaps=self._sitemaps,
            linked=inventory.hosts((one.linked for one in self._readings), before.linked if before else (), is_new),
            framed=inventory.hosts((one.framed for one in self._readings), before.framed if before else (), is_new),
            loaded=inventory.hosts((one.loaded for one in self._readings), before.loaded if before else (), is_new),
            landmarks=inventory.landmarks(self._readings, self.last, traces),
            tokens=inventory.tokens(self._readings, self.last, before, traces),
            traces=traces,
            left_out=left_out,
            rendered=self._rendered,
            unrendered=self._unrendered,
            answers=tuple(self._answers),
        )


def _body(served: Served | None) -> bytes:
    return served.body if served is not None else b""
