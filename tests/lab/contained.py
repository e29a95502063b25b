"""What an incident contains on a lab host, tried out there: each means by what it keeps from happening, not by what is on record.

``plant`` lays something for each means that can be contained; ``is_in_force`` answers for these and for any other of the lab's.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import unquote

from auditor import lab
from auditor.models.ranks import Means

HOST, SITE, OTHER = "web1", "antruc.test", "web3"
ACCOUNT, KEYED, UNIT, ADMIN = "nguoi-la", "khach", "dao-tien.service", "kegian"
PASSWORD = "Mot-mat-khau-cua-phong-thu-26"  # noqa: S105  # of a host that lives for minutes
CRON, TABLE, PROGRAM = "/etc/cron.d/dao-tien", "/etc/cron.d/sao-luu", "/var/tmp/.dao"  # noqa: S108  a host's, not ours
KEY = "/root/khoa-thu"
FILE = f"/var/www/{SITE}/wp-content/uploads/thu.php"
BEATS = "/var/tmp/nhip-"  # noqa: S108  a host's, not ours
"""Files that a job adds a line to whenever it runs."""
APPLICATION = f"""<?php define('WP_USE_THEMES', false); $_SERVER['HTTP_HOST'] = '{SITE}'; $_SERVER['HTTPS'] = 'on';
require '/var/www/{SITE}/wp-load.php';
"""
PLANT = f"""set -e
useradd -m -s /bin/bash {ACCOUNT}; useradd -m -s /bin/bash {KEYED}; echo '{ACCOUNT}:{PASSWORD}' | chpasswd
ssh-keygen -q -t ed25519 -N '' -f {KEY}; install -d -m 700 -o {KEYED} -g {KEYED} /home/{KEYED}/.ssh
install -m 600 -o {KEYED} -g {KEYED} {KEY}.pub /home/{KEYED}/.ssh/authorized_keys
printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/{UNIT}
systemctl -q enable --now {UNIT}
echo '* * * * * root echo >> {BEATS}cron' > {CRON}
printf '* * * * * root echo >> {BEATS}job\\n* * * * * root echo >> {BEATS}other\\n' > {TABLE}
echo '<?php echo 1;' > {FILE}; chown www-data: {FILE}
cp /bin/sleep {PROGRAM}; systemd-run -q --uid=www-data --unit=dao {PROGRAM} infinity
cat > /run/ke.php <<'END'
{APPLICATION}wp_insert_user(['user_login' => '{ADMIN}', 'user_pass' => '{PASSWORD}', 'role' => 'administrator', 'user_email' => 'k@e.test']);
END
chmod 644 /run/ke.php; setpriv --reuid=www-data --regid=www-data --init-groups php /run/ke.php; rm /run/ke.php
until pgrep -x .dao > /dev/null; do sleep 0.1; done
echo "$(pgrep -x .dao) $(ssh-keygen -lf {KEY}.pub | cut -d ' ' -f 2)"
"""
CONNECTS = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], 80), 2)
except OSError:
    sys.exit(1)
"""
VISITS = """
import http.client, json, ssl, sys
found = []
for tls in (False, True):
    visitor = http.client.HTTPConnection("127.0.0.1", 443 if tls else 80, timeout=20, source_address=("127.86.83.1", 0))
    try:
        visitor.connect()
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            visitor.sock = context.wrap_socket(visitor.sock, server_hostname=sys.argv[1])
        visitor.request("GET", sys.argv[2], headers={"Host": sys.argv[1]})
        found.append(visitor.getresponse().status)
    except OSError as error:
        found.append(str(error))
print(json.dumps(found))
"""
"""The answers that a stranger gets over HTTP and HTTPS."""
LOGS_IN = f"""cat > /run/ke.php <<'END'
{APPLICATION}exit(is_wp_error(wp_authenticate('%s', '{PASSWORD}')) ? 1 : 0);
END
chmod 644 /run/ke.php; setpriv --reuid=www-data --regid=www-data --init-groups php /run/ke.php; said=$?; rm /run/ke.php; exit $said
"""
LETS_IN = f"""
if test -e {KEY} && ssh-keygen -lf {KEY}.pub | grep -qF "$1"; then
  exec ssh -i {KEY} -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=10 {KEYED}@127.0.0.1 true
fi
for file in /root/.ssh/authorized_keys* /home/*/.ssh/authorized_keys* /var/www/.ssh/authorized_keys*; do
  test -e "$file" && grep -v '^ *#' "$file" | ssh-keygen -lf - 2> /dev/null | grep -qF "$1" && exit 0
done
exit 1
"""


def plant(host: str = HOST) -> Mapping[Means, str]:
    """Have on a host something to contain for each means: what it is called there."""
    done = lab.run(host, PLANT)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    pid, key = done.stdout.decode().split()
    return {
        "address": str(lab.spec().hosts[OTHER].address),
        "file": FILE,
        "process": f"{pid}{PROGRAM}",
        "account": ACCOUNT,
        "key": key,
        "unit": UNIT,
        "cron": CRON,
        "job": f"{TABLE}:1",
        "path": f"{SITE}/gioi-thieu/",
        "site": SITE,
        "administrator": f"{SITE}/{ADMIN}",
        "isolation": host,
    }


def is_in_force(host: str, means: Means, what: str) -> bool:
    """Whether something is contained on a lab host, by what happens there when it is tried."""
    return CHECKS[means](host, what)


def in_force(host: str, planted: Mapping[Means, str]) -> set[Means]:
    """The means of all that is contained on a host of what was planted."""
    return {means for means, what in planted.items() if is_in_force(host, means, what)}


def jobs_run(host: str = HOST, names: Iterable[str] = ("cron", "job", "other")) -> Mapping[str, int]:
    """How often each of the jobs has run."""
    said = lab.run(host, f"for one in {' '.join(names)}; do cat {BEATS}$one 2> /dev/null | wc -l; done")
    return dict(zip(names, map(int, said.stdout.split()), strict=True))


def _does(host: str, script: str, *arguments: str) -> bool:
    words = " ".join(shlex.quote(one) for one in arguments)
    return lab.run(host, f"set -- {words}\n{script}").returncode == 0


def _reached(host: str, other: str) -> bool:
    return lab.run(other, ["python3", "-c", CONNECTS, str(lab.spec().hosts[host].address)]).returncode == 0


def _address(host: str, address: str) -> bool:
    other = next((name for name, one in lab.spec().hosts.items() if str(one.address) == address), None)
    listed = _does(host, 'nft -j list table inet luytre_contain | grep -qF "\\"$1\\""', address)
    return listed and (other is None or not _reached(host, other))


def _isolation(host: str, _what: str) -> bool:
    return _does(host, "nft list table inet luytre_isolate > /dev/null") and not _reached(host, OTHER)


def _file(host: str, path: str) -> bool:
    return not _does(host, 'test -e "$1" -o -L "$1"', unquote(path))


def _process(host: str, what: str) -> bool:
    """Stopped, or gone: what has its number since runs something else."""
    pid, _, path = what.partition("/")
    script = 'case "$(readlink /proc/$1/exe)" in "$2"*) grep -q "^State:.[RSD]" /proc/$1/status;; *) false;; esac'
    return not _does(host, script, pid, "/" + unquote(path))


def _account(host: str, name: str) -> bool:
    locked = _does(host, 'getent shadow "$1" | cut -d : -f 2 | grep -q "^!"', name)
    return locked and not _does(host, 'su -s /bin/sh -c true "$1" < /dev/null', name)


def _key(host: str, fingerprint: str) -> bool:
    return not _does(host, LETS_IN, fingerprint)


def _unit(host: str, name: str) -> bool:
    return not _does(host, 'systemctl -q is-active "$1" || systemctl start "$1"', name)


def _job(host: str, what: str) -> bool:
    """Whether the line of that number is one that cron runs: whether it does so takes a minute (``jobs_run``)."""
    path, _, number = what.partition("@")[0].rpartition(":")
    return not _does(host, 'sed -n "$2p" "$1" | grep -q "^ *[^# ]"', unquote(path), number)


def _answers(host: str, domain: str, path: str) -> list[int | str]:
    said = lab.run(host, ["python3", "-c", VISITS, domain, path]).stdout
    answers: list[int | str] = json.loads(said)
    return answers


def _path(host: str, what: str) -> bool:
    domain, _, path = what.partition("/")
    return all(one in (410, 403) for one in _answers(host, domain, "/" + path))


def _site(host: str, domain: str) -> bool:
    return all(one == 503 for one in _answers(host, domain, "/"))


def _administrator(host: str, what: str) -> bool:
    return not _does(host, LOGS_IN % unquote(what.rpartition("/")[2]))


CHECKS: Mapping[Means, Callable[[str, str], bool]] = {
    "address": _address,
    "file": _file,
    "process": _process,
    "isolation": _isolation,
    "account": _account,
    "key": _key,
    "unit": _unit,
    "cron": _file,
    "job": _job,
    "path": _path,
    "site": _site,
    "administrator": _administrator,
}
