"""What a run of plain Ansible may put in force: what is asked for, what somebody has accepted, what is in force already."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.module_utils.luytre.os import managed_settings
from ansible.module_utils.luytre.parsers import nginx_managed_settings
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play
from ansible.template import Templar, trust_as_template
from jinja2 import Environment, StrictUndefined

from auditor.audit import controls
from auditor.audit.effects import Effect
from auditor.hardening.safety import acceptance
from auditor.models import Host
from auditor.system import resources
from tests.unit.access import filters

CONSENT, SURVEY = filters("consent"), filters("survey")
ROLES = resources.get_roles_folder()
TOP = resources.get_resources_folder()
CATALOGUE = controls.load_catalogue()
FIXES = {control.id: control.fix for control in CATALOGUE.controls if control.fix}
CONSENT.fixes = cache(CONSENT.fixes)  # type: ignore[attr-defined]
KNOWN = CONSENT.fixes(ROLES)
MOMENT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
ORDER = yaml.safe_load((resources.get_resources_folder() / "playbooks/roles/areas/vars/main.yml").read_text("utf-8"))
AREAS = ORDER["areas_in_order"]
WEB_SERVERS = ("apache", "nginx")


def tasks(role: str) -> Iterator[dict[str, Any]]:
    """Every task of an area that can be chosen by itself."""
    files = sorted((ROLES / role / "tasks").glob("*.yml"))
    assert files, role
    for file in files:
        entries = yaml.safe_load(file.read_text("utf-8"))
        yield from (entry for entry in entries if file.name == "main.yml" or "tags" in entry)


def decide(tags: tuple[str, ...] = ("all",), skipped: tuple[str, ...] = (), accept: Any = ()) -> dict[str, Any]:
    found: dict[str, Any] = CONSENT.decide(ROLES, list(tags), list(skipped), accept, ["a.test"])
    return found


# --- asked for --------------------------------------------------------------------------------------------------


def test_the_areas_are_all_that_have_a_fix() -> None:
    assert sorted(AREAS) == sorted({control.area for control in CATALOGUE.controls if control.fix})


def played(**told: Any) -> Any:
    """The areas that a host includes, by the words of the role itself."""
    words = {key: trust_as_template(value) if isinstance(value, str) else value for key, value in ORDER.items()}
    return Templar(DataLoader(), {**words, **told}).template(words["areas_concerned"])


def concerned(*controls: str) -> Any:
    """The areas that are played for controls which somebody asks plain Ansible for."""
    return played(consent_given={"apply": {control: [] for control in controls}, "held": {}})


def test_all_hosts_of_a_run_include_the_same_areas_so_that_each_plays_them_in_their_order() -> None:
    plan = {"web1": {"tls.redirect": []}, "web2": {"accounts.umask": [], "ssh.macs": []}}
    assert played(luytre_plan=plan) == ["accounts", "ssh", "nginx", "apache", "tls"]
    assert played(luytre_plan={"web1": {}}, luytre_release={"web1": ["sudo.logfile"]}) == ["sudo"]
    assert played(consent_given={"apply": {"ssh.macs": []}, "held": {"accounts.umask": {}}}) == ["accounts", "ssh"]


def test_a_run_plays_the_areas_of_its_controls_and_what_writes_for_them_in_their_order() -> None:
    assert concerned() == []
    assert concerned("ssh.macs", "accounts.umask", "ssh.ciphers") == ["accounts", "ssh"]
    assert concerned("tls.redirect", "time.synchronised_daemon") == ["time", "nginx", "apache", "tls"]
    assert concerned("wordpress.xmlrpc") == ["nginx", "apache", "wordpress"]
    assert concerned("web.private_files") == ["nginx", "apache", "web"]
    assert concerned("nginx.frame") == ["nginx"]
    assert concerned(*FIXES) == AREAS


@pytest.mark.parametrize("role", AREAS)
def test_an_area_looks_at_no_control_for_whose_sake_it_is_not_played(role: str) -> None:
    files = [
        file
        for name in ("tasks", "vars", "defaults", "templates", "handlers")
        for file in ROLES.glob(f"{role}/{name}/*")
    ]
    words = " ".join(file.read_text("utf-8") for file in files).replace("[.]", ".")
    named = {control for control in FIXES if re.search(rf"(?<![a-z_]){re.escape(control)}(?![a-z_])", words)}
    named |= {found + "." for found in re.findall(rf"['|]\^?({'|'.join(AREAS)})\\*\.(?=['(])", words)}
    served = ORDER["areas_served"] if role in WEB_SERVERS else []
    assert {control.partition(".")[0] for control in named} <= {role, *served}


@pytest.mark.parametrize("role", AREAS)
def test_a_task_belongs_to_one_control_or_runs_for_any_of_its_area(role: str) -> None:
    for task in tasks(role):
        tags = task.get("tags")
        one = next((tag for tag in tags if tag in FIXES), None)
        assert tags in (["always"], [one.split(".")[0] if one else None, one]), task["name"]


WORDS = ("all", "tagged", "untagged", "ssh", "sudo", "ssh.max_startups", "ssh.host_key_modes", "sudo.use_pty")
SUBSETS = [words for size in (1, 2) for words in combinations(WORDS, size)]


def test_ansible_chooses_the_tasks_of_exactly_the_controls_that_are_asked_for() -> None:
    chosen = ("ssh.max_startups", "sudo.use_pty")
    written = [{"debug": {}, "tags": [control.split(".")[0], control]} for control in chosen]
    (block,) = Play.load({"hosts": "all", "tasks": written}, loader=DataLoader()).get_tasks()
    for tags, skipped in product(SUBSETS, [(), *SUBSETS]):
        asked = set(CONSENT.select_controls(KNOWN, tags, skipped))
        for control, task in zip(chosen, block, strict=True):
            assert task.evaluate_tags(list(tags), list(skipped), {}) == (control in asked), (control, tags, skipped)


@pytest.mark.parametrize(
    "given", [{"ssh.password_auth": False}, {"ssh.password_auth": True}, True, 7, {"ssh.password_auth"}]
)
def test_what_is_no_list_of_names_accepts_nothing_and_is_told(given: Any) -> None:
    found = decide(accept=given)
    assert "ssh.password_auth" in found["held"] and "ssh.password_auth" not in found["apply"]
    assert found["unknown"] == [str(given)]


@pytest.mark.parametrize("nothing", [None, "", (), []])
def test_who_names_nothing_accepts_nothing(nothing: Any) -> None:
    assert CONSENT.parse_acceptances(nothing) == []


def test_the_role_that_would_be_played_by_a_name_of_ours_is_named_where_it_is_another(tmp_path: Path) -> None:
    names = runpy.run_path(str(TOP / "playbooks/roles/consent/filter_plugins/role_names.py"))
    find: Any = names["find_foreign_roles"]
    ours = [str(TOP / folder) for folder in names["OURS"]]
    assert find([], TOP) == find(ours, TOP) == []
    (tmp_path / "linked").symlink_to(TOP / "roles")
    assert find([tmp_path / "linked", *ours], TOP) == []
    for name in ("ssh", "of_nobody"):
        (tmp_path / "theirs" / name).mkdir(parents=True)
    assert find([tmp_path / "theirs", *ours], TOP) == [str(tmp_path / "theirs/ssh")]
    assert find([*ours, tmp_path / "theirs"], TOP) == []
    (tmp_path / "theirs/ssh").rmdir()
    (tmp_path / "theirs/ssh").touch()
    assert find([tmp_path / "theirs", *ours], TOP) == []


def test_names_that_mean_nothing_are_told_and_not_passed_over() -> None:
    assert decide(("ssh", "shs"), ("ssh.pasword_auth",))["unknown"] == ["shs", "ssh.pasword_auth"]
    assert decide(accept=["sudo.nopasswd"])["unknown"] == ["sudo.nopasswd"]
    assert (
        decide(("all",), ("never", "sudo", "notest", "molecule-notest", "molecule-idempotence-notest"))["unknown"] == []
    )


def test_a_run_with_such_names_ends_before_anything_is_asked_of_a_host() -> None:
    with pytest.raises(AnsibleFilterError, match="is called shs"):
        CONSENT.decide_or_fail(ROLES, ["ssh", "shs"], [], [], [])
    assert CONSENT.decide_or_fail(ROLES, ["ssh.macs"], [], [], ["a.test"])["apply"] == {"ssh.macs": ["a.test"]}


OF_PEOPLE = {Effect.CLOSES_ROOT, Effect.DROPS_HOST_KEYS, Effect.LIMITS_SU, Effect.STOPS_TEMPORARY_PROGRAMS}

# --- accepted ----------------------------------------------------------------------------------------------------


def test_what_the_auditor_holds_for_its_danger_plain_ansible_holds_too() -> None:
    dangerous = [control for control, fix in FIXES.items() if fix.danger]
    for accepted in ((), *combinations(dangerous[:4], 2), tuple(dangerous)):
        host = Host(name="h", address="192.0.2.1", accept=accepted)
        waiting = acceptance.find_controls_awaiting_acceptance_or_window(FIXES, host, None, frozenset(), MOMENT)
        held = set(decide(accept=list(accepted))["held"])
        assert set(waiting) <= held
        more = {control for control in held - set(waiting) if control not in accepted}
        assert all(
            FIXES[control].disruption in ("restart", "reboot")
            or any("found:" in one for one in FIXES[control].touches)
            or OF_PEOPLE.intersection(FIXES[control].effects)
            for control in more
        )


def test_nothing_dangerous_is_made_unless_it_is_named() -> None:
    found = decide()
    assert not set(found["held"]) & set(found["apply"])
    assert {*found["held"], *found["apply"]} == set(FIXES)
    assert "ssh.password_auth" in found["held"]
    assert found["held"]["ssh.password_auth"] == FIXES["ssh.password_auth"].danger.model_dump()  # type: ignore[union-attr]
    assert "ssh.password_auth" in decide(accept="tls.redirect, ssh.password_auth")["apply"]


def test_what_only_the_auditor_asks_people_for_waits_in_plain_ansible() -> None:
    of_people = {control for control, fix in FIXES.items() if OF_PEOPLE.intersection(fix.effects)}
    assert of_people == {"ssh.root_direct", "ssh.host_key_algorithms", "pam.su_group", "filesystem.tmp_noexec"}
    assert of_people <= set(decide()["held"])
    assert of_people <= set(decide(accept=sorted(of_people))["apply"])


def test_what_is_not_asked_for_is_not_held_either() -> None:
    found = decide(("ssh",), ("ssh.password_auth",), ["ssh.password_auth"])
    assert all(control.startswith("ssh.") for control in (*found["apply"], *found["held"]))
    assert "ssh.password_auth" not in {**found["apply"], **found["held"]}


def test_what_no_way_back_can_be_kept_for_waits_even_if_it_is_accepted() -> None:
    found = decide(accept=["filesystem.world_writable"])
    assert "filesystem.world_writable" in found["held"]
    assert not any(touch.startswith("found:") for touch in found["touches"])


def test_the_way_back_is_for_all_that_may_change_and_for_no_more() -> None:
    found = decide(("kernel.aslr", "sudo"))
    assert set(found["touches"]) == {touch for control in found["apply"] for touch in FIXES[control].touches}


# --- in force ----------------------------------------------------------------------------------------------------

ONE, OTHER = {"ssh.a": []}, {"ssh.b": []}


@pytest.mark.parametrize(
    ("before", "apply", "released"), list(product(({}, ONE, OTHER, {**ONE, **OTHER}), ({}, ONE), ((), ("ssh.a",))))
)
def test_a_shared_file_holds_what_is_in_force_and_what_is_applied_and_nothing_else(
    before: dict[str, Any], apply: dict[str, Any], released: tuple[str, ...]
) -> None:
    wanted = (set(before) - set(released)) | set(apply)
    assert set(SURVEY.merge_domains_in_force_by_control(before, apply, released)) == wanted


def test_a_site_of_another_inventory_keeps_what_it_has() -> None:
    enforced = SURVEY.merge_domains_in_force_by_control(
        {"nginx.autoindex": ["b.test", "www.a.test"]}, {"nginx.autoindex": ["a.test"]}
    )
    assert enforced == {"nginx.autoindex": ["a.test", "b.test", "www.a.test"]}
    declared = [{"domain": "a.test", "aliases": ["www.a.test"]}]
    assert SURVEY.list_declared_and_enforced_sites(declared, enforced) == [*declared, {"domain": "b.test"}]


# --- what our own files say ---------------------------------------------------------------------------------------

INCLUDE = "Include /etc/ssh/sshd_config.d/*.conf\n"


def put(root: Path, files: dict[str, str]) -> dict[str, list[str]]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    found: dict[str, list[str]] = managed_settings.collect_controls_in_force(str(root))
    return found


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    class Trusting:
        def describe_first_changer_on_path(self, path: str) -> str | None:
            return f"{path} can be changed by somebody" if "somebody" in path else None

    monkeypatch.setattr(managed_settings, "PathTrust", Trusting)
    return tmp_path


def test_each_line_of_a_shared_file_names_its_control(root: Path) -> None:
    found = put(
        root,
        {
            "etc/ssh/sshd_config": INCLUDE,
            "etc/ssh/sshd_config.d/00-luytre.conf": "# Lũy Tre. sshd takes\n# ssh.x11_forwarding\nX11Forwarding no\nMatch all\n    # ssh.macs\n",
            "etc/nginx/conf.d/00-luytre.conf": "# nginx.autoindex: a.test www.b.test\n# nginx.timeouts\n# nginx.default_server: a name that no\n",
            "etc/apache2/luytre/c.test.http.conf": "# tls.redirect\nRedirectMatch x\n",
            "etc/php/8.4/fpm/pool.d/www.conf": "; php_fpm.expose\n; Luy Tre begin\n; php_fpm.listen_modes\n; Luy Tre end\n",
        },
    )
    assert found == {
        "nginx.autoindex": ["a.test", "www.b.test"],
        "nginx.default_server": [],
        "nginx.timeouts": [],
        "php_fpm.listen_modes": [],
        "ssh.macs": [],
        "ssh.x11_forwarding": [],
        "tls.redirect": ["c.test"],
    }


EDITED = """
server {
    include /etc/nginx/snippets/luytre-a.test.conf; # luytre: added
    add_header X-Frame-Options $luytre_x_frame_options always; # luytre: added
    # luytre: put out for tls.protocols: ssl_protocols TLSv1;
    location / {
        # luytre: put out for nginx.autoindex: autoindex on;
        if (!-f $document_root$fastcgi_script_name) { return 404; } # luytre: added
    }
}
server {
    include /etc/nginx/snippets/luytre-b.test.conf; # luytre: added
    client_max_body_size 50000000; # luytre: added
}
"""
OLD_NGINX = {
    "etc/nginx/conf.d/00-luytre.conf": "# nginx.timeouts\n# nginx.nosniff nginx.frame nginx.referrer: an application\n",
    "etc/nginx/sites-available/both": EDITED,
    "etc/nginx/sites-available/somebody": EDITED.replace("nginx.autoindex", "ssh.macs"),
    "etc/nginx/snippets/luytre-a.test.conf": "# nginx.hidden_files: .git\n# tls.redirect: certificate\n# ssh.macs\n",
    "etc/nginx/snippets/luytre-b.test.conf": "# nginx.upload_exec: a folder\n",
    "etc/nginx/snippets/luytre-gone.test.conf": "# nginx.upload_exec: a folder\n",
}


def test_an_nginx_drop_in_that_an_earlier_version_wrote_without_a_list_loses_nothing(root: Path) -> None:
    assert put(root, OLD_NGINX) == {
        "nginx.autoindex": ["a.test"],
        "nginx.body_limit": ["b.test"],
        "nginx.frame": ["a.test"],
        "nginx.hidden_files": ["a.test"],
        "nginx.nosniff": [],
        "nginx.php_missing": ["a.test"],
        "nginx.timeouts": [],
        "nginx.upload_exec": ["b.test"],
        "tls.protocols": ["a.test"],
        "tls.redirect": ["a.test"],
    }
    listed = {"etc/nginx/conf.d/00-luytre.conf": "# In force are these controls\n# nginx.autoindex: a.test\n"}
    assert put(root, listed) == {"nginx.autoindex": ["a.test"]}


def test_a_file_speaks_for_its_own_room_alone(root: Path) -> None:
    assert put(root, {"etc/sysctl.d/zz-luytre.conf": "# ssh.password_auth\n# kernel.aslr\n"}) == {"kernel.aslr": []}


def test_settings_that_sshd_no_longer_reads_are_not_in_force(root: Path) -> None:
    files = {"etc/ssh/sshd_config": "# " + INCLUDE, "etc/ssh/sshd_config.d/00-luytre.conf": "# ssh.password_auth\n"}
    assert put(root, files) == {}
    assert put(root, {"etc/ssh/sshd_config": INCLUDE.lower()}) == {"ssh.password_auth": []}


def test_a_file_that_others_can_change_says_nothing(root: Path) -> None:
    files = {"etc/php/8.4/fpm/pool.d/somebody.conf": "; Luy Tre begin\n; php_fpm.disable_functions\n; Luy Tre end\n"}
    assert put(root, files) == {}


def test_a_list_of_another_program_brings_nothing_and_takes_nothing(root: Path) -> None:
    record = {"etc/ansible/facts.d/luytre.fact": '{"ssh.password_auth": [], "kernel.aslr": "x"}'}
    assert put(root, {**record, "etc/sudoers.d/zz-luytre": "# sudo.use_pty\n"}) == {"sudo.use_pty": []}


def test_a_large_file_costs_no_more_than_its_size(root: Path) -> None:
    text = "# nginx.autoindex: " + "a." * 100_000 + "\n" + "# nginx.a: b.c " * 50_000
    assert len(put(root, {"etc/nginx/conf.d/00-luytre.conf": text})) <= 2


# --- what the templates write, read back ----------------------------------------------------------------------------

FIREWALL = [control for control in FIXES if control.startswith("firewall.")]


def rendered(template: str, **given: Any) -> str:
    environment = Environment(trim_blocks=True, undefined=StrictUndefined, autoescape=False)  # noqa: S701  settings
    environment.filters["regex_replace"] = lambda value, pattern, new: re.sub(pattern, new, value)
    return environment.from_string((ROLES / template).read_text("utf-8")).render(given)


@pytest.mark.parametrize("size", range(len(FIREWALL) + 1))
def test_the_firewall_says_and_does_what_is_in_force_and_no_more(size: int) -> None:
    for chosen in combinations(FIREWALL, size):
        networks = ["192.0.2.0/24"] if "firewall.ssh_sources" in chosen else []
        text = rendered(
            "firewall/templates/luytre.nft.j2",
            luytre_enforce=dict.fromkeys(chosen, ()),
            firewall_now={"ssh": {"ports": [22]}},
            **{"firewall_ssh_networks": networks, "firewall_trusted_v4": networks, "firewall_trusted_v6": []},
            **{"firewall_closed_ports": [3306], "firewall_web_ports": [80, 443], "firewall_open_ports": []},
        )
        denying = {"firewall.default_deny", "firewall.ipv6", "firewall.boot"} & set(chosen)
        assert set(
            managed_settings.parse_controls_in_comments("/etc/nftables.d/luytre.nft", text, ("firewall",))
        ) == set(chosen)
        assert ("policy drop" in text) is bool(denying)
        assert ("saddr { 192.0.2.0/24 }" in text) is ("firewall.ssh_sources" in chosen)
        assert ("\t\ttcp dport { 22 } accept" in text) is ("firewall.ssh_sources" not in chosen)
        assert ("3306" in text) is ("firewall.database_closed" in chosen)


def test_nginx_s_file_begins_with_what_is_in_force_and_for_which_sites() -> None:
    enforced = {
        **{"nginx.autoindex": ["a.test", "b.test"], "nginx.frame": ["b.test"], "tls.redirect": ["a.test"]},
        **{"nginx.default_server": [], "nginx.login_rate": ["a.test"], "nginx.timeouts": []},
    }
    text = rendered(
        "nginx/templates/http.conf.j2",
        nginx_enforced=enforced,
        nginx_login_rate=20,
        nginx_wanted={
            "http": {"login_zone": True, "server_tokens": False, "headers": {"X-A": "b"}},
            "listens": [{"address": "80", "tls": False, "options": []}],
        },
    )
    assert nginx_managed_settings.LIST in text
    found = managed_settings.parse_controls_in_comments(
        "/etc/nginx/conf.d/00-luytre.conf", text, ("nginx", "tls", "wordpress")
    )
    assert {control: sorted(domains) for control, domains in found.items()} == enforced
