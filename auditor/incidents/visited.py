"""Things are contained or cleaned with a visit to the host's sites before and after.

A site serves when every URL that served before does, but for those that were to be shut. One that does not gets all back that it may live by: that
seems to have looked like the intruder's. What only shuts somebody out stays, and is named.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlsplit

from auditor.hardening.serving import smoke
from auditor.incidents.case import Action
from auditor.incidents.containing import Containing
from auditor.incidents.means.table import MEANS
from auditor.models import Host, Site
from auditor.models.incidents import Contained, Released
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


@dataclass(frozen=True)
class Unseen:
    """Sites that served nothing before: nothing tells whether they live by what was done."""

    domains: tuple[str, ...]


def visited[Other](
    command: Containing, host: Host, deeds: Iterable[Contained | Other], ca_file: str | None
) -> Iterator[Contained | Other | Fell | Unseen]:
    """What is done on a host, each as it is done, then the sites that fell, and those of which that cannot be told."""
    visits = _Visits(host, ca_file)
    done: list[Action] = []
    for one in deeds:
        yield one
        if isinstance(one, Contained) and one.state != "refused":
            done.append(Action(one.number, host.name, one.means, one.what, one.state))
    if not done or not host.sites or any(action.means == "isolation" for action in done):
        return
    if any(MEANS[action.means].forgotten for action in done) and not command.forget_code(host.name):
        time.sleep(KEPT_SECONDS)
    lost = visits.lost(done)
    if lost:
        back = [action for action in done if MEANS[action.means].missed]
        released = tuple(command.release(action) for action in reversed(back))
        still = visits.lost([action for action in done if action not in back]) if released else lost
        left = tuple(action.number for action in done if action not in back)
        for domain in {**lost, **still}:
            fallen = still.get(domain, ())
            told = fallen if released else ()
            yield Fell(command.incident, domain, lost.get(domain, fallen), released, told, left if fallen else ())
    unseen = tuple(domain for domain in visits.broken if not _is_shut(host, domain, done))
    if unseen:
        yield Unseen(unseen)


class _Visits:
    """What a host's sites serve before something is done, and what of that they do not serve afterwards."""

    def __init__(self, host: Host, ca_file: str | None) -> None:
        self._host, self._authorities = host, {host.name: ca_file}
        self._before = smoke.visit([host], self._authorities) if host.sites else {}
        self.broken = smoke.broken(self._before)

    def lost(self, done: Sequence[Action]) -> dict[str, tuple[smoke.Difference, ...]]:
        """Return the URLs of each site that no longer serve and should, also when the site had its time."""
        found = self._look(done)
        for pause in PAUSES:
            if not found:
                break
            time.sleep(pause)
            found = self._look(done)
        return found

    def _look(self, done: Sequence[Action]) -> dict[str, tuple[smoke.Difference, ...]]:
        after = smoke.visit([self._host], self._authorities, again=self._before)
        found = {}
        for domain, urls in smoke.fallen(self._before, after).items():
            site = next(one for one in self._host.sites if one.domain == domain)
            left = tuple(one for one in urls if not any(_is_meant(site, one.url, action) for action in done))
            if left:
                found[domain] = left
        return found


def _is_shut(host: Host, domain: str, done: Sequence[Action]) -> bool:
    """Return whether a site as a whole was to be shut."""
    site = next(one for one in host.sites if one.domain == domain)
    return any(_is_meant(site, f"http://{domain}/", action) for action in done if action.means == "site")


def _is_meant(site: Site, url: str, action: Action) -> bool:
    """Return whether an action is there for a URL of a site not to serve: its very file was taken away, its path or the site shut."""
    path = b"/" + unquote_to_bytes(urlsplit(url).path).strip(b"/")
    match action.means:
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
