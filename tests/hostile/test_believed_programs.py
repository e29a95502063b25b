"""Hosts on which lesser users laid traps for whatever root believes: one audit, and none of them springs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auditor import lab
from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.facts import HostFacts
from auditor.fleet import collect
from auditor.inventory import hosts as inventories
from auditor.models import Finding, Status
from tests.lab.fixtures import INVENTORY

HOSTS = ("web1", "web2", "web3")
FALSE_LISTENER = r"""
import os, socket, sys
port, name = int(sys.argv[1]), sys.argv[2]
server = socket.create_server(("0.0.0.0", port))
open("/proc/self/comm", "w").write(name)
open("/tmp/nghe-%d" % port, "w").close()
server.accept()
"""
WEB1 = r"""
# nginx writes a log in a site's own folder, where the site put a link in its place.
install -d -o www-data /var/www/antruc.test/nhat-ky
sed -i '0,/server_name/s##access_log /var/www/antruc.test/nhat-ky/access.log;\nserver_name#' /etc/nginx/sites-enabled/antruc.test*
runuser -u www-data -- ln -s /etc/dau-vet-nhat-ky /var/www/antruc.test/nhat-ky/access.log

# PHP's folder of drop-ins is the site's: what it puts there is loaded by whoever starts PHP.
chown www-data /etc/php/8.4/fpm/conf.d
runuser -u www-data -- sh -c 'echo "opcache.preload=/var/www/antruc.test/truoc.php
opcache.preload_user=root" >/etc/php/8.4/fpm/conf.d/99-truoc.ini
echo "<?php touch(\"/etc/dau-vet-thu-muc-php\");" >/var/www/antruc.test/truoc.php'

# MariaDB's client writes what it is told to a file of the option file's choice.
install -o kegian /dev/null /etc/mysql/conf.d/zz.cnf
runuser -u kegian -- sh -c 'printf "[client]\ntee=/etc/dau-vet-mariadb\nplugin-dir=/home/kegian\n" >/etc/mysql/conf.d/zz.cnf'

# sshd's configuration.
install -o kegian /dev/null /etc/ssh/sshd_config.d/zz.conf
"""
WEB2 = r"""
# Apache's variables are a script that root's shell runs.
chown www-data /etc/apache2/envvars
runuser -u www-data -- sh -c 'echo "touch /etc/dau-vet-apache" >>/etc/apache2/envvars'

# PHP's own settings are root's, the script that they have it run beforehand is not.
printf 'zend_extension=opcache\nopcache.enable=1\nopcache.preload=/var/www/bennua.test/truoc.php\nopcache.preload_user=root\nerror_log=/var/www/bennua.test/loi.log\n' >/etc/php/8.2/fpm/conf.d/99-truoc.ini
ln -sfn /etc/dau-vet-php-loi /var/www/bennua.test/loi.log
echo '<?php touch("/etc/dau-vet-php");' >/var/www/bennua.test/truoc.php
chown -h www-data /var/www/bennua.test/truoc.php /var/www/bennua.test/loi.log

# sudo's and apt's rules.
install -o kegian /dev/null /etc/sudoers.d/kegian
install -o kegian /dev/null /etc/apt/apt.conf.d/99kegian
runuser -u kegian -- sh -c 'echo "#include \"/etc/dau-vet\"; Dir::Bin::lz4 \"/home/kegian/lz4\";" >/etc/apt/apt.conf.d/99kegian'
"""
WEB3 = r"""
# What calls itself root's nginx: a copy, and the installed one under an account that has it read its own file.
cat >/home/kegian/x.conf <<'HET'
error_log /etc/dau-vet-ten;
pid /etc/dau-vet-ten-pid;
events {}
HET
cat >/home/kegian/that.conf <<'HET'
error_log /home/kegian/nhat-ky;
pid /home/kegian/pid;
events {}
http { client_body_temp_path /home/kegian/a; proxy_temp_path /home/kegian/b; fastcgi_temp_path /home/kegian/c;
  uwsgi_temp_path /home/kegian/d; scgi_temp_path /home/kegian/e; access_log off; server { listen 8081; } }
HET
cp /usr/bin/sleep /home/kegian/nginx
cp /usr/bin/sleep '/home/kegian/nginx (deleted)'
cp "$(readlink -f /usr/bin/python3)" /home/kegian/sshd
cat >/home/kegian/nghe.py <<'HET'
LISTENER
HET
chown -R kegian /home/kegian
start() { runuser -u "$1" -- bash -c "exec -a '$2' $3" </dev/null >/dev/null 2>&1 & }
start www-data 'nginx: master process nginx -c /home/kegian/x.conf' '/home/kegian/nginx 600'
start kegian 'nginx: master process nginx -c /home/kegian/x.conf' '"/home/kegian/nginx (deleted)" 600'
start kegian 'nginx: worker process' '/home/kegian/nginx 600'
start kegian nginx '/usr/sbin/nginx -c /home/kegian/that.conf -g "daemon off;"'
start kegian nginx 'unshare -Urm /home/kegian/nginx 600'

# What listens and calls itself sshd: a copy of Python, one whose name claims root's own, and the installed one.
sshd=$(pgrep -o -x sshd)
start www-data sshd '/home/kegian/sshd /home/kegian/nghe.py 2221 sshd'
start www-data sshd "/home/kegian/sshd /home/kegian/nghe.py 2222 \\\",pid=$sshd,fd=6\\)"
runuser -u kegian -- ssh-keygen -q -t ed25519 -N '' -f /home/kegian/khoa
start kegian /usr/sbin/sshd '/usr/sbin/sshd -D -f /dev/null -h /home/kegian/khoa -p 2223 -o PidFile=none'
for port in 2221 2222; do until test -e /tmp/nghe-$port; do sleep 0.05; done; done
until ss -Hltn | grep -q ':2223 ' && ss -Hltn | grep -q ':8081 '; do sleep 0.05; done
ln -sfn /etc/dau-vet-nginx-that /home/kegian/nhat-ky

# Entries in the journal of an account that never logged in.
for name in bonam nguoithat; do useradd -m $name; echo $name:x-1-y-2-z | chpasswd; chage -d 2020-01-01 $name; done
su nguoithat -c true
su kegian -s /bin/sh <<'HET'
logger -t sshd 'Accepted publickey for bonam from 192.0.2.1 port 5 ssh2: ED25519 SHA256:x'
logger -t su 'pam_unix(su:session): session opened for user bonam(uid=1002) by (uid=0)'
echo 'Accepted publickey for bonam from 192.0.2.1 port 5 ssh2' | systemd-cat -t sshd
printf 'MESSAGE_ID=8d45620c1a4348dbb17410da57c60c66\nUSER_ID=bonam\nMESSAGE=New session 3 of user bonam.\n_UID=0\n' | logger --journald
sudo -n echo 'pam_unix(su:session): session opened for user bonam(uid=1002)'
true
HET
journalctl --sync
"""


@dataclass(frozen=True)
class Audited:
    """What one audit of the three hosts told, and what it left on them."""

    facts: Mapping[str, HostFacts]
    findings: Mapping[tuple[str, str], Finding]
    marks: Mapping[str, str]

    def area(self, host: str, name: str) -> Any:
        return self.facts[host].data[name]

    def reason(self, host: str, control: str) -> str:
        """Why a control was not evaluated."""
        finding = self.findings[host, control]
        assert finding.status is Status.NOT_EVALUATED, finding
        assert finding.reason is not None
        assert "bằng quyền root" in finding.reason.vi
        return finding.reason.en


def _run(host: str, script: str) -> str:
    done = lab.run_on_machine_as_root(host, ["bash", "-s"], stdin_data=script.encode())
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def audited(booted: None) -> Audited:
    lab.reset_machines_to_pristine_image(HOSTS)
    user = "set -e\nuseradd --create-home --shell /bin/sh kegian\nchmod 755 /home/kegian\n"
    for host, script in zip(HOSTS, (WEB1, WEB2, WEB3.replace("LISTENER", FALSE_LISTENER)), strict=True):
        _run(host, user + script)
    known = [host for host in inventories.load_inventory(Path(INVENTORY)).hosts if host.name in HOSTS]
    facts, _ = collect.collect(INVENTORY, known)
    catalogue = controls.load_catalogue()
    return Audited(
        facts=facts,
        findings={
            (finding.subject.id, finding.control): finding
            for host in known
            for finding in evaluate_host(catalogue, host, facts[host.name])
        },
        marks={host: _run(host, "ls -d /etc/dau-vet* 2>/dev/null || true") for host in HOSTS},
    )


def test_no_trap_springs(audited: Audited) -> None:
    assert audited.marks == dict.fromkeys(HOSTS, "")


def test_a_false_nginx_changes_nothing_about_the_true_one(audited: Audited) -> None:
    nginx = audited.area("web3", "nginx")
    assert nginx.config_ok is True
    assert nginx.untold == {}
    assert nginx.worker_users == ["www-data"]
    assert len(nginx.vhosts) >= 2


def test_a_log_in_a_sites_own_folder_keeps_root_from_the_test_and_nothing_else(audited: Audited) -> None:
    nginx = audited.area("web1", "nginx")
    assert nginx.vhosts
    said = audited.reason("web1", "nginx.config_valid")
    assert said == "nginx was not run as root, for /var/www/antruc.test can be changed by user www-data"
    assert audited.findings["web1", "nginx.file_modes"].status is Status.PASS


def test_a_false_sshd_opens_no_port(audited: Audited) -> None:
    assert audited.area("web3", "firewall").ssh.ports == [22]
    listeners = {one.port: one for one in audited.area("web3", "services").listeners if one.protocol == "tcp"}
    assert {port: listeners[port].service for port in (22, 80, 2221, 2222, 2223, 8081)} == {
        22: "ssh",
        80: "web",
        **dict.fromkeys((2221, 2222, 2223, 8081)),
    }
    undeclared = audited.findings["web3", "services.undeclared_listeners"].violations
    assert {2221, 2222, 2223, 8081} <= {one["port"] for one in undeclared}


def test_what_others_write_into_the_journal_proves_no_login(audited: Audited) -> None:
    users = {user.name: user for user in audited.area("web3", "accounts").users}
    assert users["bonam"].last_seen == 0
    assert users["nguoithat"].last_seen > 0


def test_php_is_not_started_from_a_folder_of_the_sites(audited: Audited) -> None:
    said = audited.reason("web1", "php_fpm.expose")
    assert said.endswith("was not run as root, for /etc/php/8.4/fpm/conf.d can be changed by user www-data")


def test_php_tells_its_settings_without_running_what_they_would_run_first(audited: Audited) -> None:
    assert audited.area("web2", "php_fpm").pools


def test_apache_is_read_where_its_variables_are_not_run(audited: Audited) -> None:
    apache = audited.area("web2", "apache")
    assert apache.user == "www-data"
    assert apache.vhosts
    assert not apache.not_understood
    said = audited.reason("web2", "apache.config_valid")
    assert said == "apache2ctl was not run as root, for /etc/apache2/envvars can be changed by user www-data"
    loose = audited.findings["web2", "apache.file_modes"]
    assert loose.status is Status.FAIL
    assert "/etc/apache2/envvars" in [one["path"] for one in loose.violations]


@pytest.mark.parametrize(
    ("host", "control", "file"),
    [
        ("web1", "mariadb.local_infile", "/etc/mysql/conf.d/zz.cnf"),
        ("web1", "mariadb.anonymous_user", "/etc/mysql/conf.d/zz.cnf"),
        ("web1", "ssh.root_login", "/etc/ssh/sshd_config.d/zz.conf"),
        ("web1", "firewall.default_deny", "/etc/ssh/sshd_config.d/zz.conf"),
        ("web2", "sudo.nopasswd", "/etc/sudoers.d/kegian"),
        ("web2", "updates.security_pending", "/etc/apt/apt.conf.d/99kegian"),
    ],
)
def test_what_a_program_would_believe_is_named_with_whoever_can_change_it(
    audited: Audited, host: str, control: str, file: str
) -> None:
    assert audited.reason(host, control).endswith(f"was not run as root, for {file} can be changed by user kegian")


def test_loose_files_are_still_found_where_the_program_was_not_asked(audited: Audited) -> None:
    for host, control, file in (
        ("web1", "mariadb.file_modes", "/etc/mysql/conf.d/zz.cnf"),
        ("web2", "sudo.file_modes", "/etc/sudoers.d/kegian"),
    ):
        finding = audited.findings[host, control]
        assert finding.status in (Status.FAIL, Status.PARTIAL)
        assert file in [one["path"] for one in finding.violations]
