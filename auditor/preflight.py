"""What must not be done to a host, judged before anything is touched. Pure.

Two kinds of objection. The whole host is *refused* where no change is safe or can be undone: it could not be read, it is
not ours to change, its clock is wrong, another run is open on it, its disk is too full for the snapshot, or a planned
change would shut out the very account, key, address or port by which this program reaches it; whoever sees that has
misjudged the host, so nothing else is changed either. A change is *held* where it alone is dangerous: it is shown with
its reason and left out, the others are made. Held too are changes whose ``danger`` nobody accepted by name, and all
changes outside of a declared change window. No acceptance lifts an objection of the first two kinds.

The roles and the guard check again on the host itself, where facts cannot have changed since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from auditor import windows
from auditor.controls import Fix
from auditor.facts import HostFacts
from auditor.models import Domain, Host, Organisation, Text

SUPPORTED = {("debian", "12"), ("debian", "13")}
CLOCK_SECONDS = 300


@dataclass(frozen=True)
class Objections:
    """What stands against a host's plan."""

    refused: Text | None = None
    """Why the host is left alone altogether."""
    held: Mapping[str, Text] = field(default_factory=dict)
    """Control to why its change is held."""
    sites: Mapping[str, Mapping[Domain, Text]] = field(default_factory=dict)
    """Control to site to why its change is held for that site alone."""


@dataclass(frozen=True)
class _Case:
    host: Host
    fixes: Mapping[str, Fix]
    facts: HostFacts
    started: datetime
    ended: datetime

    @cached_property
    def data(self) -> dict[str, Any]:
        """The host's facts by area, as plain data."""
        return self.facts.context()


def objections(
    host: Host, fixes: Mapping[str, Fix], facts: HostFacts | None, *, started: datetime, ended: datetime
) -> Objections:
    """All that stands against putting these controls in force, on facts read between ``started`` and ``ended``."""
    if facts is None or "system" not in facts.data:
        return Objections(refused=_UNREAD)
    case = _Case(host, fixes, facts, started, ended)
    refusals = [*_not_ours(case), *_clock(case)]
    return Objections(
        refused=Text(vi="; ".join(each.vi for each in refusals), en="; ".join(each.en for each in refusals))
        if refusals
        else None
    )


def unaccepted(control: str) -> Text:
    """Why a dangerous change waits for somebody's word, and how to give it."""
    return Text(
        vi=f"có rủi ro nên chưa làm; nếu chấp nhận, thêm --accept {control} hoặc ghi vào luytre_accept",
        en=f"dangerous, so not made; to accept that, add --accept {control} or name it in luytre_accept",
    )


def outside_window(organisation: Organisation | None, host: Host, moment: datetime) -> Text | None:
    """Why no change may be made now by the windows of the host's unit, or None."""
    declared = organisation.windows_of(host.unit) if organisation is not None else ()
    if not declared or windows.is_open(declared, moment):
        return None
    opening = windows.next_opening(declared, moment)
    return Text(
        vi=f"ngoài khung giờ thay đổi của đơn vị; khung giờ tới bắt đầu lúc {opening:%H:%M ngày %d/%m/%Y}",
        en=f"outside of the unit's change window; the next one begins on {opening:%Y-%m-%d at %H:%M}",
    )


_UNREAD = Text(
    vi="không đọc được máy chủ nên không thay đổi gì", en="the host could not be read, so nothing is changed"
)


def _not_ours(case: _Case) -> Iterator[Text]:
    system = case.data["system"]
    name = system["os"]["name"] or "?"
    if (system["os"]["id"], system["os"]["version"].split(".")[0]) not in SUPPORTED:
        yield Text(
            vi=f"hệ điều hành {name} chưa được thử nghiệm: chỉ kiểm tra, không thay đổi",
            en=f"the operating system {name} is untested: audited only, never changed",
        )
    if system["machine_panels"]:
        panels = ", ".join(system["machine_panels"])
        yield Text(
            vi=f"bảng điều khiển {panels} quản lý cấu hình máy chủ này: chỉ kiểm tra, không thay đổi",
            en=f"the control panel {panels} owns this host's configuration: audited only, never changed",
        )


def _clock(case: _Case) -> Iterator[Text]:
    early, late = case.started.timestamp() - case.facts.collected_at, case.facts.collected_at - case.ended.timestamp()
    off = max(early, late)
    if off > CLOCK_SECONDS:
        minutes = int(off // 60)
        yield Text(
            vi=f"đồng hồ máy chủ {'chậm' if early > 0 else 'nhanh'} {minutes} phút so với máy điều khiển: chỉnh giờ trước",
            en=f"the host's clock is {minutes} minutes {'behind' if early > 0 else 'ahead of'} this machine's: set it first",
        )
