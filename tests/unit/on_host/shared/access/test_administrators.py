"""Who counts as root where a daemon's own test is run: declared administrators whom sudo makes root, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.luytre_shared.access import administrators, sudo_policy
from ansible.module_utils.luytre_shared.os import account_files
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, NotRun

ACCOUNTS = [
    {"name": name, "uid": uid, "gid": gid}
    for name, uid, gid in [("root", 0, 0), ("quantri", 1000, 1000), ("bientap", 1001, 1001), ("www-data", 33, 33)]
]
GROUPS = [
    {"name": "quantri", "gid": 1000, "members": []},
    {"name": "sudo", "gid": 27, "members": ["quantri"]},
    {"name": "web", "gid": 50, "members": ["quantri", "bientap"]},
    {"name": "nobody", "gid": 60, "members": []},
]
ROOTS = (0,), (0,)


def spec(who: dict[str, Any], *commands: str, **more: Any) -> dict[str, Any]:
    listed = [{"command": c.lstrip("!"), **({"negated": True} if c.startswith("!") else {})} for c in commands]
    return {
        "User_List": [who],
        "Host_List": more.pop("hosts", [{"hostname": "ALL"}]),
        "Cmnd_Specs": [{"Commands": listed, "runasusers": [{"username": "ALL"}], **more}],
    }


SUDO = spec({"usergroup": "sudo"}, "ALL")


def equals(*specs: dict[str, Any], names: tuple[str, ...] = ("quantri",), accounts: Any = ACCOUNTS) -> Any:
    return administrators.find_root_equivalent_accounts({"User_Specs": list(specs)}, set(names), accounts, GROUPS)


def test_a_declared_administrator_whom_sudo_makes_root_counts_with_groups_of_nobody_else() -> None:
    assert equals(SUDO) == ((0, 1000), (0, 27, 1000))
    assert equals(spec({"username": "quantri"}, "ALL")) == ((0, 1000), (0, 27, 1000))


@pytest.mark.parametrize(
    "specs",
    [
        (),
        (spec({"username": "quantri"}, "/usr/bin/systemctl reload nginx"),),
        (spec({"username": "quantri"}, "ALL", "!/bin/su"),),
        (SUDO, spec({"username": "quantri"}, "!/bin/su")),
        (spec({"username": "quantri"}, "ALL", runasusers=[{"username": "www-data"}]),),
        (spec({"username": "quantri"}, "ALL", hosts=[{"hostname": "may-khac"}]),),
    ],
    ids=["nothing", "one command", "all but one", "taken away later", "as another", "on another host"],
)
def test_whoever_has_less_does_not_count(specs: tuple[dict[str, Any], ...]) -> None:
    assert equals(*specs) == ROOTS


def test_nobody_counts_who_is_not_declared_or_shares_his_number() -> None:
    assert equals(spec({"username": "bientap"}, "ALL"), SUDO, names=()) == ROOTS
    assert equals(SUDO, accounts=[*ACCOUNTS, {"name": "hai", "uid": 1000, "gid": 2000}]) == ROOTS


class _Host(AreaReader):
    """A reading of a host on which some paths are one account's."""

    def __init__(self, theirs: dict[str, int], admins: list[str]) -> None:
        super().__init__({"admins": admins}, 20)
        self.theirs = theirs
        self.trust = self.by((0,), (0,))

    def by(self, uids: tuple[int, ...], gids: tuple[int, ...]) -> Any:
        del gids

        class Judge:
            def describe_first_changer_on_path(judge, path: str) -> str | None:
                uid = self.theirs.get(path, 0)
                return None if uid in uids else f"{path} can be changed by user {uid}"

            def describe_first_changer_on_paths(judge, paths: Any) -> str | None:
                return next(filter(None, map(judge.describe_first_changer_on_path, paths)), None)

            describe_who_can_replace_path = describe_first_changer_on_path

        return Judge()


def trusted(host: _Host, read: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sudo_policy, "read_sudo_policy", lambda _reading: {"User_Specs": [SUDO]})
    monkeypatch.setattr(account_files, "read_passwd_rows", lambda: ACCOUNTS)
    monkeypatch.setattr(account_files, "read_group_rows", lambda: GROUPS)
    monkeypatch.setattr(administrators, "PathTrust", host.by)
    return administrators.make_trust_for_daemon_test(host, read)


def test_a_test_is_run_beside_an_administrators_file_and_not_beside_anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {"/etc/nginx/a.conf": 1000, "/etc/nginx/b.conf": 1001, "/opt/nginx": 1000}
    host = _Host(theirs, ["quantri"])
    for read, runs in (["/etc/nginx/a.conf"], True), (["/etc/nginx/a.conf", "/etc/nginx/b.conf"], False):
        trust = trusted(host, read, monkeypatch)
        if runs:
            host.make_reader_with_input_trust(trust).require_trusted_program("nginx", "/usr/sbin/nginx", read)
            continue
        with pytest.raises(NotRun, match=r"b\.conf can be changed by user 1001"):
            host.make_reader_with_input_trust(trust).require_trusted_program("nginx", "/usr/sbin/nginx", read)
    with pytest.raises(NotRun, match="/opt/nginx can be changed"):
        trust = trusted(host, ["/etc/nginx/a.conf"], monkeypatch)
        host.make_reader_with_input_trust(trust).require_trusted_program("nginx", "/opt/nginx", [])


def test_an_undeclared_one_does_not_have_it_run(monkeypatch: pytest.MonkeyPatch) -> None:
    host = _Host({"/etc/nginx/a.conf": 1000}, [])
    with pytest.raises(NotRun):
        read = ["/etc/nginx/a.conf"]
        trust = trusted(host, read, monkeypatch)
        host.make_reader_with_input_trust(trust).require_trusted_program("nginx", "/usr/sbin/nginx", read)


def test_what_judges_then_can_look_at_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sudo_policy, "read_sudo_policy", lambda _reading: {"User_Specs": [SUDO]})
    monkeypatch.setattr(account_files, "read_passwd_rows", lambda: ACCOUNTS)
    monkeypatch.setattr(account_files, "read_group_rows", lambda: GROUPS)
    trust = administrators.make_trust_for_daemon_test(
        _Host({"/etc/nginx/a.conf": 1000}, ["quantri"]), ["/etc/nginx/a.conf"]
    )
    assert trust.describe_first_changer_on_path("/usr/bin/env") is None
