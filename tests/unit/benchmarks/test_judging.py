"""What judges say is read as they mean it."""

from __future__ import annotations

import json

import pytest

from benchmarks.judging import auditing, lynis, mozilla, nikto, openscap, services, ssh_audit
from benchmarks.judging.verdict import Verdict

PREFIX = "xccdf_org.ssgproject.content_rule_"
OSCAP = f"""--- Starting Evaluation ---

Title\r\tInstall AIDE
Rule\r\t{PREFIX}package_aide_installed
Ident\r\tCCE-1
Result\r\tfail

Title\r\tInstall sudo Package
Rule\r\t{PREFIX}package_sudo_installed
Result\r\tnotapplicable

Title\r\tEnsure Only Users Logged In To Real tty Can Execute Sudo
Rule\r\t{PREFIX}sudo_add_requiretty
Result\r\tpass

"""
LYNIS = """hardening_index=74
details[]=SSH-7408|sshd|desc:sshd option MaxSessions;field:MaxSessions;prefval:2;value:10;|
details[]=SSH-7408|sshd|desc:sshd option LogLevel;field:LogLevel;prefval:VERBOSE;value:INFO;|
suggestion[]=SSH-7408|Consider hardening SSH configuration|MaxSessions (set 10 to 2)|-|
suggestion[]=FILE-6310|To decrease the impact of a full /home file system|-|-|
suggestion[]=FILE-6310|To decrease the impact of a full /var file system|-|-|
warning[]=PKGS-7392|Found one or more vulnerable packages.|-|-|
"""
UNITS = """UNIT                                 EXPOSURE PREDICATE HAPPY
apache2.service                           4.3 OK        🙂
mariadb.service                           8.6 EXPOSED   🙁
php8.2-fpm.service                        5.0 MEDIUM    😐
ssh.service                               9.6 UNSAFE    😨
"""


def test_openscap_counts_what_fails_and_knows_what_does_not_apply() -> None:
    assert openscap.parse(OSCAP, counts_passes=False) == Verdict(1, frozenset({"package_aide_installed"}))


def test_openscap_counts_what_passes_of_all_that_was_judged() -> None:
    found = openscap.parse(OSCAP, counts_passes=True)
    assert (found.figure, found.of, str(found)) == (1, 2, "1 of 2")


def test_an_openscap_that_judged_nothing_is_no_host_without_failures() -> None:
    with pytest.raises(ValueError, match="judged nothing"):
        openscap.parse("OpenSCAP Error: no such profile", counts_passes=False)


STREAM = (
    '<c id-ref="oval:ssg-system_with_kernel:def:1"/><c id-ref="oval:ssg-package_sudo:def:1"/>'
    '<d definition_ref="oval:ssg-system_with_kernel:def:1" comment=""/>'
    "<cpe-dict:check>oval:ssg-installed_OS_is_{}:def:1</cpe-dict:check>"
    r"<ind:pattern>^(ExecStartPost=\-\/sbin\/augenrules.*$|Requires=augenrules.service)</ind:pattern>"
)


def test_a_container_is_taken_for_the_machine_that_the_content_is_for() -> None:
    assert openscap.as_machine(STREAM.format("debian12")) == (
        '<c id-ref="oval:ssg-installed_env_is_a_machine:def:1"/><c id-ref="oval:ssg-package_sudo:def:1"/>'
        '<d definition_ref="oval:ssg-system_with_kernel:def:1" comment=""/>'
        "<cpe-dict:check>oval:ssg-installed_OS_is_debian12:def:1</cpe-dict:check>"
        r"<ind:pattern>^(ExecStartPost=\-\/sbin\/augenrules.*$|Requires=augenrules.service)</ind:pattern>"
    )


@pytest.mark.parametrize("release", ["debian12", "ubuntu2404"])
def test_content_for_one_release_judges_another(release: str) -> None:
    assert openscap.anywhere(STREAM.format(release)) == STREAM.format(release).replace(
        f"oval:ssg-installed_OS_is_{release}:def:1", "oval:ssg-installed_env_is_a_machine:def:1"
    ).replace("Requires=augenrules", "Requires=(?:augenrules|audit-rules)")  # Debian 13's unit


def test_content_that_asks_in_another_way_is_told() -> None:
    with pytest.raises(ValueError, match="not ask for a kernel"):
        openscap.as_machine("<xccdf/>")
    with pytest.raises(ValueError, match="not ask for a release"):
        openscap.anywhere(STREAM.format("fedora"))
    with pytest.raises(ValueError, match="not ask for a unit"):
        openscap.anywhere(STREAM.format("debian12").replace("Requires=augenrules", "Requires=other"))


def test_lynis_names_each_setting_of_a_test_that_has_several() -> None:
    assert lynis.parse(LYNIS) == Verdict(
        74, frozenset({"SSH-7408:MaxSessions", "SSH-7408:LogLevel", "FILE-6310", "PKGS-7392"})
    )


def test_a_lynis_that_did_not_end_is_told() -> None:
    with pytest.raises(ValueError, match="did not end"):
        lynis.parse("report_version_major=1\n")


def test_ssh_audit_fails_an_algorithm_once_and_lets_warnings_be() -> None:
    said = {
        "kex": [
            {"algorithm": "ecdh-sha2-nistp256", "notes": {"fail": ["a curve", "another reason"], "warn": ["x"]}},
            {"algorithm": "curve25519-sha256", "notes": {"warn": ["no post-quantum"]}},
        ],
        "key": [{"algorithm": "ssh-ed25519"}],
        "enc": [],
        "mac": [{"algorithm": "hmac-sha1", "notes": {"fail": ["SHA-1"]}}],
    }
    assert ssh_audit.parse(json.dumps(said)) == Verdict(2, frozenset({"ecdh-sha2-nistp256", "hmac-sha1"}))


def test_only_the_web_stack_is_asked_how_exposed_it_is_and_the_bound_itself_is_met() -> None:
    assert services.parse(UNITS) == Verdict(8.6, frozenset({"mariadb.service"}))
    assert services.exposures(UNITS)["php8.2-fpm.service"] == services.MOST


def test_a_host_without_a_web_stack_is_told() -> None:
    with pytest.raises(ValueError, match="no service"):
        services.parse("Failed to connect to bus\n")


ITEM = '<item id="{}" osvdbid="0"><description>x</description>\n<uri><![CDATA[{}]]></uri></item>'


def test_nikto_names_what_it_found_by_test_and_page_and_counts_the_worse_port() -> None:
    plain = "port 80\n" + ITEM.format("999976", "/") + "</scandetails>\n"
    tls = (
        "port 443\n"
        + ITEM.format("750000", "/lib/?q=[script]")
        + ITEM.format("999972", "HASH(0x55)")
        + "</scandetails>"
    )
    assert nikto.parse(plain + tls) == Verdict(2, frozenset({"999976", "750000:/lib/", "999972"}))


def test_nikto_s_headers_and_cookies_are_findings_each_wherever_it_meets_them_first() -> None:
    item = '<item id="{}" osvdbid="0"><description><![CDATA[{}]]></description>\n<uri><![CDATA[/x]]></uri></item>'
    said = item.format("999100", "Uncommon header 'link' found, with contents: &lt;https://a.test/&gt;")
    said += item.format("999100", "Uncommon header 'x-redirect-by' found, with contents: WordPress")
    said += item.format("999960", "Cookie seen created without the httponly flag") + "</scandetails>"
    found = nikto.parse("port 80\n</scandetails>\nport 443\n" + said)
    assert found == Verdict(3, frozenset({"999100:link", "999100:x-redirect-by", "999960:seen"}))


def test_a_nikto_whose_time_was_over_says_how_much_it_asked() -> None:
    port = '<scandetails targetport="443" checks="6544">\n' + ITEM.format("999976", "/")
    port += '<statistics elapsed="{}" />\n</scandetails>\nHost maximum execution time of 300 seconds reached\nrequests: {}\n'
    said = f"port 80\n{port.format(23, 6295)}port 443\n{port.format(301, 2900)}"
    part = "port 443 cut off after 2900 requests of 6544"
    assert nikto.parse(said) == Verdict(1, frozenset({"999976"}), part=part)


@pytest.mark.parametrize("said", ["", "port 80\n</scandetails>\n", "port 80\n</scandetails>\nport 443\n<niktoscan>\n"])
def test_a_nikto_that_did_not_end_is_told(said: str) -> None:
    with pytest.raises(ValueError, match="did not end"):
        nikto.parse(said)


COMPLIANCE = " COMPLIANCE AGAINST TLS CONFIGURATION\n    192.0.2.1:443: {}\n"


def test_sslyze_names_the_rules_that_are_not_met() -> None:
    issues = "FAILED - Not compliant.\n        * ciphers: Cipher suites {'X'} are supported.\n        * tls_curves: Y"
    assert mozilla.parse(COMPLIANCE.format(issues)) == Verdict(2, frozenset({"ciphers", "tls_curves"}))
    assert mozilla.parse(COMPLIANCE.format("OK - Compliant.")) == Verdict(0, frozenset())


@pytest.mark.parametrize(
    "said", ["", COMPLIANCE.format("ERROR - scan did not run"), COMPLIANCE.format("FAILED - Not compliant.")]
)
def test_an_sslyze_that_judged_nothing_is_told(said: str) -> None:
    with pytest.raises(ValueError, match="judged nothing"):
        mozilla.parse(said)


def test_the_cost_of_auditd_s_rules_is_a_ratio_of_medians_and_what_was_not_measured_is_told() -> None:
    said = '{"pages": {"with": [3.0, 1.2, 1.1], "without": [1.0, 0.9, 1.0]}}'
    assert auditing.parse(said, "pages") == Verdict(1.2, frozenset())
    for nothing in ("", "{}", '{"pages": {"with": [], "without": []}}', '{"pages": {"with": [1], "without": [0]}}'):
        with pytest.raises(ValueError, match="was not measured"):
            auditing.parse(nothing, "pages")
