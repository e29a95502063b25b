"""The page on timers, typed to the letter on a host that becomes the controller: installed from the wheel, each unit checked by systemd and started once."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, PackagePath, distribution
from pathlib import Path

import pytest
import yaml

from auditor import lab
from auditor.timers.units import SCHEDULES
from tests import guide
from tests.lab.fixtures import INVENTORY, quiet

CONTROLLER, AUDITED, SITE, UNIT = "web3", "web2", "bennua.test", "phuong-ben-nua"
HOME, PLACE, BESIDE = "/var/lib/luytre", "/etc/luytre/inventory", "/opt/needed"
AUDITOR = "/opt/luytre/bin/auditor"
AS_LUYTRE = f"setpriv --reuid=luytre --regid=luytre --init-groups env HOME={HOME} LUYTRE_STATE={HOME} LANG=C.UTF-8 PATH=/usr/bin:/bin"
MAIL = {"host": "127.0.0.1", "port": 2525, "from": "luytre@tangiang.test", "ca_file": "ca.pem"}
"""A server that is down: what is to be told waits."""
PLAYBOOK = """#!/opt/luytre/bin/python
import sys
from ansible.cli.playbook import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Story:
    """What came of it: exit code and output of each command, by what was typed."""

    judged: list[int]
    """How the page's audit ended, the first of all and the next."""
    typed: dict[str, tuple[int, str]]
    verified: tuple[int, str]
    first: str
    """The run that a person made before the timer's."""
    incident: str
    without_mail: dict[str, tuple[int, str]]
    """What tells offices, and what says that a report is overdue, while no mail can be sent."""
    started: dict[str, tuple[int, str]]
    """Each service started once, with its journal."""
    runs: list[str]
    doctor: tuple[int, str]
    owned: str


def typed(command: str, given: bytes | None = None, seconds: float = 300) -> tuple[int, str]:
    done = lab.run_on_machine_as_root(CONTROLLER, command, given, timeout=seconds)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def done(command: str, given: bytes | None = None) -> str:
    code, said = typed(command, given)
    assert code == 0, (command, said[-3000:])
    return said


def needed() -> bytes:
    """What the wheel needs, as an archive: the packages that its lock names, and what makes a venv with pip on a host without a network."""
    names = re.findall(r"^([A-Za-z0-9._-]+)==", (guide.ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in names:
            for file in files_of(name):
                path = Path(str(file.locate()))
                if ".." not in file.parts and "__pycache__" not in file.parts and path.is_file():
                    archive.add(path, f"{BESIDE}/{file}", recursive=False)
        for folder in (
            f"/usr/lib/python{sys.version_info[0]}.{sys.version_info[1]}/ensurepip",
            "/usr/share/python-wheels",
        ):
            archive.add(folder, folder)
    return packed.getvalue()


def files_of(name: str) -> list[PackagePath]:
    """The files of a package; none where it is one of another system's."""
    try:
        return distribution(name).files or []
    except PackageNotFoundError:
        return []


def inventory() -> bytes:
    """The lab's, of the audited host alone, with the key where the page wants it and the host keys beside it."""
    known = yaml.safe_load(Path(INVENTORY, "hosts.yml").read_text("utf-8"))
    variables, hosts = known["all"]["vars"], known["all"]["children"]["webservers"]["hosts"]
    variables |= {"ansible_ssh_private_key_file": "~/.ssh/luytre", "luytre_ca_file": f"{PLACE}/office/ca.pem"}
    variables["ansible_ssh_common_args"] = variables["ansible_ssh_common_args"].replace(
        "/var/lib/luytre-lab/ssh/known_hosts", f"{PLACE}/office/known_hosts"
    )
    known["all"]["children"]["webservers"]["hosts"] = {AUDITED: hosts[AUDITED]}
    organisation = yaml.safe_load(Path(INVENTORY, "office/organisation.yml").read_text("utf-8"))
    (unit,) = (one for one in organisation["units"] if one["id"] == UNIT)
    unit |= {"roles": {"truc_ban": "trucban@bennua.test"}, "incidents": {"roles": ["truc_ban"], "automatic": True}}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        files = {
            "hosts.yml": yaml.safe_dump(known, allow_unicode=True).encode(),
            "office/organisation.yml": yaml.safe_dump(organisation, allow_unicode=True).encode(),
            "office/mail.yml": yaml.safe_dump(MAIL).encode(),
            "office/known_hosts": lab.get_lab_state_in_use().known_hosts_file.read_bytes(),
            "office/ca.pem": lab.get_lab_state_in_use().ca_certificate_file.read_bytes(),
        }
        for name, content in files.items():
            member = tarfile.TarInfo(f"{PLACE}/{name}")
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture(scope="module")
def story(booted: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    lab.reset_machines_to_pristine_image([AUDITED, CONTROLLER])
    quiet(AUDITED, CONTROLLER)
    try:
        yield _played(tmp_path_factory.mktemp("timers"))
    finally:
        lab.reset_machines_to_pristine_image([AUDITED, CONTROLLER])


def _played(folder: Path) -> Story:
    commands = list(guide.commands("en", "nightly.md"))
    assert commands == list(guide.commands("vi", "nightly.md"))
    *preparing, installing, nightly = commands
    assert [command.split()[0] for command in preparing] == ["python3", "useradd", "install"]
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder), "."]
    subprocess.run(pip, check=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    done("userdel -f luytre 2>&1")  # the lab's own, by which this host would be audited
    done("tar -C / -xf -", needed())
    done(f"cat > /root/{wheel.name}", wheel.read_bytes())
    said: dict[str, tuple[int, str]] = {}
    for command in preparing:
        here = re.sub(r"PATH/TO/luytre\.whl|ĐƯỜNG/DẪN/luytre\.whl", f"/root/{wheel.name}", command)
        said[command] = typed(f"export PYTHONPATH={BESIDE} PIP_NO_INDEX=1; {here}")
    done(f"echo {BESIDE} > $(echo /opt/luytre/lib/python3.*/site-packages)/needed.pth")
    done("cat > /opt/luytre/bin/ansible-playbook; chmod 755 /opt/luytre/bin/ansible-playbook", PLAYBOOK.encode())
    done("tar -C / -xf -", inventory())
    key = (lab.get_lab_state_in_use().root / "ssh/automation").read_bytes()
    for home, owner in ((HOME, "luytre"), ("/root", "root")):
        into = f"{home}/.ssh/luytre"
        done(f"mkdir -p {home}/.ssh; cat > {into}; chmod 600 {into}; chown {owner}: {into}", key)

    done(f"ln -s {PLACE} {HOME}/inventory; chown -h luytre: {HOME}/inventory")
    assert nightly.startswith("auditor audit -i inventory ")
    by_hand = f"cd {HOME} && {AS_LUYTRE} /opt/luytre/bin/{nightly}"
    judged = [typed(by_hand) for _ in range(2)]  # the first audit of all has nothing to be measured by
    first = json.loads(done(f"{AS_LUYTRE} {AUDITOR} history list --json"))[0]["id"]
    said[installing] = typed(installing)
    own = re.search(r"`(sudo LUYTRE_STATE=\S+ /opt/luytre/bin/auditor doctor [^`]+)`", guide.text("en", "nightly.md"))
    assert own is not None
    said[own[1]] = typed(own[1])
    units = " ".join(f"/etc/systemd/system/{one.name}.{kind}" for one in SCHEDULES for kind in ("service", "timer"))
    verified = typed(f"systemd-analyze verify --man=no {units}")
    done("systemctl stop 'luytre-*.timer'")  # they are due at once: what is started here is to be the only one

    incident = done(f"{AS_LUYTRE} {AUDITOR} incident open {SITE} --who 'Văn phòng' -i {PLACE}").split()[0]
    done(f"mv {PLACE}/office/mail.yml /root")
    without_mail = {name: started(name) for name in ("luytre-incidents", "luytre-due")}
    done(f"mv /root/mail.yml {PLACE}/office")
    for report in ("now", "first", "full"):
        done(
            f"{AS_LUYTRE} {AUDITOR} incident reported {incident} {report} --how 'điện thoại' --who 'Văn phòng' -i {PLACE}"
        )
    services = {one.name: started(one.name) for one in SCHEDULES}
    return Story(
        judged=[code for code, _ in judged],
        typed=said,
        verified=verified,
        first=first,
        incident=incident,
        without_mail=without_mail,
        started=services,
        runs=[one["id"] for one in json.loads(done(f"{AS_LUYTRE} {AUDITOR} history list --json"))],
        doctor=typed(f"{AS_LUYTRE} {AUDITOR} doctor -i {PLACE} --lang en"),
        owned=done(f"find {HOME} ! -user luytre"),
    )


def started(name: str) -> tuple[int, str]:
    """A service started to its end, and what it said."""
    code, said = typed(f"systemctl reset-failed {name}.service 2>/dev/null; systemctl start {name}.service")
    _, journal = typed(f"journalctl --no-pager -o cat -u {name}.service")
    return code, said + journal


def test_every_command_of_the_page_ends_with_0(story: Story) -> None:
    assert {command: ended for command, ended in story.typed.items() if ended[0] != 0} == {}


def test_a_night_like_the_one_before_is_no_finding(story: Story) -> None:
    assert story.judged == [1, 0]


def test_systemd_takes_the_units_as_they_are(story: Story) -> None:
    assert story.verified == (0, "")


def test_each_service_ends_with_0(story: Story) -> None:
    for name, (code, said) in story.started.items():
        assert code == 0, f"{name}: {said[-2000:]}"


def test_a_report_that_is_overdue_is_told_also_while_no_mail_can_be_sent(story: Story) -> None:
    notified, (code, said) = story.without_mail["luytre-incidents"], story.without_mail["luytre-due"]
    assert (notified[0], "mail.yml" in notified[1]) == (1, True), notified[1][-2000:]
    assert (code, story.incident in said) == (1, True), said[-2000:]


def test_services_and_people_have_one_state_folder(story: Story) -> None:
    assert len(story.runs) == 3
    assert story.runs[1] == story.first
    assert story.owned == ""
    code, said = story.doctor
    assert code == 0, said
    assert HOME in said
