"""What people read, in Vietnamese and English, from the gettext catalogues in ``auditor/locale``.

``auditor.po`` is keyed: ``Words(lang)("sites_n", n=3)`` looks up ``sites_n`` in the language's catalogue. The other
domains are Vietnamese only, for English that stands in the code: see ``auditor.text.usage``.
"""

from __future__ import annotations

import gettext
import io
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import polib

from auditor.models import Lang, clock
from auditor.models.applications.registry import CMS_BY_KIND
from auditor.text import dates

LOCALE = Path(__file__).parents[1] / "locale"


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


class _RaisingCatalogue(gettext.NullTranslations):
    """Asked for what a catalogue lacks: a key that nobody wrote is a mistake in the program, never shown."""

    def gettext(self, message: str) -> NoReturn:
        raise KeyError(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> NoReturn:
        raise KeyError(msgid1)


@cache
def compile_po_catalogue(lang: Lang, domain: str) -> gettext.GNUTranslations:
    """Return a catalogue, compiled in memory from its ``.po``; gives back what it does not hold."""
    return gettext.GNUTranslations(io.BytesIO(parse_po_catalogue(lang, domain).to_binary()))


def parse_po_catalogue(lang: Lang, domain: str) -> polib.POFile:
    """Return a catalogue as the translators wrote it."""
    return polib.pofile(str(LOCALE / lang / "LC_MESSAGES" / f"{domain}.po"))


@cache
def _load_catalogue_raising_for_unknown_keys(lang: Lang) -> gettext.GNUTranslations:
    translations = compile_po_catalogue(lang, "auditor")
    translations.add_fallback(_RaisingCatalogue())
    return translations
