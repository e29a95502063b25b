"""PAM: stacks as they are run, numbers as they count, and changes only where something is looser."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.access import pam
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader

from auditor.models import Status
from tests.unit.access import facts, filters, finding, ids

ROLE = filters("pam")
WANTED = {"deny": 5, "unlock_time": 900, "fail_interval": 900, "length": 15, "classes": 4, "remembered": 10}
EVERY = dict.fromkeys(("pam.faillock", "pam.pwquality", "pam.history"), ())
NOTHING: dict[str, list[Any]] = {"profiles": [], "edits": [], "lines": [], "late": []}


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pam, "FOLDER", str(tmp_path))
    (tmp_path / "faillock.conf").write_text("# deny = 3\ndeny = 5\nunlock_time=900\n")
    return tmp_path


def test_includes_and_continuations_are_followed(etc: Path) -> None:
    (etc / "sshd").write_text(
        "# c\n@include common-auth\nauth required \\\n  pam_env.so readenv=1\naccount required pam_x.so\n"
    )
    (etc / "common-auth").write_text("auth\t[success=1 default=ignore]\tpam_unix.so nullok\n-auth optional pam_y.so\n")
    assert pam.read_pam_stack("sshd", "auth") == [
        ("[success=1 default=ignore]", "pam_unix.so", ["nullok"]),
        ("optional", "pam_y.so", []),
        ("required", "pam_env.so", ["readenv=1"]),
    ]


def test_a_stack_that_includes_itself_ends(etc: Path) -> None:
    (etc / "loop").write_text("auth include loop\nauth required pam_unix.so\n")
    assert len(pam.read_pam_stack("loop", "auth")) == pam.MAX_INCLUDES + 1


@pytest.mark.parametrize(
    ("auth", "account", "expected"),
    [
        (("preauth", "authfail"), True, (True, 5, 900)),
        (("preauth", "authfail"), False, (False, 5, 900)),
        (("preauth",), True, (False, 5, 900)),
        (("preauth deny=100", "authfail deny=100"), True, (True, 100, 900)),
        (("preauth unlock_time=never", "authfail"), True, (True, 5, 0)),
        (("preauth deny=nhiều", "authfail"), True, (True, 3, 900)),
    ],
)
def test_faillock(etc: Path, auth: tuple[str, ...], account: bool, expected: tuple[bool, int, int]) -> None:
    lines = [f"auth required pam_faillock.so {arguments} conf={etc}/faillock.conf" for arguments in auth]
    lines += ["account required pam_faillock.so"] if account else []
    (etc / "sshd").write_text("\n".join(lines) + "\n")
    told = pam.describe_faillock("sshd")
    assert (told["active"], told["deny"], told["unlock_time"]) == expected


@pytest.mark.parametrize(
    ("arguments", "configured", "length", "classes", "active"),
    [
        ([], {"minlen": "14", "minclass": "4"}, 14, 4, True),
        (["minlen=6"], {"minlen": "14"}, 6, 0, True),
        ([], {"minlen": "14", "dcredit": "5"}, 9, 0, True),
        ([], {"minlen": "14", "dcredit": "-1", "ucredit": "-1", "lcredit": "-1", "ocredit": "-1"}, 14, 4, True),
        ([], {"minlen": "14", "enforcing": "0"}, 14, 0, False),
        ([], {}, 8, 0, True),
    ],
)
def test_pwquality(arguments: list[str], configured: dict[str, str], length: int, classes: int, active: bool) -> None:
    told = pam.describe_password_quality([("requisite", "pam_pwquality.so", arguments)], configured)
    assert (told["length"], told["classes"], told["active"]) == (length, classes, active)


def test_without_its_word_list_every_password_is_refused() -> None:
    told = pam.describe_password_quality([("requisite", "pam_pwquality.so", [])], {"dictpath": "/nonexistent"})
    assert (told["dictionary"], told["dictionary_found"]) == (False, False)


def test_pwhistory() -> None:
    assert pam.describe_password_history([], {}) == {"active": False, "remembered": 0}
    assert pam.describe_password_history([("required", "pam_pwhistory.so", [])], {"remember": "7"})["remembered"] == 7
    assert (
        pam.describe_password_history([("required", "pam_pwhistory.so", ["remember=2"])], {"remember": "7"})[
            "remembered"
        ]
        == 2
    )
    assert pam.describe_password_history([("required", "pam_unix.so", ["remember=6"])], {})["remembered"] == 6


# --- findings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("control", ids("pam"))
def test_a_hardened_host_passes(control: str) -> None:
    assert finding(control).status is Status.PASS


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"active": False}, Status.PARTIAL),
        ({"deny": 0}, Status.PARTIAL),
        ({"deny": 11}, Status.PARTIAL),
        ({"unlock_time": 60}, Status.PARTIAL),
        ({"unlock_time": 0}, Status.PASS),
        ({"unlock_time": 3600}, Status.PASS),
        ({"fail_interval": 10}, Status.PARTIAL),
    ],
)
def test_one_service_is_enough(changes: dict[str, Any], status: Status) -> None:
    areas = facts()
    areas["pam"]["faillock"][0].update(changes)
    assert finding("pam.faillock", areas).status is status


@pytest.mark.parametrize("changes", [{"length": 13}, {"classes": 3}, {"active": False}, {"dictionary": False}])
def test_weak_new_passwords(changes: dict[str, Any]) -> None:
    areas = facts()
    areas["pam"]["pwquality"].update(changes)
    assert finding("pam.pwquality", areas).status is Status.FAIL


# --- the role --------------------------------------------------------------------------------------------


def now(**changes: dict[str, Any]) -> dict[str, Any]:
    told = copy.deepcopy(facts()["pam"])
    for part, values in changes.items():
        for target in told[part] if isinstance(told[part], list) else [told[part]]:
            target.update(values)
    return dict(told)


def test_nothing_where_all_is_well() -> None:
    assert ROLE.changes(now(), EVERY, WANTED) == NOTHING
    stricter = now(faillock={"deny": 3, "unlock_time": 0}, pwquality={"length": 20}, pwhistory={"remembered": 24})
    assert ROLE.changes(stricter, EVERY, WANTED) == NOTHING


def test_nothing_that_nobody_asked_for() -> None:
    assert ROLE.changes(now(faillock={"active": False}), {"pam.history": ()}, WANTED) == NOTHING


def test_a_bare_host() -> None:
    bare = now(
        faillock={"active": False, "deny": 3, "unlock_time": 600},
        pwquality={
            "installed": False,
            "active": False,
            "length": 8,
            "classes": 0,
            "dictionary_found": False,
            "dictionary": False,
        },
        pwhistory={"active": False, "remembered": 0},
    )
    needed = ROLE.changes(bare, EVERY, WANTED)
    assert needed["profiles"] == ["luytre-faillock", "luytre-faillock-before", "pwquality", "luytre-history"]
    assert [line["line"] for line in needed["lines"]] == [
        "deny = 5",
        "unlock_time = 900",
        "fail_interval = 900",
        "minlen = 15",
        "minclass = 4",
        "dcredit = -1",
        "ucredit = -1",
        "lcredit = -1",
        "ocredit = -1",
    ]
    assert needed["edits"] == []


def test_numbers_in_the_stack_are_taken_away() -> None:
    needed = ROLE.changes(now(faillock={"deny": 50, "given": ["deny"]}), EVERY, WANTED)
    assert [line["line"] for line in needed["lines"]] == ["deny = 5"]
    (edit,) = needed["edits"]
    assert edit["path"] == "/etc/pam.d/common-auth"
    assert "deny" in edit["regexp"]


def test_credits_go_with_the_length() -> None:
    needed = ROLE.changes(now(pwquality={"length": 9, "credits": ["dcredit"]}), EVERY, WANTED)
    assert [line["line"] for line in needed["lines"]] == ["minlen = 15", "dcredit = 0"]


def test_each_kind_is_asked_for_by_name_where_all_are() -> None:
    loose = now(pwquality={"length": 9, "classes": 1, "credits": ["dcredit"]})
    assert [line["line"] for line in ROLE.changes(loose, EVERY, WANTED)["lines"]] == [
        "minlen = 15",
        "dcredit = -1",
        "minclass = 4",
        "ucredit = -1",
        "lcredit = -1",
        "ocredit = -1",
    ]
    three = ROLE.changes(loose, EVERY, {**WANTED, "classes": 3})
    assert [line["line"] for line in three["lines"]] == ["minlen = 15", "dcredit = 0", "minclass = 3"]


def test_empty_passwords_are_taken_by_either_word(etc: Path) -> None:
    (etc / "su").write_text("auth sufficient pam_unix.so nullok\n")
    (etc / "sudo").write_text("auth required pam_unix.so nullok_secure\n")
    (etc / "login").write_text("auth required pam_unix.so try_first_pass # nullok\n")
    assert [pam._is_empty_password_allowed(pam.read_pam_stack(name, "auth")) for name in ("su", "sudo", "login")] == [
        True,
        True,
        False,
    ]


def test_the_word_goes_from_the_shared_stack_and_from_the_services_own() -> None:
    edits = ROLE.changes({"nullok": ["su"]}, {"pam.nullok": []}, {})["late"]
    assert [edit["path"] for edit in edits] == ["/etc/pam.d/common-auth", "/etc/pam.d/su"]
    line = "auth\t[success=1 default=ignore]\tpam_unix.so nullok_secure try_first_pass\n"
    mended = re.sub(edits[0]["regexp"], edits[0]["replace"], line)
    assert ROLE.changes({"nullok": [], "su": {"restricted": True}}, {"pam.su_group": []}, {})["late"] == []
    assert mended == "auth\t[success=1 default=ignore]\tpam_unix.so try_first_pass\n"


def test_su_is_restricted_by_a_module_that_keeps_everybody_else_out(etc: Path) -> None:
    def said(line: str) -> bool:
        (etc / "su").write_text(f"auth sufficient pam_rootok.so\n{line}\n")
        return bool(pam.describe_su_restriction(AreaReader({}, 5), pam.read_pam_stack("su", "auth"))["restricted"])

    assert [
        said(line)
        for line in (
            "auth required pam_wheel.so use_uid group=sudo",
            "auth requisite pam_wheel.so",
            "# auth required pam_wheel.so",
            "auth sufficient pam_wheel.so trust",
            "auth required pam_wheel.so deny group=nosu",
        )
    ] == [True, True, False, False, False]


def test_who_used_su_and_is_not_in_its_group() -> None:
    text = "".join(
        f"pam_unix({service}:session): session opened for user root(uid=0) by {who}(uid=1)\n"
        for service, who in (
            ("su", "khoa"),
            ("su-l", "lan"),
            ("su", "root"),
            ("su", ""),
            ("sudo", "an"),
            ("su", "gone"),
        )
    )
    accounts = [{"name": name, "gid": 100} for name in ("root", "khoa", "lan", "an")]
    groups = [{"name": "sudo", "gid": 27, "members": ["lan"]}]
    assert pam.find_su_users_outside_group(text, accounts, groups) == ["khoa"]


def test_su_asks_for_the_group_right_after_root_was_let_through() -> None:
    (edit,) = ROLE.changes({"su": {"restricted": False}, "nullok": []}, {"pam.su_group": []}, {})["edits"]
    text = "# c\nauth       sufficient pam_rootok.so\n# auth required pam_wheel.so\n@include common-auth\n"
    assert re.sub(edit["regexp"], edit["replace"], text) == (
        "# c\nauth       sufficient pam_rootok.so\nauth required pam_wheel.so use_uid group=sudo\n"
        "# auth required pam_wheel.so\n@include common-auth\n"
    )
    assert ROLE.changes({"su": {"restricted": True}, "nullok": []}, {"pam.su_group": []}, {})["edits"] == []
