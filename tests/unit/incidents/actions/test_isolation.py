"""A host that is cut off: which one is meant, and whom it goes on hearing."""

from __future__ import annotations

import pytest

from auditor.errors import InputError
from auditor.incidents.actions import isolation, registry
from auditor.models import Host
from auditor.models.response_actions import FOR_GOOD

HOSTS = (
    Host(name="web1", address="192.0.2.1", trusted_networks=("192.0.2.0/28",)),
    Host(name="web2", address="192.0.2.2"),
)


def test_it_is_the_action_of_its_name_and_ends_some_day() -> None:
    assert registry.ACTION_KINDS["isolation"] is isolation.ISOLATION
    assert "isolation" not in FOR_GOOD


@pytest.mark.parametrize("typed", ["web1", " web1", "web1\n", "\tweb1 "])
def test_a_host_is_meant_by_its_name(typed: str) -> None:
    name = isolation.ISOLATION.read(typed)
    assert isolation.ISOLATION.hosts(name, HOSTS) == (HOSTS[0],)


@pytest.mark.parametrize(
    ("typed", "guess"), [("web3", "web1"), ("wbe2", "web2"), ("", None), ("192.0.2.1", None), ("web1,web2", None)]
)
def test_what_is_no_host_of_the_incident_is_refused(typed: str, guess: str | None) -> None:
    with pytest.raises(InputError, match=rf"^{typed} is not a host of the incident") as refused:
        isolation.ISOLATION.hosts(isolation.ISOLATION.read(typed), HOSTS)
    assert guess is None or refused.value.guess in {host.name for host in HOSTS}
    assert "auditor incident show" in str(refused.value.mend)


def test_an_incident_without_hosts_has_none_to_cut_off() -> None:
    with pytest.raises(InputError):
        isolation.ISOLATION.hosts("web1", ())


def test_a_release_that_the_host_refused_may_have_let_some_in() -> None:
    assert not isolation.ISOLATION.release_is_whole


def test_it_goes_on_hearing_whom_the_inventory_trusts() -> None:
    assert isolation.ISOLATION.build_question(HOSTS[0], "web1") == {"trusted": HOSTS[0].trusted_networks}
    assert not isolation.ISOLATION.build_question(HOSTS[1], "web2")["trusted"]
