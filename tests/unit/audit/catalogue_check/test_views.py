"""What expressions are checked against is what they see: the shapes fit the contexts that are really built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.parsers import request_uris, sysctl_values
from ansible.module_utils.luytre.web_servers.apache import apache_server
from ansible.module_utils.luytre_shared.os import account_files

from auditor.audit import controls, waivers
from auditor.audit.assessors import facts, hunts, scans, vulnerabilities
from auditor.audit.catalogue_check import views
from auditor.audit.catalogue_check.shapes import (
    ListShape,
    MappingShape,
    ObjectShape,
    ScalarShape,
    Shape,
    UnknownShape,
    make_record,
)
from auditor.audit.catalogue_check.views import list_names_of_expressions
from auditor.facts.access.accounts import User
from auditor.facts.site import build_site_view
from auditor.facts.system import kernel as kernel_facts
from auditor.facts.web import _web as web_facts
from auditor.facts.web.apache import ApacheFacts
from auditor.models import Host
from auditor.vulnerabilities.store import VulnerabilityDatabase
from tests.unit import access, areas, intruded, system_areas
from tests.unit.audit import test_waivers
from tests.unit.vulnerabilities.test_assess import host_facts, there

CATALOGUE = controls.load_catalogue()
FACTS = {**access.facts(), **system_areas.facts(), **areas.facts()}
assert there  # the fixture


def iter_misfits(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """Where a value is not what its shape says, by its path; fields that are not told are fine."""
    misfits = [list(_iter_misfits_of_one(value, one, path)) for one in shape]
    if all(misfits):
        yield from min(misfits, key=len)


def _iter_misfits_of_one(value: Any, shape: Any, path: str) -> Iterator[str]:
    match shape, value:
        case UnknownShape(), _:
            return
        case ScalarShape(kind=kind, words=words), None | bool() | int() | float() | str():
            if type(value).__name__.replace("NoneType", "None") not in (kind, *(["int"] if kind == "float" else [])):
                yield f"{path} is {value!r}, not {kind}"
            elif words is not None and value not in words:
                yield f"{path} is {value!r}, none of {sorted(words)}"
        case ListShape(member=member), list() | tuple():
            for at, each in enumerate(value):
                yield from iter_misfits(each, member, f"{path}[{at}]")
        case MappingShape(value=member, keys=keys), Mapping():
            for key, each in value.items():
                if keys is not None and key not in keys:
                    yield f"{path} has the key {key!r}"
                yield from iter_misfits(each, member, f"{path}.{key}")
        case ObjectShape(fields=fields), Mapping():
            for key, each in value.items():
                if key not in fields and key != "untold" and not key.endswith("_unread"):
                    yield f"{path} has the field {key!r}"
                elif key in fields:
                    yield from iter_misfits(each, fields[key], f"{path}.{key}")
        case _:
            yield f"{path} is {type(value).__name__}, not {type(shape).__name__}"


def misfits(context: Mapping[str, Any], area: str, subject: Any) -> list[str]:
    names = list_names_of_expressions(area, subject)
    return [
        each
        for name, value in context.items()
        for each in (iter_misfits(value, names[name], name) if name in names else [f"there is no {name}"])
    ]


@pytest.fixture
def contexts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, Mapping[str, Any]]]:
    """The area, subject and context of every control that is evaluated."""
    seen: list[tuple[str, str, Mapping[str, Any]]] = []
    judge = facts.evaluate_control

    def note(control: Any, subject: Any, host: str, context: Mapping[str, Any], errors: Mapping[str, str]) -> Any:
        seen.append((control.area, control.subject, context))
        return judge(control, subject, host, context, errors)

    for module in (facts, hunts, scans, waivers):
        monkeypatch.setattr(module, "evaluate_control", note)
    return seen


def check(contexts: list[tuple[str, str, Mapping[str, Any]]], *names: str) -> None:
    """Each of the names was seen with something in it, and everything fits."""
    assert {name for _area, _subject, context in contexts for name in context} >= set(names)
    distinct = {id(context): (area, subject, context) for area, subject, context in contexts}
    assert [each for area, subject, context in distinct.values() for each in misfits(context, area, subject)] == []


def test_what_hosts_tell_and_imported_data_says(
    contexts: list[tuple[str, str, Mapping[str, Any]]],
    there: VulnerabilityDatabase,
) -> None:
    host = Host(name="web2", address="10.213.47.12", automation_user="luytre", sites=(areas.SITE,))
    builder = vulnerabilities.make_area_builder(there, {})
    areas_of_data = {**facts.NOTHING_IMPORTED, controls.VULNERABILITIES: builder}
    facts.evaluate_host(CATALOGUE, host, host_facts(), "0" * 64, areas_of_data)
    check(contexts, "vulnerabilities", "indicators", "known", "limits", "host", "site", "now", "updates")
    (data, *_others) = (context["vulnerabilities"] for _area, _subject, context in contexts)
    assert data["known_exploited"] and data["exposed"]


def test_a_site_has_what_its_host_tells_of_it() -> None:
    seen = build_site_view(areas.SITE, FACTS, {})
    assert [*iter_misfits(seen, (views.make_site_record(),), "site")] == []
    assert set(make_record(views.SiteFacts).fields) <= set(seen), "the view lacks some of these"


def test_what_hunts_and_reviews_found(contexts: list[tuple[str, str, Mapping[str, Any]]]) -> None:
    intruded.run(*intruded.TRACES, injected=True)
    check(contexts, "hunt", "site", "now")
    assert any(context.get("hunt", {}).get("exact") for _area, _subject, context in contexts)
    assert any(context.get("site", {}).get("review", {}).get("exact") for _area, _subject, context in contexts)


def test_what_waivers_say(tmp_path: Path, contexts: list[tuple[str, str, Mapping[str, Any]]]) -> None:
    test_waivers.test_an_expired_waiver_is_a_finding_on_a_host_that_cannot_be_read(tmp_path)
    check(contexts, "waivers")
    assert any(context["waivers"]["expired"] for _area, _subject, context in contexts)


def test_a_context_that_does_not_fit_is_seen() -> None:
    assert misfits({"ssh": {"installed": "yes"}}, "ssh", "host") == ["ssh.installed is 'yes', not bool"]
    assert misfits({"ssh": {"instaled": True}}, "ssh", "host") == ["ssh has the field 'instaled'"]
    assert misfits({"kernel": {"live": {"kernel.sysrg": 1}}}, "ssh", "host") == [
        "kernel.live has the key 'kernel.sysrg'"
    ]
    assert misfits({"now": [1]}, "ssh", "host") == ["now is list, not ScalarShape"]


def test_known_words_are_those_that_the_collector_gives() -> None:
    assert kernel_facts.SETTINGS.words == frozenset(sysctl_values.SINGLE)
    assert kernel_facts.INTERFACE_SETTINGS.words == {
        f"{family}.{name}" for family, names in sysctl_values.PER_INTERFACE.items() for name in names
    }
    assert web_facts.SECURITY_HEADERS.words == frozenset(request_uris.SECURITY_HEADERS)
    (mpm,) = make_record(ApacheFacts).fields["mpm"]
    assert isinstance(mpm, ScalarShape) and mpm.words == {*apache_server.MPMS, ""}
    (password,) = make_record(User).fields["password"]
    fields = ("", "!", "*", "$y$j9T$abcdefgh$abcdefghijklmnopqrstuvwxyz", "abcdefghijklm", "?")
    assert isinstance(password, ScalarShape)
    assert password.words == {account_files.classify_password_field(field)[0] for field in fields}
