"""What people read, in Vietnamese and English, from the gettext catalogues in ``auditor/locale``.

``auditor.po`` is keyed, in both languages: ``Words(lang)("sites_n", n=3)`` looks up ``sites_n``. ``messages.po`` is
Vietnamese, for sentences whose English stands in the code: ``make_text``, ``InputError``, help.
"""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, NoReturn

import polib

from auditor import models
from auditor.errors import Sentence
from auditor.models import Lang, clock
from auditor.models.applications.registry import CMS_BY_KIND
from auditor.text import dates

LOCALE = Path(__file__).parents[1] / "locale"
Origin = Literal["guard", "webroot_file", "library", "validator"]
"""Who says sentences with values already filled in: programs on hosts, libraries, and validators that a library asks.

Each is compared with those of its origin (``msgctxt``) in ``messages.po``, which hold ``{name}`` where a value stands.
"""
_PLACE = re.compile(r"{(\w+)}")
_FILLED_HELP: dict[str, str] = {}
"""The Vietnamese of texts of the help in which values are filled in."""


class Words:
    """The words in one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self._catalogue = _load_catalogue_raising_for_unknown_keys(lang)
        self._fixed: dict[str, str] = {}

    def __call__(self, key: str, **values: Any) -> str:
        """Return the phrase ``key`` with its values filled in; whole numbers are written the language's way.

        ``n`` is what the phrase counts: it chooses among the plural forms, and is given to no other phrase.
        Raises KeyError for a key that the catalogue does not hold.
        """
        if not values:
            if key not in self._fixed:
                self._fixed[key] = self._catalogue.gettext(key).format()
            return self._fixed[key]
        phrase = self._catalogue.ngettext(key, key, values["n"]) if "n" in values else self._catalogue.gettext(key)
        formatted_values = {
            name: self.format_number(value) if isinstance(value, int) else value for name, value in values.items()
        }
        return phrase.format(**formatted_values)

    def format_number(self, value: int) -> str:
        """Return 1.024 in Vietnamese, 1,024 in English."""
        return f"{value:,}".replace(",", "." if self.lang == "vi" else ",")

    def format_decimal(self, value: float) -> str:
        """Return one digit after the decimal sign."""
        return f"{value:.1f}".replace(".", "," if self.lang == "vi" else ".")

    def format_iso_moment(self, iso: str) -> str:
        """Return an ISO 8601 moment as people write it, by Vietnam's clock."""
        return dates.format_moment(clock.parse_iso_moment(iso), self.lang)

    def format_epoch_second(self, seconds: int) -> str:
        """Return an epoch second as people write a moment, by Vietnam's clock."""
        return dates.format_moment(clock.convert_epoch_to_moment(seconds), self.lang)

    def format_date(self, day: date) -> str:
        """Return a day as people write it."""
        return dates.format_day(day, self.lang)

    def format_day_of_iso_moment(self, iso: str) -> str:
        """Return the day of an ISO 8601 moment, by Vietnam's clock."""
        return dates.format_day(clock.parse_iso_moment(iso), self.lang)

    def format_month_of_iso_moment(self, iso: str) -> str:
        """Return the month of an ISO 8601 moment, by Vietnam's clock."""
        return dates.format_short_month_of_moment(clock.parse_iso_moment(iso), self.lang)

    def format_full_month(self, year: int, month: int) -> str:
        """Return a month in full, within a sentence."""
        return dates.format_full_month(year, month, self.lang)

    def get_framework_name(self, key: str) -> str:
        """Return a framework's name by its key in a control's references."""
        try:
            return self(f"framework.{key}")
        except KeyError:
            return key

    def get_application_name(self, key: str) -> str:
        """Return an application's name; that of a CMS is the same in any language."""
        return CMS_BY_KIND[key].name if key in CMS_BY_KIND else self(f"application.{key}")

    def get_area_name(self, area: str) -> str:
        """Return the name of an area of hardening, which a CMS is, too."""
        return CMS_BY_KIND[area].name if area in CMS_BY_KIND else self(f"area.{area}")


def make_text(sentence: str, **values: object) -> models.Text:
    """Return a sentence in both languages: the Vietnamese is in ``messages.po``, the English is the sentence itself.

    ``values`` fill the ``{names}`` in it; of one that is a ``Text`` each language has its own. Raises KeyError for a
    sentence that is not translated.
    """
    translated = _load_messages()[sentence]
    if not values:
        return models.Text(vi=translated, en=sentence)
    return models.Text(vi=_fill_in(translated, values, "vi"), en=_fill_in(sentence, values, "en"))


def _fill_in(sentence: str, values: Mapping[str, object], lang: Lang) -> str:
    return sentence.format(
        **{name: value.get(lang) if isinstance(value, models.Text) else value for name, value in values.items()}
    )


def make_help(sentence: str, **values: object) -> str:
    """Return a text of the command line's help with values filled in; ``translate_help`` knows it from then on."""
    english = _fill_in(sentence, values, "en")
    _FILLED_HELP[english] = _fill_in(_load_messages()[sentence], values, "vi")
    return english


def translate_help(text: str, lang: Lang) -> str:
    """Return a text of the command line's help in ``lang``."""
    return _FILLED_HELP.get(text) or _load_messages().get(text, text) if lang == "vi" else text


def has_values_filled_in(help_text: str) -> bool:
    """Return whether a text of the help is one that ``make_help`` made."""
    return help_text in _FILLED_HELP


def make_text_of_foreign_sentence(origin: Origin, sentence: str) -> models.Text:
    """Return the sentence in both languages; the same in both where it is not known."""
    return models.Text(vi=translate_foreign_sentence(origin, sentence, "vi"), en=sentence)


def translate_sentence(sentence: Sentence | models.Text, lang: Lang) -> str:
    """Return a sentence in ``lang``; a value that is a sentence itself is in ``lang``, too."""
    if isinstance(sentence, models.Text):
        return sentence.get(lang)
    if lang == "en":
        return str(sentence)
    translated = _load_messages().get(sentence.template)
    if translated is None and not sentence.values:
        return translate_words_of_library(sentence.template, lang)
    template = translated or sentence.template
    values = {name: _translate_value(value) for name, value in sentence.values.items()}
    return template.format(**values) if values else template


def _translate_value(value: object) -> object:
    if isinstance(value, Sentence | models.Text):
        return translate_sentence(value, "vi")
    return value if isinstance(value, int) else translate_words_of_library(str(value), "vi")


def translate_words_of_library(text: str, lang: Lang) -> str:
    """Return what a library says in ``lang``, or as it is where it is not known; it may quote sentences of ours."""
    if lang == "en":
        return text
    if (translated := _load_messages().get(text)) is not None:
        return translated
    for pattern, translation in _load_patterns_and_translations("library", "validator"):
        if match := pattern.fullmatch(text):
            return translation.format(
                **{name: translate_words_of_library(value, lang) for name, value in match.groupdict().items()}
            )
    return text


def translate_foreign_sentence(origin: Origin, sentence: str, lang: Lang) -> str:
    """Return a sentence of a program on a host in ``lang``, or as it is where it is not known."""
    if lang == "vi":
        for pattern, translation in _load_patterns_and_translations(origin):
            if match := pattern.fullmatch(sentence):
                return translation.format(**match.groupdict())
    return sentence


@cache
def _load_patterns_and_translations(*origins: Origin) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return what sentences of these look like, most particular first, and their Vietnamese."""
    entries = [entry for entry in parse_po_catalogue("vi", "messages") if entry.msgctxt in origins]
    entries.sort(key=lambda entry: -len(_PLACE.sub("", entry.msgid)))
    return tuple((_compile_pattern_of_sentence(entry.msgid), entry.msgstr) for entry in entries)


def _compile_pattern_of_sentence(sentence: str) -> re.Pattern[str]:
    parts = _PLACE.split(sentence)
    groups = (f"(?P<{part}>.+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile("".join(groups), re.DOTALL)


class _RaisingCatalogue(gettext.NullTranslations):
    """Asked for what a catalogue lacks: a key that nobody wrote is a mistake in the program, never shown."""

    def gettext(self, message: str) -> NoReturn:
        raise KeyError(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> NoReturn:
        raise KeyError(msgid1)


@cache
def parse_po_catalogue(lang: Lang, domain: str) -> polib.POFile:
    """Return a catalogue as the translators wrote it."""
    return polib.pofile(str(LOCALE / lang / "LC_MESSAGES" / f"{domain}.po"))


@cache
def _load_catalogue_raising_for_unknown_keys(lang: Lang) -> gettext.GNUTranslations:
    translations = gettext.GNUTranslations(io.BytesIO(parse_po_catalogue(lang, "auditor").to_binary()))
    translations.add_fallback(_RaisingCatalogue())
    return translations


@cache
def _load_messages() -> Mapping[str, str]:
    """Return the Vietnamese of the sentences in code."""
    return {entry.msgid: entry.msgstr for entry in parse_po_catalogue("vi", "messages") if entry.msgctxt is None}
