"""Which packages of a run stay when it goes: what a file still names, or others rest on."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ansible.module_utils.luytre_guard.changes import package_dependencies, packages  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.os import commands, runtime_state  # type: ignore[import-not-found]

FILES = {
    "libpam-pwquality:amd64": {
        "/usr/lib/x86_64-linux-gnu/security/pam_pwquality.so",
        "/usr/share/pam-configs/pwquality",
    },
    "libpwquality1:amd64": {"/usr/lib/x86_64-linux-gnu/libpwquality.so.1"},
    "cracklib-runtime": {"/usr/sbin/cracklib-check"},
    "nftables": {"/usr/sbin/nft", "/etc/nftables.conf", "/usr/lib/systemd/system/nftables.service"},
    "php8.4-redis": {"/usr/lib/php/20240924/redis.so", "/etc/php/8.4/mods-available/redis.ini"},
}
RELATIONS = (
    "libpam-pwquality:amd64\tii \tlibc6, libpwquality1 (>= 1.1), libpam-runtime\t\n"
    "libpwquality1:amd64\tii \tlibc6\tcracklib-runtime\nnftables\tii \tlibc6\t\nphp8.4-redis\tii \tlibc6\t\n"
    "fail2ban\tii \tpython3, iptables | nftables\tcracklib-runtime\niptables\tii \tlibc6\t\nlibc6:amd64\tii \t\t\n"
    "cracklib-runtime\tii \tlibc6\t\n"
)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(package_dependencies, "CONFIGURATION", str(tmp_path))
    monkeypatch.setattr(packages, "list_paths_of_packages", lambda names: set().union(*(FILES[name] for name in names)))
    monkeypatch.setattr(commands, "run_program_and_return_output", lambda *_, **__: RELATIONS.encode())
    monkeypatch.setattr(runtime_state, "list_nft_tables_of_others", list)
    return tmp_path


def test_a_module_that_pam_names_stays_with_what_it_depends_on(host: Path) -> None:
    (host / "common-password").write_text("# local\npassword requisite pam_pwquality.so retry=3\n")
    stay = package_dependencies.find_packages_needed_by_now_with_reason(FILES, None, (), ())
    assert set(stay) == {"libpam-pwquality:amd64", "libpwquality1:amd64", "cracklib-runtime"}
    assert str(host / "common-password") in stay["libpam-pwquality:amd64"]
    assert (
        package_dependencies.find_packages_needed_by_now_with_reason(FILES, None, [str(host / "common-password")], ())
        == {}
    )


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("# pam_pwquality.so", None),
        ("session optional pam_pwquality.so.old", None),
        ("ExecStart=/usr/sbin/nft -f /etc/rules", "nftables"),
        ("#!/usr/sbin/nft -f", "nftables"),
        ("/sbin/nft", "nftables"),
        ("/usr/sbin/nftables", None),
        ("/usr/local/sbin/nft", None),
        ("extension = redis", "php8.4-redis"),
        ("; extension=redis", None),
        ("extension=redis_cluster", None),
        ("extension=/usr/lib/php/20240924/redis.so", "php8.4-redis"),
    ],
)
def test_what_a_file_names(host: Path, line: str, package: str | None) -> None:
    (host / "file").write_text(line + "\n")
    assert set(
        package_dependencies.find_packages_needed_by_now_with_reason({**FILES, "libpwquality1:amd64": ()}, None, (), ())
    ) == ({package} if package else set())


def test_what_somebody_changed_started_or_rests_on_stays(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_dependencies, "CONFIGURATION", "/etc")
    monkeypatch.setattr(package_dependencies, "_read_remaining_config_files", lambda _: {})
    assert (
        "/etc/nftables.conf"
        in package_dependencies.find_packages_needed_by_now_with_reason(
            ["nftables"], None, (), ["/etc/nftables.conf", "/etc/motd"]
        )["nftables"]
    )
    assert (
        "nftables.service"
        in package_dependencies.find_packages_needed_by_now_with_reason(
            ["nftables"], None, (), (), ["nftables.service"]
        )["nftables"]
    )
    assert package_dependencies.find_packages_needed_by_now_with_reason(["nftables"], None, (), ()) == {}
    monkeypatch.setattr(runtime_state, "list_nft_tables_of_others", lambda: ["ip nat"])
    assert (
        "ip nat" in package_dependencies.find_packages_needed_by_now_with_reason(["nftables"], None, (), ())["nftables"]
    )


@pytest.mark.parametrize(
    ("tables", "started", "stay"),
    [
        (["inet f2b-table"], (), set()),
        (["inet f2b-table", "ip nat"], (), {"nftables"}),
        (["inet f2b-table"], ("fail2ban.service",), {"fail2ban", "nftables"}),
    ],
)
def test_a_table_goes_with_the_package_that_made_it(
    host: Path, monkeypatch: pytest.MonkeyPatch, tables: list[str], started: tuple[str, ...], stay: set[str]
) -> None:
    came = {**FILES, "fail2ban": {"/usr/lib/systemd/system/fail2ban.service"}}
    monkeypatch.setattr(packages, "list_paths_of_packages", lambda names: set().union(*(came[name] for name in names)))
    monkeypatch.setattr(runtime_state, "list_nft_tables_of_others", lambda: tables)
    found = package_dependencies.find_packages_needed_by_now_with_reason(
        ["nftables", "fail2ban"], None, (), (), started
    )
    assert set(found) == stay
    assert "f2b-table" not in found.get("nftables", "") or started
    assert set(package_dependencies.find_packages_needed_by_now_with_reason(["nftables"], None, (), ())) == {
        "nftables"
    }, "whose package was there before"


def test_what_the_run_neither_asked_for_nor_needs_somebody_else_installed(
    host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = [*FILES, "htop", "exim4-base", "python3-apt"]
    monkeypatch.setattr(packages, "list_paths_of_packages", lambda _: set())
    theirs = dict.fromkeys(("htop", "nftables", "php8.4-redis"), package_dependencies.INSTALLED_BY_OTHERS)
    half = RELATIONS.replace("libpam-pwquality:amd64\tii ", "libpam-pwquality:amd64\tiF ")
    for said in (RELATIONS, half):
        more = "htop\tii \tlibc6\t\t\npython3-apt\tii \tlibc6\t\t\nexim4-base\tii \t\t\tmail-transport-agent\ncron\tii \tmail-transport-agent\t\t\n"
        monkeypatch.setattr(commands, "run_program_and_return_output", lambda *_, said=said + more, **__: said.encode())
        assert (
            package_dependencies.find_packages_needed_by_now_with_reason(came, {"libpam-pwquality", "cron", ""}, (), ())
            == theirs
        )
        assert package_dependencies.find_packages_needed_by_now_with_reason(came, None, (), ()) == {}


def test_of_two_that_would_do_the_one_that_was_there_before_does(host: Path) -> None:
    assert package_dependencies.find_packages_needed_by_now_with_reason(["nftables"], None, (), ()) == {}
    without = RELATIONS.replace("iptables\tii ", "iptables\trc ")
    assert package_dependencies._add_packages_staying_ones_depend_on({}, {"nftables"}, without) == {
        "nftables": "fail2ban depends on it"
    }


def test_what_an_installation_that_was_cut_off_brought_is_the_runs(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk ran full: what was asked for never came, what it depends on did."""
    lists = (
        b"Package: libpam-pwquality\nPre-Depends: dpkg\nDepends: libc6, libpwquality1 (>= 1.1)\nDescription: a: b\n\n"
    )
    there = "\n".join(line for line in RELATIONS.splitlines() if not line.startswith("libpam-pwquality"))

    def run(argv: list[str], *_: object, **__: object) -> bytes:
        return lists if argv[0] == "apt-cache" else there.encode()

    monkeypatch.setattr(commands, "run_program_and_return_output", run)
    came = ["libpwquality1:amd64", "cracklib-runtime"]
    assert package_dependencies.find_packages_needed_by_now_with_reason(came, {"libpam-pwquality"}, (), ()) == {}
    assert package_dependencies.find_packages_needed_by_now_with_reason(
        [*came, "nftables"], {"libpam-pwquality"}, (), ()
    ) == {"nftables": package_dependencies.INSTALLED_BY_OTHERS}


def test_it_is_the_runs_also_by_way_of_one_that_did_not_come(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``file`` came and its library did not, for whose sake its data had come before."""
    there = (
        "file:amd64\tiU \tlibc6, libmagic1t64 (= 1)\t\t\nlibmagic-mgc\tii \t\t\t\nhtop\tii \tlibc6\t\t\n"
        "libc6:amd64\tii \t\t\t\ntester\tii \t, file\tsuggested\t"
    )
    asked = []

    def run(argv: list[str], *_: object, **__: object) -> bytes:
        if argv[0] != "apt-cache":
            return there.encode()
        names = argv[argv.index("--") + 1 :]
        asked.append(names)
        lists = {
            "cracklib": "Package: cracklib\nDepends: file",
            "libmagic1t64": "Package: libmagic1t64\nDepends: libmagic-mgc",
        }
        return "\n\n".join(lists[name] for name in names if name in lists).encode()

    monkeypatch.setattr(commands, "run_program_and_return_output", run)
    came = ["file:amd64", "libmagic-mgc", "htop"]
    assert package_dependencies._find_packages_installed_for_requested({"cracklib"}, set(came), there) == {
        "file:amd64",
        "libmagic-mgc",
    }
    assert asked == [["cracklib"], ["libmagic1t64"]]


@pytest.mark.parametrize(
    ("theirs", "shipped", "why"),
    [
        (["/etc/nftables.conf"], set(), "/etc/nftables.conf of it was changed by somebody"),
        (["/etc/nftables.conf"], {"/etc/nftables.conf"}, None),
        ([], set(), None),
    ],
)
def test_a_file_that_is_as_its_package_brought_it_was_changed_by_nobody(
    host: Path, monkeypatch: pytest.MonkeyPatch, theirs: list[str], shipped: set[str], why: str | None
) -> None:
    monkeypatch.setattr(package_dependencies, "CONFIGURATION", "/etc")
    monkeypatch.setattr(package_dependencies, "_read_remaining_config_files", lambda _: {})
    monkeypatch.setattr(packages, "find_paths_as_their_package_brought_them", lambda _names, paths: paths & shipped)
    assert (
        package_dependencies.find_packages_needed_by_now_with_reason(["nftables"], ["nftables"], (), theirs).get(
            "nftables"
        )
        == why
    )


def test_dpkg_says_how_a_package_brought_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, edited = tmp_path / "kept.conf", tmp_path / "edited.conf"
    kept.write_text("as shipped\n")
    edited.write_text("as somebody likes it\n")
    digest = hashlib.md5(b"as shipped\n").hexdigest()  # noqa: S324
    said = f" {kept} {digest}\n {edited} {digest}\n {tmp_path}/gone.conf {digest} obsolete\n"
    monkeypatch.setattr(commands, "run_program_and_return_output", lambda *_: said.encode())
    paths = {str(kept), str(edited), f"{tmp_path}/gone.conf"}
    assert packages.find_paths_as_their_package_brought_them(["nginx-common"], paths) == {str(kept)}
