"""Which planned controls take the way by which we come in, by what the ssh role says of it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from auditor.audit.effects import Effect
from auditor.hardening.safety import logins

type State = frozenset[int]


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A judge for whom a state is the set of ports that are open, and our way may come by ``ports``."""
    state = SimpleNamespace(ports={22}, open=frozenset({22, 2222}))

    def make_state(ports: State) -> Any:
        return SimpleNamespace(open=ports, about=lambda _ways: make_state(ports), of=lambda _way: state.ports)

    rules = SimpleNamespace(
        state=lambda _data: make_state(state.open),
        own=lambda _data, account, source: (account, source),
        open_on=lambda _way, now: now.open & state.ports,
        make_state=make_state,
    )
    monkeypatch.setattr(logins, "load_ways_module_of_ssh_role", lambda: rules)
    state.rules = rules
    return state


def find(rules: Any, port: int, **closed: int) -> tuple[str, ...]:
    """Return which controls take our way, where each of them closes a port."""

    def make(closed_port: int) -> Callable[[Any], Any]:
        return lambda now: rules.rules.make_state(now.open - {closed_port})

    effects = {name: make(number) for name, number in closed.items()}
    return logins.find_controls_that_take_our_own_way_in({}, "luytre", "192.0.2.1", port, effects, ("passwords", "x"))


def test_a_control_takes_our_way_when_it_closes_the_port_that_we_come_by(rules: Any) -> None:
    rules.ports = {22, 2222}
    assert find(rules, 22, one=22, other=2222) == ("one",)
    assert find(rules, 2222, one=22, other=2222) == ("other",)
    assert find(rules, 22, other=2222, third=80) == ()


def test_of_a_way_whose_port_nobody_knows_each_port_counts(rules: Any) -> None:
    rules.ports = {22, 2222}
    assert find(rules, 4711, one=22, other=2222, third=80) == ("one", "other")


def test_what_takes_the_way_is_left_out_when_the_next_is_judged(rules: Any) -> None:
    assert find(rules, 22, one=22, again=22, other=80) == ("one", "again")


def test_where_our_way_looks_shut_even_now_those_that_close_passwords_are_named(rules: Any) -> None:
    rules.open = frozenset({2222})
    assert find(rules, 22, passwords=80, other=80) == ("passwords",)


WHOLE: dict[str, Any] = {
    **{"accounts": {}, "ways": {}},
    **{"sudo": {"grants": []}, "ssh": {"effective": {}}},
}


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (WHOLE, True),
        ({**WHOLE, "sudo": {}}, False),
        ({**WHOLE, "ssh": {"effective": None}}, False),
        *[({area: facts for area, facts in WHOLE.items() if area != left}, False) for left in logins.AREAS],
    ],
)
def test_who_gets_in_is_judged_only_when_all_of_it_was_read(data: dict[str, Any], read: bool) -> None:
    assert logins.has_facts_on_accounts_sudo_and_sshd(data) is read


def test_networks_count_only_where_some_are_named() -> None:
    fix: Any = SimpleNamespace(effects=(Effect.CLOSES_OTHER_NETWORKS, Effect.TAKES_SHELLS))
    fixes = {"firewall.x": fix, "accounts.x": SimpleNamespace(effects=(Effect.TAKES_SHELLS,))}
    assert set(logins.select_controls_that_change_ssh_access(fixes, ["192.0.2.0/24"])) == {"firewall.x", "accounts.x"}
    fixes["firewall.x"] = SimpleNamespace(effects=(Effect.CLOSES_OTHER_NETWORKS,))
    assert set(logins.select_controls_that_change_ssh_access(fixes, [])) == {"accounts.x"}
    assert set(logins.select_controls_that_change_ssh_access({"ssh.root_login": fixes["accounts.x"]})) == {
        "ssh.root_login"
    }
