"""A site whose ``.htaccess`` never ends, beside a good one: it is named, and the good one is judged as ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from auditor import lab
from auditor.fleet import collect
from auditor.inventory import hosts as inventories
from tests.lab.fixtures import INVENTORY

HOST = "web2"
TRAPS = (
    ("quaylui", 'RewriteEngine On\nRewriteRule "' + ".*" * 30 + '!" - [F]'),
    ("cothe", 'RewriteEngine On\nRewriteRule "' + ".?" * 60 + '!" - [F]'),
    ("tentep", '<FilesMatch "' + "(.*)*" * 30 + '!">\nRequire all denied\n</FilesMatch>'),
)
SITE = """
<VirtualHost *:80>
    ServerName {name}.test
    DocumentRoot /var/www/{name}
    <Directory /var/www/{name}>
        AllowOverride All
        Require all granted
    </Directory>
</VirtualHost>
"""


def test_patterns_that_never_end_cost_their_own_site_alone(booted: None) -> None:
    lab.reset_machines_to_pristine_image([HOST])
    script = "set -e\n"
    for name, trap in TRAPS:
        script += f"mkdir /var/www/{name}\ncat >/var/www/{name}/.htaccess <<'HET_TEP'\n{trap}\nHET_TEP\n"
        script += f"cat >/etc/apache2/sites-enabled/{name}.conf <<'HET_TEP'\n{SITE.format(name=name)}\nHET_TEP\n"
        script += f"chown -R www-data /var/www/{name}\n"
    done = lab.run_on_machine_as_root(HOST, ["sh", "-s"], stdin_data=(script + "apache2ctl -t\n").encode())
    assert done.returncode == 0, done.stderr
    hosts = [host for host in inventories.load_inventory(Path(INVENTORY)).hosts if host.name == HOST]
    facts, _ = collect.collect(INVENTORY, hosts)
    apache: Any = facts[HOST].data["apache"]
    assert {one.names[0]: (one.unread.why, one.unread.file) for one in apache.unread_vhosts} == {
        f"{name}.test": ("patterns", f"/var/www/{name}/.htaccess") for name, _ in TRAPS
    }
    good = [one for one in apache.vhosts if "bennua.test" in one.names]
    assert {listen.port for one in good for listen in one.listens} == {80, 443}
    assert all(one.serves_backups for one in good)
