"""What an incident contains or eradicates on a lab host: planted before, and asked for by behaviour afterwards."""

from __future__ import annotations

import http.client
import io
import socket
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from auditor import lab
from auditor.lab.spec import spec

OTHER = "10.213.47.250"
"""An address of nobody's on the bridge: whoever comes from it is a stranger to the hosts."""
ADDRESS = "203.0.113.7"
ACCOUNT, KEY_ACCOUNT = "lt-an", "lt-khoa"
SHELL = "luytre-an.php"
LOAD = "wp-includes/load.php"
ROW = 9001
DATABASE = "antruc_wp"
SOURCE_FOLDERS = "wp-admin wp-includes index.php wp-login.php"


@dataclass(frozen=True)
class Place:
    """Where a trial takes place."""

    host: str
    folder: Path
    """Of this trial: the key that opens ``KEY_ACCOUNT``, the archive of the release."""

    @property
    def address(self) -> str:
        return str(lab.spec().hosts[self.host].address)

    @property
    def site(self) -> str:
        return next(iter(spec().hosts[self.host].sites))

    @property
    def root(self) -> str:
        return str(spec().hosts[self.host].sites[self.site].document_root)

    def sh(self, script: str, timeout: float = 90) -> str:
        """Return what a script prints as root on the host. Raises RuntimeError when it fails."""
        done = lab.run(self.host, script, timeout=timeout)
        if done.returncode:
            raise RuntimeError(f"{script[:80]!r}: {done.stderr.decode('utf-8', 'replace')[-300:]}")
        return done.stdout.decode("utf-8", "replace")


@dataclass(frozen=True)
class Target:
    """One means of containing or eradicating, and something of an intruder's for it."""

    plant: Callable[[Place], str]
    """The script that puts it on the host."""
    what: Callable[[Place], str]
    """What the command line names."""
    is_in_force: Callable[[Place], bool]
    """Whether the host does what the means is for."""
    wordpress: bool = False
    """Whether only a host with WordPress has it."""


def _counts(script: str, expected: str = "0") -> Callable[[Place], bool]:
    return lambda place: place.sh(script.replace("{root}", place.root)).strip() == expected


def _status(place: Place, path: str) -> int:
    """Return how the site answers a stranger; 0: not at all."""
    visitor = http.client.HTTPConnection(place.address, timeout=15, source_address=(OTHER, 0))
    try:
        visitor.request("GET", path, headers={"Host": place.site})
        return visitor.getresponse().status
    except OSError:
        return 0


def _greets_stranger(place: Place) -> bool:
    """Return whether sshd answers an address that the host does not trust."""
    try:
        with socket.create_connection((place.address, 22), timeout=3, source_address=(OTHER, 0)) as line:
            return line.recv(3) == b"SSH"
    except OSError:
        return False


def _lets_key_in(place: Place) -> bool:
    key = place.folder / "key"
    *options, _ = lab.ssh_command(place.host, remote="true")
    before = [word for word in options if word != "true"]
    at = before.index("-i") + 1 if "-i" in before else None
    if at is not None:
        before[at] = str(key)
    words = [word.replace("luytre@", f"{KEY_ACCOUNT}@") for word in before]
    done = subprocess.run([*words, "true"], capture_output=True, timeout=30, check=False)
    return done.returncode == 0


def _plant_key(place: Place) -> str:
    key = place.folder / "key"
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], check=True)
    return f"""useradd -m -s /bin/bash {KEY_ACCOUNT}
install -d -m 700 -o {KEY_ACCOUNT} -g {KEY_ACCOUNT} /home/{KEY_ACCOUNT}/.ssh
echo '{(place.folder / "key.pub").read_text().strip()}' > /home/{KEY_ACCOUNT}/.ssh/authorized_keys
chown {KEY_ACCOUNT}: /home/{KEY_ACCOUNT}/.ssh/authorized_keys"""


def _fingerprint(place: Place) -> str:
    said = subprocess.run(["ssh-keygen", "-lf", str(place.folder / "key.pub")], capture_output=True, check=True)
    return said.stdout.decode().split()[1]


def release(place: Place) -> Path:
    """Write an archive of the WordPress there as its makers pack it, from before anything is planted."""
    file = place.folder / "wordpress-6.zip"
    if not file.exists():
        script = f"cd {place.root} && find {SOURCE_FOLDERS} -name '*.php' -print0 | tar -c --null -T -"
        packed = lab.run(place.host, script).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as found, zipfile.ZipFile(file, "w") as archive:
            for member in found:
                content = found.extractfile(member)
                if content is not None:
                    archive.writestr(f"wordpress/{member.name}", content.read())
    return file


_UNIT = """cat > /etc/systemd/system/lt-an.service <<'END'
[Service]
ExecStart=/usr/bin/sleep 100000
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload; systemctl -q enable --now lt-an.service"""
_ADMINISTRATOR = f"""mariadb {DATABASE} <<'END'
INSERT INTO wp_users (user_login, user_pass, user_nicename, user_email, user_registered, display_name)
VALUES ('lt_an', '!luytre-lab', 'lt_an', 'an@luytre-lab.example', NOW(), 'An');
INSERT INTO wp_usermeta (user_id, meta_key, meta_value) SELECT ID, 'wp_capabilities', 'a:1:{{s:13:"administrator";b:1;}}'
FROM wp_users WHERE user_login = 'lt_an';
END"""
_RANK = f"""mariadb -N {DATABASE} -e "SELECT COUNT(*) FROM wp_usermeta m JOIN wp_users u ON u.ID = m.user_id
WHERE user_login = 'lt_an' AND meta_key = 'wp_capabilities' AND meta_value LIKE '%administrator%'" """
_POST = f"""mariadb {DATABASE} -e "INSERT INTO wp_posts (ID, post_author, post_date, post_date_gmt, post_modified,
post_modified_gmt, post_title, post_name, post_status, post_type, post_content, post_excerpt, to_ping, pinged,
post_content_filtered) VALUES ({ROW}, 1, NOW(), NOW(), NOW(), NOW(), 'an', 'lt-an', 'publish', 'post', 'an', '', '', '', '')" """
_TRIGGER = f"""mariadb {DATABASE} -e "CREATE DEFINER=antruc@localhost TRIGGER lt_an BEFORE UPDATE ON wp_posts FOR EACH ROW
SET NEW.post_title = NEW.post_title" """
_SECRETS = "grep -E '_(KEY|SALT)' {root}/wp-config.php | sha256sum"
_PASSWORD = "grep DB_PASSWORD {root}/wp-config.php | sha256sum"


def _keep(script: str, name: str) -> Callable[[Place], str]:
    """Have the host keep what it has now, to compare with."""
    return lambda place: f"{script.replace('{root}', place.root)} > /root/{name}"


def _differs(script: str, name: str) -> Callable[[Place], bool]:
    return lambda place: place.sh(f"{script} | cmp -s - /root/{name} || echo y".replace("{root}", place.root)) != ""


TARGETS: Mapping[str, Target] = {
    "address": Target(
        lambda _: "true",
        lambda _: ADDRESS,
        lambda place: ADDRESS in place.sh("nft list table inet luytre_contain 2> /dev/null || true"),
    ),
    "file": Target(
        lambda place: (
            f"echo '<?php exit; // inert' > {place.root}/{SHELL}; chown www-data: {place.root}/{SHELL}; mkdir -p {place.root}/lt"
        ),
        lambda place: f"{place.root}/{SHELL}",
        _counts(f"ls {{root}}/{SHELL} 2> /dev/null | wc -l"),
    ),
    "cron": Target(
        lambda _: "echo '0 5 1 1 * root true' > /etc/cron.d/lt-tep",
        lambda _: "/etc/cron.d/lt-tep",
        _counts("ls /etc/cron.d/lt-tep 2> /dev/null | wc -l"),
    ),
    "job": Target(
        lambda _: "printf '# an\\n0 5 1 1 * true lt-viec\\n' | crontab -u www-data -",
        lambda place: (
            "/var/spool/cron/crontabs/www-data:"
            + place.sh("grep -n lt-viec /var/spool/cron/crontabs/www-data | cut -d : -f 1").strip()
        ),
        _counts("grep -c '^0 5 1 1 [*] true lt-viec' /var/spool/cron/crontabs/www-data || true"),
    ),
    "process": Target(
        lambda _: (
            "setsid setpriv --reuid=33 --regid=33 --clear-groups /usr/bin/sleep 100001 > /dev/null 2>&1 < /dev/null &\nsleep 0.2"
        ),
        lambda place: place.sh("pgrep -f 'sleep 100001'").strip() + "/usr/bin/sleep",
        _counts("ps -eo stat=,args= | grep '[s]leep 100001' | grep -vc '^T' || true"),
    ),
    "unit": Target(lambda _: _UNIT, lambda _: "lt-an.service", _counts("pgrep -fc '[s]leep 100000' || true")),
    "account": Target(
        lambda _: f"useradd -m -s /bin/bash {ACCOUNT}; echo '{ACCOUNT}:Lua-chin-7' | chpasswd",
        lambda _: ACCOUNT,
        _counts(f"passwd --status {ACCOUNT} | cut -d ' ' -f 2", "L"),
    ),
    "key": Target(_plant_key, _fingerprint, lambda place: not _lets_key_in(place)),
    "administrator": Target(lambda _: _ADMINISTRATOR, lambda place: f"{place.site}/lt_an", _counts(_RANK), True),
    "path": Target(
        lambda place: f"echo an > {place.root}/lt-an.txt",
        lambda place: f"{place.site}/lt-an.txt",
        lambda place: _status(place, "/lt-an.txt") in (410, 503),
    ),
    "site": Target(lambda _: "true", lambda place: place.site, lambda place: _status(place, "/") == 503),
    "isolation": Target(lambda _: "true", lambda place: place.host, lambda place: not _greets_stranger(place)),
    "row": Target(
        lambda _: _POST,
        lambda place: f"{place.site}/posts/{ROW}",
        _counts(f"mariadb -N {DATABASE} -e 'SELECT COUNT(*) FROM wp_posts WHERE ID = {ROW}'"),
        True,
    ),
    "core": Target(
        lambda place: f"printf '// luytre-lab: inert\\n' >> {place.root}/{LOAD}",
        lambda place: place.site,
        _counts(f"grep -c 'luytre-lab: inert' {{root}}/{LOAD} || true"),
        True,
    ),
    "trigger": Target(
        lambda _: _TRIGGER,
        lambda place: f"{place.site}/lt_an",
        _counts(f"mariadb -N {DATABASE} -e \"SHOW TRIGGERS LIKE 'wp_posts'\" | grep -c lt_an || true"),
        True,
    ),
    "salts": Target(_keep(_SECRETS, "lt-salts"), lambda place: place.site, _differs(_SECRETS, "lt-salts"), True),
    "database-password": Target(
        _keep(_PASSWORD, "lt-password"), lambda place: place.site, _differs(_PASSWORD, "lt-password"), True
    ),
}
CLEANING = frozenset({"row", "core", "trigger", "salts", "database-password"})


def on(host: str) -> tuple[str, ...]:
    """Return the means that a host has something for."""
    wordpress = any(site.application == "wordpress" for site in spec().hosts[host].sites.values())
    return tuple(means for means, target in TARGETS.items() if wordpress or not target.wordpress)
