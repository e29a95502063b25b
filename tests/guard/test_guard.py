"""The guard on real hosts, by itself: what a whole hardening does not meet. By hand: ``make test-guard``."""

from __future__ import annotations

from collections.abc import Callable

from auditor import lab
from tests.lab.disk import differences
from tests.lab.guarded import ROOTS, Host


def test_killed_in_the_middle_it_starts_again_and_is_exact(guarded: Callable[[str], Host]) -> None:
    there = guarded("web3")
    there.sh("mkdir /etc/many; for i in $(seq 400); do head -c 20000 /dev/urandom > /etc/many/$i; done")
    there.sh("touch /root/kill.sh; rm /root/kill.sh")
    before = there.disk()
    there.arm("killed", ["/etc/"], seconds=3600)
    there.sh(
        "for f in /etc/many/*; do echo x >> $f; done; for i in $(seq 300); do echo new > /etc/many/new$i; done; rm /etc/many/1*"
    )
    there.sh(
        """
        cat > /root/kill.sh <<'X'
        unit=luytre-revert-killed.service
        systemctl start --no-block $unit
        for i in 1 2 3; do
          while pid=$(systemctl show -p MainPID --value $unit); test "$pid" = 0 ||
            ! grep -q reverting /var/lib/luytre/guard/killed/state.json; do sleep 0.01; done
          sleep 0.0$i; kill -9 $pid && echo killed; sleep 0.2
        done
X
        systemd-run --quiet sh -c 'sh /root/kill.sh > /run/killed 2>&1'
        """
    )
    assert there.outcome("killed")["state"] == "reverted"
    assert "killed" in there.sh("cat /run/killed; rm /root/kill.sh")
    assert set(differences(before, there.disk())) <= {"/root"}


def test_what_a_run_still_has_at_work_is_ended_before_the_host_is_back(guarded: Callable[[str], Host]) -> None:
    """In another control group, as an orphan, as a child that is no Python; and a step that was held up on its way."""
    there = guarded("web3")
    before = there.disk()
    there.arm("late", ["/etc/"], seconds=3600)
    there.sh(AT_WORK)
    there.guard("arm", run="late", seconds=5)
    outcome = there.outcome("late")
    assert (outcome["state"], outcome["differs"]) == ("reverted", {})
    assert outcome["processes_ended"] >= 2
    there.sh("touch /run/go; until systemctl is-failed --quiet held.service; do sleep 0.1; done")
    assert differences(before, there.disk()) == {}


AT_WORK = """
python=/var/lib/luytre/guard/late/python; cp $python /run/held
sed -i '/^exec 9/i touch /run/waiting; until test -e /run/go; do sleep 0.05; done' /run/held
systemd-run --quiet --unit=held sh /run/held -c 'open("/etc/late-held", "w")'
systemd-run --quiet --scope --slice=system.slice $python -c 'import time
while True:
    open("/etc/late-scope", "a").write("x"); time.sleep(0.01)' > /dev/null 2>&1 < /dev/null &
setsid $python -c 'import subprocess, sys; subprocess.Popen(["sh", "-c", sys.argv[1]], start_new_session=True)' \
  'while :; do echo x >> /etc/late-orphan; sleep 0.01; done' > /dev/null 2>&1 < /dev/null
until test -e /run/waiting -a -e /etc/late-scope -a -e /etc/late-orphan; do sleep 0.05; done
"""


def test_a_rollback_that_a_power_cut_meets_is_gone_on_with_at_boot(guarded: Callable[[str], Host]) -> None:
    there = guarded("web3")
    there.sh("mkdir /etc/many; for i in $(seq 1200); do echo $i > /etc/many/$i; done; touch -d 2001-01-01 /etc/many/*")
    before = there.disk()
    there.arm("cut", ["/etc/"], seconds=3600)
    there.sh("for f in /etc/many/*; do echo x >> $f; done; chmod 600 /etc/motd")
    assert there.guard("confirm", run="cut")["state"] == "confirmed"
    there.sh(ROLL_BACK)
    lab.cut_power("web3")
    assert there.outcome("cut", 120, mark="rolling.json")["state"] == "rolled_back"
    changed = differences(before, there.disk())
    assert [path for path in changed if path.startswith(("/etc/many", "/etc/motd", "/usr"))] == []


ROLL_BACK = """
cd /var/lib/luytre/guard/cut
python3 -c 'import json
state = json.load(open("state.json"))
asked = {"run": "cut", "digest": state["digest"], "after": state["after"], "only": None, "number": 1}
json.dump(asked, open("rollback.json", "w"))'
systemd-run --quiet --unit=luytre-rollback python3 -I -B $PWD/guard.pyz rollback cut
until test -e ../rolling.json; do sleep 0.01; done; sleep 0.1
"""


def test_links_below_a_web_root_gain_nothing(guarded: Callable[[str], Host]) -> None:
    there = guarded("web3")
    root = ROOTS["web3"]
    there.sh(
        f"""
        chown -R www-data: {root}; cd {root}; echo '<?php' > wp-config.php; mkdir -p a/b; echo x > a/b/f
        echo y > g; chmod 666 a/b/f; chmod 600 wp-config.php; chown root: wp-config.php; chmod 4755 g
        """
    )
    guarded = "/etc/shadow", "/etc/cron.d", "/etc/sudoers"
    before = there.sh(f"stat -c '%n %a %U %G %Y' {' '.join(guarded)}; sha256sum /etc/shadow")
    there.arm("links", ["/var/www/"], seconds=3600)
    there.sh(
        f"""
        cd {root}; chmod 640 a/b/f wp-config.php; chmod 755 g
        su -s /bin/sh www-data -c '
          rm -f wp-config.php; ln -s /etc/shadow wp-config.php
          mv a a2; ln -s /etc a; mkdir b; ln /etc/hostname hard 2>/dev/null
          cp /bin/sh g2; mv g2 g; chmod 755 g; touch -d 2001-01-01 g'
        """
    )
    outcome = there.guard("revert", run="links")
    assert outcome["state"] == "reverted"
    assert there.sh(f"stat -c '%n %a %U %G %Y' {' '.join(guarded)}; sha256sum /etc/shadow") == before
    said = there.sh(
        f"cd {root}; stat -c '%F %a %U' wp-config.php g; stat -c %F a; find / -xdev -perm -4000 -newermt -1hour"
    )
    assert said.splitlines()[:3] == ["regular file 600 root", "regular file 755 www-data", "symbolic link"], said


def test_rollback_undoes_a_confirmed_run_but_not_what_came_since(guarded: Callable[[str], Host]) -> None:
    there = guarded("web3")
    there.sh(
        "useradd -m -s /bin/bash nguoi-cu; usermod -aG sudo nguoi-cu; mkdir -p /etc/ssh/keys; echo 'ssh-ed25519 AAAA cu' > /etc/ssh/keys/authorized_keys"
    )
    before = there.disk()
    armed = there.arm("later", ["/etc/ssh/", "sysctl:net.ipv4.conf.*.log_martians", "unit:cron.service"])
    values = there.sh("sysctl -a 2>/dev/null | grep log_martians")
    there.sh(
        """
        echo 'LoginGraceTime 30' > /etc/ssh/sshd_config.d/00-luytre.conf; chmod 600 /etc/motd; gpasswd -d nguoi-cu sudo
        : > /etc/ssh/keys/authorized_keys; echo a > /etc/one; systemctl disable --now cron
        for f in /proc/sys/net/ipv4/conf/*/log_martians; do echo 1 > $f; done
        """
    )
    confirmed = there.guard("confirm", run="later")
    there.sh("echo mine > /etc/issue.net; echo changed >> /etc/one")
    issue = there.sh("stat -c '%Y %s' /etc/issue.net")
    drift = there.guard("drift")
    assert drift["failed_task"] is False, drift
    assert {one["path"] for one in drift["paths"]} >= {"/etc/issue.net", "/etc/one"}
    refused = there.guard("rollback", run="later", expect_digest="0" * 64)
    assert refused["failed_task"] and "digest" in refused["msg"]
    seen = there.guard("rollback", run="later", expect_digest=armed["digest"], check=True)
    assert "/etc/motd" in there.sh("find /etc/motd -perm 600")
    done = there.guard("rollback", run="later", expect_digest=armed["digest"], expect_after=confirmed["after"])
    assert done["brings_back"] == seen["brings_back"]
    assert any("nguoi-cu in the group sudo" in one for one in done["brings_back"])
    assert any("authorized_keys" in one for one in done["brings_back"])
    assert [one["path"] for one in done["left"]] == ["/etc/one"]
    assert done["problems"] == []
    assert there.sh("systemctl is-active cron").strip() == "active"
    assert there.sh("sysctl -a 2>/dev/null | grep log_martians") == values
    assert there.sh("stat -c '%Y %s' /etc/issue.net") == issue
    assert set(differences(before, there.disk())) == {"/etc", "/etc/issue.net", "/etc/one"}


def test_accounts_and_settings_of_the_database_come_back(guarded: Callable[[str], Host]) -> None:
    there = guarded("web2")
    look = """
        mariadb -N -e "SELECT CONCAT('SHOW GRANTS FOR ', QUOTE(User), '@', QUOTE(Host), ';') FROM mysql.user WHERE is_role='N'" | mariadb -N
        mariadb -N -e "SELECT * FROM mysql.global_priv ORDER BY Host, User; SELECT * FROM mysql.db ORDER BY Host, Db, User"
        mariadb -N -e "SELECT * FROM mysql.tables_priv; SELECT * FROM mysql.roles_mapping"
        mariadb -N -e "SELECT @@local_infile, @@general_log, @@max_connections, @@log_error_verbosity" 2>/dev/null
        mariadb -N -e "SHOW GLOBAL VARIABLES LIKE 'init_connect'; SHOW GLOBAL VARIABLES LIKE 'local_infile'"
    """
    there.sh(
        """mariadb -e "CREATE USER 'xa''lạ'@'%' IDENTIFIED BY 'mật khẩu'; GRANT ALL ON \\`bennua%\\`.* TO 'xa''lạ'@'%';
        CREATE USER ''@'localhost'; CREATE ROLE cu; GRANT cu TO 'xa''lạ'@'%'; GRANT SELECT (User) ON mysql.db TO 'xa''lạ'@'%';
        SET GLOBAL init_connect='SELECT 1, \\"ở đây\\"'; SET GLOBAL max_connections=99" """
    )
    before = there.sh(look)
    assert "init_connect" in before
    there.arm("data", ["database:mysql", "/var/backups/luytre/", "/etc/mysql/", "unit:mariadb.service"])
    there.sh(
        """mariadb -e "DROP USER ''@'localhost'; RENAME USER 'xa''lạ'@'%' TO 'xa''lạ'@'localhost'; CREATE USER moi@localhost;
        ALTER USER root@localhost IDENTIFIED VIA unix_socket; SET GLOBAL init_connect=''; SET GLOBAL max_connections=50;
        GRANT ALL ON test.* TO moi@localhost; SET GLOBAL local_infile=0; DROP ROLE cu"
        mkdir -p /var/backups/luytre; echo dump > /var/backups/luytre/d.sql
        printf '[mysqld]\\nbind-address=127.0.0.1\\n' > /etc/mysql/mariadb.conf.d/zz-luytre.cnf; systemctl restart mariadb"""
    )
    assert sorted(there.sh(look).splitlines()) != sorted(before.splitlines())
    outcome = there.guard("revert", run="data")
    assert outcome["problems"] == []
    assert outcome["database"] is True
    assert sorted(there.sh(look).splitlines()) == sorted(before.splitlines())
    assert "No such file" in there.sh("ls /var/backups/luytre")
    assert "Access denied" not in there.sh("mariadb -e 'SELECT 1'")


def test_a_package_that_made_room_for_another_comes_back(guarded: Callable[[str], Host]) -> None:
    there = guarded("web3")
    there.sh("apt-get -qq install -y systemd-timesyncd")
    before = there.disk()
    there.arm("swap", ["package:chrony", "unit:chrony.service", "unit:systemd-timesyncd.service"], seconds=600)
    assert "rc  systemd-timesyncd" in there.sh("apt-get -qq install -y chrony; dpkg -l systemd-timesyncd")
    outcome = there.guard("revert", run="swap")
    assert (outcome["packages"]["reinstalled"], outcome["problems"]) == (["systemd-timesyncd"], [])
    made_anew = {"/var/cache/apt/pkgcache.bin", "/var/lib/dpkg/info/systemd-timesyncd.list"}
    assert set(differences(before, there.disk())) <= made_anew


def test_a_package_that_a_file_still_names_stays(guarded: Callable[[str], Host]) -> None:
    there = guarded("web3")
    there.sh("useradd -m nguoi-dan; echo 'nguoi-dan:Tre-xanh-2026-lang' | chpasswd")
    touches = [
        "package:libpam-pwquality",
        "package:acl",
        "/etc/pam.d/",
        "/var/lib/pam/",
        "/etc/security/pwquality.conf",
    ]
    there.arm("earlier", ["/etc/motd", "package:acl"], seconds=600)
    there.sh("echo 'Lũy Tre' > /etc/motd")
    there.guard("confirm", run="earlier")
    there.arm("pam", touches, seconds=600)
    there.sh("apt-get -qq install -y libpam-pwquality acl")
    assert "pam_pwquality" in there.sh("cat /etc/pam.d/common-password")
    there.guard("confirm", run="pam")
    there.sh("sed -i 's/pam_unix.so obscure/pam_unix.so minlen=9/' /etc/pam.d/common-password")
    undone = there.guard("rollback", run="pam")
    told = {one["path"].partition(":")[0]: one["reason"] for one in undone["left"]}
    assert "/etc/pam.d/common-password names its" in told["package libpam-pwquality"], undone["left"]
    assert "depends on it" in told["package libpwquality1"], told
    assert "acl" in undone["packages"]["purged"], undone["packages"]
    typed = "printf 'Tre-xanh-2026-lang\\nMang-non-2027-dinh\\nMang-non-2027-dinh\\n' | runuser -u nguoi-dan -- passwd"
    assert "updated successfully" in there.sh(typed)
    again = there.guard("rollback", run="pam", check=True)
    assert again["packages"]["installed"] == [], "acl is gone, the others stay"
    assert there.guard("rollback", run="earlier")["problems"] == [], "a later run's package that stays is not a problem"
