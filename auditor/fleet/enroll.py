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
from auditor.fleet.discover import add_discovered_sites_to_host, explain_missing_sites
from auditor.fleet.error_messages import LOGIN_REFUSED, explain_ansible_or_ssh_message
from auditor.fleet.host_keys import run_ssh_tool
from auditor.fleet.inventory_draft import (
    AutomationAccount,
    EnrollmentTarget,
    build_authorized_keys_options,
    convert_write_errors_of_file,
    draft_inventory_entry_of_host,
    find_inventory_differences_from_host,
    write_text_whole_or_raise,
)
from auditor.fleet.runner import PlaybookOrder, PlaybookRun, play
from auditor.inventory import hosts as inventories
from auditor.inventory import reach as reaching
from auditor.inventory import trial
from auditor.inventory.reach import KNOWN_HOSTS
from auditor.models import Host, Site, Text
from auditor.system import files
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

_HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_ACCOUNT_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
"""What adduser takes; sudo passes over a file of /etc/sudoers.d with a dot in its name."""
_MAKE_SECONDS = 120


@dataclass(frozen=True)
class EnrollmentAccess:
    """The office's access today: an account with a password or a key.

    A key's account may have a password for sudo.
    """

    user: str
    password: str | None = None
    key_file: Path | None = None

    def variables(self) -> Mapping[str, Any]:
        """Return the same as Ansible's connection variables."""
        key_file = None if self.key_file is None else str(self.key_file)
        own = {"ansible_user": self.user, "ansible_ssh_private_key_file": key_file}
        if self.password is not None:
            own |= {"ansible_become_password": self.password}
            own |= {"ansible_password": self.password} if key_file is None else {}
        return own


@dataclass(frozen=True)
class EnrollmentResult:
    """The results of an enrolment."""

    host: Host
    entry: Path | None
    """The drafted inventory entry; None: the inventory had the host already, and is as it was."""
    differences: tuple[Text, ...]
    """What such an inventory says otherwise than the host and this enrolment."""
    other_admins: tuple[str, ...]
    """Accounts that may administer the host and that the inventory does not name."""
    sites_missed: tuple[Text, ...] = ()
    """Why the host may have sites besides those that were found."""


def check_host_can_be_enrolled(folder: Path, name: str, user: str, group: str | None = None) -> None:
    """Raise InputError for what cannot be enrolled, before any host is asked."""
    if not folder.is_dir():
        raise InputError(
            "enrolment needs an inventory folder",
            file=folder,
            mend="run mkdir -p {folder}, or copy inventories/example",
            folder=folder,
        )
    if not _HOST_NAME.fullmatch(name):
        raise InputError(
            "{name} is not a valid host name", mend="use letters, digits, '.', '-' and '_'", name=repr(name)
        )
    if not _ACCOUNT_NAME.fullmatch(user):
        raise InputError(
            "--automation-user {name}: not a valid account name",
            mend="use a lowercase letter, then lowercase letters, digits, '-' and '_', at most 32",
            name=repr(user),
        )
    if group is not None and not _ACCOUNT_NAME.fullmatch(group):
        raise InputError(
            "--automation-group {group}: not a valid group name",
            mend="use a lowercase letter, then lowercase letters, digits, '-' and '_', at most 32",
            group=repr(group),
        )
    entry = _get_inventory_file_of_host(folder, name)
    if _find_listed_host(folder, name) is None and entry.exists():
        raise InputError(
            "this file already exists, without a host {name}",
            file=entry,
            mend="give the host another name, or move the file away",
            name=name,
        )


def load_or_make_automation_public_key(path: Path) -> str:
    """Return the public key of ``path``; a new ed25519 pair when there is none.

    Raises InputError for a key of no use.
    """
    public = path.with_name(path.name + ".pub")
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _run_keygen(path, "-q", "-t", "ed25519", "-N", "", "-C", "luytre")
        if public.exists():
            return public.read_text("utf-8").strip()
    except OSError as error:
        raise InputError(
            "the key cannot be stored here: {error}",
            file=path,
            mend="name another file with --automation-key",
            error=error.strerror,
        ) from error
    return _run_keygen(path, "-y", "-P", "")


def _run_keygen(path: Path, *options: str) -> str:
    process = run_ssh_tool("ssh-keygen", *options, "-f", str(path))
    if process.returncode:
        message = " ".join((process.stderr or process.stdout).split())
        raise InputError(
            "ssh-keygen: {said}",
            said=message,
            file=path,
            mend="fix the key, or name another file with --automation-key",
        )
    return process.stdout.strip()


def enroll(
    folder: Path,
    server: EnrollmentTarget,
    access: EnrollmentAccess,
    account: AutomationAccount,
    ask_sudo_password: Callable[[], str],
    forwarded_addresses: Iterable[str] = (),
) -> EnrollmentResult:
    """Make the account, read the host with it, record the host keys, and draft its inventory entry if there is none.

    The key of the account lends nothing but a way to the ``forwarded_addresses``, and counts from the inventory's
    trusted networks alone, where it names some. ``ask_sudo_password`` gives the password that sudo wants of a key's
    account. Raises InputError when the host cannot be entered or read, has such an account of somebody else's, or would
    leave an inventory that no run takes; then nothing is written here, and an account that was made meanwhile is taken
    back; where that fails, the error says what stays.
    """
    listed_host = _find_listed_host(folder, server.name)
    admins = () if access.user == "root" else (access.user,)
    bare = Host(name=server.name, address=server.address, automation_user=account.user, admins=admins)
    networks = (
        listed_host.trusted_networks
        if listed_host is not None
        else _check_inventory_takes_host(folder, bare, server, account)
    )
    public_key = load_or_make_automation_public_key(account.key_file)
    with tempfile.TemporaryDirectory(prefix="luytre-") as scratch:
        known_hosts = Path(scratch, "known_hosts")
        known_hosts.write_text(host_keys.format_known_hosts_lines(server.address, server.port, server.keys), "utf-8")
        draft = Path(scratch, "hosts.yml")
        draft.write_text(draft_inventory_entry_of_host(bare, server.port, account.key_file, str(known_hosts)), "utf-8")
        access, is_new_account = _make_account(
            draft,
            server,
            access,
            {
                "enroll_user": account.user,
                "enroll_key": public_key,
                "enroll_group": account.group or "",
                "enroll_options": build_authorized_keys_options(networks, forwarded_addresses),
                "enroll_networks": ",".join(map(str, networks)),
            },
            ask_sudo_password,
        )
        facts = None
        try:
            facts = _collect_facts_of_host(draft, bare)
            result = _write_host_keys_and_inventory_entry(
                folder,
                server,
                account,
                listed_host,
                add_discovered_sites_to_host(bare, facts),
                list_administrators(facts),
            )
            return replace(result, sites_missed=explain_missing_sites(facts))
        except InputError as error:
            if is_new_account:
                shut, error.left = _remove_account(draft, server.name, access, account.user)
                if shut is not None and facts is None:
                    raise _make_enrollment_error(server.name, shut, leftover=error.left) from error
            raise


def list_administrators(facts: HostFacts) -> tuple[str, ...]:
    """Return the accounts that may become root on a host, by what it says.

    What cannot be an account's name is passed over.
    """
    data = facts.build_context_for_control_expressions()
    accounts = [privilege["account"] for privilege in data.get("accounts", {}).get("privileged", ())]
    accounts += [grant["account"] for grant in data.get("sudo", {}).get("grants", ()) if grant["runs_as_root"]]
    return tuple(dict.fromkeys(name for name in accounts if _ACCOUNT_NAME.fullmatch(name) and name != "root"))


def _write_host_keys_and_inventory_entry(
    folder: Path,
    server: EnrollmentTarget,
    account: AutomationAccount,
    listed_host: Host | None,
    found_host: Host,
    administrators: Sequence[str],
) -> EnrollmentResult:
    """Write what was found, last and at once: the host keys and the entry together, or neither."""
    entry = _get_inventory_file_of_host(folder, server.name) if listed_host is None else None
    if entry is not None:
        _check_no_other_host_has_its_sites(folder, found_host)
        _check_inventory_takes_host(folder, found_host, server, account)
    record = folder / "office" / "known_hosts"
    before = record.read_bytes() if record.exists() else None
    if not set(server.keys) <= set(host_keys.read_recorded_host_keys(record, server.address, server.port)):
        with convert_write_errors_of_file(record):
            host_keys.replace_host_keys_in_known_hosts(record, server.address, server.port, server.keys)
    if entry is not None:
        try:
            write_text_whole_or_raise(
                entry, draft_inventory_entry_of_host(found_host, server.port, account.key_file, KNOWN_HOSTS)
            )
        except InputError:
            _restore_file(record, before)
            raise
    others = tuple(name for name in administrators if name not in (account.user, *(listed_host or found_host).admins))
    if listed_host is None:
        return EnrollmentResult(found_host, entry, (), others)
    says = reaching.load_reach(folder)[server.name]
    return EnrollmentResult(
        found_host,
        None,
        tuple(find_inventory_differences_from_host(listed_host, says, found_host, server, account, record.resolve())),
        others,
    )


def _restore_file(file: Path, before: bytes | None) -> None:
    if before is None:
        file.unlink(missing_ok=True)
    else:
        files.write_file_atomically(file, [before])


def _check_inventory_takes_host(
    folder: Path, host: Host, server: EnrollmentTarget, account: AutomationAccount
) -> Sequence[object]:
    """Return the host's trusted networks.

    Raise InputError when the inventory with an entry for it is not one that every run takes.
    """
    text = draft_inventory_entry_of_host(host, server.port, account.key_file, KNOWN_HOSTS)
    with trial.make_trial_inventory_folder_with_file(
        folder, _get_inventory_file_of_host(folder, host.name).name, text
    ) as there:
        hosts = inventories.load_inventory(there).hosts
        reaching.check_hosts_have_different_addresses(there)
    return next(listed_host.trusted_networks for listed_host in hosts if listed_host.name == host.name)


def _check_no_other_host_has_its_sites(folder: Path, found_host: Host) -> None:
    """Raise InputError when the host says that it serves what the inventory has on another."""
    if not _has_inventory_files(folder):
        return
    on = {
        name: host.name
        for host in inventories.load_inventory(folder).hosts
        for site in host.sites
        for name in _list_names(site)
    }
    claimed_names = [name for site in found_host.sites for name in _list_names(site) if name in on]
    if claimed_names:
        raise InputError(
            "{host} reports that it serves {names}, which the inventory assigns to {other}",
            host=found_host.name,
            names=", ".join(claimed_names[:5]) + (", …" if len(claimed_names) > 5 else ""),
            other=on[claimed_names[0]],
            mend="find out which host serves it, and remove it from the other server or from the inventory",
        )


def _list_names(site: Site) -> tuple[str, ...]:
    return (site.domain, *site.aliases)


def _remove_account(inventory: Path, name: str, access: EnrollmentAccess, user: str) -> tuple[Text | None, Text | None]:
    """Take back the account that was just made.

    Returns why sshd would not let it in, if so, and what stays, if anything does.
    """
    try:
        run = play(
            PlaybookOrder(
                "unenroll.yml", inventory=inventory, variables={**access.variables(), "enroll_user": user}, timeout=60
            )
        )
    except InputError:
        return None, _describe_leftover_account(name, user)
    output = "\n".join(str(task.result.get("stdout", "")) for task in run.list_tasks(name))
    return explain_login_denied_by_sshd(
        output, user
    ), None if run.status == "successful" else _describe_leftover_account(name, user)


def explain_login_denied_by_sshd(output: str, user: str) -> Text | None:
    """Return why sshd lets this account in with no key, by what ``playbooks/unenroll.yml`` printed.

    None when that is not the reason.
    """
    lists: dict[str, list[str]] = {}
    for line in output[:20_000].splitlines():
        key, *words = line.lower().split() or [""]
        lists.setdefault(key, []).extend(words)
    of = {"users": [user.lower()], "groups": lists.get("groups", [])}
    for kind, names in of.items():
        allow_list, deny_list = lists.get(f"allow{kind}"), lists.get(f"deny{kind}", [])
        setting, patterns = (
            ("Allow", allow_list)
            if allow_list and not _has_name_matching_any_pattern(allow_list, names)
            else ("Deny", deny_list)
        )
        if patterns and (setting == "Allow" or _has_name_matching_any_pattern(deny_list, names)):
            word, pattern_text = f"{setting}{kind.capitalize()}", escape_text_to_one_line(" ".join(patterns), 100)
            mend = _suggest_sshd_setting_that_admits_user(kind, setting, patterns, user)
            return make_text(
                "sshd does not let the account {user} in ({word} {pattern_text}): {fix}",
                user=user,
                word=word,
                pattern_text=pattern_text,
                fix=mend,
            )
    return None


def _suggest_sshd_setting_that_admits_user(kind: str, setting: str, patterns: Sequence[str], user: str) -> Text:
    """Return what lets the account in, though it is not on the host until the enrolment that needs it."""
    word = f"{setting}{kind.capitalize()}"
    groups = [name for name in patterns if _ACCOUNT_NAME.fullmatch(name)] if word == "AllowGroups" else []
    if groups:
        return make_text(
            (
                "add --automation-group {groups} to have it made a member of that group, or add "
                "{user} (its own group) to {word} and reload sshd"
            ),
            groups=groups[0],
            user=user,
            word=word,
        )
    if setting == "Allow":
        return make_text(
            "add {user} to {word} in the host's configuration of sshd and reload sshd", user=user, word=word
        )
    return make_text(
        (
            "choose another name with --automation-user, or change {word} in the host's "
            "configuration of sshd and reload sshd"
        ),
        word=word,
    )


def _has_name_matching_any_pattern(patterns: Sequence[str], names: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern.partition("@")[0]) for name in names for pattern in patterns)


def _describe_leftover_account(name: str, user: str) -> Text:
    undo = f"userdel -r {user}; rm -f /etc/sudoers.d/90-{user}"
    return make_text(
        ("Nothing is written here; {name} has the account {user} with its sudo rule, which goes with: {undo}"),
        name=name,
        user=user,
        undo=undo,
    )


def _get_inventory_file_of_host(folder: Path, name: str) -> Path:
    return folder / f"{name}.yml"


def _find_listed_host(folder: Path, name: str) -> Host | None:
    """Return the host as the inventory has it; None when it has none of that name."""
    if not _has_inventory_files(folder) or name not in reaching.load_reach(folder):
        return None
    return next(host for host in inventories.load_inventory(folder).hosts if host.name == name)


def _has_inventory_files(folder: Path) -> bool:
    return any(folder.glob("*.y*ml"))


def _make_account(
    inventory: Path,
    server: EnrollmentTarget,
    access: EnrollmentAccess,
    enroll_variables: Mapping[str, str],
    ask_sudo_password: Callable[[], str],
) -> tuple[EnrollmentAccess, bool]:
    """Make the account: by what access, and whether it was not there before."""
    run = _play_enrollment(inventory, access, enroll_variables)
    failure = run.find_failure(server.name)
    if failure is not None and access.password is None and "Missing sudo password" in failure.message:
        access = replace(access, password=ask_sudo_password())
        run = _play_enrollment(inventory, access, enroll_variables)
    is_new_account = any(
        task.action.endswith("user") and "create_home" in task.result for task in run.list_changed(server.name)
    )
    if run.status != "successful":
        error = _make_enrollment_error(server.name, _explain_failure(run, server.name, access))
        if is_new_account:
            _, error.left = _remove_account(inventory, server.name, access, enroll_variables["enroll_user"])
        raise error
    return access, is_new_account


def _play_enrollment(inventory: Path, access: EnrollmentAccess, enroll_variables: Mapping[str, str]) -> PlaybookRun:
    variables = {**access.variables(), **enroll_variables}
    return play(PlaybookOrder("enroll.yml", inventory=inventory, variables=variables, timeout=_MAKE_SECONDS))


def _explain_failure(run: PlaybookRun, name: str, access: EnrollmentAccess) -> Text:
    failure = run.find_failure(name)
    if failure is None:
        return explain_ansible_or_ssh_message(run.complaint)
    output = str(failure.result.get("stdout", "")).strip()
    why = _NOT_OURS.get(output) or explain_ansible_or_ssh_message(f"{failure.message} {output}")
    return logins.explain_refused_login(access.user, access.key_file) if why == LOGIN_REFUSED else why


_NOT_OURS: Mapping[str, Text] = {
    "luytre: made by somebody else": make_text(
        "the account that --automation-user names is there already, not made by 'auditor enroll': choose another name"
    ),
    "luytre: comes from elsewhere": make_text(
        "this connection comes from an address outside luytre_trusted_networks, so that the "
        "automation key would be refused: add its network there"
    ),
    "luytre: no such group": make_text(
        "the host has no group of the name given with --automation-group: name one that it has"
    ),
    "luytre: has a password": make_text(
        "the account that --automation-user names has a password, so somebody uses it: choose another name"
    ),
    "luytre: has other keys": make_text(
        "authorized_keys of the account that --automation-user names holds other keys: take "
        "them out on the host, or choose another name"
    ),
}
"""By what ``playbooks/enroll.yml`` prints of an account that it finds."""


def _collect_facts_of_host(inventory: Path, host: Host) -> HostFacts:
    facts, outcomes = collect(str(inventory), [host])
    if host.name not in facts:
        raise _make_enrollment_error(host.name, outcomes[0].reason or make_text("could not be read"))
    return facts[host.name]


def _make_enrollment_error(name: str, why: Text, leftover: Text | None = None) -> InputError:
    error = InputError(
        Text(vi=f"{name}: {why.vi}", en=f"{name}: {why.en}"), mend="when it is fixed, run 'auditor enroll' again"
    )
    error.left = leftover
    return error
