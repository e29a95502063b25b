"""The host after the role, asked by the host's own tools."""

import re
import ssl
import urllib.request

SETTINGS = "/etc/mysql/mariadb.conf.d/zz-luytre.cnf"


def value(host, name):
    return host.check_output("mariadb -N -B -e 'SELECT @@%s'", name)


def test_runs_and_serves_its_site(host):
    assert host.service("mariadb").is_running
    address = host.backend.get_variables()["ansible_host"]
    request = urllib.request.Request(f"https://{address}/", headers={"Host": "bennua.test"})
    unverified = ssl._create_unverified_context()  # noqa: S323  the lab's certificate there has expired, on purpose
    with urllib.request.urlopen(request, context=unverified, timeout=10) as page:  # noqa: S310
        assert page.status == 200
        assert b"<title>" in page.read()


def test_listens_on_the_host_alone(host):
    listening = host.check_output("ss -Hltn sport = :3306")
    assert re.findall(r"\s(\S+):3306\s", listening) == ["127.0.0.1"]


def test_settings_are_in_force(host):
    assert value(host, "local_infile") == "0"
    assert value(host, "general_log") == "0"
    assert value(host, "have_symlink") == "DISABLED"
    assert value(host, "secure_file_priv") == "/var/lib/mysql-files/"


def test_settings_have_the_last_word_at_the_next_start(host):
    options = host.check_output("my_print_defaults --mysqld").splitlines()
    assert [one for one in options if one.startswith("--bind-address")][-1] == "--bind-address=127.0.0.1"
    assert host.file(SETTINGS).mode == 0o644
    assert host.file(SETTINGS).user == "root"


def test_files_are_closed(host):
    assert host.file("/var/lib/mysql").mode & 0o007 == 0
    assert host.file("/var/lib/mysql-files").mode == 0o750


def test_a_nameless_log_in_is_refused(host):
    done = host.run("runuser -u nobody -- mariadb --user=ai-do -e 'SELECT 1'")
    assert done.rc != 0


def test_the_site_keeps_its_rights_and_no_more(host):
    grants = host.check_output("mariadb -N -B -e \"SHOW GRANTS FOR 'bennua'@'localhost'\"")
    assert re.search(r"GRANT USAGE ON \*\.\* ", grants)
    assert "ON `bennua`.*" in grants
