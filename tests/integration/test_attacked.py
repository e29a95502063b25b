"""The pages that are read under attack, typed to the letter and in their order on an intruded WordPress: the first hour, all of incidents, hunts and reviews."""

from __future__ import annotations

import datetime
import functools
import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from auditor import lab
from auditor.lab import compromise
from auditor.models import clock
from tests import guide, timestamps
from tests.lab.fixtures import EDITOR_OF_YEARS, quiet
from tests.lab.typing_guides import Office, follow, root
from tests.mail_server import Authority, Received, free_port, serving
from tests.unit.incidents.offices import server, tells

SITE, ROOT = "antruc.test", "/var/www/antruc.test"
LEFT = ("shell_in_uploads", "job_of_the_web_server", "deleted_program")
SCRIPTS = f"cd {ROOT} && find wp-admin wp-includes index.php wp-login.php -name '*.php' -print0 | tar -c --null -T -"
EXITS: Mapping[str, tuple[int, ...]] = {
    "auditor hunt": (0, 1),
    "auditor review": (0, 1),
    "auditor audit": (1,),
    "auditor incident form": (0, 1),
    "auditor incident open --all-found": (0, 1),
    "auditor incident todo": (1,),
}
"""By how a command begins, when it may not be 0: findings are open, a person has a field to fill in, a trace or a password is left to a person."""
OF_INCIDENTS: Mapping[str, tuple[int, ...]] = {
    **EXITS,
    "auditor incident due": (1,),  # what is to be said at once is overdue
    "auditor incident open --finding compromise.shell:web1 --contain": (0, 1),
    "auditor incident close": (2,),  # it names what is in the way, which is the end of these pages
}
ROW = "mariadb -N antruc_wp -e \"SELECT ID FROM wp_posts WHERE post_name = 'top-10-nha-cai-uy-tin'\""
PLACE_TAKEN_BY_HAND = "pkill -KILL -f '^/var/tmp/.systemd-private-cache' || :"


def version() -> str:
    """Which WordPress is there."""
    return root(f"sed -n \"s/^.wp_version = '\\(.*\\)';/\\1/p\" {ROOT}/wp-includes/version.php").strip()


def release_archive(file: Path) -> None:
    """The scripts of the WordPress there, as its makers pack them."""
    told = lab.run_on_machine_as_root("web1", SCRIPTS)
    assert told.returncode == 0
    with tarfile.open(fileobj=io.BytesIO(told.stdout)) as found, zipfile.ZipFile(file, "w") as packed:
        for member in found:
            content = found.extractfile(member)
            if content is not None:
                packed.writestr(f"wordpress/{member.name}", content.read())


@pytest.fixture(scope="module")
def office(booted: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("attacked")
    inventory = Path(shutil.copytree(guide.ROOT / "inventories/lab", folder / "inventories/lab"))
    authority, port = Authority(folder / "ca"), free_port()
    shutil.copy(authority.file, inventory / "office/ca.pem")
    tells(inventory, automatic=False)
    server(inventory, port)
    known = yaml.safe_load((inventory / "hosts.yml").read_text("utf-8"))
    hosts = known["all"]["children"]["webservers"]["hosts"]
    known["all"]["children"]["webservers"]["hosts"] = {"web1": hosts["web1"]}
    (inventory / "hosts.yml").write_text(yaml.safe_dump(known, allow_unicode=True), "utf-8")
    papers = inventory / "office/systems.yml"
    declared = yaml.safe_load(papers.read_text("utf-8"))
    declared["systems"] = [one for one in declared["systems"] if SITE in one["sites"]]
    papers.write_text(yaml.safe_dump(declared, allow_unicode=True), "utf-8")
    lab.reset_machines_to_pristine_image(["web1"])
    quiet("web1")
    there = Office(folder, {"6.8.2": version()})
    release_archive(folder / f"wordpress-{version()}.zip")
    assert there.says("known-good", "import", f"wordpress-{version()}.zip").code == 0
    root("DEBIAN_FRONTEND=noninteractive apt-get -qq install -y nftables > /dev/null")  # by which a host is cut off
    root(EDITOR_OF_YEARS)
    compromise.plant_intrusion_traces_on_machine("web1", functools.partial(lab.run_on_machine_as_root, "web1"), LEFT)
    try:
        with serving(Received(), authority.context("127.0.0.1"), port=port):
            _under_attack(there)
        yield there
    finally:
        lab.reset_machines_to_pristine_image(["web1"])


def _under_attack(office: Office) -> None:
    date = clock.today().strftime("%Y%m%d")

    def named() -> None:
        office.names["SC-20261127-1"] = office.last()
        assert office.last() == f"SC-{date}-1"

    def back() -> None:
        """The server was cleaned: it is let in again, and its process, whose memory was evidence, is ended."""
        office.incident("release", office.last(), office.number("isolation"), "--who", "Văn phòng")
        root(PLACE_TAKEN_BY_HAND)

    def reported() -> None:
        for report in ("first", "full"):
            office.incident("reported", office.last(), report, "--how", "điện thoại", "--who", "Văn phòng")

    follow(
        office,
        ["under-attack.md"],
        {"auditor incident close": reported},
        {"auditor incident open --all-found": named, "auditor incident todo": back},
    )


NAMED = """
cd /var/www/antruc.test
for file in x.php wp-content/uploads/x.php; do
    printf '<?php exit; /* luytre-lab: inert */\\n' > $file; chown www-data: $file
done
mkdir -p /tmp/.x && cp /usr/bin/sleep /tmp/.x/miner
setsid setpriv --reuid=www-data --regid=www-data --clear-groups /tmp/.x/miner infinity </dev/null >/dev/null 2>&1 &
until pgrep -x miner >/dev/null; do sleep 0.05; done
printf '[Service]\\nExecStart=/usr/bin/sleep infinity\\n' > /etc/systemd/system/miner.service
systemctl daemon-reload; systemctl start miner.service
printf '#!/bin/sh\\n# luytre-lab: inert\\n' > /etc/cron.daily/miner; chmod 755 /etc/cron.daily/miner
sed -i '11a 1 1 1 1 * root true # luytre-lab' /etc/crontab; sed -n 12p /etc/crontab | grep -q luytre-lab
useradd -m an
mkdir -p ~an/.ssh; ssh-keygen -q -t ed25519 -N '' -f /run/an; cat /run/an.pub > ~an/.ssh/authorized_keys
chown -R an: ~an/.ssh; chmod 700 ~an/.ssh; chmod 600 ~an/.ssh/authorized_keys
mariadb antruc_wp -e "INSERT IGNORE INTO wp_options (option_name, option_value) VALUES ('widget_text', 'a:0:{}')"
"""
"""What the pages on incidents name."""


@pytest.fixture(scope="module")
def incidents(office: Office) -> Office:
    """The pages on incidents typed after it, about what has been left since."""
    there = Office(office.folder, {"6.8.2": version()})
    day, before = clock.today().strftime("%Y%m%d"), office.last()
    compromise.plant_intrusion_traces_on_machine(
        "web1",
        functools.partial(lab.run_on_machine_as_root, "web1"),
        ("shell_in_uploads", "administrator", "post_of_adverts"),
    )
    assert there.says("hunt").code == 1
    there.names["2026-11-27 20:15"] = clock.now().astimezone(clock.ZONE).strftime("%Y-%m-%d %H:%M")

    def opened() -> None:
        there.names["SC-20261127-1"] = there.last()
        assert there.last() == f"SC-{day}-2" != before

    def planted() -> None:
        root(NAMED)
        there.names["1234/"] = f"{root('pgrep -x miner').split()[0]}/"
        there.names["SHA256:WPxiTOIJ29Avp31Y7FfnKXJXu2gelIMoFjkvk8AK3zs"] = root("ssh-keygen -lf /run/an.pub").split()[
            1
        ]
        there.names["posts/66"] = f"posts/{root(ROW).strip()}"

    def to_release(means: str, typed: str) -> Callable[[], None]:
        def number() -> None:
            about = there.names["SC-20261127-1"]
            there.names[f"release {about} {typed} "] = f"release {about} {there.number(means)} "

        return number

    def in_again() -> None:
        there.incident("release", there.names["SC-20261127-1"], there.number("isolation"), "--who", "Văn phòng")

    def stamped() -> None:
        timestamps.make(there.folder, "ca.pem")
        timestamps.answer(there.folder, "ca.pem", there.said.strip().splitlines()[-1], "tra-loi.tsr")

    def beside() -> None:
        (manifest, *_) = sorted(
            (there.folder / "state/evidence" / there.names["SC-20261127-1"]).glob("*/manifest.json")
        )
        signers = there.folder / "inventories/lab/office/allowed_signers"
        for file in (manifest, manifest.with_name("manifest.json.sig"), signers):
            shutil.copy(file, there.folder)

    follow(
        there,
        guide.INCIDENT_PAGES,
        {
            "auditor incident contain SC-20261127-1 address": planted,
            "auditor incident release SC-20261127-1 1 ": to_release("address", "1"),
            "auditor incident release SC-20261127-1 2 ": to_release("file", "2"),
            "auditor incident release SC-20261127-1 4 ": to_release("site", "4"),
            "auditor incident release SC-20261127-1 7 ": to_release("core", "7"),
            "ssh-keygen": beside,
        },
        {
            "auditor incident open antruc.test": opened,
            "auditor incident contain SC-20261127-1 isolation": in_again,
            "auditor incident timestamp SC-20261127-1 1": stamped,
        },
    )
    return there


@pytest.fixture(scope="module")
def findings(incidents: Office) -> Office:
    """The pages on hunts and reviews typed after them, about a web shell and a post that are there again."""
    there = Office(incidents.folder, {"6.8.2": version()})
    lab.reset_machines_to_pristine_image(["web1"])
    quiet("web1")
    compromise.plant_intrusion_traces_on_machine(
        "web1", functools.partial(lab.run_on_machine_as_root, "web1"), ("shell_in_uploads", "post_of_adverts")
    )
    (there.folder / "rules").mkdir()
    (there.folder / "rules/x.yar").write_text('rule x { strings: $a = "luytre-none" condition: $a }', "ascii")
    (there.folder / "mirror").mkdir()
    with zipfile.ZipFile(there.folder / "mirror/theme.2.0.zip", "w") as packed:
        packed.writestr("theme/style.css", "/* Theme Name: Theme */")
    (there.folder / "portal").mkdir()
    (there.folder / "portal/index.php").write_text("<?php // luytre-lab: inert", "utf-8")
    with zipfile.ZipFile(there.folder / "plugin.1.2.zip", "w") as packed:
        packed.writestr("plugin/plugin.php", "<?php\n/*\nPlugin Name: Plugin\nVersion: 1.2\n*/\n")

    def older() -> None:
        old = there.folder / "wordpress-6.8.1.zip"
        shutil.copy(there.folder / f"wordpress-{version()}.zip", old)
        assert there.says("known-good", "import", old.name).code == 0

    def key(area: str) -> Callable[[], None]:
        def of_a_trace() -> None:
            told = json.loads(there.says("history", "show", "--json", there.newest()).out)
            keys = [v["key"] for f in told["findings"] if f["control"].startswith(area) for v in f["violations"]]
            there.names["0123456789abcdef"] = keys[0]

        return of_a_trace

    def in_time() -> None:
        there.names["2027-03-31"] = (clock.today() + datetime.timedelta(days=90)).isoformat()
        key("content.")()

    accept = "auditor baseline accept"
    before = {
        "auditor known-good remove": older,
        f"{accept} web1": key("compromise."),
        f"{accept} {SITE}": in_time,
    }
    follow(there, guide.FINDING_PAGES, before, {})
    return there


def wrong(office: Office, exits: Mapping[str, tuple[int, ...]]) -> list[tuple[str, int, str]]:
    return [
        (command, code, said[-1500:])
        for command, code, said in office.typed
        if code not in next((codes for begins, codes in exits.items() if command.startswith(begins)), (0,))
    ]


def test_every_command_of_the_first_hour_ends_as_its_page_says(office: Office) -> None:
    assert wrong(office, EXITS) == []


def test_every_command_about_incidents_ends_as_its_page_says(incidents: Office) -> None:
    assert wrong(incidents, OF_INCIDENTS) == []


def test_every_command_about_hunts_and_reviews_ends_as_its_page_says(findings: Office) -> None:
    assert wrong(findings, EXITS) == []


def test_the_incident_is_closed_at_the_end_of_the_first_hour(office: Office) -> None:
    command, code, said = office.typed[-1]
    assert command.startswith("auditor incident close")
    assert code == 0, said


def test_the_first_hour_finds_the_shell_and_its_last_hunt_no_trace(office: Office) -> None:
    first, last = [said for command, _, said in office.typed if command == "auditor hunt"]
    assert "thong-bao.php" in first
    assert "auditor incident open --all-found" in first
    assert "auditor incident open --all-found" not in last
