"""Traces made out of what a page holds, told apart. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from auditor.models.reviews import (
    MAX_FAMILIES,
    MAX_RULES,
    MAX_SAMPLE,
    MAX_TARGET,
    MAX_WHERE,
    Certainty,
    Family,
    Kind,
    Trace,
    is_allowed_as_exact_trace_identifier,
)
from auditor.text import paths
from auditor.text.redact import redact_secrets_in_text
from auditor.text.sanitize import escape_text_to_one_line


def compute_trace_key(kind: Kind, essence: str) -> str:
    """Return the key of what is the same wherever and whenever it is seen: a foreign host, a normalised text."""
    return hashlib.sha256(f"{kind}\n{essence}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def compute_certainty_by_families(families: Iterable[Family], *, exact: bool = False) -> Certainty:
    """Return how sure something is that these families found."""
    if exact:
        return "exact"
    return "strong" if len(set(families)) >= 2 else "weak"


def build_masked_trace(
    kind: Kind,
    essence: str,
    *,
    where: str,
    sample: str,
    families: Iterable[Family],
    rules: Iterable[str],
) -> Trace:
    """Return a trace out of what a page holds, whatever that is: bounded, masked, fit to be shown."""
    families = tuple(dict.fromkeys(families))[:MAX_FAMILIES]
    return Trace(
        key=compute_trace_key(kind, essence),
        kind=kind,
        certainty=compute_certainty_by_families(families),
        where=_mask_and_shorten_text(where, MAX_WHERE),
        sample=_mask_and_shorten_text(sample, MAX_SAMPLE),
        families=families,
        rules=tuple(dict.fromkeys(rules))[:MAX_RULES],
    )


def add_target_to_trace(trace: Trace, target: str) -> Trace:
    """Return the same, with what it leads to, that nothing makes a link of."""
    return trace.model_copy(update={"target": _mask_and_shorten_text(defang_address(target), MAX_TARGET)})


def make_trace_exact(trace: Trace) -> Trace:
    """Return the same as something that is known exactly, whatever speaks for it."""
    return trace.model_copy(update={"certainty": "exact"})


_NO_BYTES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Halves of characters that stand for no byte of a name: no host of ours says such."""


def convert_to_trace_on_host(page_trace: Trace, where: str, certainty: Certainty, exactly: str = "") -> Trace:
    """Return the same of something on a host, as sure as that, its path written so that it can be acted on.

    With what tells it from all else there.
    """
    return page_trace.model_copy(
        update={
            "where": format_path_on_host(where),
            "certainty": certainty,
            "exactly": exactly if is_allowed_as_exact_trace_identifier(exactly) else "",
        }
    )


def format_path_on_host(where: str) -> str:
    """Return where something on a host lies, as its trace has it: one line that can be read back.

    Of a long one beginning and end.
    """
    path = paths.percent_encode_unprintable_in_path(_NO_BYTES.sub("?", where))
    half = MAX_WHERE // 2
    path = path if len(path) <= MAX_WHERE else f"{path[: half - 1]}\u2026{path[-half:]}"
    return path.encode()[: 2 * MAX_WHERE].decode("utf-8", "ignore")


def defang_address(address: str) -> str:
    """Return an address as text that nothing makes a link of."""
    return address.replace("http", "hxxp").replace(".", "[.]")


_PEOPLE = re.compile(
    r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"  # e-mail
    r"|(?<![\w.])(?:\+?84|0)(?:[ .-]?\d){8,10}(?!\w)"  # telephone
    r"|(?<![\w.])\d{12}(?!\w)|(?<![\w.])\d{9}(?!\w)"  # identity card, citizen's number
)


MASK = "•••"
"""What stands in the place of what is not told."""


def mask_personal_data(text: str) -> str:
    """Return the text without addresses, telephone and identity numbers of people."""
    return _PEOPLE.sub(MASK, text)


def _mask_and_shorten_text(text: str, limit: int) -> str:
    """Return at most ``limit`` characters, and so many that they take at most twice as many bytes in JSON."""
    safe_text = (
        escape_text_to_one_line(mask_personal_data(redact_secrets_in_text(" ".join(text[:2000].split())))[:limit])[
            :limit
        ]
        .replace("\\", "/")
        .replace('"', "'")
    )
    return safe_text.encode()[: 2 * limit].decode("utf-8", "ignore")


__all__ = [
    "Certainty",
    "Family",
    "Kind",
    "Trace",
    "build_masked_trace",
    "compute_certainty_by_families",
    "compute_trace_key",
    "defang_address",
    "mask_personal_data",
]
