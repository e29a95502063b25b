"""One thing seen on a site that its owner may not have put there. Data and pure functions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from auditor.models import Model
from auditor.text.redact import redact
from auditor.text.visible import one_line

MAX_SAMPLE, MAX_WHERE, MAX_TARGET = 160, 120, 60
"""Characters; none takes more than twice as many bytes."""
MAX_RULES, MAX_FAMILIES = 4, 6
MAX_OF_A_KIND = 200
"""Traces of one kind in one look; what is beyond is counted, not kept."""
MAX_BYTES = 1024
"""Of one trace as JSON, which the bounds of its parts keep it below."""

Kind = Literal[
    "redirect",
    "link",
    "frame",
    "script",
    "text",
    "title",
    "canonical",
    "form",
    "payload",
    "doorway",
    "missing_page",
    "reflection",
    "sitemap",
    "search_console",
    "defacement",
    "document",
    "push",
]
"""What it is, for whoever has to remove it; how it was found are its families. Their words: ``content.kind.KIND``."""
Family = Literal[
    "visitors", "hidden", "code", "redirects", "lexicon", "address", "language", "structure", "baseline", "orphan"
]
"""Ways of finding that do not rest on each other: what engines get and people do not; hidden from sight; inside of decoded
code; leading away; words; a domain that looks like adverts; a foreign script; the page's own declarations; unlike the last
accepted look; on a page that nothing links to."""
Certainty = Literal["exact", "strong", "weak"]
"""``exact``: nothing else can look so. ``strong``: two families, the lexicon being one. ``weak``: shown, never an alarm."""
_RANK: Mapping[Certainty, int] = {"exact": 2, "strong": 1, "weak": 0}

Key = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
"""The same for the same thing tomorrow and on another site."""
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,29}$")]


class Trace(Model):
    """One thing seen."""

    key: Key
    kind: Kind
    certainty: Certainty
    where: str = Field(max_length=MAX_WHERE, description="path of the first address that it was seen at")
    places: int = Field(default=1, ge=1, description="at how many addresses")
    sample: str = Field(max_length=MAX_SAMPLE, description="of what was seen: secrets and people's numbers taken out")
    target: str | None = Field(
        default=None, max_length=MAX_TARGET, description="the foreign host that it is about, defanged"
    )
    families: tuple[Family, ...] = Field(max_length=MAX_FAMILIES)
    rules: tuple[Name, ...] = Field(max_length=MAX_RULES, description="which rules say so")

    @model_validator(mode="after")
    def _is_small(self) -> Self:
        if len(self.model_dump_json().encode("utf-8", "replace")) > MAX_BYTES:
            raise ValueError(f"a trace of more than {MAX_BYTES} bytes")
        return self


def key_of(kind: Kind, essence: str) -> str:
    """The key of what is the same wherever and whenever it is seen: a foreign host, a normalised text."""
    return hashlib.sha256(f"{kind}\n{essence}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def certainty(families: Iterable[Family], *, exact: bool = False) -> Certainty:
    """How sure something is that these families found."""
    if exact:
        return "exact"
    return "strong" if len(set(families)) >= 2 else "weak"


def trace(
    kind: Kind,
    essence: str,
    *,
    where: str,
    sample: str,
    families: Iterable[Family],
    rules: Iterable[str],
    target: str | None = None,
    exact: bool = False,
) -> Trace:
    """A trace out of what a page holds, whatever that is: bounded, masked, fit to be shown."""
    families = tuple(dict.fromkeys(families))[:MAX_FAMILIES]
    return Trace(
        key=key_of(kind, essence),
        kind=kind,
        certainty=certainty(families, exact=exact),
        where=_shown(where, MAX_WHERE),
        sample=_shown(sample, MAX_SAMPLE),
        target=_shown(defanged(target), MAX_TARGET) if target is not None else None,
        families=families,
        rules=tuple(dict.fromkeys(rules))[:MAX_RULES],
    )


def merged(traces: Iterable[Trace]) -> tuple[Trace, ...]:
    """Each key once: where it was first seen, at how many places, by which families, as sure as the surest of them."""
    found: dict[str, Trace] = {}
    for one in traces:
        was = found.get(one.key)
        found[one.key] = one if was is None else _both(was, one)
    return tuple(found.values())


def _both(first: Trace, second: Trace) -> Trace:
    return first.model_copy(
        update={
            "places": first.places + second.places,
            "certainty": max(first.certainty, second.certainty, key=_RANK.__getitem__),
            "families": tuple(dict.fromkeys(first.families + second.families))[:MAX_FAMILIES],
            "rules": tuple(dict.fromkeys(first.rules + second.rules))[:MAX_RULES],
        }
    )


def bounded(traces: Iterable[Trace]) -> tuple[tuple[Trace, ...], int]:
    """The surest and most frequent, at most MAX_OF_A_KIND of each kind; and how many are left out."""
    ranked = sorted(traces, key=lambda one: (-_RANK[one.certainty], -one.places, one.key))
    kept: list[Trace] = []
    counts: dict[str, int] = {}
    for one in ranked:
        counts[one.kind] = counts.get(one.kind, 0) + 1
        if counts[one.kind] <= MAX_OF_A_KIND:
            kept.append(one)
    return tuple(kept), len(ranked) - len(kept)


def defanged(address: str) -> str:
    """An address as text that nothing makes a link of."""
    return address.replace("http", "hxxp").replace(".", "[.]")


_PEOPLE = re.compile(
    r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"  # e-mail
    r"|(?<![\w.])(?:\+?84|0)(?:[ .-]?\d){8,10}(?!\w)"  # telephone
    r"|(?<![\w.])\d{12}(?!\w)|(?<![\w.])\d{9}(?!\w)"  # identity card, citizen's number
)


def masked(text: str) -> str:
    """The text without addresses, telephone and identity numbers of people."""
    return _PEOPLE.sub("•••", text)


def _shown(text: str, limit: int) -> str:
    """At most ``limit`` characters, and so many that they take no more than twice as many bytes in JSON."""
    said = one_line(masked(redact(" ".join(text[:2000].split())))[:limit])[:limit].replace("\\", "/").replace('"', "'")
    return said.encode()[: 2 * limit].decode("utf-8", "ignore")
