"""The words that adverts on hijacked sites are made of, as data; and how much of them is in a text. Pure but for reading the data.

The files of ``data/`` beside this module are read; a unit's own folder may hold files of the same names, which add lines
or give a term, a category or a domain another value.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ahocorasick

from auditor.content.words import writing
from auditor.content.words.writing import DISGUISED, Written
from auditor.errors import InputError

SHIPPED = Path(__file__).parent / "data"
ADVERT = 3
"""The weight from which words in one place are an advert."""
LONG = 8
"""Letters from which a term is sought inside of other letters, too."""
MAX_TERMS = 20_000
MAX_HITS = 2_000
_AROUND = 20
_TERM = "term"
_WORD = re.compile(r"\w")
_WIDE = re.compile("[\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Writing that puts no spaces between words."""
CONTEXTS = ("reporting", "missing", "search")
WHOSE = ("state", "known")
PLACES = ("start", "end", "any")


@dataclass(frozen=True)
class Term:
    """A word or phrase that adverts use."""

    text: str
    category: str
    ambiguous: bool = False
    """Its letters without marks mean something honest, too."""


@dataclass(frozen=True)
class Found:
    """What of the lexicon is in a text."""

    score: int = 0
    terms: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()
    gravest: int = 0
    """The weight of the heaviest term: words that everybody uses are no advert, however many."""
    reporting: int = 0
    """Distinct words of those who report crime or warn of it."""
    missing: bool = False
    search: bool = False

    @property
    def advert(self) -> bool:
        """Whether it reads as an advert, and not as a report of one."""
        return self.named and not self.reporting

    @property
    def named(self) -> bool:
        """Whether words of adverts are in it, whoever says them."""
        return self.score >= ADVERT and self.gravest > 1


NOTHING = Found()


@dataclass(frozen=True)
class Lexicon:
    """Words, their weights and contexts, and whose addresses are."""

    terms: tuple[Term, ...]
    weights: Mapping[str, int]
    context: Mapping[str, str]
    stems: Mapping[str, str]
    addresses: Mapping[str, str]
    _spoken: Any = field(init=False, repr=False, compare=False)
    _wide: Any = field(init=False, repr=False, compare=False)
    """Terms in writing that puts no spaces between words, apart: the fewer first letters there are, the faster the others are found."""
    _joined: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_spoken", _automaton(key for key in self._keys() if not _WIDE.match(key[0])))
        object.__setattr__(self, "_wide", _automaton(key for key in self._keys() if _WIDE.match(key[0])))
        object.__setattr__(self, "_joined", _automaton(self._joined_keys()))

    def _keys(self) -> Iterator[tuple[str, tuple[str, str, bool]]]:
        for word, kind in self.context.items():
            yield word, (kind, word, False)
        for term in self.terms:
            bare = writing.plain(term.text)
            if bare != term.text and not term.ambiguous and len(bare) > 4:
                yield bare, (_TERM, term.text, True)
        for term in self.terms:
            yield term.text, (_TERM, term.text, False)

    def _joined_keys(self) -> Iterator[tuple[str, tuple[str, str, bool]]]:
        for term in self.terms:
            bare = writing.plain(term.text)
            letters = bare.replace(" ", "")
            if len(letters) >= LONG and " " in bare and not term.ambiguous:
                yield letters, (_TERM, term.text, True)

    @functools.cached_property
    def categories(self) -> Mapping[str, str]:
        """The category of each term."""
        return {term.text: term.category for term in self.terms}

    def find(self, written: Written, *, scrambled: int = DISGUISED, joined: bool = False) -> Found:
        """What is in a text.

        ``scrambled``: the number of disguised words from which its letters without marks count, too. ``joined``: words
        may stand in it without spaces between them.
        """
        text, wide = written.text, written.wide
        found: dict[str, set[str]] = {}
        self._hits(self._spoken, text, found)
        if wide:
            self._hits(self._wide, text, found)
        if joined:
            for token in text.split():
                if len(token) >= LONG + 4:
                    found.setdefault(_TERM, set()).update(self.joined(writing.plain(token)))
        if written.disguised >= scrambled:
            self._hits(self._spoken, writing.plain(text), found)
        terms = found.pop(_TERM, None)
        if not terms:
            return Found(
                reporting=len(found.get("reporting", ())), missing="missing" in found, search="search" in found
            )
        longest = [term for term in terms if not any(term != other and term in other for other in terms)]
        weights = [self.weights.get(self.categories[term], 1) for term in longest]
        return Found(
            score=sum(weights),
            gravest=max(weights),
            terms=tuple(sorted(longest)),
            categories=frozenset(self.categories[term] for term in longest),
            reporting=len(found.get("reporting", ())),
            missing="missing" in found,
            search="search" in found,
        )

    def _hits(self, automaton: Any, text: str, found: dict[str, set[str]]) -> None:
        if not len(automaton):
            return
        for count, (end, (kind, word, bare, length)) in enumerate(automaton.iter(text)):
            if count > MAX_HITS:
                return
            words = found.get(kind)
            if words is not None and word in words:
                continue
            start, stop = end - length + 1, end + 1
            if kind == _TERM and bare and not text[max(0, start - _AROUND) : stop + _AROUND].isascii():
                continue
            if _stands_alone(text, start, stop) or (kind == _TERM and " " in word and length > LONG + 2 and not bare):
                found.setdefault(kind, set()).add(word)

    def joined(self, name: str) -> tuple[str, ...]:
        """The terms in a name that holds no spaces, as a host does."""
        return tuple(word for _, (_, word, _, _) in self._joined.iter(name)) if len(self._joined) else ()


def _stands_alone(text: str, start: int, stop: int) -> bool:
    if _WIDE.match(text, start):
        return True
    return not (start and text[start - 1].isalnum()) and not (stop < len(text) and text[stop].isalnum())


def _automaton(keys: Iterable[tuple[str, tuple[str, str, bool]]]) -> Any:
    automaton = ahocorasick.Automaton()
    for key, (kind, word, bare) in keys:
        automaton.add_word(key, (kind, word, bare, len(key)))
    if len(automaton):
        automaton.make_automaton()
    return automaton


@functools.cache
def shipped() -> Lexicon:
    """What comes with the program."""
    return load()


def load(*own: Path) -> Lexicon:
    """What comes with the program, with what a unit's own folders add. Raises InputError for a line that is not of the form."""
    folders = (SHIPPED, *own)
    weights = {name: int(weight) for name, weight, *_ in _rows(folders, "categories.tsv", _weight)}
    terms = {
        text: Term(text, category, bool(rest))
        for text, category, *rest in _rows(folders, "terms.tsv", functools.partial(_term, weights))
    }
    return Lexicon(
        terms=tuple(terms.values()),
        weights=weights,
        context={word: kind for word, kind, *_ in _rows(folders, "context.tsv", functools.partial(_one_of, CONTEXTS))},
        stems={stem: at for stem, at, *_ in _rows(folders, "stems.tsv", functools.partial(_one_of, PLACES))},
        addresses={
            host: whose for host, whose, *_ in _rows(folders, "addresses.tsv", functools.partial(_one_of, WHOSE))
        },
    )


def without_words(lexicon: Lexicon) -> Lexicon:
    """The same with no term and no stem: what is found without knowing a word."""
    return Lexicon((), lexicon.weights, lexicon.context, {}, lexicon.addresses)


def _rows(folders: Iterable[Path], name: str, check: Any) -> Iterator[list[str]]:
    """The fields of the lines of the files of that name. Raises InputError for a line that does not fit."""
    for file in (folder / name for folder in folders):
        if not file.exists():
            continue
        try:
            lines = file.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError("cannot be read as UTF-8 text", file=file, mend="save it as UTF-8") from error
        if len(lines) > MAX_TERMS:
            raise InputError(f"more than {MAX_TERMS} lines", file=file, mend="keep the words that are needed")
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields = [writing.read(part.strip()).text if part is not None else part for part in line.split("\t")]
            wrong, mend = _form(fields) or check(fields) or ("", "")
            if wrong:
                raise InputError(wrong, file=file, line=number, mend=mend)
            yield fields


def _form(fields: list[str]) -> tuple[str, str] | None:
    if len(fields) not in (2, 3) or not all(fields):
        return "two or three fields with a tab between them are expected", "write the word, a tab, and what it is"
    if len(fields[0]) > 80:
        return "a word of more than 80 letters", "shorten it"
    return None


def _weight(fields: list[str]) -> tuple[str, str] | None:
    if not fields[1].isdecimal() or int(fields[1]) > 9:
        return f"{fields[1]} is no weight", "write a number from 0 to 9"
    return None


def _term(weights: Mapping[str, int], fields: list[str]) -> tuple[str, str] | None:
    if fields[1] not in weights:
        return f"there is no category {fields[1]}", f"use one of {', '.join(weights)}"
    if fields[2:] not in ([], ["ambiguous"]):
        return f"{fields[2]} is not known here", 'write "ambiguous", or nothing'
    if len(fields[0]) < 2:
        return "a word of one letter", "write a longer one"
    return None


def _one_of(allowed: tuple[str, ...], fields: list[str]) -> tuple[str, str] | None:
    if fields[1] not in allowed:
        return f"{fields[1]} is not known here", f"use one of {', '.join(allowed)}"
    return None
