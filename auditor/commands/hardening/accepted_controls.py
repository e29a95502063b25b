"""Find the controls that ``--accept`` names."""

from __future__ import annotations

from auditor.audit.controls import Catalogue
from auditor.commands.options.selection import split_comma_separated_names
from auditor.errors import InputError, find_nearest_known_name


def parse_accepted_controls(names: list[str] | None, catalogue: Catalogue) -> frozenset[str]:
    """Return what ``--accept`` names. Raises InputError for what is about no control with an automated fix."""
    control_names = split_comma_separated_names("--accept", names)
    for name in control_names:
        control, colon, account = name.partition(":")
        if not catalogue.has_automated_fix(control) or (colon and not account):
            raise InputError(
                "--accept {control}: not a control with an automated fix",
                mend="name controls one by one; see 'auditor controls list'",
                guess=find_nearest_known_name(name, filter(catalogue.has_automated_fix, catalogue.controls_by_id)),
                control=name,
            )
    return frozenset(control_names)
