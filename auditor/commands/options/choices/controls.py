"""List controls, and the standards and laws that they cover."""

from __future__ import annotations

import os
from collections.abc import Iterator

from auditor.audit import controls as catalogue_files
from auditor.audit.frameworks import clauses
from auditor.text import language


def iter_controls(*, fixable_only: bool) -> Iterator[tuple[str, str]]:
    """Yield the ids of controls."""
    lang = language.detect_language_from_options_or_environment((), os.environ)
    for control in catalogue_files.load_catalogue().controls:
        if control.fix is not None or not fixable_only:
            yield control.id, control.title.get(lang)


def iter_frameworks() -> Iterator[tuple[str, str]]:
    """Return the keys of the standards and laws."""
    return ((file.stem, "") for file in sorted(clauses.FOLDER.glob("*.yml")))
