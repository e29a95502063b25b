"""Enrolment, on a machine of its own: a real sshd over a copy of this one that vanishes with it."""

from __future__ import annotations

import errno
import os
import pty
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from auditor import cli
from auditor.commands.enroll import confirm_offered_host_keys
from auditor.errors import InputError
from auditor.fleet import enroll as enrolling
from auditor.fleet import host_keys, logins
from auditor.fleet.enroll import EnrollmentAccess, EnrollmentResult
from auditor.fleet.host_keys import HostKey
from auditor.fleet.inventory_draft import AutomationAccount, EnrollmentTarget, find_inventory_differences_from_host
from auditor.inventory import hosts
from auditor.inventory import reach as reaching
from auditor.lab.spec import HERE
from auditor.models import Host, Site
from auditor.text import usage
from auditor.text.translations import Words

AUDITOR = Path(sys.executable).with_name("auditor")
PASSWORD = "mat-khau-1"  # noqa: S105  of that machine
SUDO = f"""#!/usr/local/lib/rootpython -I
import os, sys
at = sys.argv.index("/bin/sh")
name = os.environ["USER"]
if not os.path.exists("/etc/sudoers.d/90-" + name):
    prompt = next((word[2:] if word != "-p" else sys.argv[i + 1] for i, word in enumerate(sys.argv) if word[:2] == "-p"), None)
    if "-n" in sys.argv or prompt is None:
        sys.exit("sudo: a password is required")
    sys.stderr.write(prompt)
    sys.stderr.flush()
    if os.read(0, 1000).split(b"\\n")[0] != b"{PASSWORD}":
        sys.exit("Sorry, try again.\\nsudo: 1 incorrect password attempt")
os.setgid(0)
os.setuid(0)
os.execv("/bin/sh", sys.argv[at:])
"""
"""What of sudo an enrolment meets: a file of its own lets an account in, another gives its password."""
KEPT = HERE / "scripts/kept_bytecode.py"
"""As on lab hosts: each enrolment sends the same modules."""
BOOT = """
set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
cd "$1"
for name in usr etc; do
  mkdir -p root/$name upper/$name work/$name
  mount -t overlay overlay -o lowerdir=/$name,upperdir=upper/$name,workdir=work/$name root/$name
done
cp -P /bin /sbin /lib* root/
cp "$KEPT" root/usr/lib/python3/dist-packages/luytre_lab_bytecode.py
echo "import luytre_lab_bytecode" > root/usr/lib/python3/dist-packages/luytre-lab.pth
mkdir -p root/dev root/proc root/home root/root root/run/sshd root/var/log root/var/lib
mkdir -m 1777 root/tmp root/var/tmp
mount --rbind /dev root/dev
mount -t proc proc root/proc
exec chroot root /bin/sh -ec '
rm -f /etc/ssh/ssh_host_* /etc/nologin
mkdir -p /etc/sudoers.d
ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key
cp -L /usr/bin/python3 /usr/local/lib/rootpython
chmod 4755 /usr/local/lib/rootpython
rm -f /usr/bin/sudo /usr/sbin/visudo
printf "%s" "$SUDO" > /usr/bin/sudo
printf "#!/bin/sh\\n" > /usr/sbin/visudo
chmod 755 /usr/bin/sudo /usr/sbin/visudo
useradd -m -s /bin/bash -p \\* quantri
install -d -o quantri /home/quantri/.ssh
printf "%s" "$PUBLIC" > /home/quantri/.ssh/authorized_keys
echo "root:$PASSWORD" | chpasswd
exec /usr/sbin/sshd -D -e -f /dev/null -p "$PORT" -o ListenAddress=127.0.0.1 -o PermitRootLogin=yes -o UsePAM=no \
  -o PidFile=none -o StrictModes=no -o PerSourcePenalties=no
'
"""


def pair(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


@dataclass(frozen=True)
class Machine:
    """A server of its own at a port of the loopback; ``key`` opens its account quantri, which sudo asks for a password."""

    port: int
    key: Path
    process: int

    def run(self, script: str) -> str:
        """What a shell script prints, run there as root."""
        place = (f"--mount=/proc/{self.process}/ns/mnt", f"--root=/proc/{self.process}/root", "--wdns=/")
        done = subprocess.run(["nsenter", *place, "sh", "-ec", script], capture_output=True, text=True, check=True)
        return done.stdout


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/bin")
    if os.geteuid() != 0 or sshd is None:
        pytest.skip("root and openssh-server are needed for a machine of its own")
    folder = tmp_path_factory.mktemp("machine")
    key = pair(folder / "key")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = {
        "PORT": str(port),
        "PASSWORD": PASSWORD,
        "SUDO": SUDO,
        "KEPT": str(KEPT),
        "PUBLIC": key.with_name("key.pub").read_text("ascii"),
    }
    with subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", BOOT, "sh", str(folder)],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **given},
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        assert started.stderr is not None
        said: list[str] = []
        while "Server listening" not in "".join(said[-1:]):
            said.append(started.stderr.readline())
            if not said[-1]:
                pytest.skip(f"no machine of its own here: {''.join(said)}")
        yield Machine(port, key, started.pid)
        started.kill()


class Ended(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def office(tmp_path: Path) -> Path:
    (tmp_path / "xa").mkdir()
    return tmp_path / "xa"


Enroll = Callable[..., Ended]


@pytest.fixture
def auditor(machine: Machine, office: Path, tmp_path: Path) -> Enroll:
    """``auditor enroll``, of that machine into that office's inventory, with nobody at the terminal."""

    def run(*arguments: str, name: str = "may1", user: str = "tudong", given: str = f"{PASSWORD}\n") -> Ended:
        command = [
            str(AUDITOR),
            "enroll",
            name,
            "-i",
            str(office),
            "--address",
            "127.0.0.1",
            "--port",
            str(machine.port),
        ]
        command += ["--lang", "en"]
        command += ["--automation-user", user, "--automation-key", str(tmp_path / "automation"), *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=180)
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def known_hosts(office: Path) -> Path:
    return office / "office/known_hosts"


def another_key(folder: Path) -> HostKey:
    kind, key, *_ = pair(folder / "another").with_name("another.pub").read_text("ascii").split()
    return HostKey(kind, key)


def test_of_the_keys_shown_the_recorded_ones_alone_are_trusted() -> None:
    recorded, unknown, old = (HostKey("ssh-ed25519", key) for key in ("AAAA", "AAAB", "AAAC"))
    of = partial(confirm_offered_host_keys, Words("en"), "may1", fingerprint=None, yes=True)
    assert of((recorded, unknown), (recorded, old)) == (recorded,)
    with pytest.raises(InputError, match="from the recorded one"):
        of((unknown,), (recorded,))


# --- a real machine ----------------------------------------------------------------------------------------


def test_from_what_an_office_has_to_an_account_with_sudo_and_once_more(
    machine: Machine, auditor: Enroll, office: Path, known_hosts: Path, tmp_path: Path
) -> None:
    with_key = ("--user", "quantri", "--key", str(machine.key))
    done = auditor(*with_key, "--password-stdin", "--yes")
    assert done.code == 0, done.err
    assert done.out.endswith(f"then run\n  auditor inventory check -i {office}\n  auditor audit -i {office}\n")
    assert PASSWORD not in (office / "may1.yml").read_text("utf-8") + done.out + done.err
    (own,) = host_keys.read_recorded_host_keys(known_hosts, "127.0.0.1", machine.port)
    assert own.fingerprint in done.err
    public = (tmp_path / "automation.pub").read_text("ascii").strip()
    assert machine.run("cat /home/tudong/.ssh/authorized_keys").strip() == f"restrict,pty {public}"
    assert "NOPASSWD: ALL" in machine.run("cat /etc/sudoers.d/90-tudong")

    entry = office / "may1.yml"
    written = entry.read_text("utf-8").replace("- quantri\n", "- quantri  # who looks after it\n")
    written = written.replace("luytre_sites: []", "luytre_sites:\n      - {domain: a.test, level: 3}")
    entry.write_text(written, "utf-8")
    host_keys.replace_host_keys_in_known_hosts(
        known_hosts, "127.0.0.1", machine.port, [another := another_key(tmp_path)]
    )
    recorded = known_hosts.read_bytes()

    refused = auditor("--password-stdin", "--yes")
    assert refused.code == 2
    assert another.fingerprint in refused.err
    assert own.fingerprint in refused.err
    assert "from the recorded one" in refused.err.splitlines()[-1]
    unproven = auditor("--password-stdin", "--fingerprint", own.fingerprint, given="wrong\n")
    assert unproven.code == 2
    assert "the host refused the password of root: it is wrong, or the host lets root in by a key only" in unproven.err
    assert known_hosts.read_bytes() == recorded

    again = auditor("--password-stdin", "--fingerprint", own.fingerprint)
    assert again.code == 0, again.err
    assert entry.read_text("utf-8") == written
    assert "may1 is already in" in again.out
    assert "a.test: in the inventory, not found on the host" in again.out
    assert host_keys.read_recorded_host_keys(known_hosts, "127.0.0.1", machine.port) == (own,)
    assert machine.run("cat /home/tudong/.ssh/authorized_keys").strip() == f"restrict,pty {public}"


def test_the_key_counts_from_the_networks_of_the_inventory_and_lends_nothing(
    machine: Machine, auditor: Enroll, office: Path, tmp_path: Path
) -> None:
    (office / "group_vars").mkdir()
    (office / "group_vars/all.yml").write_text("luytre_trusted_networks: [192.0.2.0/24]\n", "utf-8")
    elsewhere = auditor("--password-stdin", "--yes", user="mang")
    assert elsewhere.code == 2
    assert "outside luytre_trusted_networks" in elsewhere.err.splitlines()[-1]
    assert machine.run("getent passwd mang || true") == ""
    (office / "group_vars/all.yml").write_text("luytre_trusted_networks: [127.0.0.0/8, 192.0.2.0/24]\n", "utf-8")
    done = auditor("--password-stdin", "--yes", user="mang")
    assert done.code == 0, done.err
    keys = machine.run("cat /home/mang/.ssh/authorized_keys")
    assert keys.startswith('restrict,pty,from="127.0.0.0/8,192.0.2.0/24" ssh-ed25519 ')
    key = tmp_path / "automation"
    ssh = ["ssh", "-F", "none", "-i", str(key), "-p", str(machine.port), "-o", "StrictHostKeyChecking=no"]
    ssh += ["-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes"]
    assert subprocess.run([*ssh, "mang@127.0.0.1", "true"], check=False).returncode == 0
    passed_on = [*ssh, "-W", f"127.0.0.1:{machine.port}", "mang@127.0.0.1"]
    refused = subprocess.run(passed_on, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert "administratively prohibited" in refused.stderr

    (office / "behind.yml").write_text(
        f"all: {{hosts: {{sau: {{ansible_host: 127.0.0.1, ansible_port: {machine.port}, ansible_user: x,"
        f" ansible_ssh_common_args: '-o ProxyJump=mang@127.0.0.1:{machine.port}'}}}}}}\n",
        "utf-8",
    )
    again = auditor("--user", "mang", "--key", str(key), "--yes", user="mang")
    assert again.code == 0, again.err
    keys = machine.run("cat /home/mang/.ssh/authorized_keys")
    assert keys.startswith(f'restrict,pty,port-forwarding,permitopen="127.0.0.1:{machine.port}",from="127')
    let = subprocess.run(passed_on, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert let.stdout.startswith("SSH-2.0-")


def test_sudo_that_wants_a_password_is_given_one_or_says_so(machine: Machine, auditor: Enroll) -> None:
    with_key = ("--user", "quantri", "--key", str(machine.key), "--yes")
    assert "cannot ask for the password: this is not an interactive terminal" in auditor(*with_key).err
    assert "sudo refused the password" in auditor(*with_key, "--password-stdin", given="wrong\n").err


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ("useradd -m co", "not made by 'auditor enroll'"),
        ("useradd -m -c 'Lũy Tre' co && echo co:x | chpasswd", "has a password"),
        (
            "useradd -m -c 'Lũy Tre' -p '*' co && mkdir /home/co/.ssh && echo k > /home/co/.ssh/authorized_keys",
            "other keys",
        ),
    ],
)
def test_an_account_of_somebody_else_is_let_be(
    machine: Machine, auditor: Enroll, office: Path, there: str, why: str
) -> None:
    state = "getent passwd co; getent shadow co; ls -lnR --time-style=full-iso /home/co; cat /home/co/.ssh/* || true"
    machine.run(there)
    before = machine.run(state)
    try:
        done = auditor("--password-stdin", "--yes", user="co")
        assert done.code == 2
        assert why in done.err.splitlines()[-1]
        assert machine.run(state) == before
        assert list(office.iterdir()) == []
    finally:
        machine.run("userdel -r co 2>&1")


def test_a_password_that_a_machine_would_not_take_is_not_asked_for(machine: Machine, monkeypatch: Any) -> None:
    server = EnrollmentTarget("may1", "127.0.0.1", machine.port, host_keys.scan_keys("127.0.0.1", machine.port))
    logins.check_server_takes_password(server, "root")
    monkeypatch.setattr(logins, "_BY_PASSWORD", {"gssapi"})
    with pytest.raises(InputError, match=r"may1 does not accept a password from root, only: .*publickey"):
        logins.check_server_takes_password(server, "root")


def test_a_machine_without_python_is_told_so_in_one_line(machine: Machine, auditor: Enroll) -> None:
    machine.run("mv /usr/bin/python3 /usr/bin/python3.away")
    try:
        done = auditor("--password-stdin", "--yes")
    finally:
        machine.run("mv /usr/bin/python3.away /usr/bin/python3")
    assert done.code == 2
    assert done.err.splitlines()[-1] == (
        "auditor: may1: the host has no Python 3: run 'apt-get install python3' on it — when it is "
        "fixed, run 'auditor enroll' again"
    )


def at_a_terminal(machine: Machine, office: Path, tmp_path: Path, answers: dict[str, str], *arguments: str) -> Ended:
    """``auditor enroll`` with a person who answers each question by how it ends."""
    ours, theirs = pty.openpty()
    command = [str(AUDITOR), "enroll", "may1", "-i", str(office), "--address", "127.0.0.1", "--port", str(machine.port)]
    with subprocess.Popen(
        [*command, "--lang", "en", "--automation-key", str(tmp_path / "automation"), *arguments],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as started:
        os.close(theirs)
        assert started.stderr is not None
        said = b""
        while more := os.read(started.stderr.fileno(), 1000):
            said += more
            shown = said.decode(errors="replace").rstrip()
            for question in [question for question in answers if shown.endswith(question)]:
                os.write(ours, f"{answers.pop(question)}\n".encode())
    os.close(ours)
    assert answers == {}, "never asked"
    return Ended(started.returncode, "", said.decode())


def test_a_person_is_asked_about_a_changed_key_apart(
    machine: Machine, office: Path, known_hosts: Path, tmp_path: Path
) -> None:
    host_keys.replace_host_keys_in_known_hosts(known_hosts, "127.0.0.1", machine.port, [another_key(tmp_path)])
    recorded = known_hosts.read_bytes()
    question, password = "and does it match? [y/N]:", "Password of root on may1:"
    no = at_a_terminal(machine, office, tmp_path, {question: "n"})
    assert no.code == 1
    assert "Password" not in no.err
    yes = at_a_terminal(machine, office, tmp_path, {question: "y", password: "wrong"})
    assert yes.code == 2
    assert "refused the password of root" in yes.err
    assert known_hosts.read_bytes() == recorded


def test_a_person_is_asked_for_the_password_once_sudo_wants_it(machine: Machine, office: Path, tmp_path: Path) -> None:
    answers = {"Password of quantri on may1:": "wrong"}
    ended = at_a_terminal(machine, office, tmp_path, answers, "--user", "quantri", "--key", str(machine.key), "--yes")
    assert ended.code == 2
    assert "sudo refused the password" in ended.err


# --- before any machine is asked ------------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["a.b", "Root", "1a", "a" * 33, "", "a b", "../x"])
def test_an_account_name_that_sudo_or_adduser_would_not_take(office: Path, user: str) -> None:
    with pytest.raises(InputError, match="not a valid account name"):
        enrolling.check_host_can_be_enrolled(office, "may1", user)


@pytest.mark.parametrize("name", ["../may1", "may 1", "may[1:3]", "-i", ""])
def test_a_host_name_that_would_be_a_path_or_a_pattern(office: Path, name: str) -> None:
    with pytest.raises(InputError, match="is not a valid host name"):
        enrolling.check_host_can_be_enrolled(office, name, "luytre")


def test_a_file_of_other_hosts_is_not_taken_for_the_entry(office: Path) -> None:
    (office / "hosts.yml").write_text("all: {hosts: {may1: {ansible_host: 192.0.2.1}}}\n", "utf-8")
    enrolling.check_host_can_be_enrolled(office, "may1", "luytre")
    with pytest.raises(InputError, match="without a host hosts"):
        enrolling.check_host_can_be_enrolled(office, "hosts", "luytre")


def test_what_an_inventory_says_otherwise_is_named(office: Path, tmp_path: Path) -> None:
    (office / "hosts.yml").write_text(
        "all: {hosts: {may1: {ansible_host: 192.0.2.1, ansible_user: root,"
        " luytre_sites: [{domain: a.test, aliases: [www.a.test]}, {domain: gone.test}]}}}\n",
        "utf-8",
    )
    (kept,) = hosts.load_inventory(office).hosts
    sites = (Site(domain="www.a.test", host="may1"), Site(domain="new.test", host="may1", document_root="/srv/new"))
    told = find_inventory_differences_from_host(
        kept,
        reaching.load_reach(office)["may1"],
        kept.model_copy(update={"sites": sites}),
        EnrollmentTarget("may1", "192.0.2.1", 2222, ()),
        AutomationAccount("luytre", tmp_path / "key"),
        office / "office/known_hosts",
    )
    assert [each.en for each in told] == [
        "ansible_port: the inventory says 22, now it is 2222",
        "ansible_user: the inventory says root, now it is luytre",
        f"ansible_ssh_private_key_file: the inventory says —, now it is {tmp_path / 'key'}",
        "ansible_ssh_common_args: the inventory does not use the host keys that are recorded; "
        "add -o UserKnownHostsFile={{ inventory_dir }}/office/known_hosts",
        "new.test: on the host, not in the inventory (/srv/new)",
        "gone.test: in the inventory, not found on the host",
    ]


@pytest.fixture
def inventory_of_one(office: Path) -> Path:
    (office / "hosts.yml").write_text(
        "all: {hosts: {web1: {ansible_host: 192.0.2.1, luytre_sites: [{domain: a.test, aliases: [www.a.test]}]}}}\n"
    )
    return office


def tree(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """Enrols a server that says that it serves these names; only the server is stood in for."""

    def meet(folder: Path, *names: str, name: str = "may1", address: str = "192.0.2.9") -> EnrollmentResult:
        found = Host(name=name, address=address, sites=tuple(Site(domain=one, host=name) for one in names))
        monkeypatch.setattr(enrolling, "load_or_make_automation_public_key", lambda _path: "ssh-ed25519 AAAA")
        monkeypatch.setattr(
            enrolling, "_make_account", lambda *_: met.append(name) or (EnrollmentAccess("root", "x"), True)
        )
        monkeypatch.setattr(enrolling, "_remove_account", lambda *given: undone.append(given[-1]) or (None, None))
        monkeypatch.setattr(enrolling, "_collect_facts_of_host", lambda *_: None)
        monkeypatch.setattr(enrolling, "list_administrators", lambda _facts: ("nam", "luytre"))
        monkeypatch.setattr(enrolling, "add_discovered_sites_to_host", lambda _host, _facts: found)
        monkeypatch.setattr(enrolling, "explain_missing_sites", lambda _facts: ())
        server = EnrollmentTarget(name, address, 22, (HostKey("ssh-ed25519", "AAAAC3Nz"),))
        return enrolling.enroll(
            folder, server, EnrollmentAccess("root", "x"), AutomationAccount("luytre", tmp_path / "key"), lambda: ""
        )

    met: list[str] = []
    undone: list[str] = []
    meet.met, meet.undone = met, undone  # type: ignore[attr-defined]
    return meet


@pytest.mark.parametrize("claim", ["a.test", "www.a.test"])
def test_a_server_that_claims_another_s_site_leaves_the_inventory_as_it_was(
    inventory_of_one: Path, meeting: Callable[..., Any], claim: str
) -> None:
    before = tree(inventory_of_one)
    with pytest.raises(InputError) as told:
        meeting(inventory_of_one, "b.test", claim)
    assert f"may1 reports that it serves {claim}, which the inventory assigns to web1" in str(told.value)
    assert "userdel" not in str(told.value)
    assert meeting.undone == ["luytre"]  # type: ignore[attr-defined]
    assert tree(inventory_of_one) == before
    hosts.load_inventory(inventory_of_one)


def test_what_no_run_would_take_is_told_before_the_server_is_asked(
    inventory_of_one: Path, meeting: Callable[..., Any]
) -> None:
    before = tree(inventory_of_one)
    with pytest.raises(InputError, match="hosts web1 and may1 have the same address"):
        (inventory_of_one / "hosts.yml").write_text(
            "all: {hosts: {web1: {ansible_host: 192.0.2.9, ansible_ssh_common_args:"
            " '-o UserKnownHostsFile={{ inventory_dir }}/office/known_hosts -o GlobalKnownHostsFile=/dev/null"
            " -o StrictHostKeyChecking=yes'}}}\n"
        )
        meeting(inventory_of_one)
    (inventory_of_one / "hosts.yml").write_text("all: {hosts: {web1: {ansible_host: 192.0.2.1, luytre_nonsense: 1}}}\n")
    with pytest.raises(InputError, match="unknown variable luytre_nonsense") as told:
        meeting(inventory_of_one)
    assert str(told.value).startswith(f"{inventory_of_one}/hosts.yml:1: ")
    assert meeting.met == []  # type: ignore[attr-defined]
    assert set(tree(inventory_of_one)) == set(before)


def test_the_entry_is_written_last_and_its_keys_go_when_it_cannot_be(
    inventory_of_one: Path, meeting: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(inventory_of_one)
    replace = Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.name == "may1.yml":
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(InputError, match="cannot be written: No space left on device"):
            meeting(inventory_of_one, "b.test")
    assert tree(inventory_of_one) == before
    done = meeting(inventory_of_one, "b.test")
    assert (done.entry, done.other_admins) == (inventory_of_one / "may1.yml", ("nam",))
    assert {host.name for host in hosts.load_inventory(inventory_of_one).hosts} == {"web1", "may1"}
    assert "192.0.2.9" in (inventory_of_one / "office/known_hosts").read_text()


# --- keys -----------------------------------------------------------------------------------------------------


def test_recording_a_key_leaves_those_of_others(tmp_path: Path) -> None:
    file, key = tmp_path / "office/known_hosts", another_key(tmp_path)
    host_keys.replace_host_keys_in_known_hosts(file, "192.0.2.1", 22, [key])
    file.write_text(
        f"# by hand\nweb1,192.0.2.1 ssh-rsa AAAA1\n*.test,192.0.2.2 ssh-rsa AAAA2\n{file.read_text()}"
        f"@revoked * ssh-rsa AAAA3\n[192.0.2.1]:2222 {key.kind} {key.key}\n"
    )
    host_keys.replace_host_keys_in_known_hosts(file, "192.0.2.1", 22, [HostKey("ssh-rsa", "AAAA4")])
    assert file.read_text().splitlines() == [
        "# by hand",
        "web1 ssh-rsa AAAA1",
        "*.test,192.0.2.2 ssh-rsa AAAA2",
        "@revoked * ssh-rsa AAAA3",
        f"[192.0.2.1]:2222 {key.kind} {key.key}",
        "192.0.2.1 ssh-rsa AAAA4",
    ]
    assert host_keys.read_recorded_host_keys(file, "192.0.2.1", 2222) == (key,)


def test_a_host_that_the_inventory_has_is_entered_as_it_says(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its key has changed since it was installed anew, and that is all that is typed: ``auditor enroll may1``."""
    (office / "hosts.yml").write_text(
        "all: {hosts: {may1: {ansible_host: 192.0.2.7, ansible_port: 2222, ansible_user: tudong}}}\n", "utf-8"
    )
    asked: list[tuple[str, int]] = []

    def shown(address: str, port: int) -> tuple[HostKey, ...]:
        asked.append((address, port))
        raise InputError("no SSH server", mend="x")

    monkeypatch.setattr(host_keys, "scan_keys", shown)
    accounts: list[str] = []
    monkeypatch.setattr(
        enrolling, "check_host_can_be_enrolled", lambda _folder, _host, user, _group: accounts.append(user)
    )
    for typed in ((), ("--address", "192.0.2.8", "--port", "22", "--automation-user", "luytre")):
        done = CliRunner().invoke(cli.app, ["enroll", "may1", "-i", str(office), *typed])
        assert isinstance(done.exception, InputError)
    assert (asked, accounts) == ([("192.0.2.7", 2222), ("192.0.2.8", 22)], ["tudong", "luytre"])


def test_a_public_key_that_is_missing_is_derived(tmp_path: Path) -> None:
    key = tmp_path / "below/key"
    public = enrolling.load_or_make_automation_public_key(key)
    key.with_name("key.pub").unlink()
    assert enrolling.load_or_make_automation_public_key(key).split()[:2] == public.split()[:2]


def test_a_key_of_no_use_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key\n")
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(InputError, match=r"^[^\n]+/key: ssh-keygen: [^\n]+ — fix the key"):
        enrolling.load_or_make_automation_public_key(tmp_path / "key")
    with pytest.raises(InputError, match="the key cannot be stored here"):
        enrolling.load_or_make_automation_public_key(tmp_path / "key/below/key")


def test_a_key_that_cannot_open_anything_is_told_before_any_server_is_asked(tmp_path: Path) -> None:
    good = pair(tmp_path / "good")
    logins.check_private_key_usable_unattended(good)
    closed = tmp_path / "closed"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "xyz123", "-f", str(closed)], check=True)
    (tmp_path / "text").write_text("no key\n")
    for file, why in (
        (tmp_path / "none", "there is no key at this path"),
        (closed, "has a passphrase"),
        (good.with_name("good.pub"), "is not a readable OpenSSH private key"),
        (tmp_path / "text", "is not a readable OpenSSH private key"),
    ):
        with pytest.raises(InputError, match=why):
            logins.check_private_key_usable_unattended(file)


def test_a_machine_without_ssh_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        InputError, match="the program ssh-keyscan is not installed on this machine — apt-get install openssh-client"
    ):
        host_keys.scan_keys("127.0.0.1", 22)


def test_a_server_that_says_a_word_now_and_then_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_keys, "SCAN_ALL_SECONDS", 0.5)
    over = Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            while not over.wait(0.05):
                connection.sendall(b"wait\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=drip, args=(server,), daemon=True)
        thread.start()
        with pytest.raises(InputError, match="no SSH server responds"):
            host_keys.scan_keys("127.0.0.1", server.getsockname()[1])
        over.set()
        thread.join()


def test_a_server_is_asked_for_its_keys_over_no_more_connections_than_it_has_kinds_of_key() -> None:
    came = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def turn_away() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    came.append(connection.getpeername())
                    connection.close()

        thread = Thread(target=turn_away)
        thread.start()
        try:
            with pytest.raises(InputError, match="closes the connection before it presents a key") as told:
                host_keys.scan_keys("127.0.0.1", server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
    assert 1 <= len(came) <= 4  # the last to see what it does
    assert "PerSourcePenalties" in str(told.value)
    assert "chặn tạm thời" in usage.format_input_error_as_line(told.value, "vi")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("port 22\npermitrootlogin yes\ngroups luytre\n", None),
        ("allowgroups quantri ssh-*\ngroups luytre\n", "AllowGroups quantri ssh-*"),
        ("allowgroups quantri\nallowgroups luy*\ngroups luytre", None),
        ("allowusers root an@192.0.2.1\ngroups luytre", "AllowUsers root an@192.0.2.1"),
        ("allowusers luytre@192.0.2.1\ngroups luytre", None),
        ("denyusers luytre\ngroups luytre", "DenyUsers luytre"),
        ("denygroups khach luytre\ngroups luytre", "DenyGroups khach luytre"),
        ("denygroups khach\ngroups luytre", None),
        ("", None),
    ],
)
def test_whom_sshd_does_not_let_in_is_named_with_the_setting(said: str, why: str | None) -> None:
    told = enrolling.explain_login_denied_by_sshd(said, "luytre")
    assert (told is None) if why is None else (told is not None and f"({why})" in told.en and f"({why})" in told.vi)


def test_what_is_advised_can_be_done_though_the_account_is_gone_again() -> None:
    def advised(said: str) -> str:
        told = enrolling.explain_login_denied_by_sshd(said, "luytre")
        return told.en.partition("): ")[2] if told else ""

    of_groups = advised("allowgroups ssh-* quantri\ngroups luytre\n")
    assert of_groups.startswith("add --automation-group quantri to have it made a member of that group")
    assert "add luytre to AllowGroups" in advised("allowgroups ssh-*\ngroups luytre\n")
    assert "add luytre to AllowUsers" in advised("allowusers root\ngroups luytre")
    assert "--automation-user" in advised("denyusers luytre\ngroups luytre")


def test_behind_a_list_of_groups_the_account_is_made_in_one_of_them(machine: Machine, auditor: Enroll) -> None:
    machine.run(
        "mkdir -p /etc/ssh/sshd_config.d; groupadd vaossh; echo AllowGroups vaossh root > /etc/ssh/sshd_config.d/00-nhom.conf"
    )
    try:
        unknown = auditor("--password-stdin", "--yes", "--automation-group", "khongco", user="trongnhom")
        done = auditor("--password-stdin", "--yes", "--automation-group", "vaossh", user="trongnhom")
    finally:
        machine.run("rm /etc/ssh/sshd_config.d/00-nhom.conf")
    assert unknown.code == 2 and "no group of the name given with --automation-group" in unknown.err, unknown.err
    assert done.code == 0, done.err
    assert "vaossh" in machine.run("id -Gn trongnhom")


def test_an_account_that_sshd_shuts_out_is_taken_back_and_the_setting_named(
    machine: Machine, auditor: Enroll, office: Path
) -> None:
    machine.run(
        "mkdir -p /etc/ssh/sshd_config.d; echo AllowGroups quantri root > /etc/ssh/sshd_config.d/00-nhom.conf; touch /etc/nologin"
    )
    try:
        done = auditor("--password-stdin", "--yes", user="tuchoi")
    finally:
        machine.run("rm /etc/ssh/sshd_config.d/00-nhom.conf /etc/nologin")
    assert done.code == 2
    assert "sshd does not let the account tuchoi in (AllowGroups quantri root)" in done.err.splitlines()[-1], done.err
    assert (
        machine.run("getent passwd tuchoi || echo none; ls /etc/sudoers.d /home | grep -c tuchoi || true")
        == "none\n0\n"
    )
    assert list(office.iterdir()) == []
