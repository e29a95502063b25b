"""Whether hardening changed only what its controls declare in ``touches``.

A lab host's overlay shows what was changed.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.fleet.runner import AnsibleTask
from auditor.hardening.change_scope import has_package_install_among_touches, is_thing_covered_by_any_touch
from auditor.models import ControlId

ALWAYS = (
    *("/etc/", "/var/log/", "/run/", "/var/lib/luytre/", "/usr/local/lib/systemd/"),
    *("/tmp/", "/var/tmp/"),  # noqa: S108  a host's own, compared by name only
    *("/var/lib/mysql/", "/var/lib/php/sessions/", "/var/lib/systemd/", "/root/.ansible/", "/home/luytre/.ansible/"),
    *(
        "/var/lib/fail2ban/fail2ban.sqlite3",
        "/var/cache/",
        "/var/lib/dpkg/alternatives/",
        "/var/lib/dhcp/",
        "/var/lib/private/",
    ),
    "/var/spool/",
)
"""All of /etc is in every snapshot; the rest is the guard's own, Ansible's own, or changes on a host by itself."""
OF_PACKAGES = ("/usr/", "/var/lib/", "/boot/", "/lib/", "/opt/", "/var/mail/")
"""What installing a package may change; its rollback removes the package."""
SLACK = 0.05
"""Seconds by which a file's time may lie outside of its task's."""


@dataclass(frozen=True)
class ChangedPath:
    """A path that is not as in the image, and when it last changed (epoch seconds)."""

    path: str
    at: float


def find_paths_changed_since(upper_folder: Path, since: float) -> Iterator[ChangedPath]:
    """Yield files, links and removals in an overlay's upper folder that changed after ``since``."""
    for folder, _inner, names in upper_folder.walk():
        for name in names:
            path = folder / name
            status = path.lstat()
            if status.st_ctime > since and not stat.S_ISSOCK(status.st_mode):
                yield ChangedPath(f"/{path.relative_to(upper_folder)}", status.st_ctime)


def find_changed_paths_no_control_declares(
    changed_paths: Iterable[ChangedPath], tasks: Sequence[AnsibleTask], touches: Mapping[ControlId, Sequence[str]]
) -> tuple[str, ...]:
    """Return changed paths that no control of the area at work declares, as ``AREA: PATH``.

    The area at work is the one whose task was running when the path changed; between tasks any may be.
    """
    packages = any(map(has_package_install_among_touches, touches.values()))
    bad = []
    for changed_path in changed_paths:
        if changed_path.path.startswith(ALWAYS) or (packages and changed_path.path.startswith(OF_PACKAGES)):
            continue
        role = _find_only_role_running_at_moment(tasks, changed_path.at)
        allowed_touches = [
            touch for control, all_ in touches.items() if role in (None, control.split(".")[0]) for touch in all_
        ]
        if not is_thing_covered_by_any_touch(allowed_touches, changed_path.path):
            bad.append(f"{role or '?'}: {changed_path.path}")
    return tuple(sorted(set(bad)))


def _find_only_role_running_at_moment(tasks: Sequence[AnsibleTask], moment: float) -> str | None:
    roles = {task.role for task in tasks if task.began - SLACK <= moment <= task.ended + SLACK}
    return roles.pop() if len(roles) == 1 else None
