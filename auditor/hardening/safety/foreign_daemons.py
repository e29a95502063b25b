"""Changes to daemons that run from places of no package's, as hosting panels install them.

They would not read what is changed. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.audit.controls import Fix
from auditor.hardening import change_scope
from auditor.models import Text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

_SETTINGS = (("nginx", "/etc/nginx/"), ("php_fpm", "/etc/php/"))
"""Area, and the folder that its fixes change."""


def find_controls_beside_configuration_in_force(
    fixes: Mapping[str, Fix], data: Mapping[str, Any]
) -> Iterator[tuple[str, Text]]:
    """Yield each control whose change would land beside the configuration in force, and why it is not made."""
    for area, folder in _SETTINGS:
        there = data.get(area, {}).get("elsewhere", ())
        if not there:
            continue
        files = ", ".join(escape_text_to_one_line(daemon["file"], 100) for daemon in there[:3])
        why = make_text(
            ("what runs reads {files} and not {folder}: change it there, or in the panel that installed it"),
            files=files,
            folder=folder,
        )
        yield from (
            (control, why)
            for control, fix in fixes.items()
            if control.startswith(f"{area}.") or change_scope.is_any_touch_within_place(fix.touches, folder)
        )
