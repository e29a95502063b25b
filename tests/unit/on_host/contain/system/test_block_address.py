"""What blocks addresses on a host: what it refuses, what it loads, and what it leaves, with a kernel that is a text."""

from __future__ import annotations

import errno
import hashlib
import ipaddress
import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.luytre.system import integrity
from ansible.module_utils.luytre_shared.incidents import action_runner, systemd_units
from ansible.module_utils.luytre_shared.os import network_peers

from tests.unit.on_host.contain.programs import program

TOP = Path(__file__).parents[5]
NOW = 1_800_000_000.0
US = ("198.51.100.1", "50000", "192.0.2.10", "22")


class Kernel:
    """Takes what ``nft -f`` is given, and lists it as nft does."""

    def __init__(self) -> None:
        self.loaded: str | None = None
        self.refuses = False
        self.units: list[str] = []

    def ran(self, argv: Sequence[str], given: str = "") -> str | None:
        if argv[0].endswith("systemctl"):
            self.units.append(" ".join(argv[1:]))
            return ""
        if argv[1] == "-f":
            if self.refuses:
                return None
            self.loaded = given if given.count("{") else None
            return ""
        return None if self.loaded is None else json.dumps({"nftables": list(self._listed(self.loaded))})

    def _listed(self, text: str) -> Any:
        for name, hook, field in (("incoming", "prerouting", "saddr"), ("outgoing", "output", "daddr")):
            yield {"chain": {"name": name, "type": "filter", "hook": hook, "prio": -300}}
            for protocol, members in (("ip", "@v4"), ("ip6", "@v6")):
                left = {"payload": {"protocol": protocol, "field": field}}
                match = {"match": {"op": "==", "left": left, "right": members}}
                yield {"rule": {"chain": name, "expr": [match, {"drop": None}]}}
        for address, seconds in re.findall(r"([0-9a-f.:]+) timeout (\d+)s", text):
            yield {"set": {"elem": [{"elem": {"val": address, "timeout": int(seconds), "expires": int(seconds)}}]}}

    def blocked(self) -> dict[str, int]:
        return {one: int(left) for one, left in re.findall(r"([0-9a-f.:]+) timeout (\d+)s", self.loaded or "")}


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: Kernel) -> ModuleType:
    own = program("block_address.py")
    home = str(tmp_path / "luytre/contain")
    for where, name, value in (
        *(
            (own, "HOME", home),
            (own, "PROGRAM", home + "/contain.zip"),
            (own, "RECORD", action_runner.ActionRecord(home)),
        ),
        *((own, "NFT", str(TOP)), (own, "CONFIGURATIONS", (str(tmp_path / "nginx"),))),
        *((action_runner, "run_program", kernel.ran), (action_runner, "read_own_archive", lambda _loader: b"ours")),
        *((systemd_units, "FOLDER", str(tmp_path / "systemd/system")),),
        *(
            (network_peers, "iter_own_addresses", lambda: ["192.0.2.10"]),
            (network_peers, "iter_gateways", lambda: ["192.0.2.1"]),
        ),
        (network_peers, "iter_resolvers", lambda: ["9.9.9.9", "fe80::1%eth0"]),
    ):
        monkeypatch.setattr(where, name, value)
    return own


def asked(**changes: Any) -> dict[str, Any]:
    question = {"id": "SC-20261127-1/1", "what": "203.0.113.7", "seconds": 86_400, "trusted": ["10.9.0.0/16"]}
    return {**question, **changes}


def test_a_block_is_on_trial_until_it_is_confirmed_and_is_taken_away_whole(
    host: ModuleType, kernel: Kernel, tmp_path: Path
) -> None:
    assert host.block_address_on_trial(asked(), US, NOW) == {"state": "on_trial", "left": 60}
    assert kernel.blocked() == {"203.0.113.7": 60}
    assert kernel.units == []
    assert host.confirm_address_block(asked(), US, NOW + 5) == {"state": "confirmed", "left": 86_395}
    assert kernel.blocked() == {"203.0.113.7": 86_395}
    assert kernel.units == ["daemon-reload", "start luytre-contain-addresses.service"]
    assert Path(host.PROGRAM).read_bytes() == b"ours"
    assert host.release_address_block(asked(), US, NOW + 9) == {"state": "none"}
    assert kernel.loaded is None
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_among_settings_keeps_no_address_in(host: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "nginx").mkdir()
    (tmp_path / "nginx/a.conf").symlink_to("/proc/self/mem")
    (tmp_path / "nginx/b.conf").write_text("set_real_ip_from 203.0.113.0/30;\n")
    assert host.block_address_on_trial(asked(), US, NOW)["state"] == "on_trial"
    with pytest.raises(action_runner.ActionRefusal, match="proxy"):
        host.block_address_on_trial(asked(what="203.0.113.1"), US, NOW)


def test_what_is_not_confirmed_in_time_is_over_also_by_what_is_on_record(host: ModuleType, kernel: Kernel) -> None:
    host.block_address_on_trial(asked(), US, NOW)
    assert host.confirm_address_block(asked(), US, NOW + 61) == {"state": "none"}
    assert host.look_up_address_block(asked(), US, NOW + 61) == {"state": "none"}
    host.block_address_on_trial(asked(id="SC-20261127-1/2", what="203.0.113.8"), US, NOW + 61)
    assert set(kernel.blocked()) == {"203.0.113.8"}


def test_at_boot_what_was_confirmed_has_the_time_that_is_left(host: ModuleType, kernel: Kernel) -> None:
    host.block_address_on_trial(asked(), US, NOW)
    host.confirm_address_block(asked(), US, NOW)
    host.block_address_on_trial(asked(id="SC-20261127-1/2", what="2001:db8::7"), US, NOW)
    assert set(kernel.blocked()) == {"203.0.113.7", "2001:db8::7"}
    for later, left in ((NOW + 3_600, {"203.0.113.7": 82_800}), (NOW - 10**9, {"203.0.113.7": 86_400})):
        kernel.loaded = None
        host.load_confirmed_blocks(later)
        assert kernel.blocked() == left
    kernel.loaded = None
    host.load_confirmed_blocks(NOW + 86_401)
    assert kernel.loaded is None


def test_one_of_two_blocks_of_an_address_is_released_and_the_other_stays(host: ModuleType, kernel: Kernel) -> None:
    for number in (1, 2):
        host.block_address_on_trial(asked(id=f"SC-20261127-{number}/1"), US, NOW)
        host.confirm_address_block(asked(id=f"SC-20261127-{number}/1"), US, NOW)
    assert host.release_address_block(asked(id="SC-20261127-1/1"), US, NOW) == {"state": "none"}
    assert kernel.blocked() == {"203.0.113.7": 86_400}
    assert host.block_address_on_trial(asked(id="SC-20261127-2/1", seconds=600), US, NOW)["left"] == 86_400


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("198.51.100.1", "connection"),
        ("10.9.8.7", "trusted"),
        ("192.0.2.10", "own"),
        ("192.0.2.1", "gateway"),
        ("9.9.9.9", "resolver"),
        ("104.16.5.5", "proxy"),
        ("2400:cb00::5", "proxy"),
        ("162.158.9.9", "proxy"),
        ("131.0.72.9", "proxy"),
        ("203.0.113.40", "proxy"),
        ("203.0.113.41", "proxy"),
        ("127.0.0.1", "no_stranger"),
        ("fe80::2", "no_stranger"),
        ("::1", "no_stranger"),
        ("224.0.0.1", "no_stranger"),
    ],
)
def test_what_the_host_lives_by_is_never_blocked(
    host: ModuleType, kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, why: str
) -> None:
    (tmp_path / "nginx/conf.d").mkdir(parents=True)
    (tmp_path / "nginx/conf.d/cdn.conf").write_text(
        "# set_real_ip_from 0.0.0.0/0;\n  set_real_ip_from 104.16.0.0/13;\nset_real_ip_from 2400:cb00::/32;\n"
    )
    (tmp_path / "nginx/line.conf").write_text(
        "server { set_real_ip_from 1.2.3.4; set_real_ip_from ::ffff:162.158.0.0/111; }"
    )
    (tmp_path / "nginx/remoteip.conf").write_text(
        "RemoteIPTrustedProxyList conf/list # x\nRemoteIPInternalProxy balance.test"
    )
    (tmp_path / "nginx/conf").mkdir()
    (tmp_path / "nginx/conf/list").write_text("# theirs: 0.0.0.0/0\n203.0.113.40\n131.0.72.0/22 # all\n")
    found = {"balance.test": [(2, 1, 6, "", ("203.0.113.41", 0))]}
    monkeypatch.setattr(network_peers.socket, "getaddrinfo", lambda name, *_given, **_named: found[name])
    os.mkfifo(tmp_path / "nginx/blocks-nobody")
    with pytest.raises(host.ActionRefusal) as refusal:
        host.block_address_on_trial(asked(what=address), US, NOW)
    assert refusal.value.args[0] == why
    assert kernel.loaded is None
    assert not Path(host.HOME).exists()


def test_who_asks_is_told_apart_also_when_sshd_writes_the_address_as_ipv6(host: ModuleType) -> None:
    assert network_peers.is_address_in_network(ipaddress.ip_address("203.0.113.7"), "::ffff:203.0.113.7")
    assert not network_peers.is_address_in_network(ipaddress.ip_address("203.0.113.7"), "nonsense")


@pytest.mark.parametrize(("connection", "nft", "why"), [((), str(TOP), "no_connection"), (US, "/nowhere", "no_nft")])
def test_nothing_is_done_without_a_connection_or_without_nftables(
    host: ModuleType, monkeypatch: pytest.MonkeyPatch, connection: tuple[str, ...], nft: str, why: str
) -> None:
    monkeypatch.setattr(host, "NFT", nft)
    with pytest.raises(host.ActionRefusal) as refusal:
        host.block_address_on_trial(asked(), connection, NOW)
    assert refusal.value.args[0] == why
    assert not Path(host.HOME).exists()


def test_a_kernel_that_refuses_leaves_nothing(host: ModuleType, kernel: Kernel) -> None:
    kernel.refuses = True
    with pytest.raises(host.ActionRefusal, match="not_loaded"):
        host.block_address_on_trial(asked(), US, NOW)
    assert not Path(host.HOME).exists()


def test_what_would_not_outlive_a_reboot_is_not_confirmed(
    host: ModuleType, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.block_address_on_trial(asked(), US, NOW)
    monkeypatch.setattr(
        action_runner, "run_program", lambda argv, given="": None if "start" in argv else kernel.ran(argv, given)
    )
    with pytest.raises(host.ActionRefusal, match="no_unit"):
        host.confirm_address_block(asked(), US, NOW)
    assert kernel.loaded is None
    assert not Path(host.HOME).exists()


def test_what_a_full_disk_kept_from_being_confirmed_is_not_blocked_by_what_is_done_next(
    host: ModuleType, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.block_address_on_trial(asked(), US, NOW)

    def full(_units: systemd_units.SystemdUnitSet, _start: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(systemd_units.SystemdUnitSet, "install_all_units_and_start_one", full)
    monkeypatch.setattr(host.time, "time", lambda: NOW)
    assert (
        action_runner.run_action_and_turn_errors_into_answer(host.ACTIONS, asked(do="confirm"), US)["state"]
        == "refused"
    )
    host.block_address_on_trial(asked(id="SC-20261127-1/2", what="203.0.113.8"), US, NOW)
    assert set(kernel.blocked()) == {"203.0.113.8"}


def test_an_address_is_known_again_however_nft_writes_it(host: ModuleType, kernel: Kernel) -> None:
    host.block_address_on_trial(asked(what="::102:304"), US, NOW)
    entries = list(kernel._listed(kernel.loaded or ""))
    entries[-1]["set"]["elem"][0]["elem"]["val"] = "::1.2.3.4"
    assert host.parse_blocked_addresses(entries) == {"::102:304"}


def test_blocks_are_loaded_again_whatever_nftables_service_does(host: ModuleType, kernel: Kernel) -> None:
    """It throws all tables away when it starts, which a unit that is active already does not notice, and when it reloads or stops."""
    host.block_address_on_trial(asked(), US, NOW)
    host.confirm_address_block(asked(), US, NOW)
    wants = Path(systemd_units.FOLDER) / "nftables.service.wants"
    again, stays = ((wants / name).read_text() for name in (host.AGAIN, host.UNIT))
    for text in (again, stays):
        assert re.search(r"(?m)^After=.*\bnftables\.service$", text)
        assert f"ExecStart={systemd_units.PYTHON} -I -B {host.PROGRAM}\n" in text
    assert "RemainAfterExit" not in again
    assert {"RemainAfterExit=yes", "PartOf=nftables.service", "ReloadPropagatedFrom=nftables.service"} <= {
        *stays.splitlines()
    }


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entries: entries.pop(0),
        lambda entries: entries[0]["chain"].update(prio=0),
        lambda entries: entries[1]["rule"]["expr"].__setitem__(1, {"accept": None}),
        lambda entries: entries[1]["rule"]["expr"][0]["match"].update(op="!="),
        lambda entries: entries.pop(1),
    ],
)
def test_a_table_that_does_not_drop_blocks_nobody(
    host: ModuleType, kernel: Kernel, spoil: Callable[[list[Any]], object]
) -> None:
    host.block_address_on_trial(asked(), US, NOW)
    entries = list(kernel._listed(kernel.loaded or ""))
    assert host.parse_blocked_addresses(entries) == {"203.0.113.7"}
    spoil(entries)
    assert host.parse_blocked_addresses(entries) is None


def test_what_goes_wrong_is_an_answer_too(host: ModuleType) -> None:
    told = action_runner.run_action_and_turn_errors_into_answer(host.ACTIONS, asked(what="not one", do="contain"), US)
    assert (told["state"], told["why"]) == ("refused", "fault")
    told = action_runner.run_action_and_turn_errors_into_answer(host.ACTIONS, asked(what="127.0.0.1", do="contain"), US)
    assert told == {"state": "refused", "why": "no_stranger", "about": "127.0.0.1"}


@pytest.mark.parametrize("name", ["block_address.py", "isolate.py", "account.py", "key.py", "unit.py"])
def test_an_audit_knows_the_units_by_their_bytes_and_no_others(name: str) -> None:
    own = program(name)
    units = (
        own.TRIALS.build_systemd_units_that_undo_trials()
        if hasattr(own, "TRIALS")
        else (
            own.build_units_that_load_blocks()
            if name == "block_address.py"
            else own.build_systemd_units_that_load_isolation()
        )
    )
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in units.get_unit_file_texts_by_path().values()]
    paths = [*units.get_unit_file_texts_by_path(), *units.get_wants_links_and_targets()]
    entries = [["f", 0o644, 0, 0, 1, 1, digest] for digest in digests]
    entries += [["l", 0o777, 0, 0, 1, 1, target] for target in units.get_wants_links_and_targets().values()]
    packages = integrity.PackageFileLists.__new__(integrity.PackageFileLists)
    packages.explains = lambda *_: False
    seen = [(path, "added", entry) for path, entry in zip(paths, entries, strict=True)]
    assert integrity.find_unexplained_changes(seen, packages, integrity.CONTAINMENT_FILES) == []
    changed = (paths[0], "added", [*entries[0][:-1], "0" * 64])
    assert integrity.find_unexplained_changes([changed], packages, integrity.CONTAINMENT_FILES) == [changed]


def test_a_plan_is_what_is_then_loaded_and_written_and_does_nothing_itself(
    host: ModuleType, kernel: Kernel, tmp_path: Path
) -> None:
    steps = host.plan_address_block(asked(), US, NOW)["would"]
    assert (kernel.loaded, list(tmp_path.iterdir())) == (None, [])
    host.block_address_on_trial(asked(), US, NOW)
    assert steps[0] == "nft -f -\n" + kernel.loaded
    host.confirm_address_block(asked(), US, NOW)
    assert steps[-1] == "nft -f -\n" + kernel.loaded
    written = {str(path) for path in tmp_path.rglob("*") if path.is_symlink() or path.is_file()}
    assert written - {f"{host.HOME}/lock"} == {step[1] for step in steps if step[0] == "write"}
    with pytest.raises(host.ActionRefusal, match="connection"):
        host.plan_address_block(asked(what="198.51.100.1"), US, NOW)
