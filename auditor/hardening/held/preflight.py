"""What must not be done to a host, judged before anything is touched. Pure.

Two kinds of objection. The whole host is *refused* where no change is safe or could be undone: it could not be read, it
is not ours to change, its clock is wrong, another run is open on it, its disk is too full for a snapshot, or a planned
change would shut out the very account, key, rights, address or port by which this program reaches it; whoever planned
that has misjudged the host, so nothing else is changed either. A change is *held* where it alone does harm: it is shown
with its reason and left out, and the others are made. Held too are changes whose ``danger`` nobody accepted by name, and
all changes, harmless ones as well, outside of a declared change window; an acceptance lifts these two, never an
objection. Only what would then be made is judged.

Where facts are missing, a change that could lock somebody out is held; what merely could not be foreseen is left to the
roles and the guard, which check again on the host itself, where nothing can have changed since.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from auditor.audit.controls import Fix, having
from auditor.audit.effects import Effect
from auditor.facts import HostFacts
from auditor.facts import site as sites
from auditor.fleet.reasons import is_not_run, of_area
from auditor.hardening import touches
from auditor.hardening.held import certificates, elsewhere, foreign, logins, losses
from auditor.models import ControlId, Domain, Finding, Host, Text
from auditor.text.redact import redact
from auditor.text.visible import one_line

SUPPORTED = {("debian", "12"), ("debian", "13")}
CLOCK_SECONDS = 300
SNAPSHOT_BYTES = 24 * 1024 * 1024
"""The guard takes no snapshot with less than this to spare; how much more it needs, it measures on the host."""


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
class Case:
    """What is judged: a host's fixes by control that would be made, its open findings, and what was read of it."""

    host: Host
    fixes: Mapping[str, Fix]
    findings: Sequence[Finding]
    facts: HostFacts
    started: datetime
    """When reading began, by the controller's clock."""
    ended: datetime
    """When reading had ended, by the controller's clock."""
    https: Mapping[Domain, Text] = field(default_factory=dict)
    """Sites to what was wrong with their HTTPS when it was tried from here."""
    accepted: frozenset[str] = frozenset()
    """What somebody accepts for this host, by name."""

    @cached_property
    def data(self) -> dict[str, Any]:
        """The host's facts by area, as plain data."""
        return self.facts.context()

    @property
    def connection(self) -> Mapping[str, Any] | None:
        """The SSH connection that the facts came by."""
        found: Mapping[str, Any] | None = self.data["system"]["connection"]
        return found

    @property
    def account(self) -> str | None:
        """The account by which this program comes in."""
        return (self.connection["user"] if self.connection else None) or self.host.automation_user

    @property
    def firewall(self) -> Mapping[str, Any] | None:
        """The firewall's facts, where one of its controls is planned."""
        planned = any(control.startswith("firewall.") for control in self.fixes)
        found: Mapping[str, Any] | None = self.data.get("firewall") if planned else None
        return found

    @property
    def deciding(self) -> dict[str, Callable[[Any], Any]]:
        """The planned controls that decide who gets in, with what they do."""
        spared = ("root", "postgres", self.account)
        shells = [name for name in self.accused(self.having(Effect.TAKES_SHELLS)) if name not in spared]
        networks = self.host.trusted_networks if self.firewall is not None and not self.firewall["managers"] else ()
        return logins.decisive(self.fixes, networks, shells)

    def having(self, *effects: Effect) -> tuple[ControlId, ...]:
        """The planned controls that have any of these effects."""
        return having(self.fixes, *effects)

    @property
    def mended(self) -> frozenset[str]:
        """The areas whose configuration is closed to others before anything else is done to it."""
        return frozenset(control.partition(".")[0] for control in self.having(Effect.CLOSES_CONFIGURATION))

    def accused(self, controls: Collection[ControlId]) -> Iterator[str]:
        """The accounts among the violations of these controls."""
        members = (one for finding in self.findings if finding.control in controls for one in finding.violations)
        yield from (str(one.get("account") or one.get("name")) for one in members if isinstance(one, Mapping))

    def names(self, area: str, account: str) -> Iterator[str]:
        """The planned controls of an area that have this account among their violations."""
        for finding in self.findings:
            if finding.control in self.fixes and finding.control.startswith(f"{area}."):
                members = (member for member in finding.violations if isinstance(member, dict))
                if any(account in (member.get("account"), member.get("name")) for member in members):
                    yield finding.control


def objections(case: Case) -> Objections:
    """All that stands against the plan."""
    refusals = [text for judge in _REFUSE for text in judge(case)]
    if refusals:
        return Objections(refused=Text.joined(refusals))
    held: dict[str, Text] = {}
    for judge in _HOLD:
        for control, why in judge(case):
            held.setdefault(control, why)
    return Objections(held=held, sites=_of_sites(case))


# --- the whole host --------------------------------------------------------------------------------------


def _not_ours(case: Case) -> Iterator[Text]:
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


def _clock(case: Case) -> Iterator[Text]:
    slow = case.started.timestamp() - case.facts.collected_at
    fast = case.facts.collected_at - case.ended.timestamp()
    if max(slow, fast) > CLOCK_SECONDS:
        minutes = int(max(slow, fast) // 60)
        yield Text(
            vi=f"đồng hồ máy chủ {'chậm' if slow > fast else 'nhanh'} {minutes} phút so với máy quản trị: chỉnh giờ trước",
            en=f"the host's clock is {minutes} minutes {'behind' if slow > fast else 'ahead of'} this machine's: set it first",
        )


def _open_run(case: Case) -> Iterator[Text]:
    armed = case.data.get("past_runs", {}).get("armed")
    if armed and armed["timer"]:
        yield Text(
            vi=f"lần chạy {armed['run']} còn đang dở trên máy chủ này: chờ nó kết thúc hoặc máy chủ tự khôi phục",
            en=f"the run {armed['run']} is in progress on this host: wait until it has ended or reverted itself",
        )
    elif armed:
        yield Text(
            vi=f"lần chạy {armed['run']} chưa được xác nhận mà máy chủ cũng chưa khôi phục: khôi phục máy chủ trước",
            en=f"the run {armed['run']} was neither confirmed nor reverted on this host: revert it first",
        )


def _disk(case: Case) -> Iterator[Text]:
    free = case.data["system"]["free_bytes"]
    if free is not None and free < SNAPSHOT_BYTES:
        yield Text(
            vi=f"ổ đĩa của /var/lib chỉ còn {free >> 20} MB, không đủ chỗ cho đường lui: giải phóng dung lượng trước",
            en=f"the disk of /var/lib has {free >> 20} MB left, too little to keep a way back: make room first",
        )


def _source(case: Case) -> Iterator[Text]:
    firewall, networks = case.firewall, case.host.trusted_networks
    if (
        not case.having(Effect.CLOSES_OTHER_NETWORKS)
        or firewall is None
        or firewall["managers"]
        or not networks
        or case.connection is None
    ):
        return
    source = case.connection["source"]
    if not logins.within(source, networks):
        yield Text(
            vi=f"tường lửa sẽ chặn chính kết nối này (từ {source}): thêm mạng của nó vào luytre_trusted_networks",
            en=f"the firewall would block this very connection (from {source}): add its network to luytre_trusted_networks",
        )


def _port(case: Case) -> Iterator[Text]:
    if case.connection is None:
        return
    port, firewall = case.connection["port"], case.firewall
    closed = firewall is not None and not firewall["managers"] and port not in firewall["ssh"]["ports"]
    services = case.data.get("services") if case.having(Effect.STOPS_UNNEEDED_SERVICES) else None
    unneeded = services["unneeded"] if services else ()
    stopped = {each["unit"] for each in unneeded if each["port"] not in case.host.open_ports}
    listeners = services["listeners"] if services else ()
    if closed or any(each["port"] == port and each["unit"] in stopped for each in listeners):
        yield Text(
            vi=f"thay đổi sẽ đóng cổng SSH đang dùng ({port})",
            en=f"the changes would close the SSH port in use ({port})",
        )


def _own_account(case: Case) -> Iterator[Text]:
    account = case.account
    if account is None or account == "root":
        return
    harmless = case.having(Effect.CLOSES_HOMES)
    if _has_key(case, account):
        harmless += case.having(Effect.LOCKS_EMPTY_PASSWORDS)
    for control in (*case.names("accounts", account), *case.names("sudo", account)):
        if control not in harmless:
            yield Text(
                vi=f"{control} sẽ lấy quyền của chính tài khoản {account} mà chương trình này dùng",
                en=f"{control} would take rights from {account}, the very account that this program uses",
            )


def _has_key(case: Case, account: str) -> bool:
    return logins.known(case.data) and logins.opens(case.data, account)


def _own_way(case: Case) -> Iterator[Text]:
    account, connection = case.account, case.connection
    if account is None or not logins.known(case.data):
        return
    closing = case.having(Effect.CLOSES_PASSWORDS)
    if case.host.by_password and closing:
        yield _own_password(closing)
        return
    if account == "root":
        closing += case.having(Effect.CLOSES_ROOT_PASSWORDS, Effect.CLOSES_ROOT)
    deciding = {control: effect for control, effect in case.deciding.items() if control.startswith("ssh.")}
    source, port = (connection["source"], connection["port"]) if connection else ("", 0)
    taking = logins.lost_to_us(case.data, account, source, port, deciding, closing)
    if taking:
        by = f"{account}@{source}:{port}" if connection else account
        yield Text(
            vi=f"{', '.join(taking)} sẽ khóa ngoài chính tài khoản {account} mà chương trình này dùng ({by}): tài khoản chưa có khóa SSH dùng được sau thay đổi",
            en=f"{', '.join(taking)} would lock out {account}, the very account that this program uses ({by}): it has no SSH key that works after the change",
        )


_REFUSE: tuple[Callable[[Case], Iterator[Text]], ...] = (
    *(_not_ours, _clock, _open_run, _disk),
    *(_source, _port, _own_account, _own_way),
)


# --- single changes --------------------------------------------------------------------------------------


def lost(case: Case) -> losses.Losses:
    """Whom the planned changes would lock out: who came in of late, and who is declared."""
    if not logins.known(case.data):
        return losses.Losses(held=dict.fromkeys(case.deciding, _LOGINS_UNKNOWN))
    return losses.told(logins.lost(case.data, case.host.admins, case.deciding, case.accepted))


def _people(case: Case) -> Iterator[tuple[str, Text]]:
    """Changes that would leave somebody, or everybody, without a way in."""
    yield from lost(case).held.items()
    if logins.known(case.data):
        with_keys = set(logins.ways_in(case.data))
        closing = case.having(Effect.CLOSES_PASSWORDS, Effect.CLOSES_ROOT_PASSWORDS) if not with_keys else ()
        closing = (*closing, *(case.having(Effect.CLOSES_ROOT) if with_keys <= {"root"} else ()))
        yield from ((control, _NO_WAY_IN) for control in closing)


def _other_firewall(case: Case) -> Iterator[tuple[str, Text]]:
    firewall = case.firewall
    if firewall is not None and firewall["managers"] and not firewall["others_deny"]:
        managers = ", ".join(firewall["managers"])
        for control in case.fixes:
            if control.startswith("firewall."):
                yield (
                    control,
                    Text(
                        vi=f"{managers} đang quản lý tường lửa của máy chủ: đặt nó chặn mặc định, hoặc ngừng dùng nó, rồi chạy lại",
                        en=f"{managers} is in charge of this host's firewall: have it deny by default or retire it, then run again",
                    ),
                )


def _packages(case: Case) -> Iterator[tuple[str, Text]]:
    updates = case.data.get("updates")
    if updates is None or not (updates["busy"] or updates["unfinished"]):
        return
    why = _PACKAGES_UNFINISHED if updates["unfinished"] else _PACKAGES_BUSY
    for control, fix in case.fixes.items():
        if touches.installs(fix.touches) or touches.upgrades(fix.touches):
            yield control, why


def _untested(case: Case) -> Iterator[tuple[str, Text]]:
    """Changes that their daemon could not test as root, for another account has a say in what it believes."""
    confined = {one["unit"] for one in case.data.get("services", {}).get("confinement", ())}
    confining = case.having(Effect.CONFINES_SERVICES)
    for area, told, folder, unit in _TESTED:
        error = case.facts.errors.get(area, "")
        why = case.data.get(area, {}).get("untold", {}).get(told) or (error if is_not_run(error) else None)
        if why is None or area in case.mended:
            continue
        said = of_area(why)
        concerned = any(re.fullmatch(unit, name) for name in confined)
        for control, fix in case.fixes.items():
            if touches.any_within(fix.touches, folder) or (concerned and control in confining):
                yield control, Text(vi=f"không thử trước được: {said.vi}", en=f"it cannot be tested first: {said.en}")


_TESTED = (
    ("nginx", "config_ok", "/etc/nginx/", r"nginx\.service"),
    ("apache", "config_ok", "/etc/apache2/", r"apache2\.service"),
    ("php_fpm", "", "/etc/php/", r"php[0-9.]+-fpm\.service"),
    ("mariadb", "start_fault", "/etc/mysql/", r"mariadb\.service"),
)
"""Area; the fact that its daemon's own test gives, empty where without it none of the area's is told; the folder of its settings; its units."""


def _sent_on(case: Case) -> Iterator[tuple[str, Text]]:
    """Packets that are sent on to a container or another machine, and would no longer get there."""
    sent = case.data.get("firewall", {}).get("published", ())
    stopping = case.having(Effect.STOPS_FORWARDING) if sent else ()
    if stopping:
        ports = ", ".join(f"{each['port'] or '*'} → {one_line(each['target'], 60)}" for each in sent[:10])
        why = Text(
            vi=f"máy chủ đang chuyển tiếp cổng {ports}: bỏ chuyển tiếp đó trước nếu không còn dùng",
            en=f"the host sends packets on (port {ports}): take that away first if it is no longer used",
        )
        yield from ((control, why) for control in stopping)


def _unfit(case: Case) -> Iterator[tuple[str, Text]]:
    """Changes after which a daemon is told to read its files or to start anew, and would not start as it is now."""
    web = (("nginx", "nginx", "/etc/nginx/"), ("apache", "Apache", "/etc/apache2/"))
    found = [
        (name, touched, case.data[area]["config_message"] or "?")
        for area, name, touched in web
        if case.data.get(area, {}).get("config_ok") is False
    ]
    if said := case.data.get("mariadb", {}).get("start_fault"):
        found += [("MariaDB", touched, said) for touched in ("unit:mariadb.service", "/etc/mysql/")]
    for name, touched, fault in found:
        said = one_line(redact(fault), 200)
        why = Text(
            vi=f"{name} hiện đã không khởi động lại được ({said}): sửa lỗi đó rồi chạy lại",
            en=f"{name} would not restart in its current state ({said}): fix that, then run again",
        )
        yield from ((control, why) for control, fix in case.fixes.items() if touches.any_within(fix.touches, touched))


def _unloadable(case: Case) -> Iterator[tuple[str, Text]]:
    """Changes after which nginx would not load a certificate."""
    why = certificates.of_host(case.data)
    if why is not None:
        yield from ((control, why) for control in case.having(Effect.RAISES_TLS_LEVEL))


_HOLD: tuple[Callable[[Case], Iterator[tuple[str, Text]]], ...] = (
    lambda case: elsewhere.holds(case.fixes, case.data),
    lambda case: foreign.of_host(case.fixes, case.findings, case.data, case.mended),
    _people,
    _other_firewall,
    _packages,
    _untested,
    _sent_on,
    _unfit,
    _unloadable,
)


def _of_sites(case: Case) -> dict[str, dict[Domain, Text]]:
    """What is held for single sites, by control."""
    unloadable = certificates.of_sites(case.host, case.data)
    planned = case.having(Effect.RAISES_TLS_LEVEL) if unloadable else ()
    found = {**_without_https(case), **_for_sites(case, planned, unloadable)}
    names = {site.domain: frozenset((site.domain, *site.aliases)) for site in case.host.sites}
    for control, domain, why in foreign.of_sites(case.fixes, case.findings, case.data, names, case.mended):
        found[control] = {domain: why, **found.get(control, {})}
    return found


def _for_sites(
    case: Case, controls: Collection[ControlId], why: Mapping[Domain, Text]
) -> dict[str, dict[Domain, Text]]:
    """The sites on which the controls are open among those that have a reason."""
    return {
        control: {f.subject.id: why[f.subject.id] for f in case.findings
                  if f.control == control and f.subject.id in why}
        for control in controls
    }  # fmt: skip


def _without_https(case: Case) -> dict[str, dict[Domain, Text]]:
    """Per control that leads visitors to HTTPS for good, the sites where HTTPS fails."""
    planned = case.having(Effect.REQUIRES_HTTPS)
    if not planned:
        return {}
    failing: dict[Domain, Text] = {}
    for site in case.host.sites:
        why = certificates.https_fault(sites.view(site, case.data, case.facts.errors), case.ended.timestamp())
        why = why or case.https.get(site.domain)
        if why is not None:
            failing[site.domain] = why
    return _for_sites(case, planned, failing)


def _own_password(closing: Collection[ControlId]) -> Text:
    controls = ", ".join(closing)
    return Text(
        vi=f"{controls} sẽ khóa ngoài chính chương trình này vì bảng kiểm kê cho nó vào bằng mật khẩu: chuyển sang khóa SSH trước",
        en=f"{controls} would lock out this program, for which the inventory has a password: move it to an SSH key first",
    )


_LOGINS_UNKNOWN = Text(
    vi="không đọc được tài khoản và khóa SSH nên không biết ai sẽ bị khóa ngoài",
    en="accounts and SSH keys could not be read, so nobody knows whom this would lock out",
)
_NO_WAY_IN = Text(
    vi="chưa tài khoản quản trị nào có khóa SSH dùng được: thêm khóa (ssh-copy-id) rồi chạy lại",
    en="no account that administers this host has an SSH key that works: add one (ssh-copy-id), then run again",
)
_PACKAGES_BUSY = Text(
    vi="máy chủ đang cài đặt phần mềm: đợi xong rồi chạy lại",
    en="the host is installing software at this moment: run again when it has finished",
)
_PACKAGES_UNFINISHED = Text(
    vi="có gói phần mềm cài dở dang: chạy dpkg --configure -a trên máy chủ trước",
    en="packages are half-installed: run dpkg --configure -a on the host first",
)
