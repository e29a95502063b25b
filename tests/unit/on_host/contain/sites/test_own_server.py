"""A cookie of an administrator's goes to a server alone that is known to be the site's. Sockets and processes are stand-ins, configurations are read."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.parsers.web_servers import apache_config
from ansible.module_utils.luytre.system import services
from ansible.module_utils.luytre.web import apache
from ansible.module_utils.luytre_contain.sites import own_server
from ansible.module_utils.luytre_shared.os import process_table

SITE, HOME = "antruc.test", "127.0.0.1"
BLOCK = """
    server {
        listen 443 ssl; listen 80;
        server_name antruc.test;
        root %s;
        location / { try_files $uri /index.php; }
        location ~ \\.php$ { fastcgi_pass unix:%s; }
        %s
    }
"""
VHOST = """
<VirtualHost *:443>
    ServerName antruc.test
    DocumentRoot %s
    <FilesMatch "\\.php$">
        SetHandler "proxy:unix:%s|fcgi://localhost"
    </FilesMatch>
    %s
</VirtualHost>
"""


class There:
    """Who listens where, what the configuration holds, and who is behind PHP's socket."""

    def __init__(self, top: Path) -> None:
        self.root, self.socket, self.conf = top / "www", top / "php.sock", top / "conf"
        self.root.mkdir()
        self.listening = [self.at("/usr/sbin/nginx", "0.0.0.0", 443), self.at("/usr/sbin/nginx", "::", 443)]  # noqa: S104
        self.fpm: process_table.ProcessInfo | None = process_table.ProcessInfo(7, 1, 0, program="/usr/sbin/php-fpm8.4")
        self.loose: list[object] = []
        self.beside = ""
        """What stands beside nginx's http block."""

    def at(self, program: str, address: str, port: int, daemon: str | None = "") -> dict[str, Any]:
        name = Path(program).name
        sure = name if daemon == "" else daemon
        one = {"protocol": "tcp", "address": address, "port": port, "program": program, "process": name}
        return {**one, "daemon": sure, "local": services.is_address_reached_by_host_only(address)}

    def nginx(self, more: str = "", outer: str = "", root: Path | None = None, backend: str = "") -> None:
        block = BLOCK % (root or self.root, backend or self.socket, more)
        self.conf.write_text(f"events {{ }}\nhttp {{\n{outer}\n{block}\n}}\n{self.beside}\n")

    def apache(self, more: str = "", outer: str = "", root: Path | None = None) -> None:
        self.listening = [self.at("/usr/sbin/apache2", "*", 443)]
        self.conf.write_text(f"Listen 443\n{outer}\n" + VHOST % (root or self.root, self.socket, more))

    def check(self, address: str = HOME, port: int = 443, path: str = "/") -> None:
        own_server.check_site_is_answered_by_own_server.cache_clear()
        own_server.check_site_is_answered_by_own_server(str(self.root), address, port, SITE, path)


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[There]:
    made = There(tmp_path)
    made.nginx()
    master = process_table.ProcessInfo(5, 1, 0, "nginx: master process /usr/sbin/nginx -g daemon on;")
    for where, name, value in (
        *(
            (services, "list_sockets_with_daemons", lambda _reading: made.listening),
            (own_server, "NGINX_CONF", str(made.conf)),
        ),
        *(
            (process_table, "list_processes_of_program", lambda _program: [master]),
            (services, "is_process_shaped_by_root_alone", lambda one, _: one.uid == 0),
        ),
        *(
            (process_table, "read_process_info", lambda _pid: made.fpm),
            (own_server.nginx_config_files, "find_loose_nginx_files", lambda _config: made.loose),
        ),
        *((apache, "find_loose_apache_files", lambda: made.loose), (apache_config, "MAIN", str(made.conf))),
    ):
        monkeypatch.setattr(where, name, value)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(made.socket))
        listening.listen()
        yield made


def test_a_server_block_with_the_site_s_files_is_its_own(there: There) -> None:
    there.check()
    there.check(path="/blog/")
    there.apache()
    there.check()


@pytest.mark.parametrize(
    "listening",
    [
        [("/usr/sbin/haproxy", HOME, 443, "")],  # TLS ends there
        [("/usr/sbin/nginx", "0.0.0.0", 443, ""), ("/usr/sbin/haproxy", HOME, 443, "")],  # noqa: S104  the nearer one is asked
        [("/home/b/nginx", "0.0.0.0", 443, None)],  # noqa: S104
        [("/opt/nginx/sbin/nginx", "0.0.0.0", 443, "")],  # noqa: S104  with a configuration of its own
        [("/usr/sbin/nginx", "198.51.100.1", 443, "")],
        [],
    ],
)
def test_whoever_else_listens_there_is_not(there: There, listening: list[tuple[str, str, int, str | None]]) -> None:
    there.listening = [there.at(*one) for one in listening]
    with pytest.raises(own_server.Unproven):
        there.check()


@pytest.mark.parametrize(
    ("more", "outer"),
    [
        ("location /x { proxy_pass http://127.0.0.1:3000; }", ""),
        ("if ($http_cookie) { proxy_pass http://127.0.0.1:3000; }", ""),
        ("location /x { mirror /y; }", ""),
        ("", "mirror /y;"),
        ("location /x { content_by_lua_block { } }", ""),
        ("location /x { js_content a.b; }", ""),
        ("location = / { root /var/www/khac; }", ""),
        ("location = /index.php { alias /var/www/khac/index.php; }", ""),
        ("location /x { fastcgi_pass 127.0.0.1:9000; }", ""),
        ("location /x { fastcgi_pass $backend; }", ""),
        ("", "server { listen 127.0.0.1:443 ssl; root /var/www/khac; }"),  # nearer than *:443
        ("", "server { listen localhost:443 ssl; root /var/www/khac; }"),
    ],
)
def test_what_may_hand_a_request_on_is_not(there: There, more: str, outer: str) -> None:
    there.nginx(more, outer)
    with pytest.raises(own_server.Unproven):
        there.check()


def test_where_nginx_hands_on_whole_connections_nobody_is(there: There) -> None:
    there.beside = "stream { server { listen 127.0.0.1:443; proxy_pass 127.0.0.1:8443; } }"
    there.nginx()
    with pytest.raises(own_server.Unproven, match="stream"):
        there.check()


@pytest.mark.parametrize(
    ("more", "outer"),
    [
        ("ProxyPass / http://127.0.0.1:3000/", ""),
        ("<Location /x>\nProxyPass http://127.0.0.1:3000/\n</Location>", ""),
        ("", "ProxyPassMatch ^/x http://127.0.0.1:3000/"),
        ("RewriteEngine On\nRewriteRule ^/x http://127.0.0.1:3000/ [P,L]", ""),
        ('<Files "x">\nSetHandler "proxy:http://127.0.0.1:3000"\n</Files>', ""),
        ("", "<VirtualHost 127.0.0.1:443>\nDocumentRoot /var/www/khac\n</VirtualHost>"),
    ],
)
def test_nor_in_apache(there: There, more: str, outer: str) -> None:
    there.apache(more, outer)
    with pytest.raises(own_server.Unproven):
        there.check()


@pytest.mark.parametrize("server", [There.nginx, There.apache])
def test_other_files_others_configuration_and_others_php_are_not(there: There, tmp_path: Path, server: Any) -> None:
    server(there, root=tmp_path)
    with pytest.raises(own_server.Unproven):
        there.check()
    server(there)
    there.loose = ["/etc/nginx/conf.d/x"]
    with pytest.raises(own_server.Unproven):
        there.check()
    there.loose, there.fpm = [], process_table.ProcessInfo(7, 1, 1001, program="/usr/sbin/php-fpm8.4")
    with pytest.raises(own_server.Unproven):
        there.check()


def test_php_at_a_port_is_root_s_own(there: There) -> None:
    there.nginx()
    there.conf.write_text(there.conf.read_text().replace(f"unix:{there.socket}", "127.0.0.1:9000"))
    fpm, others = (there.at("/usr/sbin/php-fpm8.4", HOME, 9000, one) for one in ("", None))
    there.listening.append(fpm)
    there.check()
    there.listening[-1] = others
    with pytest.raises(own_server.Unproven):
        there.check()
