"""Changes that rest on a web server's file that not root alone can change: what it says counts, and it is not edited. Pure.

Such a file holds what is decided in it: a site's server block, a directive of the whole server. What stands in a file of its own is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from auditor.audit.controls import Fix
from auditor.fleet.reasons import changed_by
from auditor.hardening import touches
from auditor.models import Domain, Finding, Text
from auditor.text.visible import one_line

_FOLDERS = {"nginx": "/etc/nginx/", "apache": "/etc/apache2/"}
"""Area, and the folder that its fixes change."""


def of_sites(fixes: Mapping[str, Fix], findings: Iterable[Finding], data: Mapping[str, Any],
             names: Mapping[Domain, frozenset[str]], mended: frozenset[str]) -> Iterator[tuple[str, Domain, Text]]:  # fmt: skip
    """Each control that would change a server block of a site that is in such a file, with the site and the reason."""
    for area, folder in _unmended(mended):
        concerned = {
            domain: _why(vhost["file"], vhost["loose"])
            for domain, own in names.items()
            for vhost in data.get(area, {}).get("vhosts") or ()
            if vhost["loose"] and own.intersection(vhost["names"])
        }
        for finding in findings:
            fix = fixes.get(finding.control)
            if fix and finding.subject.id in concerned and touches.any_within(fix.touches, folder):
                yield finding.control, finding.subject.id, concerned[finding.subject.id]


def of_host(fixes: Mapping[str, Fix], findings: Iterable[Finding], data: Mapping[str, Any],
            mended: frozenset[str]) -> Iterator[tuple[str, Text]]:  # fmt: skip
    """Each control of the whole host that would have to change a line in such a file, or a file behind a link, with the reason."""
    for area, folder in _FOLDERS.items():
        for linked in (data.get(area, {}).get("linked_folders") or ())[:1]:
            why = _behind(linked)
            yield from ((control, why) for control, fix in fixes.items() if touches.any_within(fix.touches, folder))
    for area, folder in _unmended(mended):
        loose = {vhost["file"]: vhost["loose"] for vhost in data.get(area, {}).get("vhosts") or () if vhost["loose"]}
        for finding in findings:
            fix = fixes.get(finding.control)
            if fix is None or finding.subject.kind != "host" or not touches.any_within(fix.touches, folder):
                continue
            for file in _decided_in(finding.violations):
                if file in loose:
                    yield finding.control, _why(file, loose[file])


def _unmended(mended: frozenset[str]) -> Iterator[tuple[str, str]]:
    yield from ((area, folder) for area, folder in _FOLDERS.items() if area not in mended)


def _decided_in(violations: Iterable[Any]) -> Iterator[str]:
    for one in violations:
        where = one.get("where") if isinstance(one, Mapping) else None
        if isinstance(where, str) and ":" in where:
            yield where.rpartition(":")[0]


def _why(file: str, loose: str) -> Text:
    path, who = one_line(file, 100), changed_by(loose)
    return Text(
        vi=f"phải sửa {path}, mà {who.vi}: chỉ để root sửa được (chown root, chmod go-w) rồi chạy lại",
        en=f"it would change {path}, and {who.en}: let root alone change it (chown root, chmod go-w), then run again",
    )


def _behind(linked: str) -> Text:
    path = one_line(linked, 100)
    return Text(
        vi=f"{path} là liên kết: tệp viết qua đó nằm ngoài bản chụp để khôi phục; thay liên kết bằng thư mục thật rồi chạy lại",
        en=f"{path} is a link: a file written through it is not in the snapshot for the way back; make it a folder, then run again",
    )
