"""What waits to be accepted by name, or for a unit's change window. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from auditor.audit.controls import Fix
from auditor.inventory import offices
from auditor.models import ControlId, Host, Organisation, Text, windows
from auditor.text import dates
from auditor.text.translations import make_text


def find_controls_awaiting_acceptance_or_window(
    fixes: Mapping[ControlId, Fix],
    host: Host,
    organisation: Organisation | None,
    accepted_controls: frozenset[str],
    moment: datetime,
) -> dict[ControlId, Text]:
    """Return the controls that wait for somebody's word or for the unit's change window, and why.

    ``accepted_controls`` are those accepted for this run; the host's own ``accept`` counts for danger alone.
    """
    window_reason = _explain_closed_window(organisation, host, moment)
    reasons = {
        control: _explain_unaccepted_danger(control)
        if fix.danger is not None and control not in host.accept
        else window_reason
        for control, fix in fixes.items()
        if control not in accepted_controls
    }
    return {control: why for control, why in reasons.items() if why is not None}


def _explain_unaccepted_danger(control: str) -> Text:
    return make_text(
        ("dangerous, so not made; to accept that, add --accept {control} or name it in luytre_accept"), control=control
    )


def _explain_closed_window(organisation: Organisation | None, host: Host, moment: datetime) -> Text | None:
    declared_windows = offices.list_change_windows_of_unit(organisation, host.unit) if organisation is not None else ()
    if not declared_windows or windows.is_moment_in_any_window(declared_windows, moment):
        return None
    opening = windows.find_next_window_start_after(declared_windows, moment)
    return make_text(
        "outside of the unit's change window; the next one begins on {moment}", moment=dates.make_moment_text(opening)
    )
