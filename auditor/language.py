"""Which language to speak: what was asked for on the command line or in the environment, else Vietnamese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import get_args

from auditor.models import Lang

DEFAULT: Lang = "vi"
VARIABLE = "LUYTRE_LANG"
_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""In the order in which POSIX lets them decide."""


def of_output(arguments: Sequence[str], environment: Mapping[str, str]) -> Lang:
    """For what a command says before its options are understood: ``--lang``, ``LUYTRE_LANG``, else Vietnamese."""
    return _asked(arguments, environment) or DEFAULT


def of_help(arguments: Sequence[str], environment: Mapping[str, str]) -> Lang:
    """For help: ``--lang``, ``LUYTRE_LANG``, else the locale's language; English when that is neither."""
    locale = next((value for name in _LOCALE_VARIABLES if (value := environment.get(name))), "")
    return _asked(arguments, environment) or ("vi" if locale.partition("_")[0] == "vi" else "en")


def _asked(arguments: Sequence[str], environment: Mapping[str, str]) -> Lang | None:
    given = [after for before, after in pairwise(arguments) if before == "--lang"]
    given += [argument.removeprefix("--lang=") for argument in arguments if argument.startswith("--lang=")]
    languages: tuple[Lang, ...] = get_args(Lang)
    return next(
        (lang for wanted in (*given[::-1], environment.get(VARIABLE)) for lang in languages if lang == wanted), None
    )
