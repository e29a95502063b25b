"""Something of an intruder's on a lab host for each means of containing and cleaning, and whether that is in force, by
what happens there when it is tried.

The one place where this is asked. A check that could not be tried raises RuntimeError: it says neither.
"""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from auditor import lab
from auditor.models.response_actions import Means

HOST = "web1"
STRANGER, INTRUDER = "10.213.47.250", "10.213.47.251"
"""Addresses of nobody's on the bridge; the second is the one that is contained."""
ACCOUNT, KEYED, UNIT, ADMIN, SHELL = "nguoi-la", "khach", "dao-tien.service", "kegian", "luytre-an.php"
PASSWORD = "Mot-mat-khau-cua-phong-thu-26"  # noqa: S105  # of a host that lives for minutes
CRON, TABLE, PROGRAM = "/etc/cron.d/dao-tien", "/etc/cron.d/sao-luu", "/usr/bin/sleep"
KEY = "/root/khoa-thu"
BEATS = "/var/tmp/nhip-"  # noqa: S108  a host's, not ours
"""Files that a job adds a line to whenever it runs."""
ROW, LOAD, ADDED = 9001, "wp-includes/load.php", "luytre-lab: inert"
SECONDS = 90.0
_AS_SITE = "setpriv --reuid=www-data --regid=www-data --init-groups"
_APPLICATION = r"""<?php define('WP_USE_THEMES', false); \$_SERVER['HTTP_HOST'] = '$site'; \$_SERVER['HTTPS'] = 'on';
require '$root/wp-load.php';
"""
"""In a here document, which the shell expands."""
_DATABASE = "mariadb -N $(sed -n \"s/^define( *'DB_NAME', *'\\(.*\\)' *);.*/\\1/p\" $root/wp-config.php)"
_SECRETS = "grep -E '_(KEY|SALT)' $root/wp-config.php | sha256sum"
_LOGIN = "grep DB_PASSWORD $root/wp-config.php | sha256sum"
_POST = f"""INSERT INTO wp_posts (ID, post_author, post_date, post_date_gmt, post_modified, post_modified_gmt, post_title,
post_name, post_status, post_type, post_content, post_excerpt, to_ping, pinged, post_content_filtered)
VALUES ({ROW}, 1, NOW(), NOW(), NOW(), NOW(), 'an', 'lt-an', 'publish', 'post', 'an', '', '', '', '')"""  # noqa: S608  # numbers of our own
_TRIGGER = "CREATE DEFINER=antruc@localhost TRIGGER lt_an BEFORE UPDATE ON wp_posts FOR EACH ROW SET NEW.post_title = NEW.post_title"
_VISITS = """
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
    except OSError:
        pass
print(json.dumps(found))
"""
"""The answers that a stranger gets over HTTP and HTTPS. It comes from inside, and so also to a host that is cut off."""


@dataclass(frozen=True)
class Target:
    """Something of an intruder's for one means.

    In scripts, ``$site`` and ``$root`` are the host's first site and its document root.
    """

    what: str
    """What the command line names, as the shell expands it once it is there."""
    in_force: Callable[[str, str], bool]
    """Whether a host does what the means is for, about what the command line named."""
    plant: str = "true"
    """The script that puts it on the host."""
    wordpress: bool = False
    """Whether only a host with WordPress has it."""


def means_on(host: str) -> tuple[Means, ...]:
    """Return the means that a host can have something for."""
    wordpress = any(site.application == "wordpress" for site in lab.load_lab_spec().hosts[host].sites.values())
    return tuple(means for means, target in TARGETS.items() if wordpress or not target.wordpress)


def plant(host: str, chosen: Collection[Means]) -> Mapping[Means, str]:
    """Have on a host something for each of these means: what the command line names it."""
    for address in (STRANGER, INTRUDER):
        words = (
            "ip",
            "address",
            "replace",
            f"{address}/{lab.load_lab_spec().network.prefix}",
            "dev",
            lab.load_lab_spec().network.bridge,
        )
        subprocess.run(words, check=True)
    lines = [f"{TARGETS[one].plant}\nprintf '%s\\t%s\\n' {one} \"{TARGETS[one].what}\"" for one in chosen]
    said = _answer(host, "\n".join(lines))
    found = dict(line.split("	", 1) for line in said.splitlines() if "	" in line)
    return {one: found[one] for one in chosen}


def is_in_force(host: str, means: Means, what: str) -> bool:
    """Return whether something is contained or cleaned on a lab host, by what happens there when it is tried."""
    return TARGETS[means].in_force(host, what)


def in_force(host: str, planted: Mapping[Means, str]) -> set[Means]:
    """Return the means of all that is contained on a host of what was planted."""
    return {means for means, what in planted.items() if is_in_force(host, means, what)}


def jobs_run(host: str = HOST, names: Iterable[str] = ("cron", "job", "other")) -> Mapping[str, int]:
    """Return how often each of the jobs has run."""
    said = _answer(host, f"for one in {' '.join(names)}; do cat {BEATS}$one 2> /dev/null | wc -l; done")
    return dict(zip(names, map(int, said.split()), strict=True))


def _answer(host: str, script: str, *arguments: str) -> str:
    """Return what a script prints as root on a host. Raises RuntimeError when it fails."""
    name, site = next(iter(lab.load_lab_spec().hosts[host].sites.items()))
    given = " ".join(shlex.quote(one) for one in arguments)
    head = f"set -e\nsite={shlex.quote(name)} root={shlex.quote(str(site.document_root))}\nset -- {given}\n"
    done = lab.run_on_machine_as_root(host, head + script, timeout=SECONDS)
    if done.returncode:
        raise RuntimeError(f"{host}: {script[:80]!r}: {done.stderr.decode('utf-8', 'replace')[-300:]}")
    return done.stdout.decode("utf-8", "replace").strip()


def _says(host: str, script: str, *arguments: str, yes: Collection[str], no: Collection[str]) -> bool:
    """Return whether a host says one of these, and not one of those. Raises RuntimeError when it says neither."""
    said = _answer(host, script, *arguments)
    if said in yes or said in no:
        return said in yes
    raise RuntimeError(f"{host}: {script[:80]!r}: {said[-300:]!r} says neither")


def _reaches(host: str, source: str) -> bool:
    """Return whether whoever comes from an address gets a connection of the host's web server."""
    try:
        with socket.create_connection(
            (str(lab.load_lab_spec().hosts[host].address), 80), 2, source_address=(source, 0)
        ):
            return True
    except OSError:
        return False


def _address(host: str, address: str) -> bool:
    listed = 'nft -j list ruleset | grep -cF "\\"$1\\"" || true'
    return not _says(host, listed, address, yes={"0"}, no={"1"}) and not _reaches(host, address)


def _isolation(host: str, _what: str) -> bool:
    listed = _answer(host, "if command -v nft > /dev/null; then nft list tables; fi").splitlines()
    return "table inet luytre_isolate" in listed and not _reaches(host, STRANGER)


def _file(host: str, path: str) -> bool:
    script = 'if test -e "$1" -o -L "$1"; then echo there; else echo gone; fi'
    return _says(host, script, unquote(path), yes={"gone"}, no={"there"})


def _process(host: str, what: str) -> bool:
    """Stopped, or gone: what has its number since runs something else."""
    pid, _, path = what.partition("/")
    script = """case "$(readlink /proc/$1/exe || true)" in "$2"*) sed -n 's/^State:[[:space:]]*\\(.\\).*/\\1/p' /proc/$1/status;; *) echo gone;; esac"""
    return _says(host, script, pid, "/" + unquote(path), yes={"gone", "T", "Z"}, no={"R", "S", "D"})


def _process_end(host: str, what: str) -> bool:
    """Gone: what has its number since runs something else."""
    pid, _, path = what.partition("/")
    script = 'case "$(readlink /proc/$1/exe || true)" in "$2"*) echo there;; *) echo gone;; esac'
    return _says(host, script, pid, "/" + unquote(path), yes={"gone"}, no={"there"})


def _account(host: str, name: str) -> bool:
    script = """first=$(getent shadow "$1" | cut -d : -f 2 | cut -c 1)
if su -s /bin/sh -c true "$1" < /dev/null > /dev/null 2>&1; then echo "enters $first"; else echo "refused $first"; fi"""
    said = _answer(host, script, name).split()
    if len(said) != 2:
        raise RuntimeError(f"{host}: {name} has no password, locked or not")
    return said == ["refused", "!"]


def _key(host: str, fingerprint: str) -> bool:
    """By a login with it. sshd may answer nobody who failed before, for some seconds."""
    script = f"""ssh-keygen -lf {KEY}.pub | grep -qF "$1"
if said=$(ssh -i {KEY} -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=10 {KEYED}@127.0.0.1 true 2>&1)
then echo enters; else case "$said" in *"Permission denied"*) echo refused;; *) echo "$said";; esac; fi"""
    until = time.monotonic() + SECONDS
    while True:
        try:
            return _says(host, script, fingerprint, yes={"refused"}, no={"enters"})
        except RuntimeError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def _unit(host: str, name: str) -> bool:
    script = """if systemctl -q is-active "$1" || systemctl start "$1" 2> /dev/null; then echo starts; else systemctl show -P LoadState "$1"; fi"""
    return _says(host, script, name, yes={"masked"}, no={"starts"})


def _job(host: str, what: str) -> bool:
    """Return whether the line of that number is one that cron runs: whether it does so takes a minute
    (``jobs_run``).
    """
    path, _, number = what.partition("@")[0].rpartition(":")
    script = f"""line=$(sed -n "$2p" "$1"); case "$line" in *{BEATS}job) ;; *) exit 1;; esac
if echo "$line" | grep -q '^ *#'; then echo comment; else echo job; fi"""
    return _says(host, script, unquote(path), number, yes={"comment"}, no={"job"})


def _answers(host: str, domain: str, path: str) -> list[int]:
    answers: list[int] = json.loads(_answer(host, f'python3 -c {shlex.quote(_VISITS)} "$@"', domain, path))
    if not answers:
        raise RuntimeError(f"{host}: {domain} answers nobody")
    return answers


def _path(host: str, what: str) -> bool:
    """Also where the whole site is closed."""
    domain, _, path = what.partition("/")
    return all(one in (410, 403, 503) for one in _answers(host, domain, "/" + path))


def _site(host: str, domain: str) -> bool:
    return all(one == 503 for one in _answers(host, domain, "/"))


def _administrator(host: str, what: str) -> bool:
    script = f"""cat > /run/ke.php <<END
{_APPLICATION}\\$one = wp_authenticate('$1', '{PASSWORD}');
echo is_wp_error(\\$one) || !user_can(\\$one, 'manage_options') ? 'refused' : 'enters';
END
chmod 644 /run/ke.php; said=$({_AS_SITE} php /run/ke.php || true); rm /run/ke.php; echo "$said" """
    return _says(host, script, unquote(what.rpartition("/")[2]), yes={"refused"}, no={"enters"})


def _row(host: str, what: str) -> bool:
    script = f'{_DATABASE} -e "SELECT COUNT(*) FROM wp_posts WHERE ID = $1"'  # noqa: S608
    return _says(host, script, what.rpartition("/")[2], yes={"0"}, no={"1"})


def _core(host: str, _what: str) -> bool:
    return _says(host, f"grep -c '{ADDED}' $root/{LOAD} || true", yes={"0"}, no={"1"})


def _trigger(host: str, what: str) -> bool:
    script = f"{_DATABASE} -e \"SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_name = '$1'\""  # noqa: S608
    return _says(host, script, what.rpartition("/")[2], yes={"0"}, no={"1"})


def _differs(script: str, name: str) -> Callable[[str, str], bool]:
    """Return a check of whether a host has something else now than what it kept."""
    compared = f'if test "$({script})" = "$(cat /root/{name})"; then echo same; else echo other; fi'
    return lambda host, _what: _says(host, compared, yes={"other"}, no={"same"})


_UNIT = f"""printf '[Service]\\nExecStart={PROGRAM} 100000\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/{UNIT}
systemctl daemon-reload; systemctl -q enable --now {UNIT}"""
_KEY = f"""useradd -m -s /bin/bash {KEYED}; ssh-keygen -q -t ed25519 -N '' -C '' -f {KEY}
install -d -m 700 -o {KEYED} -g {KEYED} /home/{KEYED}/.ssh
install -m 600 -o {KEYED} -g {KEYED} {KEY}.pub /home/{KEYED}/.ssh/authorized_keys"""
_ADMINISTRATOR = f"""cat > /run/ke.php <<END
{_APPLICATION}wp_insert_user(['user_login' => '{ADMIN}', 'user_pass' => '{PASSWORD}', 'role' => 'administrator', 'user_email' => 'k@e.test']);
END
chmod 644 /run/ke.php; {_AS_SITE} php /run/ke.php; rm /run/ke.php"""
_RUNS = """setsid setpriv --reuid=33 --regid=33 --clear-groups {0} > /dev/null 2>&1 < /dev/null &
until pgrep -f '^{0}$' > /dev/null; do sleep 0.1; done"""
_STOPPED, _ENDED = f"{PROGRAM} 100001", f"{PROGRAM} 100002"

TARGETS: Mapping[Means, Target] = {
    "address": Target(INTRUDER, _address),
    "file": Target(
        f"$root/{SHELL}", _file, f"echo '<?php exit; // inert' > $root/{SHELL}; chown www-data: $root/{SHELL}"
    ),
    "cron": Target(CRON, _file, f"echo '* * * * * root echo >> {BEATS}cron' > {CRON}"),
    "job": Target(
        f"{TABLE}:1",
        _job,
        f"printf '* * * * * root echo >> {BEATS}job\\n* * * * * root echo >> {BEATS}other\\n' > {TABLE}",
    ),
    "process": Target(f"$(pgrep -f '^{_STOPPED}$'){PROGRAM}", _process, _RUNS.format(_STOPPED)),
    "process-end": Target(f"$(pgrep -f '^{_ENDED}$'){PROGRAM}", _process_end, _RUNS.format(_ENDED)),
    "unit": Target(UNIT, _unit, _UNIT),
    "account": Target(ACCOUNT, _account, f"useradd -m -s /bin/bash {ACCOUNT}; echo '{ACCOUNT}:{PASSWORD}' | chpasswd"),
    "key": Target(f"$(ssh-keygen -lf {KEY}.pub | cut -d ' ' -f 2)", _key, _KEY),
    "administrator": Target(f"$site/{ADMIN}", _administrator, _ADMINISTRATOR, wordpress=True),
    "path": Target("$site/lt-an.txt", _path, "echo an > $root/lt-an.txt"),
    "site": Target("$site", _site),
    "isolation": Target("$(hostname)", _isolation),
    "row": Target(f"$site/posts/{ROW}", _row, f'{_DATABASE} -e "{_POST}"', wordpress=True),
    "core": Target("$site", _core, f"printf '// {ADDED}\\n' >> $root/{LOAD}", wordpress=True),
    "trigger": Target("$site/lt_an", _trigger, f'{_DATABASE} -e "{_TRIGGER}"', wordpress=True),
    "salts": Target("$site", _differs(_SECRETS, "salts"), f"{_SECRETS} > /root/salts", wordpress=True),
    "database-password": Target("$site", _differs(_LOGIN, "login"), f"{_LOGIN} > /root/login", wordpress=True),
}
