"""The words that adverts on hijacked sites are made of, as data; and how much of them is in a text.

Pure but for reading the data.

The files of ``data/`` beside this module are read; a unit's own folder may hold files of the same names, which add
lines or give a term, a category or a domain another value.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

from auditor.content.text import brands, normalization, pitches
from auditor.content.text.normalization import MIN_DISGUISED, NormalizedText
from auditor.errors import InputError
from auditor.text.multi_search import MultiSearch

BUILT_IN_FOLDER = Path(__file__).parent / "data"
ADVERT = 3
"""The weight from which words in one place are an advert."""
LONG = 8
"""Letters from which a term is sought inside of other letters, too."""
MAX_TERMS = 20_000
MAX_HITS = 2_000
MIN_LETTERS, MAX_LETTERS, MAX_WEIGHT = 2, 80, 9
FILES = ("categories.tsv", "terms.tsv", "context.tsv", "stems.tsv", "addresses.tsv", "pitches.tsv")
_AROUND, _TIMES, _TIMES_OF_PARTS = 20, 3, 30
_TERM, _PITCH = "term", "pitch"
_BARE_PITCH = 4
_FAR = re.compile("[\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Writing that is sought only where letters of such are, as ``Written.wide`` tells."""
_WIDE = re.compile(f"{_FAR.pattern}|[\u1000-\u109f\u1780-\u17ff]")
"""Writing that puts no spaces between words: that, Burmese, Khmer."""
CONTEXTS = ("reporting", "plight", "authority", "missing", "search", *brands.HINTS)
_REPORTS = ("reporting", "plight", "authority")
_RECOVERY = "recovery"
WHOSE = ("state", "known", "anybody")
PLACES = ("start", "end", "any")


type _Key = tuple[str, str, bool]
"""What a sought text stands for: the kind of the word, the word, and whether its letters have no marks."""
type Pitches = Mapping[str, tuple[tuple[str, str], ...]]
"""Words, and of which kinds of offers each is which part."""


@dataclass(frozen=True)
class LexiconTerm:
    """A word or phrase that adverts use."""

    text: str
    category: str
    ambiguous: bool = False
    """Its letters without marks mean something honest, too."""


@dataclass(frozen=True)
class LexiconMatch:
    """The terms of the lexicon in a text."""

    score: int = 0
    terms: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()
    gravest: int = 0
    """The weight of the heaviest term: words that everybody uses are no advert, however many."""
    report_words: int = 0
    """Distinct words of those who report crime or warn of it."""
    warnings: int = 0
    """Of them those that nobody says who pretends to be the police."""
    is_missing_page: bool = False
    search: bool = False

    @property
    def is_advert_and_no_report(self) -> bool:
        """Return whether it reads as an advert, and not as a report of one."""
        return self.has_advert_words and not self.report_words

    @property
    def has_advert_words(self) -> bool:
        """Return whether words of adverts are in it, whoever says them."""
        return self.score >= ADVERT and self.gravest > 1


@dataclass
class _LexiconHits:
    """What was found in a text, and where."""

    terms: set[str] = field(default_factory=set)
    spans: list[tuple[int, int]] = field(default_factory=list)
    reports: list[tuple[int, int, str, str]] = field(default_factory=list)
    hints: list[tuple[int, int, brands.Hint, str]] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    pitches: list[tuple[int, str]] = field(default_factory=list)
    times: dict[str, int] = field(default_factory=dict)
    """How often each word was met, as far as that is counted."""

    def count_report_words(self, own_words: Set[str], without: Set[str]) -> int:
        """Return how many distinct words report: those that are a part of an advert's own words do not.

        ``own_words``: parts of the offers that were found. ``without``: kinds of such words that do not count.
        """
        reports = [
            (start, stop, word)
            for start, stop, word, kind in self.reports
            if kind not in without and word not in own_words
        ]
        if not reports or not self.spans:
            return len({word for _, _, word in reports})
        ends: list[tuple[int, int]] = []
        for start, stop in sorted(self.spans):
            if not ends or stop > ends[-1][1]:
                ends.append((start, stop))
        starts = [start for start, _ in ends]
        return len(
            {
                word
                for start, stop, word in reports
                if not (at := bisect.bisect_right(starts, start)) or ends[at - 1][1] < stop
            }
        )


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Words, their weights and contexts, and whose addresses are. Each is equal to itself alone."""

    terms: tuple[LexiconTerm, ...]
    weights: Mapping[str, int]
    context: Mapping[str, str]
    stems: Mapping[str, str]
    addresses: Mapping[str, str]
    pitches: Pitches = field(default_factory=dict)
    _phrase_index: MultiSearch[_Key] = field(init=False, repr=False, compare=False)
    _wide: MultiSearch[_Key] = field(init=False, repr=False, compare=False)
    """Terms in writing that puts no spaces between words, apart.

    The fewer first letters there are, the faster the others are found.
    """
    _joined_index: MultiSearch[_Key] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        keys = dict(self._iter_search_keys())
        object.__setattr__(
            self, "_phrase_index", MultiSearch({key: value for key, value in keys.items() if not _FAR.match(key)})
        )
        object.__setattr__(self, "_wide", MultiSearch({key: value for key, value in keys.items() if _FAR.match(key)}))
        object.__setattr__(self, "_joined_index", MultiSearch(dict(self._iter_search_keys_without_spaces())))

    def _iter_search_keys(self) -> Iterator[tuple[str, _Key]]:
        for word in self.pitches:
            bare = normalization.strip_diacritics(word)
            if bare != word and len(bare) > _BARE_PITCH:
                yield bare, (_PITCH, word, False)
            yield word, (_PITCH, word, False)
        for word, kind in self.context.items():
            bare = normalization.strip_diacritics(word)
            if kind in brands.HINTS and bare != word:
                yield bare, (kind, word, False)
            yield word, (kind, word, False)
        for term in self.terms:
            bare = normalization.strip_diacritics(term.text)
            if bare != term.text and not term.ambiguous and len(bare) > 4:
                yield bare, (_TERM, term.text, True)
        for term in self.terms:
            yield term.text, (_TERM, term.text, False)

    def _iter_search_keys_without_spaces(self) -> Iterator[tuple[str, _Key]]:
        for term in self.terms:
            bare = normalization.strip_diacritics(term.text)
            letters = bare.replace(" ", "")
            if len(letters) >= LONG and " " in bare and not term.ambiguous:
                yield letters, (_TERM, term.text, True)

    @functools.cached_property
    def category_by_term(self) -> Mapping[str, str]:
        """Return the category of each term."""
        return {term.text: term.category for term in self.terms}

    def find_terms_in_text(
        self, normalized_text: NormalizedText, *, min_disguised: int = MIN_DISGUISED, match_joined: bool = False
    ) -> LexiconMatch:
        """Return what is in a text.

        ``min_disguised``: the number of disguised words from which its letters without marks count, too.
        ``match_joined``: words may stand in it without spaces between them.
        """
        text, wide = normalized_text.text, normalized_text.wide
        hits = _LexiconHits()
        self._collect_index_hits(self._phrase_index, text, hits)
        if wide:
            self._collect_index_hits(self._wide, text, hits)
        if match_joined:
            for token in text.split():
                if len(token) >= LONG + 4:
                    hits.terms.update(self.find_terms_in_name_without_spaces(normalization.strip_diacritics(token)))
        if normalized_text.disguised_count >= min_disguised:
            self._collect_index_hits(self._phrase_index, normalization.strip_diacritics(text), hits)
        longest = {term for term in hits.terms if not any(term != other and term in other for other in hits.terms)}
        categories = [self.category_by_term[term] for term in longest]
        if hits.hints and brands.CATEGORY not in categories and brands.is_name_offered(text, hits.hints):
            longest.add(brands.TERM)
            categories.append(brands.CATEGORY)
        offered = pitches.find_pitches(self._iter_parts_of_pitches(hits), self._parts_by_pitch)
        longest.update(f"({kind})" for kind in offered)
        categories += [pitches.CATEGORY] * len(offered) + [_RECOVERY] * (_RECOVERY in offered)
        own_words = {word for _, word in hits.pitches if any(kind in offered for kind, _ in self.pitches[word])}
        weights = [self.weights.get(category, 1) for category in categories]
        return LexiconMatch(
            score=sum(weights),
            gravest=max(weights, default=0),
            terms=tuple(sorted(longest)),
            categories=frozenset(categories),
            report_words=hits.count_report_words(own_words, {"plight"} if _RECOVERY in categories else frozenset()),
            warnings=hits.count_report_words(own_words, {"plight", "authority"}),
            is_missing_page="missing" in hits.kinds,
            search="search" in hits.kinds,
        )

    @functools.cached_property
    def _parts_by_pitch(self) -> Mapping[str, frozenset[str]]:
        """Return the parts of each kind of offer."""
        parts: dict[str, set[str]] = {}
        for kind, part in (entry for entries in self.pitches.values() for entry in entries):
            parts.setdefault(kind, set()).add(part)
        return {kind: frozenset(found) for kind, found in parts.items()}

    def _iter_parts_of_pitches(self, hits: _LexiconHits) -> Iterator[tuple[int, str, str]]:
        for start, word in hits.pitches:
            for kind, part in self.pitches[word]:
                yield start, kind, part

    def _collect_index_hits(self, index: MultiSearch[_Key], text: str, hits: _LexiconHits) -> None:
        for start, stop, (kind, word, bare) in itertools.islice(index.iter_occurrences_in_text(text), MAX_HITS):
            is_term = kind == _TERM
            times = hits.times.get(word, 0)
            if times > _TIMES and (times > _TIMES_OF_PARTS or word not in self.pitches):
                continue
            if is_term and bare and not text[max(0, start - _AROUND) : stop + _AROUND].isascii():
                continue
            within = is_term and " " in word and stop - start > LONG + 2 and not bare
            if within or _is_whole_word_at(text, start, stop):
                hits.times[word] = times + 1
                if is_term:
                    hits.terms.add(word)
                    hits.spans.append((start, stop))
                    kind = self.context.get(word, kind)
                if word in self.pitches:
                    hits.pitches.append((start, word))
                if kind in brands.HINTS:
                    hits.hints.append((start, stop, kind, word))
                elif kind in _REPORTS:
                    hits.reports.append((start, stop, word, kind))
                elif not is_term:
                    hits.kinds.add(kind)

    def find_terms_in_name_without_spaces(self, name: str) -> tuple[str, ...]:
        """Return the terms in a name that holds no spaces, as a host does."""
        return tuple(word for _, _, (_, word, _) in self._joined_index.iter_occurrences_in_text(name))


def _is_whole_word_at(text: str, start: int, stop: int) -> bool:
    if _WIDE.match(text, start):
        return True
    return not (start and text[start - 1].isalnum()) and not (stop < len(text) and text[stop].isalnum())


@functools.cache
def load_built_in_lexicon() -> Lexicon:
    """Return what comes with the program."""
    return load_lexicon_with_folders()


def read_lexicon_files_of_unit(folder: Path) -> Mapping[str, str]:
    """Return the texts of an office's lexicon files in a folder, by their names; none when there is no such folder.

    Raises InputError for a line that is not of the form, and for a file that no list is named like.
    """
    if not folder.is_dir():
        return {}
    for file in folder.iterdir():
        if file.name not in FILES and not file.name.startswith("."):
            raise InputError(
                "there is no word list {name}",
                file=file,
                mend="use one of these names: {names}",
                name=file.name,
                names=", ".join(FILES),
            )
    load_lexicon_with_folders(folder)
    return _read_lexicon_files_in_folder(folder)


@functools.lru_cache(maxsize=8)
def build_lexicon_with_words_of_unit(texts: frozenset[tuple[str, str]]) -> Lexicon:
    """Return the lexicon that comes with the program, with what ``read_lexicon_files_of_unit`` read."""
    return (
        _build_lexicon(
            ((BUILT_IN_FOLDER, _read_lexicon_files_in_folder(BUILT_IN_FOLDER)), (Path("office/words"), dict(texts)))
        )
        if texts
        else load_built_in_lexicon()
    )


def load_lexicon_with_folders(*folders: Path) -> Lexicon:
    """Return what comes with the program, with what folders add.

    Raises InputError for a line that is not of the form.
    """
    return _build_lexicon((folder, _read_lexicon_files_in_folder(folder)) for folder in (BUILT_IN_FOLDER, *folders))


def copy_lexicon_without_words(lexicon: Lexicon) -> Lexicon:
    """Return the same with no term and no stem: what is found without knowing a word."""
    return Lexicon((), lexicon.weights, lexicon.context, {}, lexicon.addresses)


def _read_lexicon_files_in_folder(folder: Path) -> dict[str, str]:
    texts = {}
    for file in (folder / name for name in FILES):
        if file.is_file():
            try:
                texts[file.name] = file.read_text("utf-8-sig")
            except OSError as error:
                raise InputError(
                    "cannot be read: {why}", file=file, mend="check the path and its permissions", why=error.strerror
                ) from error
            except UnicodeDecodeError as error:
                raise InputError("is not UTF-8", file=file, mend="save it as UTF-8") from error
    return texts


@dataclass(frozen=True)
class _LexiconLine:
    file: Path
    number: int
    fields: tuple[str, ...]

    def require_valid_choice(self, value: str, choices: Iterable[str]) -> str:
        if value not in choices:
            raise InputError(
                "{value} is not a valid value here",
                file=self.file,
                line=self.number,
                mend="use one of {names}",
                value=value,
                names=", ".join(choices),
            )
        return value


def _build_lexicon(sources: Iterable[tuple[Path, Mapping[str, str]]]) -> Lexicon:
    sources = tuple(sources)
    lines = {
        name: [line for source in sources for line in _iter_lexicon_lines_of_file(*source, name)] for name in FILES
    }
    weights = {line.fields[0]: _parse_category_weight(line) for line in lines["categories.tsv"]}
    terms = {line.fields[0]: _parse_lexicon_term(line, weights) for line in lines["terms.tsv"]}

    def values(name: str, choices: Iterable[str]) -> dict[str, str]:
        return {line.fields[0]: line.require_valid_choice(line.fields[1], choices) for line in lines[name]}

    return Lexicon(
        terms=tuple(terms.values()),
        weights=weights,
        context=values("context.tsv", CONTEXTS),
        stems=values("stems.tsv", PLACES),
        addresses=values("addresses.tsv", WHOSE),
        pitches=_parse_pitches(lines["pitches.tsv"]),
    )


def _parse_pitches(lines: Iterable[_LexiconLine]) -> Pitches:
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for line in lines:
        word, kind, part = (*line.fields, "")[:3]
        line.require_valid_choice(part, pitches.PARTS)
        found[word] = tuple(dict.fromkeys((*found.get(word, ()), (kind, part))))
    return found


def _iter_lexicon_lines_of_file(
    folder: Path, text_by_file_name: Mapping[str, str], file_name: str
) -> Iterator[_LexiconLine]:
    file, lines = folder / file_name, text_by_file_name.get(file_name, "").splitlines()
    if len(lines) > MAX_TERMS:
        raise InputError(
            "more than {lines} lines", file=file, mend="keep only the words that you need", lines=MAX_TERMS
        )
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = tuple(normalization.normalize_text_as_read(part.strip()).text for part in line.split("\t"))
        if len(fields) not in (2, 3) or not all(fields):
            raise InputError(
                "each line must have two or three fields, separated by tabs",
                file=file,
                line=number,
                mend="write the word, a tab, and its kind",
            )
        if not MIN_LETTERS <= len(fields[0]) <= MAX_LETTERS:
            raise InputError(
                "a word must have {least} to {most} letters; this one has {number}",
                file=file,
                line=number,
                mend="write another one",
                least=MIN_LETTERS,
                most=MAX_LETTERS,
                number=len(fields[0]),
            )
        yield _LexiconLine(file, number, fields)


def _parse_category_weight(line: _LexiconLine) -> int:
    if not line.fields[1].isdecimal() or int(line.fields[1]) > MAX_WEIGHT:
        raise InputError(
            "{value} is not a weight",
            file=line.file,
            line=line.number,
            mend="write a number from 0 to {most}",
            value=line.fields[1],
            most=MAX_WEIGHT,
        )
    return int(line.fields[1])


def _parse_lexicon_term(line: _LexiconLine, weights: Iterable[str]) -> LexiconTerm:
    text, category, *more = line.fields
    return LexiconTerm(
        text,
        line.require_valid_choice(category, weights),
        bool(more) and bool(line.require_valid_choice(more[0], ("ambiguous",))),
    )
