"""Changes that rest on a web server's file that not root alone can change: what it says counts, and it is not edited.

Pure.

Such a file holds what is decided in it: a site's server block, a directive of the whole server. What stands in a file
of its own is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from auditor.audit.controls import Fix
from auditor.fleet.error_messages import describe_who_could_change_file
from auditor.hardening import change_scope
from auditor.models import Domain, Finding, Text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

_FOLDERS = {"nginx": "/etc/nginx/", "apache": "/etc/apache2/"}
"""Area, and the folder that its fixes change."""


def find_site_controls_changing_loose_files(
    fixes: Mapping[str, Fix],
    findings: Iterable[Finding],
    data: Mapping[str, Any],
    names_by_domain: Mapping[Domain, frozenset[str]],
    closed_areas: frozenset[str],
) -> Iterator[tuple[str, Domain, Text]]:
    """Yield each control that would change a site's server block in such a file, with the site and the reason."""
    for area, folder in _iter_areas_and_folders_not_closed(closed_areas):
        reason_by_domain = {
            domain: _explain_file_others_can_change(vhost["file"], vhost["loose"])
            for domain, own in names_by_domain.items()
            for vhost in data.get(area, {}).get("vhosts") or ()
            if vhost["loose"] and own.intersection(vhost["names"])
        }
        for finding in findings:
            fix = fixes.get(finding.control)
            if (
                fix
                and finding.subject.id in reason_by_domain
                and change_scope.is_any_touch_within_place(fix.touches, folder)
            ):
                yield finding.control, finding.subject.id, reason_by_domain[finding.subject.id]


def find_controls_changing_loose_files(fixes: Mapping[str, Fix], findings: Iterable[Finding], data: Mapping[str, Any],
            closed_areas: frozenset[str]) -> Iterator[tuple[str, Text]]:  # fmt: skip
    """Yield each control of the whole host that would have to change such a file, with the reason.

    It would change a line in it, or a file behind a link.
    """
    for area, folder in _FOLDERS.items():
        for linked_folder in (data.get(area, {}).get("linked_folders") or ())[:1]:
            why = _explain_configuration_folder_is_link(linked_folder)
            yield from (
                (control, why)
                for control, fix in fixes.items()
                if change_scope.is_any_touch_within_place(fix.touches, folder)
            )
    for area, folder in _iter_areas_and_folders_not_closed(closed_areas):
        loose = {vhost["file"]: vhost["loose"] for vhost in data.get(area, {}).get("vhosts") or () if vhost["loose"]}
        for finding in findings:
            fix = fixes.get(finding.control)
            if (
                fix is None
                or finding.subject.kind != "host"
                or not change_scope.is_any_touch_within_place(fix.touches, folder)
            ):
                continue
            for file in _iter_files_named_in_violations(finding.violations):
                if file in loose:
                    yield finding.control, _explain_file_others_can_change(file, loose[file])


def _iter_areas_and_folders_not_closed(closed_areas: frozenset[str]) -> Iterator[tuple[str, str]]:
    yield from ((area, folder) for area, folder in _FOLDERS.items() if area not in closed_areas)


def _iter_files_named_in_violations(violations: Iterable[Any]) -> Iterator[str]:
    for violation in violations:
        where = violation.get("where") if isinstance(violation, Mapping) else None
        if isinstance(where, str) and ":" in where:
            yield where.rpartition(":")[0]


def _explain_file_others_can_change(file: str, loose: str) -> Text:
    path, who = escape_text_to_one_line(file, 100), describe_who_could_change_file(loose)
    return make_text(
        ("it would change {path}, and {who}: let root alone change it (chown root, chmod go-w), then run again"),
        path=path,
        who=who,
    )


def _explain_configuration_folder_is_link(folder: str) -> Text:
    path = escape_text_to_one_line(folder, 100)
    return make_text(
        (
            "{path} is a link: a file written through it is not in the snapshot for the way "
            "back; make it a folder, then run again"
        ),
        path=path,
    )
