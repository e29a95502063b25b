"""What people and other hosts need of a host, met on two real ones: a weak certificate, an idle tunnel, a host behind, a database."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from auditor import lab
from tests.lab.fixtures import INVENTORY, Ended, environment, run

ADDRESSES = {"web1": "10.213.47.11", "web2": "10.213.47.12"}
PAGE = "/so-lieu.php"
WEB1 = f"""
cat > /var/www/antruc.test{PAGE} <<'END'
<?php
mysqli_report(MYSQLI_REPORT_OFF);
$db = @new mysqli("{ADDRESSES["web2"]}", "so", "mat-khau-so", "so_lieu");
if ($db->connect_errno) {{ http_response_code(500); exit; }}
echo "<title>So lieu</title>", $db->query("SELECT 40 + 2")->fetch_row()[0];
END
"""
WEB2 = f"""
set -e
# As enrolment writes the key of a host that the inventory reaches another through.
sed -i 's/^restrict,pty /restrict,pty,port-forwarding,permitopen="{ADDRESSES["web1"]}:22" /' /home/luytre/.ssh/authorized_keys
# A database that another host's site asks.
printf '[mysqld]\\nbind-address = 0.0.0.0\\n' > /etc/mysql/mariadb.conf.d/99-mang.cnf
systemctl restart mariadb
mariadb -e "CREATE DATABASE so_lieu; CREATE USER so@'{ADDRESSES["web1"]}' IDENTIFIED BY 'mat-khau-so'; GRANT SELECT ON so_lieu.* TO so@'{ADDRESSES["web1"]}'"
# A certificate that Apache loads only below OpenSSL's own level of security.
openssl req -x509 -newkey rsa:1024 -nodes -keyout /etc/ssl/private/yeu.key -out /etc/ssl/certs/yeu.pem -subj /CN=bennua.test -days 300
sed -i 's#SSLCertificateFile .*#SSLCertificateFile /etc/ssl/certs/yeu.pem#; s#SSLCertificateKeyFile .*#SSLCertificateKeyFile /etc/ssl/private/yeu.key#' /etc/apache2/sites-available/bennua.test.conf
sed -i '/<VirtualHost .*:443/,/<\\/VirtualHost>/s#^</VirtualHost>#    SSLCipherSuite DEFAULT@SECLEVEL=0\\n&#' /etc/apache2/sites-available/bennua.test.conf
systemctl restart apache2
"""
PORTS = ("firewall.default_deny", "firewall.database_closed", "mariadb.bind_address")


def inventory(folder: Path) -> Path:
    """The lab's, in which web1 is reached through web2, and a page is visited that asks web2's database."""
    known = yaml.safe_load(Path(INVENTORY, "hosts.yml").read_text("utf-8"))
    shared, hosts = known["all"]["vars"], known["all"]["children"]["webservers"]["hosts"]
    hosts.pop("web3")
    key, arguments = shared["ansible_ssh_private_key_file"], " ".join(shared["ansible_ssh_common_args"].split())
    jump = f"ssh -i {key} {arguments} -W %h:%p luytre@{ADDRESSES['web2']}"
    hosts["web1"]["ansible_ssh_extra_args"] = f"-o 'ProxyCommand={jump}'"
    hosts["web1"]["luytre_sites"][0]["smoke_urls"] = ["/", PAGE]
    made = folder / "inventory"
    (made / "office").mkdir(parents=True)
    (made / "hosts.yml").write_text(yaml.safe_dump(known), "utf-8")
    for paper in Path(INVENTORY, "office").iterdir():
        if paper.name == "organisation.yml":
            (made / "office" / paper.name).write_bytes(paper.read_bytes())
    return made


@contextmanager
def idle_tunnel(folder: Path) -> Iterator[None]:
    """Somebody's ``ssh -N -L`` to web2 that nothing goes through at the moment."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
    public = (folder / "key.pub").read_text()
    made = lab.run_on_machine_as_root(
        "web2",
        f"useradd -m -s /bin/bash hamnho && install -d -m 700 -o hamnho -g hamnho ~hamnho/.ssh && printf '%s' '{public}' > ~hamnho/.ssh/authorized_keys",
    )
    assert made.returncode == 0, made.stderr
    options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=yes", "ExitOnForwardFailure=yes")
    command = ["ssh", "-N", "-i", str(folder / "key"), "-L", "127.0.0.1:13300:127.0.0.1:3000"]
    command += [word for option in options for word in ("-o", option)]
    tunnel = subprocess.Popen([*command, f"hamnho@{ADDRESSES['web2']}"], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while lab.run_on_machine_as_root("web2", "pgrep -u hamnho sshd").returncode and time.monotonic() < deadline:
            time.sleep(0.1)
        yield
    finally:
        tunnel.terminate()
        tunnel.wait()


def page() -> int:
    answer = httpx.get(f"http://{ADDRESSES['web1']}{PAGE}", headers={"Host": "antruc.test"}, timeout=10)
    return answer.status_code


def held(ended: Ended) -> dict[str, str]:
    (host,) = (one for one in ended.json["hosts"] if one["host"] == "web2")
    return {change["control"]: change["held"]["en"] if change["held"] else "" for change in host["changes"]}


@dataclass(frozen=True)
class Story:
    """What was said of web2 and done with it, and whether the page of another host's site was served then."""

    why: Mapping[str, str]
    """What holds each change of the plan."""
    careful: Any
    """The host's part of a hardening that accepts nothing of this."""
    page_after_careful: int
    reverted: Any
    """The same of one that gives the other host up by name."""
    page_after_reverted: int


@pytest.fixture(scope="module")
def story(booted: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("others")
    lab.reset_machines_to_pristine_image(("web1", "web2"))
    try:
        for host, script in (("web1", WEB1), ("web2", WEB2)):
            done = lab.run_on_machine_as_root(host, script)
            assert done.returncode == 0, done.stderr.decode()
        assert page() == 200
        state, reach = environment(folder), ("-i", str(inventory(folder)), "--limit", "web2")
        harden = ("harden", *reach, "--yes", "--json", "--output", str(folder / "out"))
        with idle_tunnel(folder):
            why = held(run(state, "plan", *reach, "--json"))
        careful, page_after_careful = of_web2(run(state, *harden)), page()
        given_up = ",".join(f"{control}:web1" for control in (*PORTS, "firewall.ipv6", "firewall.boot"))
        reverted = of_web2(run(state, *harden, "--accept", given_up))
        yield Story(why, careful, page_after_careful, reverted, page())
    finally:
        lab.reset_machines_to_pristine_image(("web1", "web2"))


def of_web2(ended: Ended) -> Any:
    assert ended.code in (0, 1), ended.err
    (entry,) = (one for one in ended.json["hardening"]["hosts"] if one["host"] == "web2")
    return entry


def test_a_certificate_that_would_no_longer_load_holds_its_ciphers(story: Story) -> None:
    said = "Apache would not load its certificate (/etc/ssl/certs/yeu.pem: ee key too small)"
    assert said in story.why["tls.ciphers"]


def test_a_tunnel_that_nothing_goes_through_at_the_moment_is_in_use(story: Story) -> None:
    assert "hamnho (from 10.213.47.1, on through this host, " in story.why["ssh.tcp_forwarding"]


def test_the_inventorys_way_to_a_host_behind_is_in_use(story: Story) -> None:
    assert "the inventory reaches web1 through this host (ProxyCommand)" in story.why["ssh.tcp_forwarding"]


@pytest.mark.parametrize("control", PORTS)
def test_a_database_that_another_hosts_site_asks_holds_what_would_close_it(story: Story, control: str) -> None:
    assert "web1" in story.why[control] and f"--accept {control}:web1" in story.why[control], story.why[control]


def test_a_hardening_leaves_what_others_need(story: Story) -> None:
    assert story.careful["state"] == "confirmed", story.careful
    assert story.page_after_careful == 200


def test_who_gives_another_host_up_has_its_sites_looked_at(story: Story) -> None:
    why = story.reverted["why"]
    assert story.reverted["state"] == "reverted", story.reverted
    assert "on web1: antruc.test: " in why["en"] and PAGE in why["en"], why
    assert story.page_after_reverted == 200
