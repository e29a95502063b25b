"""What one audit says of two hosts where somebody left what strangers reach, beside what a release has by itself.

Each by what is named, whichever control does it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from auditor import lab
from tests.lab.fixtures import INVENTORY, environment, findings, run

RELEASE = """
import os
guard = "<?php\\n\\n/**\\n * NukeViet\\n */\\n\\nif (!defined('NV_MAINFILE')) {\\n    exit('Stop!!!');\\n}\\n\\n"
ranges = ",".join("%d=>array(%d,'VN')" % (first, first + 255) for first in range(3000000000, 3005120000, 256))
files = {
    "cms/includes/mainfile.php": "<?php",
    "cms/config.php": guard + "$db_config['dbpass'] = 'bi mat 123';\\n",
    "cms/data/config/config_global.php": guard + "$global_config['version'] = '4.5.06';\\n",
    "cms/data/ip/185.php": "<?php\\n\\n$ranges=array(" + ranges + ");\\n",
    "cms/data/config/config_ini.https.bennua.test.php": guard + "ini_set('user_agent', 'NV4');\\n$iniSaveTime = 1764490000;\\n",
    "cms/install/default.htaccess.txt": "RewriteEngine On\\n",
    "cms/cai-dat-cu/index.php": "<?php",
    "cms/cai-dat-cu/action_mysql.php": "<?php",
    "cms/cai-dat-cu/data.php": "<?php",
    "bo/administrator/manifests/files/joomla.xml": "<extension><version>5.1.2</version></extension>",
    "bo/configuration.php": "<?php class JConfig { public $password = 'bi mat 123'; }",
    "bo/installation/controller/install/database_backup.php": "<?php\\ndefined('_JEXEC') or die;\\nclass Backup {}\\n",
}
for name, content in files.items():
    path = os.path.join("/var/www/bennua.test", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(content)
"""
OWN = ("cms/data/ip/", "config_ini.", "default.htaccess.txt", "database_backup.php")
"""What NukeViet and Joomla have by themselves."""
WEB2 = f"""set -e
python3 - <<'END'
{RELEASE}END
sed -i '0,/^declare(strict_types=1);/s//&\\nheader("Access-Control-Allow-Origin: " . ($_SERVER["HTTP_ORIGIN"] ?? "*"));\\nheader("Access-Control-Allow-Credentials: true");/' /var/www/bennua.test/index.php
mkdir -p /srv/ung-dung && echo '<?php echo 1;' > /srv/ung-dung/index.php
systemd-run -q --unit ung-dung php -S 127.0.0.1:3998 -t /srv/ung-dung
until ss -Hltn 'sport = :3998' | grep -q .; do sleep 0.1; done"""
WEB3 = """set -e
# nginx as a panel has it: its program and its configuration below /www/server.
server=/www/server/nginx
mkdir -p $server/sbin $server/conf
cp "$(readlink -f /usr/sbin/nginx)" $server/sbin/nginx
cp -a /etc/nginx/. $server/conf/
for one in $server/conf/sites-enabled/*; do cp --remove-destination "$(readlink -f "$one")" "$one.own" && mv "$one.own" "$one"; done
grep -rlI /etc/nginx $server/conf | xargs -r sed -i "s#/etc/nginx#$server/conf#g"
systemctl disable -q --now nginx
mv /etc/nginx /root/nginx
$server/sbin/nginx -t -q -c $server/conf/nginx.conf
systemd-run -q --unit panel -p Type=forking $server/sbin/nginx -c $server/conf/nginx.conf
echo 'INSERT INTO x VALUES (1);' > /var/www/dongvau.test/dongvau_2026.sql"""

LENDS = """cp /usr/bin/id /var/tmp/thu && chmod 4755 /var/tmp/thu
setpriv --reuid=33 --regid=33 --clear-groups /var/tmp/thu -u"""


@pytest.fixture(scope="module")
def named(booted: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, Any]]]:
    """The findings."""
    folder = tmp_path_factory.mktemp("named")
    lab.reset_machines_to_pristine_image(("web2", "web3"))
    try:
        for host, script in (("web2", WEB2), ("web3", WEB3)):
            done = lab.run_on_machine_as_root(host, script)
            assert done.returncode == 0, done.stderr.decode()
        arguments = ("-i", INVENTORY, "--limit", "web2,web3", "--output", str(folder / "out"))
        audited = run(environment(folder), "audit", *arguments)
        assert audited.code in (1, 3), audited.err
        yield findings(folder / "out")
    finally:
        lab.reset_machines_to_pristine_image(("web2", "web3"))


def naming(found: list[dict[str, Any]], what: str, subject: str = "") -> set[str]:
    """The controls that are not met and name it."""
    return {
        one["control"]
        for one in found
        if one["status"] in ("fail", "partial") and subject in ("", one["subject"]["id"]) and what in json.dumps(one)
    }


@pytest.mark.parametrize("what", OWN)
def test_what_a_release_has_by_itself_is_named_by_none(named: list[dict[str, Any]], what: str) -> None:
    assert naming(named, what) == set()


@pytest.mark.parametrize(
    ("what", "subject"),
    [
        ("cms/cai-dat-cu", "bennua.test"),
        ("bo/installation", "bennua.test"),
        ("ung-dung", "web2"),
        ("dongvau_2026.sql", "dongvau.test"),
    ],
)
def test_what_somebody_left_is_named(named: list[dict[str, Any]], what: str, subject: str) -> None:
    assert naming(named, what, subject)


def test_an_application_that_lends_its_visitors_logins_to_any_site_is_named(named: list[dict[str, Any]]) -> None:
    told = {one["control"]: one["status"] for one in named if one["subject"]["id"] in ("bennua.test", "web2")}
    assert told["web.cors_credentials"] == "fail"


def test_a_folder_for_temporary_files_where_programs_lend_their_rights_is_named(named: list[dict[str, Any]]) -> None:
    assert lab.run_on_machine_as_root("web2", LENDS).stdout == b"0\n", "started by the web server's account"
    assert "filesystem.tmp_options" in naming(named, '"path": "/var/tmp"', "web2")


def test_the_sites_of_a_panels_server_are_read(named: list[dict[str, Any]]) -> None:
    read = {one["status"]: one["control"] for one in named if one["subject"]["id"] in ("dongvau.test", "gotre.test")}
    assert "not_evaluated" not in read, read
