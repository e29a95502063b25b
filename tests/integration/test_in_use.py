"""A messy host, on which much is in use that nobody declared: a hardening with defaults takes nothing away unsaid."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import yaml

from auditor import lab
from tests.lab.fixtures import INVENTORY, Ended

ADDRESS = "10.213.47.11"
PREPARE = """
set -e
# An upload limit that was raised on purpose, from nginx to PHP, and a film that was sent.
sed -i 's/client_max_body_size 64m/client_max_body_size 200m/' /etc/nginx/sites-enabled/antruc.test
printf 'upload_max_filesize = 200M\\npost_max_size = 200M\\n' > /etc/php/8.4/fpm/conf.d/50-lon.ini
truncate -s 150M /var/www/antruc.test/wp-content/uploads/2026/phim.mp4
# A portal that shows the site in a frame.
for number in 1 2 3 4; do
  echo '10.9.8.7 - - [27/Nov/2026:04:00:00 +0000] "GET / HTTP/1.1" 200 5120 "https://cong.tinh.test/" "Mozilla/5.0"'
done >> /var/log/nginx/antruc.test.access.log
# An extension of the office's own that prints.
mkdir -p /var/www/antruc.test/wp-content/plugins/in-an
echo '<?php /* Plugin Name: In */ function in_an($x) { return shell_exec("echo " . (int) $x); }' \\
  > /var/www/antruc.test/wp-content/plugins/in-an/in-an.php
# An editor who brings pages by SFTP.
mkdir -p /var/www/antruc.test/ban-tin
chown quantri:quantri /var/www/antruc.test/ban-tin
echo tin > /var/www/antruc.test/ban-tin/so-1.html
chown quantri:quantri /var/www/antruc.test/ban-tin/so-1.html
# A former site that nobody declared, which calls a program, and an application behind a proxy on a port of its own.
mkdir -p /srv/cu
echo '<?php echo "<title>Cũ</title>", trim(shell_exec("echo con-chay"));' > /srv/cu/index.php
cat > /etc/nginx/sites-enabled/cu <<'END'
server {
    listen 80; server_name cu.antruc.test; root /srv/cu; index index.php;
    location ~ \\.php$ { include snippets/fastcgi-php.conf; fastcgi_pass unix:/run/php/php8.4-fpm.sock; }
}
server { listen 8081; server_name ung-dung.antruc.test; location / { proxy_pass http://127.0.0.1:3000; } }
END
mkdir -p /srv/ung-dung && echo ung-dung > /srv/ung-dung/index.html
systemd-run -q --unit=ung-dung python3 -m http.server -b 127.0.0.1 -d /srv/ung-dung 3000
# A container on a declared port, reached by DNAT alone.
apt-get install -qq nftables >/dev/null
ip netns add hop
ip link add hop0 type veth peer name eth0 netns hop
ip addr add 10.99.0.1/24 dev hop0; ip link set hop0 up
ip -n hop addr add 10.99.0.2/24 dev eth0; ip -n hop link set eth0 up; ip -n hop route add default via 10.99.0.1
systemd-run -q --unit=hop ip netns exec hop python3 -m http.server -d /srv/ung-dung 80
sysctl -q net.ipv4.ip_forward=1
nft add table ip hop
nft 'add chain ip hop pre { type nat hook prerouting priority dstnat; }'
nft 'add rule ip hop pre iifname != hop0 tcp dport 8088 dnat to 10.99.0.2:80'
nginx -t -q && systemctl restart nginx php8.4-fpm
"""

PLUGINS = """
define('WP_ADMIN', true); $_SERVER['HTTP_HOST'] = 'antruc.test'; require 'wp-load.php';
require_once 'wp-admin/includes/file.php'; echo get_filesystem_method(array(), WP_PLUGIN_DIR);
"""
"""By which way WordPress puts a plugin in place."""


def office(folder: Path) -> Path:
    """An inventory of the one host, in which nothing is accepted and one port more is declared."""
    known = yaml.safe_load(Path(INVENTORY, "hosts.yml").read_text("utf-8"))
    known["all"]["vars"].pop("luytre_accept")
    known["all"]["vars"]["luytre_open_ports"] = [8088]
    groups = [known["all"], *known["all"].get("children", {}).values()]
    for group in groups:
        group["hosts"] = {name: own for name, own in (group.get("hosts") or {}).items() if name == "web1"}
        for own in group["hosts"].values():
            (own or {}).pop("luytre_unit", None)
    folder.mkdir()
    (folder / "hosts.yml").write_text(yaml.safe_dump(known, allow_unicode=True), "utf-8")
    return folder


def page(name: str, port: int = 80) -> tuple[int, str]:
    answer = httpx.get(f"http://{ADDRESS}:{port}/", headers={"Host": name}, trust_env=False)
    return answer.status_code, answer.text.strip()


def on_host(script: str) -> str:
    return lab.run_on_machine_as_root("web1", script).stdout.decode().strip()


def way_of_plugins() -> str:
    as_php = "setpriv --reuid=www-data --regid=www-data --init-groups php -r"
    return on_host(f"cd /var/www/antruc.test && {as_php} {shlex.quote(PLUGINS)}")


def everything() -> dict[str, Any]:
    """What people do there, each tried in earnest."""
    with socket.create_connection((ADDRESS, 80), timeout=5) as connection:
        head = f"POST / HTTP/1.1\r\nHost: antruc.test\r\nContent-Length: {150 << 20}\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head.encode())
        large = connection.recv(12).decode()
    return {
        "undeclared": page("cu.antruc.test"),
        "proxy": page("ung-dung.antruc.test", 8081),
        "container": page("x", 8088),
        "frame": httpx.get(f"http://{ADDRESS}/", headers={"Host": "antruc.test"}).headers.get("x-frame-options"),
        "large body refused": " 413" in large,
        "new page": on_host(
            "su - quantri -c 'echo moi > /var/www/antruc.test/ban-tin/so-2.html'; "
            "setpriv --reuid=www-data --regid=www-data --init-groups cat /var/www/antruc.test/ban-tin/so-2.html"
        ),
        "plugin": way_of_plugins(),
    }


def test_what_is_in_use_goes_on_or_is_held_by_name_and_a_name_that_nobody_declared_is_not_lost(
    fresh: Callable[..., None], auditor: Callable[..., Ended], tmp_path: Path
) -> None:
    fresh("web1")
    prepared = lab.run_on_machine_as_root("web1", PREPARE)
    assert prepared.returncode == 0, prepared.stderr.decode()
    inventory, before = str(office(tmp_path / "office")), everything()
    assert before["undeclared"] == (200, "<title>Cũ</title>con-chay")
    arguments = ("harden", "-i", inventory, "--yes", "--json", "--lang", "en", "--output", str(tmp_path / "out"))
    done = auditor(*arguments)
    assert done.code == 0, done.out + done.err
    assert everything() == before
    assert on_host("stat -c %U /var/www/antruc.test/wp-settings.php") == "root"
    (host,) = done.json["plan"]["hosts"]
    held = {change["control"]: change["held"]["en"] for change in host["changes"] if change["held"]}
    for control, said in {
        "nginx.body_limit": "a file of 150 MB was uploaded",
        "nginx.frame": "cong.tinh.test may show the site in a frame",
        "php_fpm.disable_functions": "shell_exec (/var/www/antruc.test: wp-content/plugins/in-an/in-an.php)",
        "accounts.umask": "quantri (2)",
        "kernel.forwarding": "",
        "firewall.default_deny": "8081 (nginx)",
    }.items():
        assert said in held[control]

    # Accepted by name, it takes away what a site needs that nobody declared: that site's name is said, and it is back.
    done = auditor(*arguments, "--accept", "php_fpm.disable_functions")
    assert done.code == 1, done.out + done.err
    (entry,) = done.json["hardening"]["hosts"]
    assert entry["state"] == "reverted"
    assert "http://cu.antruc.test/: status 200 → 500 (not declared)" in entry["why"]["en"]
    assert "php_fpm.disable_functions" in entry["controls"]
    assert everything() == before
