"""Step 0 on an unknown server: from the password or key an office has to an automation account with a key of its own.

What the inventory already says of the host stays as it is. Nothing is recorded before the login is proven, and before
the inventory as it would be is one that every run takes: what a server says of itself is not to be believed.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from auditor.errors import InputError
from auditor.facts import HostFacts
from auditor.fleet import host_keys, logins
from auditor.fleet.collect import collect
from auditor.fleet.discover import not_found, with_found_sites
from auditor.fleet.entry import Account, Server, differences, drafted, key_options, write, writing
from auditor.fleet.host_keys import ssh_tool
from auditor.fleet.reasons import LOGIN_REFUSED, explain
from auditor.fleet.runner import Playbook, play
from auditor.inventory import hosts as inventories
from auditor.inventory import reach as reaching
from auditor.inventory import trial
from auditor.inventory.reach import KNOWN_HOSTS
from auditor.models import Host, Site, Text
from auditor.system import files
from auditor.text.visible import one_line

_HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_ACCOUNT_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
"""What adduser takes; sudo passes over a file of /etc/sudoers.d with a dot in its name."""
_MAKE_SECONDS = 120


@dataclass(frozen=True)
class Access:
    """How the office gets in today: an account with a password or a key; a key's account may have a password for sudo."""

    user: str
    password: str | None = None
    key_file: Path | None = None

    def variables(self) -> Mapping[str, Any]:
        """The same as Ansible's connection variables."""
        key_file = None if self.key_file is None else str(self.key_file)
        own = {"ansible_user": self.user, "ansible_ssh_private_key_file": key_file}
        if self.password is not None:
            own |= {"ansible_become_password": self.password}
            own |= {"ansible_password": self.password} if key_file is None else {}
        return own


@dataclass(frozen=True)
class Enrolled:
    """What enrolment left behind."""

    host: Host
    entry: Path | None
    """The drafted inventory entry; None: the inventory had the host already, and is as it was."""
    differences: tuple[Text, ...]
    """What such an inventory says otherwise than the host and this enrolment."""
    other_admins: tuple[str, ...]
    """Accounts that may administer the host and that the inventory does not name."""
    sites_missed: tuple[Text, ...] = ()
    """Why the host may have sites besides those that were found."""


def check(folder: Path, name: str, user: str, group: str | None = None) -> None:
    """Raises InputError for what cannot be enrolled, before any host is asked."""
    if not folder.is_dir():
        raise InputError(
            "enrolment needs an inventory folder",
            file=folder,
            mend=f"run mkdir -p {folder}, or copy inventories/example",
        )
    if not _HOST_NAME.fullmatch(name):
        raise InputError(f"{name!r} is not a valid host name", mend="use letters, digits, '.', '-' and '_'")
    if not _ACCOUNT_NAME.fullmatch(user):
        raise InputError(
            f"--automation-user {user!r}: not a valid account name",
            mend="use a lowercase letter, then lowercase letters, digits, '-' and '_', at most 32",
        )
    if group is not None and not _ACCOUNT_NAME.fullmatch(group):
        raise InputError(
            f"--automation-group {group!r}: not a valid group name",
            mend="use a lowercase letter, then lowercase letters, digits, '-' and '_', at most 32",
        )
    entry = _entry_file(folder, name)
    if _kept(folder, name) is None and entry.exists():
        raise InputError(
            f"this file already exists, without a host {name}",
            file=entry,
            mend="give the host another name, or move the file away",
        )


def automation_key(path: Path) -> str:
    """The public key of ``path``; a new ed25519 pair when there is none. Raises InputError for a key of no use."""
    public = path.with_name(path.name + ".pub")
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _keygen(path, "-q", "-t", "ed25519", "-N", "", "-C", "luytre")
        if public.exists():
            return public.read_text("utf-8").strip()
    except OSError as error:
        raise InputError(
            f"the key cannot be stored here: {error.strerror}",
            file=path,
            mend="name another file with --automation-key",
        ) from error
    return _keygen(path, "-y", "-P", "")


def _keygen(path: Path, *options: str) -> str:
    done = ssh_tool("ssh-keygen", *options, "-f", str(path))
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        raise InputError(
            "ssh-keygen: {said}", said=said, file=path, mend="fix the key, or name another file with --automation-key"
        )
    return done.stdout.strip()


def enroll(
    folder: Path,
    server: Server,
    access: Access,
    account: Account,
    ask: Callable[[], str],
    doors: Iterable[str] = (),
) -> Enrolled:
    """Make the account, read the host with it, record the host keys, and draft its inventory entry if there is none.

    The key of the account lends nothing but a way to the ``doors``, and counts from the inventory's trusted networks alone,
    where it names some. ``ask`` gives the password that sudo wants of a key's account. Raises InputError when the host cannot be entered or
    read, has such an account of somebody else's, or would leave an inventory that no run takes; then nothing is written
    here, and an account that was made meanwhile is taken back; where that fails, the error says what stays.
    """
    kept = _kept(folder, server.name)
    admins = () if access.user == "root" else (access.user,)
    bare = Host(name=server.name, address=server.address, automation_user=account.user, admins=admins)
    networks = kept.trusted_networks if kept is not None else _check_with(folder, bare, server, account)
    public_key = automation_key(account.key_file)
    with tempfile.TemporaryDirectory(prefix="luytre-") as scratch:
        known_hosts = Path(scratch, "known_hosts")
        known_hosts.write_text(host_keys.lines(server.address, server.port, server.keys), "utf-8")
        draft = Path(scratch, "hosts.yml")
        draft.write_text(drafted(bare, server.port, account.key_file, str(known_hosts)), "utf-8")
        access, made = _make_account(
            draft,
            server,
            access,
            {
                "enroll_user": account.user,
                "enroll_key": public_key,
                "enroll_group": account.group or "",
                "enroll_options": key_options(networks, doors),
                "enroll_networks": ",".join(map(str, networks)),
            },
            ask,
        )
        facts = None
        try:
            facts = _read(draft, bare)
            done = _recorded(folder, server, account, kept, with_found_sites(bare, facts), administrators(facts))
            return replace(done, sites_missed=not_found(facts))
        except InputError as error:
            if made:
                shut, error.left = _taken_back(draft, server.name, access, account.user)
                if shut is not None and facts is None:
                    raise _refused(server.name, shut, left=error.left) from error
            raise


def administrators(facts: HostFacts) -> tuple[str, ...]:
    """The accounts that may become root on a host, by what it says; what cannot be an account's name is passed over."""
    data = facts.context()
    named = [one["account"] for one in data.get("accounts", {}).get("privileged", ())]
    named += [one["account"] for one in data.get("sudo", {}).get("grants", ()) if one["runs_as_root"]]
    return tuple(dict.fromkeys(name for name in named if _ACCOUNT_NAME.fullmatch(name) and name != "root"))


def _recorded(
    folder: Path, server: Server, account: Account, kept: Host | None, found: Host, administrate: Sequence[str]
) -> Enrolled:
    """Write what was found, last and at once: the host keys and the entry together, or neither."""
    entry = _entry_file(folder, server.name) if kept is None else None
    if entry is not None:
        _check_claims(folder, found)
        _check_with(folder, found, server, account)
    record = folder / "office" / "known_hosts"
    before = record.read_bytes() if record.exists() else None
    if not set(server.keys) <= set(host_keys.recorded(record, server.address, server.port)):
        with writing(record):
            host_keys.record(record, server.address, server.port, server.keys)
    if entry is not None:
        try:
            write(entry, drafted(found, server.port, account.key_file, KNOWN_HOSTS))
        except InputError:
            _put_back(record, before)
            raise
    others = tuple(name for name in administrate if name not in (account.user, *(kept or found).admins))
    if kept is None:
        return Enrolled(found, entry, (), others)
    says = reaching.reach(folder)[server.name]
    return Enrolled(found, None, tuple(differences(kept, says, found, server, account, record.resolve())), others)


def _put_back(file: Path, before: bytes | None) -> None:
    if before is None:
        file.unlink(missing_ok=True)
    else:
        files.whole(file, [before])


def _check_with(folder: Path, host: Host, server: Server, account: Account) -> Sequence[object]:
    """Return the host's trusted networks. Raise InputError when the inventory with an entry for it is not one that every run takes."""
    text = drafted(host, server.port, account.key_file, KNOWN_HOSTS)
    with trial.inventory(folder, _entry_file(folder, host.name).name, text) as there:
        hosts = inventories.load(there).hosts
        reaching.check_addresses(there)
    return next(one.trusted_networks for one in hosts if one.name == host.name)


def _check_claims(folder: Path, found: Host) -> None:
    """Raise InputError when the host says that it serves what the inventory has on another."""
    if not _has_hosts(folder):
        return
    on = {name: host.name for host in inventories.load(folder).hosts for site in host.sites for name in _names(site)}
    claimed = [name for site in found.sites for name in _names(site) if name in on]
    if claimed:
        raise InputError(
            "{host} reports that it serves {names}, which the inventory assigns to {other}",
            host=found.name,
            names=", ".join(claimed[:5]) + (", …" if len(claimed) > 5 else ""),
            other=on[claimed[0]],
            mend="find out which host serves it, and remove it from the other server or from the inventory",
        )


def _names(site: Site) -> tuple[str, ...]:
    return (site.domain, *site.aliases)


def _taken_back(inventory: Path, name: str, access: Access, user: str) -> tuple[Text | None, Text | None]:
    """Take back the account that was just made: why sshd would not let it in, if so, and what stays, if anything does."""
    try:
        run = play(
            "unenroll.yml", inventory=inventory, variables={**access.variables(), "enroll_user": user}, timeout=60
        )
    except InputError:
        return None, _stays(name, user)
    said = "\n".join(str(task.result.get("stdout", "")) for task in run.of(name))
    return shut_out(said, user), None if run.status == "successful" else _stays(name, user)


def shut_out(said: str, user: str) -> Text | None:
    """Why sshd lets this account in with no key, by what ``playbooks/unenroll.yml`` printed; None when that is not the reason."""
    lists: dict[str, list[str]] = {}
    for line in said[:20_000].splitlines():
        key, *words = line.lower().split() or [""]
        lists.setdefault(key, []).extend(words)
    of = {"users": [user.lower()], "groups": lists.get("groups", [])}
    for kind, names in of.items():
        allowed, denied = lists.get(f"allow{kind}"), lists.get(f"deny{kind}", [])
        setting, shown = ("Allow", allowed) if allowed and not _matched(allowed, names) else ("Deny", denied)
        if shown and (setting == "Allow" or _matched(denied, names)):
            word, listed = f"{setting}{kind.capitalize()}", one_line(" ".join(shown), 100)
            mend = _mend(kind, setting, shown, user)
            return Text(
                vi=f"sshd không cho tài khoản {user} đăng nhập ({word} {listed}): {mend.vi}",
                en=f"sshd does not let the account {user} in ({word} {listed}): {mend.en}",
            )
    return None


def _mend(kind: str, setting: str, shown: Sequence[str], user: str) -> Text:
    """Return what lets the account in, though it is not on the host until the enrolment that needs it."""
    word = f"{setting}{kind.capitalize()}"
    groups = [name for name in shown if _ACCOUNT_NAME.fullmatch(name)] if word == "AllowGroups" else []
    if groups:
        return Text(
            vi=f"thêm --automation-group {groups[0]} để lập tài khoản trong nhóm đó, hoặc thêm {user} (nhóm riêng của tài khoản) "
            f"vào {word} rồi nạp lại sshd",
            en=f"add --automation-group {groups[0]} to have it made a member of that group, or add {user} (its own group) "
            f"to {word} and reload sshd",
        )
    if setting == "Allow":
        return Text(
            vi=f"thêm {user} vào {word} trong cấu hình sshd của máy chủ rồi nạp lại sshd",
            en=f"add {user} to {word} in the host's configuration of sshd and reload sshd",
        )
    return Text(
        vi=f"chọn tên khác bằng --automation-user, hoặc sửa {word} trong cấu hình sshd của máy chủ rồi nạp lại sshd",
        en=f"choose another name with --automation-user, or change {word} in the host's configuration of sshd and reload sshd",
    )


def _matched(patterns: Sequence[str], names: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern.partition("@")[0]) for name in names for pattern in patterns)


def _stays(name: str, user: str) -> Text:
    undo = f"userdel -r {user}; rm -f /etc/sudoers.d/90-{user}"
    return Text(
        vi=f"Ở đây chưa ghi gì; trên {name} đã có tài khoản {user} với quyền sudo, gỡ bằng: {undo}",
        en=f"Nothing is written here; {name} has the account {user} with its sudo rule, which goes with: {undo}",
    )


def _entry_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.yml"


def _kept(folder: Path, name: str) -> Host | None:
    """The host as the inventory has it; None when it has none of that name."""
    if not _has_hosts(folder) or name not in reaching.reach(folder):
        return None
    return next(host for host in inventories.load(folder).hosts if host.name == name)


def _has_hosts(folder: Path) -> bool:
    return any(folder.glob("*.y*ml"))


def _make_account(
    inventory: Path, server: Server, access: Access, wanted: Mapping[str, str], ask: Callable[[], str]
) -> tuple[Access, bool]:
    """Make the account: by what access, and whether it was not there before."""
    run = _play(inventory, access, wanted)
    failed = run.failure(server.name)
    if failed is not None and access.password is None and "Missing sudo password" in failed.message:
        access = replace(access, password=ask())
        run = _play(inventory, access, wanted)
    made = any(task.action.endswith("user") and "create_home" in task.result for task in run.changed(server.name))
    if run.status != "successful":
        refused = _refused(server.name, _why(run, server.name, access))
        if made:
            _, refused.left = _taken_back(inventory, server.name, access, wanted["enroll_user"])
        raise refused
    return access, made


def _play(inventory: Path, access: Access, wanted: Mapping[str, str]) -> Playbook:
    variables = {**access.variables(), **wanted}
    return play("enroll.yml", inventory=inventory, variables=variables, timeout=_MAKE_SECONDS)


def _why(run: Playbook, name: str, access: Access) -> Text:
    failed = run.failure(name)
    if failed is None:
        return explain(run.complaint)
    said = str(failed.result.get("stdout", "")).strip()
    why = _NOT_OURS.get(said) or explain(f"{failed.message} {said}")
    return logins.refused(access.user, access.key_file) if why == LOGIN_REFUSED else why


_NOT_OURS: Mapping[str, Text] = {
    "luytre: made by somebody else": Text(
        vi="tài khoản có tên ở --automation-user đã có sẵn, không phải do 'auditor enroll' lập: hãy chọn tên khác",
        en="the account that --automation-user names is there already, not made by 'auditor enroll': choose another name",
    ),
    "luytre: comes from elsewhere": Text(
        vi="kết nối này đến từ địa chỉ nằm ngoài luytre_trusted_networks, nên khóa tự động hóa sẽ bị từ chối: thêm mạng của nó vào đó",
        en="this connection comes from an address outside luytre_trusted_networks, so that the automation key would be refused: "
        "add its network there",
    ),
    "luytre: no such group": Text(
        vi="máy chủ không có nhóm ghi ở --automation-group: ghi đúng tên một nhóm đang có",
        en="the host has no group of the name given with --automation-group: name one that it has",
    ),
    "luytre: has a password": Text(
        vi="tài khoản có tên ở --automation-user đã có mật khẩu, tức là có người dùng: hãy chọn tên khác",
        en="the account that --automation-user names has a password, so somebody uses it: choose another name",
    ),
    "luytre: has other keys": Text(
        vi="tệp authorized_keys của tài khoản ở --automation-user có khóa khác: bỏ khóa đó trên máy chủ, hoặc chọn tên khác",
        en="authorized_keys of the account that --automation-user names holds other keys: take them out on the host, "
        "or choose another name",
    ),
}
"""By what ``playbooks/enroll.yml`` prints of an account that it finds."""


def _read(inventory: Path, host: Host) -> HostFacts:
    facts, outcomes = collect(str(inventory), [host])
    if host.name not in facts:
        raise _refused(host.name, outcomes[0].reason or Text(vi="không đọc được máy chủ", en="could not be read"))
    return facts[host.name]


def _refused(name: str, why: Text, left: Text | None = None) -> InputError:
    error = InputError(
        Text(vi=f"{name}: {why.vi}", en=f"{name}: {why.en}"), mend="when it is fixed, run 'auditor enroll' again"
    )
    error.left = left
    return error
