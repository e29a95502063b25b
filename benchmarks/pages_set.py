"""How many hostile pages of a set the reading of content finds, and how many honest ones it takes for one.

    .venv/bin/python -m benchmarks.pages_set [--folder FOLDER] [--lexicon shipped|empty] [--shuffle SEED] [--each]

Each page of ``FOLDER/pages.yml`` is read as a review reads it: every manner of visit, redirects, and nothing known of
the site but its own name, as on a first look. Files that a page loads are not fetched. A hostile page is found when a
trace is ``exact`` or ``strong``, and only signalled when all are ``weak``.
``--shuffle`` changes the names, domains and addresses of hostile pages at random, and leaves the site's own host.
"""

from __future__ import annotations

import argparse
import random
import re
import string
import sys
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from auditor.content.analyzer import analyze_visit
from auditor.content.text.lexicon import Lexicon, copy_lexicon_without_words, load_built_in_lexicon
from auditor.scans.responses import PageVisit, SiteBaseline, Visitor, VisitorResponse
from auditor.scans.traces import Trace
from auditor.system.yaml_source import load_yaml

HALF_A = Path(__file__).parent / "detection_sets" / "pages" / "a"
MANNERS: dict[Visitor, tuple[str, ...]] = {
    "plain": ("visitor",),
    "again": ("visitor",),
    "engine": ("engine", "engine_phone"),
    "referrer": ("referrer", "first_visit"),
    "phone": ("phone",),
    "phone_referrer": ("phone_referrer", "engine_phone"),
}
"""How a review's manner of visit is called in the sets: the first name with an answer of its own counts."""
_HOST = re.compile(
    r"(?:(?<=//)(?:[a-z0-9][a-z0-9-]{0,60}\.){1,4}[a-z]{2,12}|\b(?:[a-z0-9][a-z0-9-]{0,60}\.){1,4}(?:example|test|invalid))\b",
    re.IGNORECASE,
)
"""Behind slashes any name, elsewhere those of the sets: ``document.write`` is none."""
_BRAND = re.compile(r"\b(?=[a-z0-9]{3,12}\b)(?:[a-z]{1,10}\d{1,4}|\d{1,3}[a-z]{2,9})\b", re.IGNORECASE)
_KEPT = re.compile(r"\.(?:html?|php|js|json|css|png|jpe?g|svg|webp|gif|ico|pdf|xml)$|\.gov\.vn$", re.IGNORECASE)
_STRENGTHS = ("exact", "strong", "weak", "nothing")


def read_visit(folder: Path, told: Mapping[str, Any], chance: random.Random | None) -> tuple[PageVisit, SiteBaseline]:
    """Return one page as all visitors were served it, and what is known of its site."""
    host, path = told["host"], told["path"]
    changed: dict[str, str] = {}
    responses = tuple(_read_response(folder / told["folder"], told, manner, (chance, changed)) for manner in MANNERS)
    role = "home" if path == "/" else "page"
    known = SiteBaseline(host, own=frozenset({host}))
    return PageVisit(f"https://{host}{path}", role, responses), known


def _read_response(
    folder: Path, told: Mapping[str, Any], manner: Visitor, shuffled: tuple[random.Random | None, dict[str, str]]
) -> VisitorResponse:
    names, answers = MANNERS[manner], told.get("answers", {})
    name = next((one for one in names if one in told["seen_by"] or one in answers), "visitor")
    answer = answers.get(name, {})
    file = told["seen_by"].get(name, told["seen_by"]["visitor"])
    body, location = (folder / file).read_text("utf-8"), answer.get("location")
    chance, changed = shuffled
    if chance is not None:
        body = shuffle_names(body, told["host"], chance, changed)
        location = location and shuffle_names(location, told["host"], chance, changed)
    status = answer.get("status", 200)
    headers = {"content-type": "text/html; charset=utf-8"}
    return VisitorResponse(manner, status, headers, b"" if location else body.encode(), location)


def shuffle_names(text: str, own: str, chance: random.Random, changed: dict[str, str]) -> str:
    """Return a text with other hosts and brands: each letter another letter, each digit another digit."""
    for shape in (_HOST, _BRAND):
        text = shape.sub(partial(_shuffle_match, own=own, chance=chance, changed=changed), text)
    return text


def _shuffle_match(found: re.Match[str], own: str, chance: random.Random, changed: dict[str, str]) -> str:
    name = found[0]
    if name.lower().endswith(own) or _KEPT.search(name) or re.fullmatch(r"h[1-6]", name, re.IGNORECASE):
        return name
    first, dot, rest = name.rpartition(".")
    if not dot:
        first, rest = name, ""
    key = first.lower()
    if key in changed.values():
        return name
    changed.setdefault(key, "".join(_shuffle_letter(letter, chance) for letter in key))
    return changed[key] + dot + rest


def _shuffle_letter(letter: str, chance: random.Random) -> str:
    if letter.isdigit():
        return chance.choice(string.digits)
    return chance.choice(string.ascii_lowercase) if letter.isalpha() else letter


def measure(folder: Path, lexicon: Lexicon, seed: int | None, *, each: bool) -> None:
    """Print what was found of each campaign, what was missed, and what honest pages were taken for."""
    counts: dict[str, Counter[str]] = {}
    kinds = {"hostile": Counter[str](), "honest": Counter[str]()}
    for told in load_yaml(folder / "pages.yml"):
        is_hostile = told["expected"] == "hostile"
        chance = None
        if is_hostile and seed is not None:
            chance = random.Random(f"{seed}-{told['folder']}")  # noqa: S311  the same names at each run, no secret
        visited, known = read_visit(folder, told, chance)
        traces = analyze_visit(visited, known, lexicon).traces
        strongest = min((one.certainty for one in traces), key=_STRENGTHS.index, default="nothing")
        kinds[told["expected"]][strongest] += 1
        if is_hostile:
            counts.setdefault(told["campaign"], Counter())[strongest] += 1
        if each or (strongest in ("exact", "strong")) != is_hostile:
            print(f"  {told['folder']:11} {told['campaign']:14} {told['what']}: {strongest} {_describe(traces)}")
    print(f"{'':16}" + "".join(f"{strength:>9}" for strength in _STRENGTHS))
    for name, count in [*sorted(counts.items()), *kinds.items()]:
        print(f"{name:16}" + "".join(f"{count[strength]:>9}" for strength in _STRENGTHS))
    for name, count in kinds.items():
        alarmed, whole = count["exact"] + count["strong"], count.total()
        print(f"{name} alarmed: {alarmed} of {whole} ({100 * alarmed / max(1, whole):.1f} %)")


def _describe(traces: tuple[Trace, ...]) -> str:
    return "; ".join(f"{one.kind} {one.certainty} ({', '.join(one.rules)})" for one in traces)


def main() -> int:
    """Measure one folder with one lexicon."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--folder", type=Path, default=HALF_A)
    asked.add_argument("--lexicon", choices=("shipped", "empty"), default="shipped")
    asked.add_argument("--shuffle", type=int, metavar="SEED")
    asked.add_argument("--each", action="store_true")
    given = asked.parse_args()
    lexicon = load_built_in_lexicon()
    if given.lexicon == "empty":
        lexicon = copy_lexicon_without_words(lexicon)
    measure(given.folder, lexicon, given.shuffle, each=given.each)
    return 0


if __name__ == "__main__":
    sys.exit(main())
