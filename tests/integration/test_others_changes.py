"""A run that goes back while an admin works on the host: what is theirs stays and is named, what is the run's goes."""

from __future__ import annotations

from collections.abc import Callable

from tests.lab import adhoc
from tests.lab.disk import differences
from tests.lab.guarded import WITH_OURS, Host

HOST = "web2"
SITE = "printf '<VirtualHost *:80>\\nServerName moi.test\\nDocumentRoot /var/www/moi\\n</VirtualHost>\\n'"
ADMIN = f"""
useradd -m -s /bin/bash nguoi-moi; echo 'nguoi-moi:Tre-xanh-2026-lang' | chpasswd; usermod -aG sudo nguoi-moi
mkdir -p /var/www/moi; {SITE} > /etc/apache2/sites-available/moi.test.conf; a2ensite -q moi.test; systemctl reload apache2
echo '5 4 * * * root true' > /etc/cron.d/sao-luu; echo '192.0.2.5 kho.test' >> /etc/hosts
mkdir -p /etc/ssl/moi; openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=moi.test -keyout /etc/ssl/moi/key.pem -out /etc/ssl/moi/cert.pem
echo 'ServerTokens Full' >> /etc/apache2/conf-available/charset.conf
mariadb -e "CREATE USER moi@localhost IDENTIFIED BY 'x'; GRANT SELECT ON mysql.* TO moi@localhost"
"""
CHANGED = "/etc/apache2/conf-available/charset.conf"
PACKAGE = """
d=$(mktemp -d); mkdir $d/DEBIAN $d/etc; echo x > $d/etc/nguoi-moi.conf; chmod -R go=rX $d
printf 'Package: nguoi-moi\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@x>\\nDescription: x\\n' > $d/DEBIAN/control
dpkg-deb -b --root-owner-group $d /tmp/x.deb && dpkg -i /tmp/x.deb
"""


def step(interpreter: str, module: str, **arguments: object) -> None:
    """A step of the run, by the run's own Python."""
    done = adhoc.run(HOST, module, arguments, "-e", f"ansible_python_interpreter={interpreter}", **WITH_OURS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_others_change_during_a_run_that_goes_back_is_left_and_named(fresh: Callable[..., None]) -> None:
    fresh(HOST)
    there = Host(HOST)
    there.sh("systemctl stop '*.timer'; systemctl stop unattended-upgrades; mariadb -e \"CREATE USER cu@'%'\"")
    before = there.disk()
    touches = ["package:chrony", "unit:chrony.service", "/etc/apache2/", "database:mysql", "/etc/ssh/sshd_config.d/"]
    python = there.arm("with-others", touches, seconds=900)["interpreter"]
    ours = "/etc/apache2/conf-enabled/zz-luytre.conf"
    step(python, "ansible.builtin.copy", content="# ours\n", dest=ours)
    there.sh(ADMIN + PACKAGE)
    step(python, "ansible.builtin.apt", name="chrony", state="present")
    there.sh("mariadb -e \"RENAME USER cu@'%' TO cu@localhost\"")
    step(python, "ansible.builtin.lineinfile", path="/etc/apache2/apache2.conf", line="# ours, too")
    there.sh(f"echo '# theirs' >> {ours}; echo 'DenyUsers nobody' > /etc/ssh/sshd_config.d/z.conf")
    assert "_chrony" in there.sh("cat /etc/passwd")

    outcome = there.guard("revert", run="with-others")
    assert (outcome["state"], outcome["problems"], outcome["not_back"]) == ("reverted", [], {}), outcome
    accounts = there.sh("id nguoi-moi; getent shadow nguoi-moi; getent group sudo nguoi-moi; cat /etc/passwd")
    assert "sudo" in accounts and "nguoi-moi:$" in accounts and "_chrony" not in accounts, accounts
    assert "moi.test" in there.sh("apache2ctl -S") and "localhost" in there.sh(
        "mariadb -Ne 'SELECT host FROM mysql.user WHERE user=\"moi\"'"
    )
    assert "%" in there.sh("mariadb -Ne 'SELECT host FROM mysql.user WHERE user=\"cu\"'")
    assert "kho.test" in there.sh("cat /etc/hosts")
    assert "install ok installed" in there.sh("dpkg -s nguoi-moi && cat /etc/nguoi-moi.conf")
    left = {one["path"] for one in outcome["left"]}
    theirs = {"/etc/apache2/sites-available/moi.test.conf", "/etc/cron.d/sao-luu", "/etc/ssl/moi", "/etc/hosts"}
    assert theirs | {"/etc/passwd", "/etc/shadow", "MariaDB's account moi", "package nguoi-moi"} <= left, outcome[
        "left"
    ]
    assert {CHANGED, ours, "/etc/ssh/sshd_config.d/z.conf"} == set(outcome["aside"]), outcome["aside"]
    assert "ServerTokens" in there.sh(f"cat {outcome['aside'][CHANGED]}")
    told = {path for path in differences(before, there.disk()) if path.startswith("/etc/") and not path.endswith("-")}
    accounts = {f"/etc/{name}" for name in ("passwd", "shadow", "group", "gshadow", "subuid", "subgid", ".pwd.lock")}
    allowed = (
        theirs
        | accounts
        | {"/etc/nguoi-moi.conf", "/etc/ssl/moi/key.pem", "/etc/ssl/moi/cert.pem", "/etc/ssl", "/etc/cron.d"}
    )
    allowed |= {f"/etc/apache2/sites-{name}" for name in ("available", "enabled", "enabled/moi.test.conf")}
    assert told <= allowed, told - allowed
