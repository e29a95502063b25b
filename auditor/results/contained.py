"""What incidents contain on the hosts of a run, in sentences: what is seen there is seen past that. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.models import Site
from auditor.models.incidents import OpenIncident, Standing, Unrecorded
from auditor.system.grouped import grouped
from auditor.text.words import Words


def lines(contained: Iterable[Standing], words: Words) -> tuple[str, ...]:
    """Each thing that is contained, by which incident."""
    return tuple(f"{one.incident}: {line(one, words)}" for one in contained)


def what_of(means: str, what: str, words: Words) -> str:
    """Return what an action is about, as people read it: of a process its number and program, of a job its line and file."""
    if means.startswith("process"):
        number, slash, program = what.partition("/")
        return f"{number.partition('@')[0]} ({slash}{program})" if slash else what
    if means == "job":
        path, _, line_there = what.rpartition(":")
        return words("incidents.job_line", path=path, line=line_there.partition("@")[0]) if path else what
    return what


def by_incident(contained: Iterable[Standing], words: Words) -> dict[str, list[str]]:
    """Return what each incident contains, a line each."""
    return {
        incident: [line(one, words) for one in some]
        for incident, some in grouped(contained, lambda one: one.incident).items()
    }


def of_site(contained: Iterable[Standing], site: Site) -> Iterator[Standing]:
    """What visitors of a site get another answer for."""
    return (one for one in contained if one.host == site.host and one.site in (site.domain, *site.aliases))


def of_incidents(contained: Iterable[Standing], site: Site, incidents: Iterable[OpenIncident]) -> tuple[Standing, ...]:
    """Return what visitors of a site get another answer for, and what else the incidents that touch it contain on its host."""
    of, there = {one.id for one in incidents}, [one for one in contained if one.host == site.host]
    theirs = set(of_site(there, site))
    return tuple(one for one in there if one in theirs or (one.incident in of and one.site is None))


def line(one: Standing, words: Words) -> str:
    """One thing that is contained, or perhaps; and that its host does not have it on record."""
    until = words.moment(one.until) if one.until else ""
    named = {"number": str(one.number), "host": one.host, "what": what_of(one.means, one.what, words), "until": until}
    means = words(f"incidents.means.{one.means}")
    said = (
        words(f"incidents.now.{one.means}", **named)
        if one.known
        else words("incidents.contained_perhaps", means=means, **named)
    )
    if one.there is not False:
        return said
    command = f"auditor incident release {one.incident} {one.number}"
    return f"{said}: {words('incidents.not_on_record', host=one.host, command=command)}"


def unrecorded(some: Iterable[Unrecorded], words: Words) -> Iterator[str]:
    """What hosts have on record that the case log does not have in force, in a sentence for each host."""
    for host, group in grouped(some, lambda one: one.host).items():
        yield words("incidents.unrecorded", host=host, actions=", ".join(dict.fromkeys(one.action for one in group)))
