"""Traces made out of what a page holds, told apart and put together. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from auditor.models.reviews import (
    MAX_FAMILIES,
    MAX_OF_A_KIND,
    MAX_RULES,
    MAX_SAMPLE,
    MAX_TARGET,
    MAX_WHERE,
    Certainty,
    Family,
    Kind,
    Trace,
)
from auditor.text.redact import redact
from auditor.text.visible import one_line

_RANK: Mapping[Certainty, int] = {"exact": 2, "strong": 1, "weak": 0}


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


__all__ = [
    "Certainty",
    "Family",
    "Kind",
    "Trace",
    "bounded",
    "certainty",
    "defanged",
    "key_of",
    "masked",
    "merged",
    "trace",
]
