"""What is at stake when root runs a program: everything that it includes, loads and writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.module_utils.luytre.parsers.web_servers import apache_config
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import load_nginx_config
from ansible.module_utils.luytre.web import apache
from ansible.module_utils.luytre.web_servers import nginx_trusted_inputs, php_trusted_inputs
from ansible.module_utils.luytre.web_servers.apache import apache_config_test
from ansible.module_utils.luytre_shared.os import trusted_inputs

Write = Callable[[dict[str, str]], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Put files, by name, into a folder; gives its path. ``@`` in a text is that folder."""

    def put(files: dict[str, str]) -> str:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("@", str(tmp_path)))
        return str(tmp_path)

    return put


def test_the_folders_of_a_pattern_count_for_a_new_file_in_them_would_be_found(write: Write) -> None:
    top = write({"a/x.conf": "", "b/y.txt": ""})
    assert trusted_inputs.list_folders_searched_by_pattern("/etc/nginx/nginx.conf") == {"/etc/nginx/nginx.conf"}
    assert trusted_inputs.list_folders_searched_by_pattern(top + "/*.conf") == {top}
    assert trusted_inputs.list_folders_searched_by_pattern(top + "/*/*.conf") == {top, top + "/a", top + "/b"}


@pytest.mark.parametrize(
    ("includes", "line"),
    [
        (trusted_inputs.list_includes_in_nft_file, 'include "@/more/*.x"'),
        (trusted_inputs.list_includes_in_apt_file, '#include "@/more/1.x";'),
        (trusted_inputs.list_includes_in_sudoers_file, "@includedir @/more"),
        (trusted_inputs.list_includes_in_sudoers_file, "#includedir @/more"),
        (trusted_inputs.list_includes_in_sudoers_file, "@include @/more/1.x"),
        (trusted_inputs.list_includes_in_mariadb_file, "!includedir @/more/"),
        (trusted_inputs.list_includes_in_mariadb_file, "!include @/more/1.cnf"),
        (php_trusted_inputs.list_fpm_include_patterns, "include=@/more/*.x"),
    ],
)
def test_each_languages_includes_are_followed(write: Write, includes: Callable[[str], list[str]], line: str) -> None:
    line = line.replace("@include", "\0include")
    top = write({"main": "", "more/1.x": "", "more/1.cnf": ""})
    Path(top, "main").write_text(line.replace("@", top).replace("\0", "@") + "\n")
    found = {path.rstrip("/") for path in trusted_inputs.list_file_with_its_includes(top + "/main", includes)}
    assert top + "/main" in found
    assert {top + "/more/1.x", top + "/more/1.cnf"} & found


def test_files_that_include_each_other_end(write: Write) -> None:
    top = write({"main": 'include "@/main"\ninclude "@/other"\n', "other": 'include "@/main"\n'})
    assert sorted(
        trusted_inputs.list_file_with_its_includes(top + "/main", trusted_inputs.list_includes_in_nft_file)
    ) == [
        top + "/main",
        top + "/other",
    ]


def test_a_clients_plugins_are_code() -> None:
    assert trusted_inputs.list_includes_in_mariadb_file(
        "[client]\nplugin-dir = /home/an/lib\nplugin_dir='/srv/x'\n"
    ) == [
        "/home/an/lib",
        "/srv/x",
    ]


def test_what_nginx_loads_and_writes(write: Write) -> None:
    text = """
        load_module modules/x.so; load_module /srv/y.so;
        error_log logs/e.log; pid /srv/run/nginx.pid;
        events {}
        http {
          include @/sites/*.conf;
          js_import /srv/js/a.js; lua_package_path "/srv/lua/?.lua;;"; ssl_certificate /srv/tls/a.pem;
          proxy_cache_path /srv/cache levels=1:2; client_body_temp_path /srv/body 1 2;
          access_log off; auth_basic_user_file /srv/htpasswd;
          server { access_log /srv/www/log/a.log main; access_log syslog:server=unix:/dev/log; root /srv/www;
                   location / { access_log /srv/$host/b.log; alias /srv/alias; } }
        }
    """
    top = write({"nginx.conf": text, "sites/a.conf": ""})
    read, written = nginx_trusted_inputs.list_nginx_test_paths(
        load_nginx_config(top + "/nginx.conf", lambda path: Path(path).read_text())
    )
    assert {top + "/nginx.conf", top + "/sites", top + "/sites/a.conf"} <= set(read)
    assert {"/usr/share/nginx/modules/x.so", "/srv/y.so", "/srv/js/a.js", "/srv/lua"} <= set(read)
    assert {"/usr/share/nginx/logs/e.log", "/srv/run/nginx.pid", "/srv/cache", "/srv/body", "/srv/www/log/a.log"} <= {
        *written
    }
    harmless = ("/srv/tls", "/srv/htpasswd", "/srv/www", "/srv/alias", "/srv/$host/b.log", "/dev/log")
    assert not {*harmless} & {*read, *written}


def test_what_php_loads_and_writes(write: Write) -> None:
    ini = "; extension=/no\nextension=curl\nzend_extension = /srv/lib/x.so\nextension_dir=/srv/ext\n"
    logs = 'error_log=/srv/www/e.log\nopcache.preload=/srv/www/p.php\nxdebug.log = "/srv/www/x.log"\nmemory_limit=1G\n'
    assert php_trusted_inputs.list_php_ini_paths(ini + logs) == (["/srv/lib/x.so", "/srv/ext"], ["/srv/www/x.log"])
    pools = "error_log = log/fpm.log\n[an]\nslowlog = /srv/$pool/slow.log\naccess.log=/srv/a.log\nuser = an\n"
    assert php_trusted_inputs.list_fpm_log_files(pools) == ["/var/log/fpm.log", "/srv/an/slow.log", "/srv/a.log"]


def test_what_apache_loads_and_its_variables(write: Write) -> None:
    top = write({"main": "LoadModule x_module /srv/x.so\nIncludeOptional @/more/*.conf\n", "more/a.conf": ""})
    configuration = apache_config.ApacheConfiguration(top, {}).read(top + "/main")
    assert {"/srv/x.so", top + "/more", top + "/more/a.conf", apache.ENVVARS} <= set(
        apache_config_test.list_apache_test_paths(configuration)
    )
    text = "if [ x ] ; then\n SUFFIX=-x\nfi\nexport APACHE_RUN_USER=www-data\nexport APACHE_LOG_DIR=/var/log/apache2$SUFFIX\n"
    text += "APACHE_RUN_DIR='/run/a' APACHE_PID_FILE=${APACHE_RUN_DIR}/pid; # APACHE_X=1\ntouch /srv/x\n"
    assert apache.parse_apache_envvars(text) == {
        "APACHE_RUN_USER": "www-data",
        "APACHE_LOG_DIR": "/var/log/apache2",
        "APACHE_RUN_DIR": "/run/a",
        "APACHE_PID_FILE": "/run/a/pid",
        "APACHE_X": "1",
    }
