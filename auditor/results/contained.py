"""What incidents contain on the hosts of a run, in sentences: what is seen there is seen past that. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.models import Site
from auditor.models.incidents import Standing
from auditor.text.words import Words


def lines(contained: Iterable[Standing], words: Words) -> tuple[str, ...]:
    """Each thing that is contained, by which incident."""
    return tuple(f"{one.incident}: {line(one, words)}" for one in contained)


def of_site(contained: Iterable[Standing], site: Site) -> Iterator[Standing]:
    """What visitors of a site get another answer for."""
    return (one for one in contained if one.host == site.host and one.site in (site.domain, *site.aliases))


def line(one: Standing, words: Words) -> str:
    """One thing that is contained, or perhaps."""
    until = words.moment(one.until) if one.until else ""
    named = {"number": str(one.number), "host": one.host, "what": one.what, "until": until}
    return words(f"incidents.now.{one.means}", **named) if one.known else words("incidents.contained_perhaps", **named)
