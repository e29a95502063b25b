"""Things are contained or cleaned with a visit to the host's sites before and after.

A site serves when every URL that served before does, but for those that were to be shut. One that does not gets back what it lives by, one thing after the
other until it serves: that seems to have looked like the intruder's. Its own things come first, then those that are no site's, and never another site's. What
came back in vain is contained again: whoever has a site in hand has it break when something is missing. What only shuts somebody out stays, and is named.

Others may be at work on the same host: before a site is said to fall, the ledgers are read again, and a site that somebody has shut meanwhile tells nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlsplit

from auditor.errors import InputError
from auditor.hardening.serving import smoke
from auditor.history.others import Others
from auditor.incidents.case import Action
from auditor.incidents.containing import Containing, Wanted
from auditor.incidents.means.table import CONTAINING, MEANS
from auditor.models import Host, Site
from auditor.models.incidents import Contained, Released, Standing
from auditor.text import paths

PAUSES = (1, 2, 4)
"""Seconds before each further look at a site that fails: a daemon may have been told to reload, perhaps on a busy machine."""
KEPT_SECONDS = 3
"""For which PHP goes on with what it has read, as it comes, where it cannot be told to forget that."""


@dataclass(frozen=True)
class Fell:
    """A site that serves no more since something was done."""

    incident: str
    domain: str
    lost: tuple[smoke.Difference, ...]
    """The URLs that no longer serve."""
    released: tuple[Released, ...]
    """What was put back for it."""
    still: tuple[smoke.Difference, ...]
    """The URLs that do not serve after that, either."""
    left: tuple[int, ...]
    """The actions that stay in force, by their numbers, where it does not serve with them."""
    others: tuple[str, ...] = ()
    """What others contained or released on its host meanwhile: it may have fallen by that."""
    shut: tuple[str, ...] = ()
    """What others keep visitors from it by, since something was put back: nothing tells whether it serves."""


@dataclass(frozen=True)
class Unseen:
    """Sites that served nothing before, or that others keep from visitors: nothing tells whether they live by what was done."""

    domains: tuple[str, ...]
    shut: tuple[str, ...] = ()
    """By what others keep visitors from them; none: by nothing that is known."""


@dataclass(frozen=True)
class Serving:
    """All sites of a host that served before and were not to be shut serve after what was done: how many, at how many URLs."""

    sites: int
    urls: int


def visited[Other](
    command: Containing, host: Host, deeds: Iterable[Contained | Other], ca_file: str | None
) -> Iterator[Contained | Other | Fell | Unseen | Serving]:
    """What is done on a host, each as it is done, then the sites that fell, and those of which that cannot be told; else that all serve.

    For what the command's ``unjudged`` sites answer, nothing is put back.
    """
    visits = _Visits(host, ca_file, command.others(host.name))
    done: list[Action] = []
    for one in deeds:
        yield one
        if isinstance(one, Contained) and one.state != "refused":
            done.append(Action(one.number, host.name, one.means, one.what, one.state))
    if not done or not host.sites or any(action.means == "isolation" for action in done):
        return
    if any(MEANS[action.means].forgotten for action in done) and not command.forget_code(host.name):
        time.sleep(KEPT_SECONDS)
    fell = visits.lost(done)
    for domain, lost in fell.items():
        attempt = _Attempt(command, host, visits, domain, done)
        if domain in command.unjudged or not (candidates := attempt.candidates()):
            left = tuple(action.number for action in done)
            yield Fell(command.incident, domain, lost, (), (), left, visits.others())
        else:
            yield from attempt.perform(candidates, lost)
            done = attempt.done
    broken = (domain for domain in visits.broken if not _is_shut(host, domain, done))
    unseen = {**{domain: visits.shut_before(domain) for domain in broken}, **visits.shut}
    for shut in dict.fromkeys(unseen.values()):
        yield Unseen(tuple(domain for domain, names in unseen.items() if names == shut), shut)
    if not fell and not unseen and (serving := visits.serving()):
        yield Serving(len(serving), sum(serving.values()))


class _Attempt:
    """Things are put back on a host until a site of it serves again."""

    def __init__(self, command: Containing, host: Host, visits: _Visits, domain: str, done: Sequence[Action]) -> None:
        self._command, self._host, self._visits, self._domain = command, host, visits, domain
        self._site = _site_of(host, domain)
        self.done = list(done)
        """What is in force."""
        self._released: list[Released] = []

    def candidates(self) -> list[Action]:
        """Return what the site may live by, in the order in which it is put back: the last one first, as it may rest on those before it."""
        missed = [action for action in reversed(self.done) if MEANS[action.means].missed]
        others = [site for site in self._host.sites if site is not self._site]
        own = [action for action in missed if _is_of(self._site, action)]
        nobodys = [action for action in missed if not any(_is_of(site, action) for site in (self._site, *others))]
        return [*own, *nobodys]

    def perform(self, candidates: Sequence[Action], lost: tuple[smoke.Difference, ...]) -> Iterator[Contained | Fell]:
        """Put back what the site lives by, and tell what that came to."""
        back: list[Action] = []
        still = lost
        for action in candidates:
            self._release(action)
            back.append(action)
            still = self._look(PAUSES if action is candidates[-1] else PAUSES[:1])
            if not still:
                break
        shut = self._visits.shut.pop(self._domain, ())
        serves = not still and not shut
        for action in back[:-1] if serves else back:
            yield from self._again(action, check=serves)
        left = tuple(action.number for action in self.done) if not serves else ()
        others = self._visits.others()
        yield Fell(self._command.incident, self._domain, lost, tuple(self._released), still, left, others, shut)

    def _release(self, action: Action) -> None:
        self._released.append(self._command.release(action))
        self.done.remove(action)

    def _again(self, action: Action, *, check: bool) -> Iterator[Contained]:
        """Contain again what was put back; when the site misses it, it is put back after all. What was cleaned stays undone."""
        if action.means not in CONTAINING:
            return
        try:
            one = self._command.contain(self._host, Wanted(action.means, action.what, None))
        except InputError:  # somebody else has begun to
            return
        if one.state == "refused":
            return
        again = Action(one.number, self._host.name, one.means, one.what, one.state)
        self.done.append(again)
        self._released = [released for released in self._released if released.number != action.number]
        if MEANS[one.means].forgotten:
            self._command.forget_code(self._host.name)
        if check and self._look(PAUSES[:1]):
            self._release(again)
        else:
            yield one

    def _look(self, pauses: Sequence[int]) -> tuple[smoke.Difference, ...]:
        return self._visits.lost(self.done, pauses).get(self._domain, ())


def _is_of(site: Site, action: Action) -> bool:
    """Return whether an action is about what is one site's alone."""
    if action.means in ("file", "cron"):
        root = (site.document_root or "").rstrip("/")
        return bool(root) and paths.read(action.what).startswith(root + "/")
    return action.what.partition("/")[0] in (site.domain, *site.aliases)


class _Visits:
    """What a host's sites serve before something is done, and what of that they do not serve afterwards."""

    def __init__(self, host: Host, ca_file: str | None, others: Others) -> None:
        self._host, self._authorities, self._others = host, {host.name: ca_file}, others
        self._stood = others.standing() if host.sites else ()
        self._before = smoke.visit([host], self._authorities) if host.sites else {}
        self.broken = smoke.broken(self._before)
        self.shut: dict[str, tuple[str, ...]] = {}
        """Sites that others keep from visitors since then, by what: what they lost tells nothing."""
        self._gone: dict[str, int] = {}
        """How many URLs of each site no longer served at the last look, also those that were to be shut."""

    def others(self) -> tuple[str, ...]:
        """Return what others contained or released on the host meanwhile."""
        return self._others.since()

    def shut_before(self, domain: str) -> tuple[str, ...]:
        """Return by what others kept visitors from a site as a whole at the beginning."""
        site = _site_of(self._host, domain)
        return tuple(one.name for one in self._stood if _is_meant(site, f"http://{domain}/", one))

    def serving(self) -> dict[str, int]:
        """Return how many URLs of each site served at the last look as they did before."""
        left = {domain: count - self._gone.get(domain, 0) for domain, count in smoke.served(self._before).items()}
        return {domain: count for domain, count in left.items() if count}

    def lost(self, done: Sequence[Action], pauses: Sequence[int] = PAUSES) -> dict[str, tuple[smoke.Difference, ...]]:
        """Return the URLs of each site that no longer serve and should, also when the site had its time."""
        found = self._look(done)
        for pause in pauses:
            if not found:
                break
            time.sleep(pause)
            found = self._look(done)
        return found

    def _look(self, done: Sequence[Action]) -> dict[str, tuple[smoke.Difference, ...]]:
        stood = self._others.standing()
        after = smoke.visit([self._host], self._authorities, again=self._before)
        found = {}
        self.shut = {}
        fallen = smoke.fallen(self._before, after)
        self._gone = {domain: len(urls) for domain, urls in fallen.items()}
        for domain, urls in fallen.items():
            site = _site_of(self._host, domain)
            lost = [one for one in urls if not any(_is_meant(site, one.url, action) for action in done)]
            theirs = (*stood, *self._others.standing()) if lost else ()
            by = {one.url: [other.name for other in theirs if _is_meant(site, one.url, other)] for one in lost}
            if left := tuple(one for one in lost if not by[one.url]):
                found[domain] = left
            elif lost:
                self.shut[domain] = tuple(dict.fromkeys(name for names in by.values() for name in names))
        return found


def _is_shut(host: Host, domain: str, done: Sequence[Action]) -> bool:
    """Return whether a site as a whole was to be shut."""
    site = _site_of(host, domain)
    return any(_is_meant(site, f"http://{domain}/", action) for action in done if action.means == "site")


def _site_of(host: Host, domain: str) -> Site:
    return next(one for one in host.sites if one.domain == domain)


def _is_meant(site: Site, url: str, action: Action | Standing) -> bool:
    """Return whether an action is there for a URL of a site not to serve: its very file was taken away, its path or the site shut, its host cut off."""
    path = b"/" + unquote_to_bytes(urlsplit(url).path).strip(b"/")
    match action.means:
        case "isolation":
            return True
        case "site":
            return action.what in (site.domain, *site.aliases)
        case "path":
            domain, _, what = action.what.partition("/")
            shut = b"/" + unquote_to_bytes(what)
            return domain in (site.domain, *site.aliases) and (path + b"/").startswith(shut + b"/")
        case "file":
            root = (site.document_root or "").rstrip("/").encode()
            return (
                bool(root)
                and path != b"/"
                and root + path == paths.read(action.what).encode("utf-8", "surrogateescape")
            )
    return False
