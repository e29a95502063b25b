"""What a host's facts and the imported data come to, as controls see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.assessors.vulnerabilities import make_area_builder
from auditor.audit.controls import VULNERABILITIES
from auditor.facts import HostFacts, load_fact_area_models
from auditor.models import ExceptionScope, Finding, Host, Statement, Status, clock
from auditor.vulnerabilities import exposure
from auditor.vulnerabilities.importer import import_vulnerability_data_files
from auditor.vulnerabilities.store import VulnerabilityDatabase, open_database
from tests.unit.areas import DAY, NOW, facts
from tests.unit.vulnerabilities import factory

CATALOGUE = controls.load_catalogue()
KEV, OPEN, LIKELY, HARMLESS, SEEN, LIBRARY = (f"CVE-2026-1000{n}" for n in range(6))
FIX = "3.0.22-1~deb12u3"
EXPOSED = {
    **{"protocol": "tcp", "address": "192.0.2.1", "port": 443, "local": False, "process": "apache2"},
    **{"unit": "apache2.service", "service": "web", "family": "ip"},
}


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VulnerabilityDatabase]:
    folder = tmp_path_factory.mktemp("data")
    issues = {
        KEV: {"bookworm": factory.release(fixed=FIX)},
        OPEN: {"bookworm": factory.release("open", nodsa="Minor issue")},
        LIKELY: {"bookworm": factory.release("open")},
        HARMLESS: {"bookworm": factory.release("open", urgency="unimportant")},
        SEEN: {"bookworm": factory.release(fixed="3.0.1-1")},
    }
    files = [
        factory.write(folder / "tracker", factory.tracker(openssl=issues, bash={OPEN: issues[KEV]})),
        factory.write(folder / "kev", factory.kev(KEV, ransomware="Known")),
        factory.write(
            folder / "wordfence", factory.wordfence((KEV, "plugin", "x", "2.0"), (OPEN, "theme", "t", "1.0"))
        ),
    ]
    guzzle = factory.osv("GHSA-aaaa-bbbb-cccc", "Packagist", "guzzlehttp/guzzle", {"fixed": "7.4.5"}, aliases=[LIBRARY])
    files.append(factory.write(folder / "osv", guzzle))
    (folder / "epss").write_text(factory.epss((LIKELY, 0.4), (OPEN, 0.01), (HARMLESS, 0.9)))
    import_vulnerability_data_files([*files, folder / "epss"], folder / "state" / "vulnerabilities.sqlite")
    with open_database(folder / "state" / "vulnerabilities.sqlite") as found:
        yield found


def host_facts(codename: str = "bookworm", now: int = NOW, **changed: Any) -> HostFacts:
    raw = {**facts(), **changed}
    raw["system"]["os"]["codename"] = codename
    system = json.loads((Path(__file__).parents[1] / "data" / "hardened_web2_system.json").read_text("utf-8"))
    raw["firewall"] = {**system["areas"]["firewall"], "exposed": [EXPOSED]}
    data = {
        name: load_fact_area_models()[name].model_validate(value) for name, value in raw.items() if value is not None
    }
    return HostFacts(now, data, {}, {})


def judged(control: str, read: HostFacts, data: VulnerabilityDatabase | None) -> Finding:
    one = controls.Catalogue(controls=(CATALOGUE[control],))
    (found,) = evaluate_host(
        one, Host(name="web2", address="192.0.2.1"), read, areas={VULNERABILITIES: make_area_builder(data, {})}
    )
    return found


def names(found: Finding) -> list[str]:
    return [f"{one['vulnerability']} {one['package']} {one['state']}" for one in found.violations]


def test_what_is_exploited_is_found_with_what_proves_it(there: VulnerabilityDatabase) -> None:
    found = judged("updates.known_exploited", host_facts(), there)
    assert found.status is Status.FAIL
    assert found.violations == (
        {
            "vulnerability": KEV,
            "package": "openssl",
            "installed": "3.0.22-1~deb12u2",
            "state": "affected",
            "reason": "update",
            "fixed": FIX,
            "urgency": "not yet assigned",
            "reached": "apache2 tcp/443",
            "exploited_since": "2026-11-01",
            "ransomware": True,
        },
    )


def test_what_strangers_reach_and_somebody_can_mend(there: VulnerabilityDatabase) -> None:
    """Not bash, which no stranger reaches; not what waits for a point release, unless it is likely; never what is unimportant."""
    assert names(judged("updates.vulnerable_exposed", host_facts(), there)) == [f"{LIKELY} openssl affected"]


def test_without_data_nothing_is_judged_and_the_reason_says_how() -> None:
    for control in ("known_exploited", "vulnerable_exposed", "vulnerability_data"):
        found = judged(f"updates.{control}", host_facts(), None)
        assert found.status is Status.NOT_APPLICABLE and found.reason is not None
        assert "auditor vulnerabilities import" in found.reason.en


def test_a_release_that_the_data_does_not_hold_is_no_pass(there: VulnerabilityDatabase) -> None:
    read = host_facts("forky")
    found = judged("updates.known_exploited", read, there)
    assert found.status is Status.NOT_EVALUATED and found.reason is not None and "forky" in found.reason.en
    assert judged("updates.vulnerability_data", read, there).violations == ({"data": "packages", "release": "forky"},)


def test_packages_that_could_not_be_read_are_no_pass(there: VulnerabilityDatabase) -> None:
    found = judged("updates.known_exploited", host_facts(packages=None), there)
    assert found.status is Status.NOT_EVALUATED


def test_data_older_than_35_days_is_a_finding(there: VulnerabilityDatabase) -> None:
    later = host_facts(now=max(NOW, 1_800_000_000) + 36 * DAY)
    found = judged("updates.vulnerability_data", later, there)
    assert found.status is Status.FAIL
    assert {one["data"] for one in found.violations} == {"tracker", "kev", "epss", "wordfence", "osv_packagist"}


def test_the_same_facts_and_data_give_the_same_findings(there: VulnerabilityDatabase) -> None:
    one, other = (judged("updates.known_exploited", host_facts(), there) for _ in range(2))
    assert one == other


def test_which_sources_a_strangers_bytes_come_to() -> None:
    ways = {"nginx": "tcp/443", "sshd": "tcp/22"}
    assert exposure.find_attack_path_to_source_package("php8.2", ways) == "nginx tcp/443"
    assert exposure.find_attack_path_to_source_package("openssh", ways) == "sshd tcp/22"
    assert exposure.find_attack_path_to_source_package("libxml2", {"sshd": "tcp/22"}) is None
    assert exposure.find_attack_path_to_source_package("glibc", {"sshd": "tcp/22"}) == "sshd tcp/22"
    assert exposure.find_attack_path_to_source_package("bash", ways) is None


def test_what_the_office_states_is_no_finding(there: VulnerabilityDatabase) -> None:
    statement = Statement(
        id="1",
        vulnerability=KEV,
        product="openssl",
        scope=ExceptionScope(hosts=("web2",)),
        status="mitigated",
        justification="inline_mitigations_already_exist",
        reason="x",
        approver="y",
        granted=clock.convert_moment_to_vietnam_day(clock.convert_epoch_to_moment(NOW)),
        expires=clock.convert_moment_to_vietnam_day(clock.convert_epoch_to_moment(NOW)),
    )
    stated = {(KEV, "openssl"): statement}
    one = controls.Catalogue(controls=(CATALOGUE["updates.known_exploited"],))
    (found,) = evaluate_host(
        one,
        Host(name="web2", address="192.0.2.1"),
        host_facts(),
        areas={VULNERABILITIES: make_area_builder(there, {"web2": stated})},
    )
    assert found.status is Status.PASS


def test_packages_of_php_that_a_site_was_given(there: VulnerabilityDatabase) -> None:
    """Each in its folder; a lock that is none is a gap, and a branch has no version."""
    locked = [
        {"path": "/srv/app", "packages": [{"name": "guzzlehttp/guzzle", "version": "v7.4.4"}]},
        {"path": "/srv/new", "packages": [{"name": "guzzlehttp/guzzle", "version": "7.4.5"}]},
        {"path": "/srv/dev", "packages": [{"name": "guzzlehttp/guzzle", "version": "dev-main"}]},
        {"path": "/srv/bad", "packages": None},
    ]
    read = host_facts(packages={**facts()["packages"], "composer": locked})
    (one,) = [each for each in judged("updates.vulnerable_exposed", read, there).violations if "path" in each]
    assert (one["vulnerability"], one["package"], one["fixed"]) == (LIBRARY, "composer/guzzlehttp/guzzle", "7.4.5")
    assert (one["path"], one["reached"]) == ("/srv/app", "apache2 tcp/443")
    gaps = judged("updates.vulnerability_data", read, there).violations
    assert {"data": "composer", "path": "/srv/bad"} in gaps
