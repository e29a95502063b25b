"""What is left to people: named by what a host's facts tell, and what could not be read is named, too. The facts are made up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auditor.facts import HostFacts
from auditor.incidents import manual_steps
from auditor.incidents.case import IncidentCase, ResponseAction
from auditor.incidents.manual_steps import ManualStep
from auditor.incidents.response.auto_containment import TraceResponse
from auditor.models import Host, Lang, Site
from auditor.text.translations import Words
from tests.unit.incidents.filled import T0

CASE = IncidentCase(id="SC-20261127-1", detected_at=T0, regime="2026", subjects=("antruc.test",))
ROOT = "/var/www/antruc.test"
SITES = (Site(domain="antruc.test", host="web1", document_root=ROOT), Site(domain="khac.test", host="web1"))
WEB1 = Host(name="web1", address="192.0.2.10", automation_user="luytre", sites=SITES)


def user(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "human": True, "can_log_in": True, "password": "usable", **changes}


DATA: dict[str, Any] = {
    "nginx": {"vhosts": []},
    "apache": {"vhosts": []},
    "applications": {
        "wordpress": [
            {
                "path": ROOT,
                "plugins": [{"slug": "wp-mail-smtp"}, {"slug": "classic-editor"}],
                "database": {"administrators": [{"login": "bientap"}, {"login": "la\n\x1b[2J"}]},
            }
        ],
        "joomla": [],
        "nukeviet": [],
        "others": [],
        "cut_short": [],
    },
    "files": {
        "roots": [
            {
                "path": ROOT,
                "secrets": [{"path": ".env", "web_reads": True}, {"path": "shut.env", "web_reads": False}],
                "vcs": [{"path": ".git"}],
            }
        ]
    },
    "accounts": {"users": [user("an"), user("luytre"), user("khoa", password="locked"), user("www-data", human=False)]},  # noqa: S106  a state
    "services": {"ftp": [{"server": "vsftpd"}]},
    "system": {"machine_panels": ["hestia"]},
    "tls": {"certificates": [], "loose_keys": [{"path": "/etc/nginx/ssl/antruc.test.key"}]},
}


class Told(HostFacts):
    """A mock of what a host tells."""

    def build_context_for_control_expressions(self, *_names: str) -> dict[str, Any]:
        return {name: area for name, area in DATA.items() if name not in self.errors}


def told(**errors: str) -> Told:
    return Told(0, {}, errors, {})


def test_what_people_have_to_change_is_named() -> None:
    found = list(manual_steps.list_credential_renewal_steps_of_host(CASE, WEB1, told()))
    assert found == [
        ManualStep("salts", "antruc.test"),
        ManualStep("database", "antruc.test"),
        ManualStep("administrator", "antruc.test", "bientap"),
        ManualStep("administrator", "antruc.test", found[3].what),
        ManualStep("users", "antruc.test"),
        ManualStep("plugin", "antruc.test", "wp-mail-smtp"),
        ManualStep("secrets", "antruc.test", ".env"),
        ManualStep("repository", "antruc.test", ".git"),
        ManualStep("account", "web1", "an"),
        ManualStep("ftp", "web1", "vsftpd"),
        ManualStep("panel", "web1", "hestia"),
        ManualStep("tls_key", "web1", "/etc/nginx/ssl/antruc.test.key"),
    ]
    assert found[3].what.startswith("la")
    assert found[3].what.isprintable()


def test_who_is_the_intruder_s_is_removed_and_given_no_new_password() -> None:
    actions = {
        1: ResponseAction(1, "web1", "administrator", "antruc.test/bientap", "confirmed"),
        2: ResponseAction(2, "web1", "account", "an", "refused"),
        3: ResponseAction(3, "web1", "key", "SHA256:x", "confirmed"),
        4: ResponseAction(4, "web1", "account", "binh", "released"),
        5: ResponseAction(5, "web2", "account", "chi", "confirmed"),
        6: ResponseAction(6, "web1", "account", "gone", "refused"),
    }
    found = list(manual_steps.list_credential_renewal_steps_of_host(replace(CASE, actions=actions), WEB1, told()))
    assert found[:3] == [
        ManualStep("remove_account", "web1", "an"),
        ManualStep("remove_key", "web1", "SHA256:x"),
        ManualStep("remove_administrator", "web1", "antruc.test/bientap"),
    ]
    assert "bientap" not in [one.what for one in found if one.kind == "administrator"]
    assert "account" not in [one.kind for one in found]


def test_whom_a_finding_of_the_incident_names_is_the_intruder_s_before_anything_is_contained() -> None:
    new = TraceResponse("web1", "account", "/var/www/wp-config.php", (), ("administrator", "antruc.test/bientap"))
    found = list(manual_steps.list_credential_renewal_steps_of_host(CASE, WEB1, told(), [new]))
    assert found[0] == ManualStep("remove_administrator", "web1", "antruc.test/bientap")
    assert "bientap" not in [one.what for one in found if one.kind == "administrator"]


def test_json_says_what_is_removed_and_what_is_changed() -> None:
    words = Words("en")
    acts = [
        manual_steps.build_manual_step_json(ManualStep(kind, "web1"), words)["act"]
        for kind in ("remove_key", "account", "unread")
    ]  # type: ignore[arg-type]
    assert acts == ["remove", "change", "look"]


def test_what_was_made_anew_is_not() -> None:
    actions = {
        1: ResponseAction(1, "web1", "salts", "antruc.test", "confirmed"),
        2: ResponseAction(2, "web1", "database-password", "antruc.test", "refused"),
    }
    kinds = [
        one.kind
        for one in manual_steps.list_credential_renewal_steps_of_host(replace(CASE, actions=actions), WEB1, told())
    ]
    assert "salts" not in kinds
    assert "database" in kinds


def test_what_could_not_be_read_is_named() -> None:
    assert list(manual_steps.list_credential_renewal_steps_of_host(CASE, WEB1, None)) == [ManualStep("unread", "web1")]
    found = list(manual_steps.list_credential_renewal_steps_of_host(CASE, WEB1, told(applications="late")))
    assert found[0] == ManualStep("unread", "web1", "applications")
    assert {"secrets", "account"} <= {one.kind for one in found}


def test_many_of_a_kind_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATA, "accounts", {"users": [user(f"nguoi{number:02d}") for number in range(25)]})
    people = [
        one.what
        for one in manual_steps.list_credential_renewal_steps_of_host(CASE, WEB1, told())
        if one.kind == "account"
    ]
    assert (len(people), people[0], people[-1]) == (21, "nguoi00", "… (+5)")


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_each_has_words(lang: Lang) -> None:
    words = Words(lang)
    assert manual_steps.format_step(ManualStep("account", "web1", "an"), words).endswith(": an")
    assert "web1" in manual_steps.format_step(ManualStep("unread", "web1"), words)


def test_an_account_that_a_person_took_out_of_the_host_is_not_named_again_unless_nobody_can_tell() -> None:
    of = replace(CASE, actions={1: ResponseAction(1, "web1", "account", "gone", "refused")})
    assert "remove_account" not in {
        one.kind for one in manual_steps.list_credential_renewal_steps_of_host(of, WEB1, told())
    }
    for facts in (None, told(accounts="no answer")):
        assert ManualStep("remove_account", "web1", "gone") in list(
            manual_steps.list_credential_renewal_steps_of_host(of, WEB1, facts)
        )
