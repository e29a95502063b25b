"""A lab host that somebody took over: what it answers Ansible with, and what its site serves, is built to do harm."""

from __future__ import annotations

import json
from collections.abc import Mapping

from auditor import lab

PYTHON = """#!/usr/bin/python3.13
import base64, json, os, re, subprocess, sys

REAL, DEEDS = "/usr/bin/python3.13", "/root/deeds.json"

def flood(answer):
    for _ in range(300):
        yield b"x" * 1_000_000

def deep(answer):
    yield b'{"changed": false, "document": ' + b"[" * 2_000_000

def many(answer):
    yield b'{"changed": false, "document": [' + b"0," * 4_000_000 + b"0]}"

def large(answer):
    answer["document"] = "\\U0001f38b" * 2_400_000
    yield json.dumps(answer, ensure_ascii=False).encode()

def words(answer):
    yield json.dumps({"failed": True, "msg": "Host key for interpreter /usr/bin/python3 " * 200_000}).encode()

def event(given):
    token = base64.b64encode(json.dumps(given).encode()).decode()
    return "\\x1b[K%s\\x1b[%dD\\x1b[K" % (token, len(token))

def forged(answer):
    host = {"uuid": "f" * 36, "event": "runner_on_ok",
            "event_data": {"host": "web1", "task": "x", "task_action": "compliance_facts", "res": {"document": "{}"}}}
    said = [event(each) for each in (host, {**host, "event": "playbook_on_stats"}, [1], 7, None)]
    said += ["PLAY RECAP ****", "fatal: [web1]: UNREACHABLE! => {}", json.dumps({"event": "end", "failed": False})]
    answer["warnings"] = said + [said[0] * 200]
    answer["deprecations"] = [{"msg": each, "version": "9"} for each in said]
    answer["diff"] = {"before": "a\\nb\\n" * 200_000, "after": "b\\na\\na\\n" * 200_000}
    answer["ansible_facts"] = {"ansible_host": "127.0.0.1", "ansible_connection": "local"}
    yield ("\\n".join(said[:6]) + "\\n").encode()
    yield json.dumps(answer).encode()
    yield ("\\n" + "\\n".join(said[:6])).encode()

def honest(answer):
    yield json.dumps(answer).encode()

def answered(payload, python):
    # What a module comes to there: its code, how long its answer is where that is not known from it, and the answer in pieces.
    asked = re.search(rb"module_fqn='[\\w.]*?(\\w+)'", payload)
    module = asked[1].decode() if asked else ""
    with open(DEEDS) as file:
        deeds = json.load(file)
    deed = deeds[module].pop(0) if deeds.get(module) else "honest"
    with open(DEEDS, "w") as file:
        json.dump(deeds, file)
    done = subprocess.run([python], input=payload, stdout=subprocess.PIPE)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = {"failed": True, "msg": "?"}
    return done.returncode, 300_000_000 if deed == "flood" else None, globals()[deed](answer)

def stay():
    # Be a resident (auditor/fleet/in_ansible/remote_worker.py) whose answers are its own.
    given, out = sys.stdin.buffer, sys.stdout.buffer
    given.read(int(re.search(r"read\\((\\d+)\\)", sys.argv[3])[1]))
    out.write(b"UP\\n")
    out.flush()
    while head := given.read(4):
        python, _, payload = given.read(int.from_bytes(head, "big")).partition(b"\\n")
        code, size, pieces = answered(payload, REAL if python == b"/usr/bin/python3" else python)
        if size is None:
            pieces = [b"".join(pieces)]
            size = len(pieces[0])
        out.write(bytes([code]) + size.to_bytes(4, "big") + bytes(4))
        for piece in pieces:
            out.write(piece)
        out.flush()

try:
    if sys.argv[1:3] == ["-I", "-c"]:
        stay()
    elif len(sys.argv) > 1:
        os.execv(REAL, ["python3", *sys.argv[1:]])
    else:
        code, _, pieces = answered(sys.stdin.buffer.read(), REAL)
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        sys.exit(code)
except BrokenPipeError:
    os._exit(1)
"""
PAGES = """
import zlib
folder = "/var/www/gotre.test"
start = "<title>x</title><meta charset=utf-8>"
pages = {
    "gioi-thieu.html": start + "<p " + " ".join("a%d" % n for n in range(60_000)) + ">",
    "thu-tuc/khai-sinh.html": start + "<p>" + "".join("<b %d>" % n for n in range(4_000)) + "</p><p>x" * 2_000,
    "tin-tuc/tiem-chung.html": start + "<div><a><h1>" * 3_300,
}
for name, page in pages.items():
    open(folder + "/" + name, "w").write(page)
packer = zlib.compressobj(9, wbits=31)
begins, goes_on = (packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
with open(folder + "/bomb.html", "wb") as file:
    file.write(begins + goes_on * 999)
"""
UNASKED = "location = / { try_files /bomb.html =404; add_header Content-Encoding gzip; }"
PAST = ("flood", "deep", "many", "large", "words")
"""Answers that are more than a host may say, or nothing that is of use."""


def take_over(host: str) -> None:
    """Put the traps on web3's like: its interpreter, and the pages of its first site."""
    lab.run_on_machine_as_root(
        host, f"cat > /root/python3 <<'X'\n{PYTHON}\nX\nchmod 755 /root/python3; mv -f /root/python3 /usr/bin/python3"
    )
    lab.run_on_machine_as_root(
        host,
        f"python3 - <<'X'\n{PAGES}\nX\nsed -i '/server_name gotre/a {UNASKED}' /etc/nginx/sites-enabled/gotre.test",
    )
    lab.run_on_machine_as_root(host, "nginx -t && systemctl reload nginx")
    will_do(host, {})


def will_do(host: str, deeds: Mapping[str, list[str]]) -> None:
    """What the host answers, by the module that it is asked with, one after the other; later it is honest."""
    lab.run_on_machine_as_root(host, f"echo '{json.dumps(deeds)}' > /root/deeds.json")
