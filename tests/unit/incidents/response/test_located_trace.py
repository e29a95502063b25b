"""Every kind of trace has an answer: contained at once, a command, or steps by hand. All that is printed can be typed as it is."""

from __future__ import annotations

import shlex
import subprocess
from typing import get_args

import pytest

from auditor.incidents.actions.registry import ACTION_KINDS
from auditor.incidents.response import instructions, response_rules
from auditor.incidents.response.located_trace import LocatedTrace, parse_located_trace_of_violation
from auditor.models import Site
from auditor.models.hunts import GROUPS, KINDS
from auditor.models.reviews import Kind
from auditor.text.translations import Words

PLACES: dict[str, tuple[str, ...]] = {
    "job": ("/etc/crontab (root)", "/etc/cron.d/x (root)", "/etc/cron.daily/x (root)"),
    "unit": (
        "/etc/systemd/system-generators/systemd-cap-generator",
        "/etc/systemd/system/x.service (root)",
        "/etc/systemd/system/x.service.d/y.conf (root)",
        "/home/an/.config/systemd/user/x.service (an)",
    ),
    "startup": ("/etc/profile.d/zz.sh (root)", "/etc/profile (root)", "/root/.bashrc (root)"),
    "hook": ("/etc/apt/apt.conf.d/99x (root)", "/etc/udev/rules.d/x.rules (root)", "/etc/logrotate.d/x (root)"),
    "account": ("/etc/passwd (hethong)", "/var/www/a/wp-config.php (hotro)", "/etc/passwd (x y)"),
    "key": ("/root/.ssh/authorized_keys (root)",),
    "permission": ("/etc/sudoers.d/90-cloud (www-data)", "/etc/sudoers (www-data)", "/etc/sudoers (%25web)"),
    "login": ("/etc/pam.d/sshd (root)", "/etc/ssh/sshd_config", "/usr/lib/x86_64-linux-gnu/security/pam_x.so (root)"),
    "preload": ("/etc/ld.so.preload",),
    "interpreter": ("/etc/php/8.4/fpm/php.ini", "/usr/lib/php/20240924/x.so"),
    "server_module": ("/usr/lib/nginx/modules/x.so", "/etc/apache2/mods-enabled/x.load"),
    "database_code": (
        "antruc_wp.lam_moi (mysql)",
        "sys_eval (mysql)",
        "/usr/lib/mysql/plugin/x.so (root)",
        "wp_posts 6",
    ),
    "setuid": ("/usr/local/bin/.cap-nhat",),
    "replaced": ("/usr/bin/ls (root)",),
    "process": ("/usr/sbin/sshd (root)", "/usr/bin/dash (www-data)", "/dev/shm/.x (www-data)"),  # noqa: S108 - never opened
    "listener": ("0.0.0.0:31337 (www-data)", "[::]:80 (root)", "packets (root)"),
    "kernel_module": ("/usr/lib/modules/6.1/updates/x.ko", "rootkit"),
    "temporary": ("/dev/shm/.x/.tm (root)",),  # noqa: S108
    "log": ("/var/log/auth.log (root)",),
}
SITES = (Site(domain="antruc.test", host="web1", document_root="/var/www/a"),)
LINES = (
    "",
    "7",
    "3@0123456789ab",
    "0123456789ab ba9876543210",
    "x.service",
    "hethong",
    "SHA256:WPxiTOIJ29Avp31Y7FfnKXJXu2gelIMoFjkvk8AK3zs",
)


def traces(kind: str) -> list[LocatedTrace]:
    rules = (
        ("foreign",),
        ("changed",),
        ("login_gives_passwords",),
        ("sshd_asks",),
        ("loads_foreign",),
        ("posted_to_gone",),
    )
    found = [
        parse_located_trace_of_violation(
            "antruc.test", {"kind": kind, "where": where, "exactly": exactly, "rules": list(said)}, SITES
        )
        for where in PLACES.get(kind, ("/var/www/a/x.php", "/var/www/a/long\u2026name.php", "/var/www/a/%0Ax.php"))
        for exactly in LINES
        for said in rules
    ]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_has_an_action_or_a_step_by_hand(kind: str) -> None:
    for one in traces(kind):
        assert (
            response_rules.list_automatic_actions_on_trace(one)
            or response_rules.choose_manual_action_on_trace(one)
            or response_rules.list_manual_instructions_for_trace(one)
        ), one


def test_kinds_that_hosts_can_raise_are_all_in_the_table() -> None:
    assert frozenset().union(*GROUPS.values()) | {*KINDS.values()} <= response_rules.RESPONSES.keys()
    assert set(get_args(Kind)) == set(response_rules.RESPONSES)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_what_is_typed_is_read_by_its_means_and_has_nothing_left_to_fill_in(kind: str) -> None:
    for one in traces(kind):
        asked = response_rules.choose_manual_action_on_trace(one)
        if asked is not None:
            means, what = asked
            ACTION_KINDS[means].read(what)
            assert not {"PID", "LINE", "PATH", "ACCOUNT", "UNIT"} & set(
                what.replace("/", " ").replace(":", " ").split()
            )


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_step_has_words_and_commands_that_a_shell_reads(kind: str, lang: str) -> None:
    words = Words(lang)  # type: ignore[arg-type]
    for step in {step for one in traces(kind) for step in response_rules.list_manual_instructions_for_trace(one)}:
        key = f"incidents.manual.{step.says}"
        assert words(key, host="web1") != key
        for command in step.commands:
            assert command.isprintable(), command
            assert subprocess.run(["bash", "-nc", command], check=False).returncode == 0, command


@pytest.mark.parametrize("name", ["x';reboot;'", "$(reboot)", "a b", "-rf", "%0Areboot", "`id`"])
def test_a_name_that_a_host_made_up_is_one_word_of_a_command(name: str) -> None:
    one = LocatedTrace("web1", "preload", f"/etc/{name}", "")
    *_, last, _ = instructions.instruct_to_remove_ld_preload_file(one).commands
    told = subprocess.run(
        ["bash", "-c", f"sudo() {{ printf '%s.%s' $(($# - 4)) \"$5\"; }}; {last}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == f"1./etc/{name.replace('%0A', chr(10))}"


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ("/var/www/a: wp_posts 990", "antruc.test/posts/990"),
        ("/var/www/a/blog: x_snippets 7", "antruc.test/blog/snippets/7"),
        ("/var/www/a: wp_options siteurl", "antruc.test/options/siteurl"),
    ],
)
def test_a_row_is_taken_out_by_the_words_that_clean_reads(where: str, what: str) -> None:
    one = parse_located_trace_of_violation(
        "antruc.test", {"kind": "database_code", "where": where, "rules": ["evaluated"]}, SITES
    )
    assert one is not None
    assert response_rules.choose_manual_action_on_trace(one) == ("row", what)
    assert ACTION_KINDS["row"].read(what) == what


def test_a_row_of_no_site_or_table_that_is_known_is_left_to_a_person() -> None:
    for where in ("/srv/x: wp_posts 990", "/var/www/a: wp_users 3"):
        one = parse_located_trace_of_violation(
            "antruc.test", {"kind": "database_code", "where": where, "rules": []}, SITES
        )
        assert one is not None
        assert response_rules.choose_manual_action_on_trace(one) is None
        assert response_rules.list_manual_instructions_for_trace(one)[0].says == "database_row"


def test_a_unit_in_the_place_of_a_package_s_is_taken_away_and_that_starts_as_it_is() -> None:
    member = {"kind": "unit", "where": "/etc/systemd/system/ssh.service (root)", "rules": ["foreign", "replaces_unit"]}
    one = parse_located_trace_of_violation("web1", member)
    assert one is not None
    assert response_rules.choose_manual_action_on_trace(one) is None
    assert (
        response_rules.list_manual_instructions_for_trace(one)[0].commands[-1]
        == "sudo systemctl try-restart ssh.service"
    )


def test_a_second_root_without_a_shadow_line_has_its_lines_taken_out() -> None:
    one = parse_located_trace_of_violation(
        "web2", {"kind": "account", "where": "/etc/passwd (hethong)", "exactly": "hethong"}
    )
    assert one is not None
    (step,) = response_rules.list_manual_instructions_for_trace(one)
    assert "sudo sed -i '/^hethong:/d' /etc/passwd /etc/shadow" in step.commands


def test_no_command_stops_a_program_of_the_host_s_own() -> None:
    one = parse_located_trace_of_violation(
        "web2", {"kind": "process", "where": "/usr/sbin/sshd (root)", "rules": ["loads_foreign"]}
    )
    assert one is not None
    assert response_rules.choose_manual_action_on_trace(one) is None
    (command,) = response_rules.list_manual_instructions_for_trace(one)[0].commands
    assert not {"kill", "pkill", "systemctl"} & set(shlex.split(shlex.split(command)[3]))
