"""Which language to speak: what was asked for on the command line or in the environment, else Vietnamese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise, takewhile
from typing import get_args

from auditor.models import Lang

DEFAULT: Lang = "vi"
VARIABLE = "LUYTRE_LANG"


def detect_language_from_options_or_environment(arguments: Sequence[str], environment: Mapping[str, str]) -> Lang:
    """Return ``--lang``, ``LUYTRE_LANG``, else Vietnamese: for help and complaints as for what a command says.

    Asked before the options are understood, so what is not a language counts as not given.
    """
    arguments = list(takewhile(lambda argument: argument != "--", arguments))
    choices = [after for before, after in pairwise(arguments) if before == "--lang"]
    choices += [argument.removeprefix("--lang=") for argument in arguments if argument.startswith("--lang=")]
    languages: tuple[Lang, ...] = get_args(Lang)
    return next(
        (lang for choice in (*choices[::-1], environment.get(VARIABLE)) for lang in languages if lang == choice),
        DEFAULT,
    )
