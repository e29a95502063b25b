"""What a host gathers outside its web roots: on files and processes that stand there, and in folders made for it."""

from __future__ import annotations

import fnmatch
import gzip
import hashlib
import lzma
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.system import cron
from ansible.module_utils.luytre_hunt import (
    access,
    autostart,
    injection,
    modules,
    package_index,
    processes,
    programs,
    stamps,
)
from ansible.module_utils.luytre_hunt.package_index import PackageIndex
from ansible.module_utils.luytre_hunt.places import MAX_LINES, MAX_SAID, MAX_TEXT, PlaceRows, parse_lines
from ansible.module_utils.luytre_hunt.wire_format import pack_json_value_as_text
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os import account_files
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader
from ansible.module_utils.luytre_shared.os.process_table import list_child_pids

from auditor.compromise import autoruns as taken_in
from tests.unit.modules import load

KEY = "AAAAC3NzaC1lZDI1NTE5AAAA" + "I" + "A" * 43
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="reads what root alone may read")
hunt_places = load("on_host/hunt/library/hunt_places.py")


def md5(text: str) -> str:
    return hashlib.new("md5", text.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
def dpkg(tmp_path: Path) -> Path:
    """dpkg's own files about one package, whose files lie below ``root``."""
    root, info = tmp_path / "root", tmp_path / "info"
    root.mkdir()
    info.mkdir()
    for name in ("kept", "edited", "setting"):
        (root / name).write_text(name)
    sums = [f"{md5(name)}  {str(root)[1:]}/{name}" for name in ("kept", "edited")]
    (info / "p.list").write_text("\n".join(f"{root}/{name}" for name in ("kept", "edited", "setting")) + "\n")
    (info / "p.md5sums").write_text("\n".join(sums) + "\n")
    (tmp_path / "status").write_text(f"Package: p\nConffiles:\n {root}/setting {md5('setting')}\n\n")
    (root / "edited").write_text("another")
    (root / "own").write_text("own")
    return tmp_path


def known(dpkg: Path, sound: Sequence[bytes] = ()) -> PackageIndex:
    return PackageIndex(*(str(dpkg / name) for name in ("info", "status", "diversions", "ucf")), sound=sound)


@pytest.fixture
def gathered(dpkg: Path) -> Iterator[PlaceRows]:
    places = PlaceRows(AreaReader({}, 60), known(dpkg))
    yield places
    said = {"rows": places.rows, "seen": places.seen, "cut_short": places.cut_short, "seconds": 0.1, "processor": 0.1}
    taken_in.parse_autoruns(pack_json_value_as_text({**said, "sound": stamps.pack_stamps(places.packaged.sound)}))


def rows(places: PlaceRows, slot: str) -> list[list[Any]]:
    return [row for row in places.rows if row[0] == slot]


def test_how_a_file_stands_to_packages(dpkg: Path) -> None:
    files, root = known(dpkg), dpkg / "root"
    found = {
        name: files.get_package_origin_of_file(str(root / name))
        for name in ("kept", "edited", "setting", "own", "none")
    }
    wanted = {"kept": "packaged", "edited": "changed", "setting": "packaged", "own": "foreign", "none": "gone"}
    assert found == wanted
    (root / "link").symlink_to("edited")
    assert files.get_package_origin_of_file(str(root / "link")) == "changed"
    assert package_index.move_to_usr("/lib/x/y") == "/usr/lib/x/y"
    assert package_index.move_to_usr("/lib64x") == "/lib64x"


def test_what_was_sound_is_not_read_again_until_it_or_its_sum_is_another(
    dpkg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, listed = dpkg / "root/kept", dpkg / "info/p.md5sums"
    first = known(dpkg)
    assert [first.get_package_origin_of_file(str(dpkg / "root" / name)) for name in ("kept", "edited")] == [
        "packaged",
        "changed",
    ]
    sound = stamps.unpack_stamps(stamps.pack_stamps(first.sound))
    with monkeypatch.context() as unread:
        unread.setattr(package_index, "_compute_md5", lambda _: pytest.fail("it was read"))
        again = known(dpkg, sound)
        assert (again.get_package_origin_of_file(str(kept)), again.sound) == ("packaged", sound)
    status = kept.stat()
    kept.write_text("tpek")
    os.utime(kept, ns=(status.st_atime_ns, status.st_mtime_ns))
    changed = known(dpkg, sound)
    assert (changed.get_package_origin_of_file(str(kept)), changed.sound) == ("changed", [])
    kept.write_text("kept")
    sound = _sound(dpkg, kept)
    listed.write_text(listed.read_text().replace(md5("kept"), md5("tpek")))
    assert known(dpkg, sound).get_package_origin_of_file(str(kept)) == "changed"


def _sound(dpkg: Path, path: Path) -> list[bytes]:
    files = known(dpkg)
    assert files.get_package_origin_of_file(str(path)) == "packaged"
    return files.sound


def test_what_a_package_put_aside_lies_elsewhere(dpkg: Path) -> None:
    root = dpkg / "root"
    (dpkg / "diversions").write_text(f"{root}/kept\n{root}/kept.real\nq\n{root}/edited\n{root}/edited.real\n:\n")
    (root / "kept").rename(root / "kept.real")
    (root / "kept").write_text("q's")
    files = known(dpkg)
    assert files.get_package_origin_of_file(str(root / "kept.real")) == "packaged"
    assert files.get_package_origin_of_file(str(root / "kept")) == "packaged"
    assert files.get_package_origin_of_file(str(root / "edited")) == "changed"


def test_a_comment_of_a_shell_is_none_of_what_a_file_says() -> None:
    text = "# a\n: # curl https://x.example | sh\n: ${X:=curl}\n  : #  x \\\n: #  y\nz\n"
    assert [line for _number, line in parse_lines(text)] == [": ${X:=curl}", "z"]


@dataclass(frozen=True)
class Kernel:
    """The files, lists and builds of a kernel's modules."""

    root: Path

    @property
    def files(self) -> Path:
        return self.root / "modules" / os.uname().release

    def has(self, name: str, content: bytes = b"") -> str:
        """Have a file of a module there, and return its path."""
        (self.files / name).parent.mkdir(parents=True, exist_ok=True)
        (self.files / name).write_bytes(content)
        return str(self.files / name)

    def runs(self, *lines: str, listed: bool = True) -> None:
        """Have modules in the kernel, as /proc/modules has them."""
        if listed:
            (self.root / "proc").mkdir(exist_ok=True)
            (self.root / "proc/modules").write_text("".join(f"{line}\n" for line in lines))
        for line in lines:
            (self.root / "sys" / line.split()[0]).mkdir(parents=True)
            (self.root / "sys" / line.split()[0] / "initstate").write_text("live\n")

    def list_modules(self, places: PlaceRows) -> list[tuple[str, str, list[str]]]:
        """Return where each module lies that is told of, how it stands to packages, and what is to be known of it."""
        modules.add_rows_of_kernel_modules(
            places, *(str(self.root / name) for name in ("proc", "sys", "modules", "dkms"))
        )
        return [(row[1], row[3], row[5]) for row in rows(places, "kernel_module")]


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return Kernel(tmp_path)


LOADED = "16384 0 - Live 0x0"


def test_modules_in_the_kernel_that_no_package_brought_are_told(gathered: PlaceRows, kernel: Kernel) -> None:
    files = ("kernel/own.ko.xz", "updates/dkms/ma-de.ko", "updates/dkms/laid.ko", "updates/put.ko", "kernel/sound.ko")
    own, made, laid, put, sound = map(kernel.has, files)
    built = kernel.root / "dkms/made/1.0" / os.uname().release / "x86_64/module"
    built.mkdir(parents=True)
    (built / "ma-de.ko.xz").touch()
    gathered.packaged.names.add(sound)
    kernel.runs(*(f"{name} {LOADED}" for name in ("own", "ma_de", "laid", "put", "sound", "nowhere")))
    assert kernel.list_modules(gathered) == [
        (laid, "foreign", ["loaded"]),
        (made, "foreign", ["dkms", "loaded"]),
        ("nowhere", "gone", ["loaded"]),
        (own, "foreign", ["loaded"]),
        (put, "foreign", ["loaded"]),
    ]


def test_a_module_stays_the_same_trace_wherever_the_kernel_puts_it(gathered: PlaceRows, kernel: Kernel) -> None:
    kernel.has("updates/put.ko")
    kernel.runs("put 16384 2 x,y, Live 0xffffffffc0deb000 (OE)")
    kernel.list_modules(gathered)
    assert [row[4] for row in rows(gathered, "kernel_module")] == ["put OE"]


def test_of_two_files_for_one_module_that_of_no_package_is_loaded(gathered: PlaceRows, kernel: Kernel) -> None:
    gathered.packaged.names |= {kernel.has("kernel/one.ko"), kernel.has("zz/one.ko")}
    put = kernel.has("updates/one.ko")
    kernel.runs(f"one {LOADED}")
    assert kernel.list_modules(gathered) == [(put, "foreign", ["loaded"])]


def test_a_packages_module_that_somebody_changed_is_told(gathered: PlaceRows, kernel: Kernel) -> None:
    changed, sound = kernel.has("kernel/changed.ko", b"another"), kernel.has("kernel/sound.ko", b"sound")
    gathered.packaged.names |= {changed, sound}
    gathered.packaged.sums |= {changed: md5("changed"), sound: md5("sound")}
    kernel.runs(f"changed {LOADED}", f"sound {LOADED}")
    assert kernel.list_modules(gathered) == [(changed, "changed", ["loaded"])]


@pytest.mark.parametrize(("ending", "packed"), [("", bytes), (".xz", lzma.compress), (".gz", gzip.compress)])
def test_what_goes_by_the_name_of_a_packages_module_has_no_signature(
    gathered: PlaceRows, kernel: Kernel, ending: str, packed: Callable[[bytes], bytes]
) -> None:
    signed, bare = b"\x7fELF" + bytes(3_000_000) + modules.SIGNATURE, b"\x7fELF" + bytes(100)
    for name, content in (("signed", signed), ("loaded_so", signed), ("bare", bare), ("cut", signed)):
        kept = packed(content)
        gathered.packaged.names.add(kernel.has(f"kernel/{name}.ko{ending}", kept if name != "cut" else kept[:-9]))
    kernel.runs(*(f"{name} {LOADED} (E)" for name in ("signed", "bare", "cut")), f"loaded_so {LOADED}")
    assert kernel.list_modules(gathered) == [("signed", "foreign", ["loaded", "other_than_file"])]


def test_a_module_that_the_kernel_does_not_list_is_told(gathered: PlaceRows, kernel: Kernel) -> None:
    gathered.packaged.names.add(kernel.has("kernel/listed.ko"))
    kernel.runs(f"listed {LOADED}")
    kernel.runs("unlisted", listed=False)
    assert kernel.list_modules(gathered) == [("unlisted", "gone", ["hidden", "loaded"])]


def test_without_the_files_of_its_kernel_a_host_is_seen_in_part(gathered: PlaceRows, kernel: Kernel) -> None:
    kernel.runs(f"sound {LOADED}", f"foreign {LOADED} (OE)")
    assert kernel.list_modules(gathered) == [], "a container's kernel is another machine's"
    assert gathered.cut_short == []
    (kernel.root / "modules/6.1.0-1-amd64").mkdir(parents=True)
    assert kernel.list_modules(gathered) == [("foreign", "gone", ["loaded"])]
    assert gathered.cut_short == ["kernel_module"]


@pytest.mark.parametrize(
    ("line", "marks"),
    [
        ("install usb_storage /bin/false", ["settings"]),
        ("  install udf /usr/bin/true", ["settings"]),
        ("blacklist udf", ["settings"]),
        ("install udf /sbin/insmod /opt/udf.ko", []),
        ("install udf /bin/false; /opt/x", []),
    ],
)
def test_to_keep_a_module_out_runs_nothing(gathered: PlaceRows, tmp_path: Path, line: str, marks: list[str]) -> None:
    (tmp_path / "x.conf").write_text(f"# so\n{line}\n")
    autostart._add_row_of_autostart_script(gathered, "hook", str(tmp_path / "x.conf"), "foreign")
    assert [row[5] for row in rows(gathered, "hook")] == [marks]


@pytest.mark.parametrize(
    ("line", "slots"),
    [
        ('SetEnv PHP_VALUE "auto_prepend_file=/var/lib/.x/p.php"', {"web_module", "php"}),
        ('fastcgi_param PHP_VALUE "auto_prepend_file=/var/lib/.x/p.php";', {"web_module", "php"}),
        ('GlobalLog "|/var/lib/.x/p.php" combined', {"web_module"}),
        ('TransferLog "|/var/lib/.x/p.php"', {"web_module"}),
        ("SetEnv APPLICATION_ENV production", set()),
        ("GlobalLog /var/log/apache2/all.log combined", set()),
    ],
)
def test_what_a_web_server_is_told_to_run_or_load_is_told(
    gathered: PlaceRows, tmp_path: Path, line: str, slots: set[str]
) -> None:
    (tmp_path / "fastcgi_params").write_text(line + "\n")
    injection._add_rows_of_web_server_modules(gathered, str(tmp_path / "fastcgi_params"))
    assert {row[0] for row in gathered.rows} == slots
    assert all(row[6] == [["/var/lib/.x/p.php", "gone"]] for row in gathered.rows)


def test_a_library_below_two_names_of_a_folder_is_told_once(
    gathered: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/x.so").touch()
    (tmp_path / "linked").symlink_to("modules")
    found = list(
        injection._iter_config_files_and_link_targets(
            gathered, str(tmp_path / "linked/*.so"), str(tmp_path / "modules/*.so")
        )
    )
    assert [path for path, _ in found] == [str(tmp_path / "linked/x.so")]


def test_settings_of_nginx_are_read_whatever_they_are_called() -> None:
    assert any(fnmatch.fnmatch("/etc/nginx/fastcgi_params", pattern) for pattern in injection.NGINX)
    assert "information_schema.ROUTINES" in injection.CODE


def test_jobs_units_and_scripts_are_told_with_what_they_run(
    gathered: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, unit, hook = tmp_path / "table", tmp_path / "x.service", tmp_path / "hook"
    table.write_text("LD_PRELOAD=/opt/x.so\n*/5 * * * * root /opt/a b\n@reboot root /opt/c\n")
    unit.write_text("[Service]\nUser=dv\nExecStart=-/opt/d --x \\\n --y\nEnvironment=A=1\n# ExecStop=/opt/no\n")
    hook.write_text('RUN+="/opt/e f"\n')
    monkeypatch.setattr(cron, "TABLES", (str(table),))
    monkeypatch.setattr(cron, "FOLDERS", ())
    monkeypatch.setattr(cron, "SPOOL", str(tmp_path / "none/*"))
    monkeypatch.setattr(autostart, "AT", ())
    monkeypatch.setattr(autostart, "UNITS", (str(tmp_path),))
    monkeypatch.setattr(autostart, "GENERATORS", ())
    monkeypatch.setattr(autostart, "SHELLS", ())
    monkeypatch.setattr(autostart, "BEFORE_PACKAGED", ())
    monkeypatch.setattr(autostart, "ALTERNATIVES", str(tmp_path / "none"))
    monkeypatch.setattr(autostart, "HOOKS", (str(hook),))
    monkeypatch.setattr(account_files, "read_passwd_rows", list)
    autostart.add_rows_of_programs_started_automatically(gathered)
    first, second = rows(gathered, "cron")
    assert (first[1], first[2], first[6]) == (str(table), "root", [["/opt/a", "gone"]])
    assert first[4] == "LD_PRELOAD=/opt/x.so /opt/a b"
    assert second[5] == ["reboot"]
    line = hashlib.sha256(b"@reboot root /opt/c").hexdigest()[:12]
    assert (first[7].split("@")[0], second[7]) == ("2", f"3@{line}")
    ((_slot, _where, who, standing, said, _marks, runs, exactly),) = rows(gathered, "unit")
    assert (who, standing, runs, exactly) == ("dv", "foreign", [["/opt/d", "gone"]], "")
    assert said == "-/opt/d --x   --y\nA=1"
    assert rows(gathered, "hook")[0][6] == [["/opt/e", "gone"]]


@pytest.mark.parametrize(
    ("name", "text", "marks"),
    [
        ("x.pth", "import os; os.system('id')", ["python"]),
        ("x.pth", "/opt/lib/python", ["python"]),
        ("x.pth", "zope", ["python", "settings"]),
        ("sitecustomize.py", "from urllib.request import urlopen", ["python"]),
        ("sitecustomize.py", "# nothing\nTrue", ["python", "settings"]),
        ("docker-clean", 'post-invoke="/usr/share/doc/apt/clean"', []),
        ("excludes", "path-exclude=/usr/share/man/*", ["settings"]),
        ("a.service", "[D-BUS Service]\nExec=/usr/libexec/locale1-helper\nUser=root", []),
        ("a.service", "[D-BUS Service]\nName=org.a\nSystemdService=a.service\nUser=root", ["settings"]),
        ("journald.conf", "[Journal]\nStorage=none", []),
        ("journald.conf", "[Journal]\nStorage=persistent\nForwardToSyslog=no", ["settings"]),
        ("journald.conf", "[Journal]\n#Storage=none", ["settings"]),
    ],
)
def test_settings_are_told_apart_from_what_makes_another_program_run_or_say_nothing(
    gathered: PlaceRows, tmp_path: Path, name: str, text: str, marks: list[str]
) -> None:
    (tmp_path / name).write_text(text + "\n")
    autostart._add_row_of_autostart_script(gathered, "hook", str(tmp_path / name), "foreign")
    assert [row[5] for row in gathered.rows] == [marks]


def test_new_places_are_among_those_that_are_looked_at() -> None:
    for path, patterns in (
        ("/etc/ssh/sshrc", autostart.SHELLS),
        ("/usr/share/dbus-1/system-services/org.a.service", autostart.HOOKS),
        ("/usr/lib/python3/dist-packages/a.pth", autostart.HOOKS),
        ("/usr/local/lib/python3.13/dist-packages/usercustomize.py", autostart.HOOKS),
        ("/usr/lib/python3.11/sitecustomize.py", autostart.HOOKS),
        ("/etc/systemd/journald.conf.d/50-size.conf", autostart.HOOKS),
    ):
        assert any(fnmatch.fnmatch(path, pattern) for pattern in patterns), path


def test_a_program_that_goes_before_a_packages_is_told_with_its_words_and_no_other(
    gathered: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("ps", "#!/bin/sh\n/usr/bin/ps | grep -v x\n"), ("own-tool", "#!/bin/sh\n"), ("top", "\x7fELF")):
        (tmp_path / name).write_text(text)
    (tmp_path / "ss").symlink_to("/usr/bin/true")
    (tmp_path / "ls").mkdir()
    monkeypatch.setattr(autostart, "BEFORE_PACKAGED", (f"{tmp_path}/*",))
    names = {"/usr/bin/ps", "/usr/bin/top", "/usr/bin/ls", "/usr/sbin/ss"}
    monkeypatch.setattr(gathered.packaged, "is_path_of_any_package", names.__contains__)
    monkeypatch.setattr(autostart, "ALTERNATIVES", str(tmp_path / "none"))
    autostart._add_rows_of_programs_in_place_of_packaged_ones(gathered)
    told = {row[1]: (row[0], row[3], row[4]) for row in gathered.rows if "/ss" not in row[1]}
    assert told == {
        str(tmp_path / "ps"): ("hook", "foreign", "/usr/bin/ps | grep -v x"),
        str(tmp_path / "top"): ("hook", "foreign", ""),
    }


def test_a_name_of_a_program_that_leads_to_no_packages_file_is_told(
    gathered: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lessx").write_text("exec less")
    (tmp_path / "names").mkdir()
    for name, target in (
        ("pager", tmp_path / "lessx"),
        ("awk", "/usr/bin/mawk"),
        ("gone", "/nowhere"),
        ("dir", tmp_path),
    ):
        (tmp_path / "names" / name).symlink_to(target)
    monkeypatch.setattr(autostart, "BEFORE_PACKAGED", ())
    monkeypatch.setattr(autostart, "ALTERNATIVES", f"{tmp_path}/names/*")
    origins = {f"{tmp_path}/names/{name}": origin for name, origin in (("pager", "foreign"), ("awk", "changed"))}
    monkeypatch.setattr(gathered.packaged, "get_package_origin_of_file", lambda path: origins.get(path, "gone"))
    autostart._add_rows_of_programs_in_place_of_packaged_ones(gathered)
    assert [(row[0], row[1], row[4]) for row in gathered.rows] == [("hook", f"{tmp_path}/names/pager", "exec less")]


@pytest.mark.parametrize(
    "name, packaged_too, exactly",
    [
        ("x.service", False, "x.service"),
        ("x.service", True, ""),
        ("x@.service", False, ""),
        ("x.socket", False, ""),
        ("x.service.d/y.conf", False, ""),
    ],
)
def test_a_unit_that_stands_in_the_place_of_a_packages_or_changes_it_is_not_all_of_it(
    gathered: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, packaged_too: bool, exactly: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("[Service]\nExecStart=/opt/d\n")
    monkeypatch.setattr(autostart, "UNITS", (str(tmp_path),))
    monkeypatch.setattr(autostart, "SYSTEM_UNITS", (str(tmp_path),))
    monkeypatch.setattr(account_files, "read_passwd_rows", list)
    if packaged_too:
        gathered.packaged.names.add("/usr/lib/systemd/system/x.service")
    autostart._add_rows_of_systemd_units(gathered)
    assert [row[7] for row in rows(gathered, "unit")] == [exactly]


@pytest.mark.parametrize(
    "line, runs",
    [
        ('DPkg::Post-Invoke { "x"; };', True),
        ('ACTION=="add", RUN+="/opt/x"', True),
        ("postrotate", True),
        ("install loop /opt/x", True),
        ("kernel.core_pattern = |/opt/x", True),
        ("root: |/opt/x", True),
        ("/usr/local/lib", True),
        ("net.ipv4.ip_forward = 0", False),
        ("path-exclude=/usr/share/man/*", False),
        ("/var/log/x {", False),
        ("root: office", False),
        ('APT::Periodic::Enable "1";', False),
    ],
)
def test_settings_that_run_nothing_are_known_as_such(tmp_path: Path, line: str, runs: bool) -> None:
    assert autostart._can_settings_file_run_or_load_code(str(tmp_path / "none"), [line]) == runs


def test_start_files_tell_what_differs_from_the_skeleton(
    gathered: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path("/run") / f"luytre-test-{os.getpid()}"
    home.mkdir(mode=0o755)
    try:
        skeleton = Path("/etc/skel/.bashrc")
        (home / ".bashrc").write_text((skeleton.read_text() if skeleton.exists() else "") + "\n# no\nalias x=y\n")
        account = {"name": "a", "uid": 1000, "gid": 1000, "home": str(home), "shell": "/bin/bash", "field": "x"}
        monkeypatch.setattr(account_files, "read_passwd_rows", lambda: [account])
        autostart._add_rows_of_shell_startup_files(gathered)
    finally:
        shutil.rmtree(home)
    assert [(row[2], row[4]) for row in rows(gathered, "start")] == [("a", "alias x=y")]


def test_what_lies_behind_links_is_told_as_programs_find_it(
    gathered: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell follows every link, sshd too; what the account may not read stays untold, and no FIFO is opened."""
    for name, mode in (("kept", 0o600), ("foreign", 0o644), ("closed", 0o600)):
        (tmp_path / name).write_text(f"alias {name}=x\n")
        (tmp_path / name).chmod(mode)
    os.chown(tmp_path / "kept", 65534, 65534)
    os.mkfifo(tmp_path / "fifo")
    home = tmp_path / "home"
    home.mkdir()
    leads = {".bashrc": "kept", ".profile": "foreign", ".zshrc": "closed", ".login": "fifo", ".cshrc": "none"}
    for name, target in leads.items():
        (home / name).symlink_to(tmp_path / target)
    (home / ".kshrc").symlink_to("/proc/self/environ")
    account = {"name": "a", "uid": 65534, "gid": 65534, "home": str(home), "shell": "/bin/sh", "field": "x"}
    monkeypatch.setattr(account_files, "read_passwd_rows", lambda: [account])
    autostart._add_rows_of_shell_startup_files(gathered)
    assert sorted(row[4] for row in rows(gathered, "start")) == ["alias foreign=x", "alias kept=x"]
    (tmp_path / "keys").write_text(f"# sshd puts no lines together \\\nssh-ed25519 {KEY} x\nroot:$y$secret:1::::::\n")
    (home / ".ssh").mkdir()
    (home / ".ssh/authorized_keys").symlink_to(tmp_path / "keys")
    monkeypatch.setattr(access, "_list_authorized_keys_patterns", lambda _places: [])
    monkeypatch.setattr(account_files, "read_group_rows", list)
    access._add_rows_of_authorized_keys(gathered, [account])
    (key,) = rows(gathered, "key")
    assert key[1:3] == [str(home / ".ssh/authorized_keys"), "a"]
    assert "secret" not in str(gathered.rows)
    assert gathered.cut_short == []


def test_a_link_that_leads_elsewhere_for_whoever_stands_elsewhere_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keys").write_text("ssh-ed25519 AAAA theirs\n")
    (tmp_path / "link").symlink_to(f"/proc/self/cwd{tmp_path}/keys")
    read: list[str] = []
    monkeypatch.setattr(
        hunt_places,
        "PARTS",
        (("key", lambda places: read.append(places.read_home_file_and_its_origin("key", str(tmp_path / "link"))[0])),),
    )
    monkeypatch.chdir(tmp_path)
    hunt_places.gather_rows_of_all_persistence_places({}, 60)
    assert read == ["ssh-ed25519 AAAA theirs\n"]


def test_what_lies_deeper_than_is_walked_is_told_as_not_seen(
    gathered: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "/".join("abcdefghij")).mkdir(parents=True)
    programs._add_rows_of_programs_in_shared_folder(gathered, str(tmp_path))
    assert gathered.cut_short == ["temporary"]
    monkeypatch.setattr(programs, "MAX_DEPTH", 1)
    programs._add_rows_of_setuid_programs(gathered)
    assert gathered.cut_short == ["temporary", "setuid"]


def test_accounts_are_told_without_their_passwords(gathered: PlaceRows, monkeypatch: pytest.MonkeyPatch) -> None:
    def account(name: str, uid: int, shell: str = "/usr/sbin/nologin") -> dict[str, Any]:
        return {"name": name, "uid": uid, "gid": uid, "home": "/none", "shell": shell, "field": "x"}

    fields = {"root": "*", "twin": "!", "www-data": "$6$salt$hash", "open": ""}
    told = [
        account("root", 0),
        account("twin", 0),
        account("www-data", 33, "/bin/sh"),
        account("open", 1000, "/bin/sh"),
    ]
    monkeypatch.setattr(
        account_files, "read_shadow_by_account", lambda: {name: {"field": field} for name, field in fields.items()}
    )
    monkeypatch.setattr(account_files, "read_group_rows", list)
    access._add_rows_of_privileged_accounts(gathered, told)
    assert [(row[2], row[5]) for row in rows(gathered, "account")] == [
        ("root", ["root"]),
        ("twin", ["root", "second_root"]),
        ("www-data", ["password", "service", "shell"]),
        ("open", ["no_password", "shell"]),
    ]
    assert "$6$" not in str(gathered.rows)


def test_settings_of_php_and_web_servers(gathered: PlaceRows, tmp_path: Path) -> None:
    settings = tmp_path / "php.ini"
    settings.write_text(
        'auto_prepend_file =\n;auto_prepend_file = /x\nauto_append_file = "/opt/a"\nextension=curl\nextension=/opt/b.so\n'
    )
    injection._add_rows_of_php_preloads_and_extensions(gathered, str(settings))
    assert [(row[0], row[6][0][0]) for row in gathered.rows] == [("php", "/opt/a"), ("php_module", "/opt/b.so")]
    site = tmp_path / "site.conf"
    site.write_text('load_module /opt/c.so;\nroot /srv;\nfastcgi_param PHP_VALUE "auto_prepend_file=/opt/d";\n')
    injection._add_rows_of_web_server_modules(gathered, str(site))
    assert rows(gathered, "web_module")[0][6][0][0] == "/opt/c.so"
    assert rows(gathered, "php")[-1][6] == [["/opt/d", "gone"]]


def test_programs_in_temporary_folders_are_told_and_no_fifo_is_opened(gathered: PlaceRows, tmp_path: Path) -> None:
    folder = tmp_path / "t"
    (folder / ".x").mkdir(parents=True)
    (folder / ".x/elf").write_bytes(b"\x7fELF\0")
    (folder / ".x/elf").chmod(0o755)
    (folder / "text").write_bytes(b"text")
    (folder / "note.sh").write_bytes(b"#!/bin/sh\n")
    for name, mode in ((".luytre-quarantine-x", 0o755), (".luytre-quarantine-y", 0o700)):
        (folder / name).mkdir(mode)
        shutil.copy(folder / ".x/elf", folder / name / "file")
    os.mkfifo(folder / "fifo")
    (folder / "loop").symlink_to(folder)
    programs._add_rows_of_programs_in_shared_folder(gathered, str(folder))
    assert [(row[1], row[5]) for row in rows(gathered, "temporary")] == [
        (f"{folder}/{name}", ["elf", "executable", "hidden"])
        for name in (
            ".x/elf",
            ".luytre-quarantine-x/file",
            *(() if os.geteuid() == 0 else (".luytre-quarantine-y/file",)),
        )
    ]


def test_a_file_of_another_system_below_a_folder_is_known_as_such(gathered: PlaceRows, dpkg: Path) -> None:
    kept = str(dpkg / "root/kept")
    assert programs._is_package_file_below_another_root(gathered, "/srv/other" + kept)
    assert not programs._is_package_file_below_another_root(gathered, kept)
    assert not programs._is_package_file_below_another_root(gathered, "/srv/other/kept")


def test_a_file_that_lends_its_owners_rights(tmp_path: Path) -> None:
    lending = tmp_path / "x"
    lending.write_bytes(b"")
    for mode, marks in ((0o4755, ["setuid"]), (0o2755, ["setgid"]), (0o2644, []), (0o755, [])):
        lending.chmod(mode)
        assert programs._list_setuid_marks_of_file(str(lending), os.lstat(lending)) == marks
    assert stat.S_ISREG(os.lstat(lending).st_mode)


def test_what_is_loaded_into_the_session_of_the_hunt_itself_is_no_trace_of_its_own(
    gathered: PlaceRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        processes, "_list_mapped_libraries_of_no_package", lambda _places, _where: ["/usr/local/lib/libsysmon.so.1"]
    )
    daemon = processes.ProcessTrace(os.getpid(), "/usr/bin/sudo", "packaged", 0, {}, False, "7")
    before = len(gathered.rows)
    processes._add_row_of_suspicious_process(gathered, daemon, "/proc", {}, {}, True)
    assert len(gathered.rows) == before
    processes._add_row_of_suspicious_process(gathered, daemon, "/proc", {}, {}, False)
    assert len(gathered.rows) == before + 1


def test_the_session_of_the_hunt_goes_up_to_the_daemon_and_not_beyond(tmp_path: Path) -> None:
    for pid, parent in ((os.getpid(), 70), (70, 60), (60, 1)):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "status").write_text(f"Name:\tx\nPPid:\t{parent}\n")
    assert processes._list_pids_of_this_hunt(str(tmp_path)) == {os.getpid(), 70}


def test_a_process_whose_file_is_gone_is_told_and_ours_are_not(gathered: PlaceRows, tmp_path: Path) -> None:
    program = tmp_path / "gone"
    shutil.copy("/bin/sleep", program)
    program.chmod(0o755)
    with subprocess.Popen([str(program), "60"]) as started:
        try:
            program.unlink()
            one = processes._read_process_outside_containers(
                gathered, started.pid, "/proc", str(Path("/proc/self/ns/pid").readlink())
            )
            processes._add_row_of_suspicious_process(gathered, one, "/proc", {}, {})
        finally:
            started.kill()
    ((_slot, where, _who, standing, _said, marks, _programs, exactly),) = rows(gathered, "process")
    assert (where, standing, marks, exactly) == (str(program), "gone", ["deleted"], str(started.pid))


def test_a_program_that_was_brought_up_to_date_is_not_gone(gathered: PlaceRows, tmp_path: Path) -> None:
    program = tmp_path / "agent"
    shutil.copy("/bin/sleep", program)
    program.chmod(0o755)
    with subprocess.Popen([str(program), "60"]) as started:
        try:
            program.unlink()
            shutil.copy("/bin/sleep", program)
            one = processes._read_process_outside_containers(
                gathered, started.pid, "/proc", str(Path("/proc/self/ns/pid").readlink())
            )
        finally:
            started.kill()
    assert (one.program, one.standing) == (str(program), "foreign")


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("apart, marks", [("-Urm", ["disguised"]), ("-Urmpf", [])])
def test_what_somebody_calls_by_the_name_of_a_packages_program_is_not_that(
    gathered: PlaceRows, apart: str, marks: list[str], gone: bool
) -> None:
    """In spaces of file systems and processes that anybody may make, another program lies where a package's lies here."""
    packaged = Path("/usr/bin/env")
    gathered.packaged.names.add(str(packaged))
    gathered.packaged.sums[str(packaged)] = hashlib.new("md5", packaged.read_bytes(), usedforsecurity=False).hexdigest()
    as_nobody: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []}
    if subprocess.run(["unshare", apart, "true"], check=False, **as_nobody, cwd="/").returncode != 0:
        pytest.skip("only root may make such spaces here")
    script = (
        f"x=$(mktemp) && cp /bin/cat $x && chmod 755 $x && mount --bind $x {packaged} && echo $x && exec {packaged}"
    )
    with subprocess.Popen(
        ["unshare", apart, "--kill-child", "sh", "-c", script], stdin=-1, stdout=-1, cwd="/", **as_nobody
    ) as started:
        assert started.stdin is not None and started.stdout is not None
        lies = Path(started.stdout.readline().decode().strip())
        if gone:
            lies.unlink()
        started.stdin.write(b"runs\n")
        started.stdin.flush()
        assert started.stdout.readline() == b"runs\n"
        inner = list_child_pids(started.pid) or [started.pid]
        one = processes._read_process_outside_containers(
            gathered, inner[0], "/proc", str(Path("/proc/self/ns/pid").readlink())
        )
        began = Path(f"/proc/{inner[0]}/stat").read_text().rpartition(")")[2].split()[19]
        processes._add_row_of_suspicious_process(gathered, one, "/proc", {}, {})
        started.stdin.close()
    lies.unlink(missing_ok=True)
    ((_slot, where, who, standing, _said, told, _programs, exactly),) = rows(gathered, "process")
    assert (where, who, exactly, standing, told) == (
        str(packaged),
        "nobody",
        f"{inner[0]}@{began}",
        *(("gone", ["deleted", *marks]) if gone else ("foreign", marks)),
    )


def test_many_ways_to_one_program_cost_as_much_as_one_and_endless_ones_nothing(
    dpkg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Python before 3.13 a thousand links one behind the other ended a hunt in RecursionError."""
    hashed = []
    monkeypatch.setattr(package_index, "_compute_md5", lambda opened: hashed.append(os.close(opened())))
    places, kept = known(dpkg), dpkg / "root/kept"
    assert {places.get_package_origin_of_file(f"{kept.parent}{'/.' * number}/kept") for number in range(50)} == {
        "changed"
    }
    assert len(hashed) == 1
    link = kept
    for number in range(1_200):
        link, before = tmp_path / f"l{number}", link
        link.symlink_to(before)
    assert places.get_package_origin_of_file(str(link)) == "gone"
    assert safe_open.resolve_real_path(str(link)) == str(link)
    assert places.get_package_origin_of_file(str(tmp_path / "l9")) == "changed"


def test_numbers_of_threads_and_of_nobody_are_not_hidden_processes() -> None:
    assert processes._is_pid_a_process_and_no_thread(os.getpid(), "/proc")
    assert not processes._is_pid_a_process_and_no_thread((1 << 22) + 5, "/proc")


def test_who_listens_is_told_by_its_number_when_it_began_and_what_it_runs(gathered: PlaceRows) -> None:
    one = processes.ProcessTrace(7, "/usr/bin/python3.13", "packaged", os.getuid(), {}, False, "55")
    processes._add_row_of_listener(gathered, "0.0.0.0:31337", one, "tcp", ["interpreter"])
    ended = processes.ProcessTrace(7, "/usr/bin/python3.13", "packaged", os.getuid(), {}, False, "")
    processes._add_row_of_listener(gathered, "0.0.0.0:31338", ended, "tcp", ["interpreter"])
    assert [row[7] for row in rows(gathered, "listener")] == ["7@55/usr/bin/python3.13", ""]


def test_tables_of_sockets_are_read_and_nonsense_is_left_out(
    gathered: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net").mkdir()
    line = "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 x"
    (tmp_path / "net/tcp").write_text("head\n" + line + "\nnonsense\n")
    assert processes._read_kernel_socket_table(str(tmp_path), "tcp", gathered) == [("4711", "0.0.0.0:8080", "0A")]
    assert gathered.cut_short == []
    monkeypatch.setattr(processes, "MAX_TABLE", 100)
    processes._read_kernel_socket_table(str(tmp_path), "tcp", gathered)
    assert gathered.cut_short == ["listener"]


@pytest.mark.parametrize(
    "text, address",
    [
        ("0100007F:115C", "127.0.0.1:4444"),
        ("00000000000000000000000000000000:7A69", "[::]:31337"),
        ("00000000000000000000000001000000:0016", "[::1]:22"),
        ("nonsense", "nonsense"),
        ("00000000FF:1", "00000000FF:1"),
    ],
)
def test_addresses_are_told_as_people_know_them(text: str, address: str) -> None:
    assert processes._format_kernel_hex_address(text) == address


def test_what_is_hidden_behind_much_else_is_told_as_not_seen(gathered: PlaceRows, tmp_path: Path) -> None:
    for name, text in (("short", "x\n"), ("long", "x" * (MAX_TEXT + 1)), ("lines", "\n" * (MAX_LINES + 1))):
        (tmp_path / name).write_text(text)
        gathered.read_text_of_root_file(name, str(tmp_path / name))
    os.mkfifo(tmp_path / "fifo")
    assert gathered.read_text_of_root_file("fifo", str(tmp_path / "fifo")) == ""
    assert gathered.cut_short == ["long", "lines"]
    gathered.read_text_below_untrusted_folder("below", str(tmp_path), "long")
    assert gathered.cut_short[-1] == "below"


def test_a_program_too_large_to_be_a_packages_is_changed(dpkg: Path) -> None:
    kept = dpkg / "root/kept"
    with kept.open("ab") as opened:
        opened.truncate(package_index.MAX_PROGRAM + 1)
    assert known(dpkg).get_package_origin_of_file(str(kept)) == "changed"


def test_what_is_said_is_bounded(gathered: PlaceRows) -> None:
    gathered.add_row_in_slot("start", "/x", "root", "foreign", "a" * (MAX_SAID * 3) + "\udcff")
    assert len(gathered.rows[0][4]) < MAX_SAID + 10
    for _ in range(2_000):
        gathered.add_row_in_slot("cron", "/x", "root", "foreign", "y" * 2_000)
    assert "cron" in gathered.cut_short
    assert len(gathered.rows) < 1_600


def test_a_process_that_begins_while_hidden_ones_are_looked_for_is_none(
    gathered: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control groups list another short process at each look; only what every look misses is hidden."""
    (tmp_path / "1").mkdir()
    begun, alive = iter(range(600, 700)), {5}

    def list_grouped() -> list[int]:
        alive.add(next(begun))
        return sorted(alive)

    monkeypatch.setattr(processes, "_list_pids_of_control_groups", list_grouped)
    asked: list[int] = []

    def is_process(pid: int, _proc: str) -> bool:
        asked.append(pid)
        return pid in alive and (pid < 600 or asked.count(pid) == 1)

    monkeypatch.setattr(processes, "_is_pid_a_process_and_no_thread", is_process)
    processes._add_rows_of_hidden_processes(gathered, str(tmp_path))
    assert [(row[1], row[5]) for row in rows(gathered, "process")] == [(f"{tmp_path}/5", ["hidden"])]
