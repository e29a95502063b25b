"""What cuts a host off: whom it lets in, what it loads and leaves, with a kernel that is a text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.incidents import action_runner, systemd_units
from ansible.module_utils.luytre_shared.os import network_peers

from tests.unit.on_host.contain.programs import TOP, program

US = ("198.51.100.1", "50000", "192.0.2.10", "2222")
OTHERS = ("203.0.113.50", "50001", "192.0.2.10", "22")


class Kernel:
    """Takes what ``nft -f`` is given, and lists of it what is looked at."""

    def __init__(self) -> None:
        self.loaded: str | None = None
        self.ended = self.refuses = False
        self.units: list[str] = []

    def ran(self, argv: Sequence[str], given: str = "") -> str | None:
        if argv[0].endswith("systemctl"):
            self.units.append(" ".join(argv[1:]))
            return ""
        if argv[1] == "-f":
            if self.refuses:
                return None
            self.loaded, self.ended = (given if "chain" in given else None), False
            return ""
        return None if self.loaded is None else json.dumps({"nftables": self.listed()})

    def listed(self) -> list[Any]:
        entries: list[Any] = []
        timed = "timeout" in self.chain("set lasting")
        members = ["ipv4", "ipv6"]
        elements = [{"elem": {"val": one, "timeout": 60, "expires": 0 if self.ended else 9}} for one in members]
        entries.append({"set": {"name": "lasting", "elem": elements if timed else members}})
        for name, hook in (("incoming", "prerouting"), ("outgoing", "output"), ("through", "forward")):
            entries.append({"chain": {"name": name, "type": "filter", "hook": hook, "prio": -300}})
            for rule in self.rules(name):
                match = [{"match": {"right": "@lasting"}}] if "@lasting" in rule else []
                entries.append({"rule": {"chain": name, "expr": [*match, {rule.split()[-1]: None}]}})
        return entries

    def chain(self, name: str) -> str:
        found = re.search(rf"\t{name} \{{\n(.*?)\n\t\}}", self.loaded or "", re.DOTALL)
        return found[1].replace("flags timeout", "") if found else ""

    def rules(self, name: str) -> list[str]:
        return [line.strip() for line in self.chain(f"chain {name}").splitlines()[1:]]

    def seconds(self) -> int | None:
        found = re.search(r"ipv4 timeout (\d+)s", self.loaded or "")
        return int(found[1]) if found else None


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


@pytest.fixture
def clock() -> list[float]:
    return [1_000.0]


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: Kernel, clock: list[float]) -> ModuleType:
    own = program("isolate.py")
    home = str(tmp_path / "luytre/isolation")
    for where, name, value in (
        *(
            (own, "HOME", home),
            (own, "RULES_FILE", home + "/rules.nft"),
            (own, "RECORD", action_runner.ActionRecord(home)),
        ),
        *((own, "NFT", str(TOP)), (own, "RELAYS", ()), (own, "read_seconds_since_boot", lambda: clock[0])),
        *((action_runner, "run_program", kernel.ran), (systemd_units, "FOLDER", str(tmp_path / "systemd/system"))),
        (network_peers, "iter_resolvers", lambda: ["9.9.9.9", "127.0.0.53", "fe80::1%eth0", "nonsense"]),
    ):
        monkeypatch.setattr(where, name, value)
    return own


def asked(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": f"SC-20261127-1/{number}", "what": "web1", "trusted": ["10.9.0.0/16"], **more}


def test_a_host_is_cut_off_for_a_minute_until_it_is_confirmed_and_is_joined_without_a_trace(
    host: ModuleType, kernel: Kernel, tmp_path: Path
) -> None:
    told = host.isolate_host_on_trial(asked(), US)
    assert told == {"state": "on_trial", "why": "let_in", "about": "198.51.100.1 10.9.0.0/16 9.9.9.9 fe80::1"}
    assert (kernel.seconds(), kernel.units) == (60, [])
    assert host.confirm_isolation_until_release(asked(), US)["state"] == "confirmed"
    assert kernel.seconds() is None
    assert Path(host.RULES_FILE).read_text() == kernel.loaded
    assert kernel.units == ["daemon-reload", "start luytre-contain-isolation.service"]
    assert host.report_isolation_state_of_action(asked(), US)["state"] == "confirmed"
    assert host.end_isolation_for_action(asked(), US) == {"state": "none"}
    assert kernel.loaded is None
    assert list(tmp_path.iterdir()) == []


def test_who_is_let_in_begins_it_and_the_host_begins_nothing_but_names_and_mail(
    host: ModuleType, kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "main.cf").write_text("relayhost = [mail.test]:587\n")
    postfix = program("isolate.py").RELAYS[0]
    monkeypatch.setattr(host, "RELAYS", (postfix._replace(path=str(tmp_path / "main.cf")),))
    monkeypatch.setattr(
        network_peers, "iter_resolved_addresses_of_names", lambda names: {"mail.test": ["203.0.113.25"]}[names[0]]
    )
    host.isolate_host_on_trial(asked(), ("::ffff:198.51.100.1", *US[1:]))
    for chain, who in (("incoming", "saddr"), ("outgoing", "daddr")):
        rules = kernel.rules(chain)
        assert rules[0] == "meta nfproto != @lasting accept"
        assert rules[-1] == "drop"
        assert any(f"ip {who} 198.51.100.1" in rule for rule in rules)
    answers = "tcp flags & (syn | ack) != syn accept"
    assert {
        f"ip daddr 198.51.100.1 {answers}",
        f"ip daddr 10.9.0.0/16 tcp sport 2222 {answers}",
        "ip daddr 203.0.113.25 tcp dport 587 accept",
        "ip daddr 9.9.9.9 udp dport 53 accept",
    } <= {*kernel.rules("outgoing")}
    assert {
        "ip saddr 10.9.0.0/16 tcp dport 2222 accept",
        f"ip saddr 203.0.113.25 tcp sport 587 {answers}",
        "ip saddr 9.9.9.9 udp sport 53 accept",
    } <= {*kernel.rules("incoming")}
    assert kernel.rules("through") == ["meta nfproto != @lasting accept", "drop"]


@pytest.mark.parametrize(
    ("number", "text", "found"),
    [
        (0, "relayhost = 203.0.113.25\n", {25, 465, 587}),
        (0, "#relayhost = 203.0.113.25\nrelayhost =\n", set()),
        (1, "dc_smarthost='203.0.113.25::2525'\n", {2525}),
        (2, "defaults\nport 587\naccount x\n  host 203.0.113.25\n", {587}),
        (0, "relayhost = 127.0.0.1:10025\n", set()),
        (0, "relayhost = $(id)\n", set()),
    ],
)
def test_a_relay_is_read_where_it_is_written(
    host: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, text: str, found: set[int]
) -> None:
    (tmp_path / "conf").write_text(text)
    relay = program("isolate.py").RELAYS[number]
    monkeypatch.setattr(host, "RELAYS", (relay._replace(path=str(tmp_path / "conf")),))
    assert {port for _, port in host.find_configured_mail_relays()} == found


def test_what_is_not_confirmed_in_time_is_over_and_what_is_left_of_it_goes(
    host: ModuleType, kernel: Kernel, clock: list[float], tmp_path: Path
) -> None:
    host.isolate_host_on_trial(asked(), US)
    kernel.ended = True
    assert host.confirm_isolation_until_release(asked(), US) == {"state": "none"}
    assert kernel.loaded is None
    host.isolate_host_on_trial(asked(), US)
    clock[0] += 61
    assert host.report_isolation_state_of_action(asked(), US) == {"state": "none"}
    assert host.confirm_isolation_until_release(asked(), US) == {"state": "none"}
    host.isolate_host_on_trial(asked(), US)
    clock[0] = 3.0  # it has started anew
    assert host.report_isolation_state_of_action(asked(), US) == {"state": "none"}
    assert host.end_isolation_for_action(asked(), US) == {"state": "none"}
    assert list(tmp_path.iterdir()) == []


def test_two_people_at_once_both_have_their_way_and_one_release_joins_nothing(
    host: ModuleType, kernel: Kernel, clock: list[float]
) -> None:
    host.isolate_host_on_trial(asked(1), US)
    clock[0] += 20
    host.isolate_host_on_trial(asked(2), OTHERS)
    assert kernel.seconds() == 60
    assert host.confirm_isolation_until_release(asked(1), US)["state"] == "confirmed"
    assert kernel.seconds() is None
    clock[0] += 61
    assert host.confirm_isolation_until_release(asked(2), OTHERS) == {"state": "none"}
    assert host.report_isolation_state_of_action(asked(1), US)["state"] == "confirmed"
    assert not any("203.0.113.50" in rule for rule in kernel.rules("incoming"))
    host.isolate_host_on_trial(asked(3), OTHERS)
    host.confirm_isolation_until_release(asked(3), OTHERS)
    host.end_isolation_for_action(asked(1), US)
    assert host.report_isolation_state_of_action(asked(3), US)["state"] == "confirmed"
    assert Path(host.RULES_FILE).read_text() == kernel.loaded


def test_what_the_kernel_refuses_leaves_nothing(host: ModuleType, kernel: Kernel, tmp_path: Path) -> None:
    kernel.refuses = True
    with pytest.raises(action_runner.ActionRefusal, match="not_loaded"):
        host.isolate_host_on_trial(asked(), US)
    assert list(tmp_path.iterdir()) == []


def test_what_would_not_outlive_a_reboot_is_not_confirmed(
    host: ModuleType, kernel: Kernel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host.isolate_host_on_trial(asked(), US)
    monkeypatch.setattr(
        action_runner, "run_program", lambda argv, given="": None if "start" in argv else kernel.ran(argv, given)
    )
    with pytest.raises(action_runner.ActionRefusal, match="no_unit"):
        host.confirm_isolation_until_release(asked(), US)
    assert kernel.loaded is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entries: entries.pop(0),
        lambda entries: entries[0]["set"].update(elem=["ipv4"]),
        lambda entries: entries[1]["chain"].update(prio=0),
        lambda entries: entries[-1]["rule"].update(expr=[{"accept": None}]),
        lambda entries: entries.pop(2),
        lambda entries: entries[2]["rule"].update(expr=[{"accept": None}]),
        lambda entries: entries.insert(3, entries[-2]),
    ],
)
def test_a_table_that_somebody_changed_cuts_nobody_off(
    host: ModuleType, kernel: Kernel, spoil: Callable[[list[Any]], object]
) -> None:
    host.isolate_host_on_trial(asked(), US)
    wanted, entries = (
        host.build_isolation_rules_by_chain(host.RECORD.read_all_records_by_action_id().values()),
        kernel.listed(),
    )
    assert host.has_nft_listing_expected_chains(entries, wanted)
    entries.insert(3, {"rule": {"chain": "incoming", "expr": [{"accept": None}]}})
    assert not host.has_nft_listing_expected_chains(entries, wanted)
    entries = kernel.listed()
    spoil(entries)
    assert not host.has_nft_listing_expected_chains(entries, wanted)


@pytest.mark.parametrize(
    "connection", [(), ("not one", "1", "192.0.2.10", "22"), ("198.51.100.1", "1", "192.0.2.10", "x")]
)
def test_without_a_connection_nothing_is_done(host: ModuleType, kernel: Kernel, connection: tuple[str, ...]) -> None:
    with pytest.raises(action_runner.ActionRefusal, match="no_connection"):
        host.isolate_host_on_trial(asked(), connection)
    assert kernel.loaded is None


def test_a_plan_says_what_is_loaded_and_written_and_does_nothing(
    host: ModuleType, kernel: Kernel, tmp_path: Path
) -> None:
    would = host.plan_host_isolation(asked(), US)["would"]
    assert (kernel.loaded, list(tmp_path.iterdir())) == (None, [])
    host.isolate_host_on_trial(asked(), US)
    assert would[0] == f"nft -f -\n{kernel.loaded}"
    host.confirm_isolation_until_release(asked(), US)
    assert would[-1] == f"nft -f -\n{kernel.loaded}"
    assert [
        ["write", host.RULES_FILE],
        *(["write", path] for path in host.build_systemd_units_that_load_isolation().get_unit_file_texts_by_path()),
    ] == would[2:5]


def test_it_is_loaded_again_whatever_nftables_service_does(host: ModuleType) -> None:
    again, stays = (host.build_systemd_units_that_load_isolation().texts[name] for name in (host.AGAIN, host.UNIT))
    for text in (again, stays):
        assert re.search(r"(?m)^After=.*\bnftables\.service$", text)
        assert f"ExecStart={host.NFT} -f {host.RULES_FILE}\n" in text
    assert "RemainAfterExit" not in again
    assert {"RemainAfterExit=yes", "PartOf=nftables.service", "ReloadPropagatedFrom=nftables.service"} <= {
        *stays.splitlines()
    }
