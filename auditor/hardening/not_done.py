"""What a hardening was to put in force and did not: the audit afterwards decides, control by control. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from auditor.fleet.runner import Playbook
from auditor.hardening.plan import Plan
from auditor.models import ControlId, Finding, Hardening, HostHardening, NotDone, Run, Status, Text
from auditor.text.visible import one_line

_MAX_SAID = 3
_MAX_LENGTH = 300


@dataclass(frozen=True)
class Left:
    """What a task let be on a host, and why, in the host's words."""

    host: str
    area: str
    site: str | None
    said: str


def left_alone(run: Playbook) -> tuple[Left, ...]:
    """What tasks say that they let be: the ``refused`` of their answers."""
    return tuple(
        Left(task.host, task.role, site, said)
        for task in run.tasks
        if task.role is not None
        for site, said in _refused(task.result)
    )


def _refused(result: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    results = result.get("results")
    for one in results if isinstance(results, list) else [result]:
        if not isinstance(one, Mapping):
            continue
        item = one.get("item")
        domain = item.get("domain") if isinstance(item, Mapping) else None
        refused = one.get("refused")
        for each in refused[:_MAX_SAID] if isinstance(refused, list) else ():
            if isinstance(each, Mapping):
                yield (domain if isinstance(domain, str) else None), f"{each.get('path')}: {each.get('reason')}"


def told(
    hardening: Hardening,
    plan: Plan,
    after: Run,
    left: tuple[Left, ...] = (),
    dropped: Mapping[tuple[str, ControlId], Text] = MappingProxyType({}),
) -> Hardening:
    """The hardening, saying of each confirmed host what of the plan the audit afterwards does not find in force.

    ``dropped``: by host and control, why what was agreed to was not begun.
    """
    due = {one.host: {change.control: change.sites for change in one.due} for one in plan.hosts}

    def of(entry: HostHardening) -> HostHardening:
        planned = due.get(entry.host, {}) if entry.state == "confirmed" else {}
        found = tuple(
            NotDone(
                control=finding.control,
                subject=finding.subject,
                why=dropped.get((finding.host, finding.control)) or _why(finding, left),
            )
            for finding in after.findings
            if finding.host == entry.host
            and finding.control in planned
            and (finding.subject.kind == "host" or finding.subject.id in planned[finding.control])
            and (finding.is_open or finding.status is Status.NOT_EVALUATED)
        )
        return entry.model_copy(update={"not_done": found})

    return hardening.model_copy(update={"hosts": tuple(map(of, hardening.hosts))})


def unseen(hardening: Hardening, after: Run) -> frozenset[str]:
    """The hosts on which something that was planned could not be looked at afterwards."""
    missed = {(entry.host, one.control, one.subject.id) for entry in hardening.hosts for one in entry.not_done}
    return frozenset(
        finding.host
        for finding in after.findings
        if finding.status is Status.NOT_EVALUATED and (finding.host, finding.control, finding.subject.id) in missed
    )


def _why(finding: Finding, left: tuple[Left, ...]) -> Text:
    if finding.status is Status.NOT_EVALUATED:
        why = finding.reason or Text.alike("?")
        return Text(vi=f"chưa xem lại được: {why.vi}", en=f"it could not be looked at again: {why.en}")
    area = finding.control.partition(".")[0]
    said = dict.fromkeys(
        one.said
        for one in left
        if one.host == finding.host and one.area == area and one.site in (None, finding.subject.id)
    )
    if said:
        words = Text.joined(in_words(one) for one in list(said)[:_MAX_SAID])
        return Text(vi=f"để nguyên {words.vi}", en=f"left alone: {words.en}")
    n = len(finding.violations)
    return Text(
        vi="kiểm tra lại vẫn chưa đạt" + (f" ở {n} chỗ" if n else ""),
        en="the audit afterwards still finds it open" + (f", in {n} place{'s' * (n > 1)}" if n else ""),
    )


_REASONS: tuple[tuple[str, str], ...] = (
    (r"(/.*) above the root can be changed by everybody", "mọi tài khoản đều sửa được thư mục {0} phía trên"),
    (
        r"(/.*) above the root is (.*)'s, in a folder of (.*)'s",
        "thư mục {0} là của {1} nhưng nằm trong thư mục của {2}",
    ),
    (r"(/.*) is served by a program of (.*)'s", "hệ thống tệp {0} do một chương trình của {1} phục vụ"),
    (r".*: a link or no folder on the way", "trên đường dẫn có liên kết, hoặc có chỗ không phải thư mục"),
    (r"is a link", "là một liên kết"),
    (r"is not there", "không tồn tại"),
    (r"has (\d+) hard links", "có {0} tên (liên kết cứng)"),
    (r"which account runs this site's PHP is not known", "không biết PHP của trang chạy bằng tài khoản nào"),
    (
        r"no one group lets every web account that reads it go on reading",
        "không có một nhóm chung để mọi tài khoản web đang đọc vẫn đọc được",
    ),
    (r"changed while it was being edited", "bị sửa trong lúc đang được thay"),
)


def in_words(said: str) -> Text:
    """``PATH: why it was let be`` as ``webroot_file`` says it, in both languages; what it says otherwise is quoted."""
    line = one_line(said, _MAX_LENGTH)
    path, _, reason = line.partition(": ")
    for pattern, vi in _REASONS:
        if found := re.fullmatch(pattern, reason):
            return Text(vi=f"{path}: {vi.format(*found.groups())}", en=line)
    return Text.alike(line)
