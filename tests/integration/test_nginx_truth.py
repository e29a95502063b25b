"""What the collector says nginx would answer, beside what a real nginx answers to the same configuration."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import load_nginx_config
from ansible.module_utils.luytre.parsers.web_servers.nginx_request import NginxModel, NginxRequest
from ansible.module_utils.luytre.web_servers.nginx import nginx_listens

from auditor import lab
from tests.unit.on_host.collect.web.test_nginx import WAYS

HOST = "web3"
ROOT = "/srv/luytre-truth"
PORT = 18081
MAIN = """
daemon off; master_process off; pid {root}/pid; error_log {root}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
    uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
    server {{ listen 127.0.0.1:{port} default_server; return 444; }}
    {servers}
}}
"""
FILES = ("/x", "/b", "/none", "/index.php", "/.git/HEAD", "/.env", "/up/x.php", "/a/b/c", "/a/x")
URIS = (*FILES, "/x/a", "/", "/nothing", "/old/x", "/x.php")
GUEST = """
import http.client, json, os, shutil, subprocess, sys, time
given = json.load(sys.stdin)
shutil.rmtree(given["root"], ignore_errors=True)
for path, text in given["files"].items():
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "w").write(text)
server = subprocess.Popen(["nginx", "-c", given["config"]], stderr=subprocess.PIPE)
try:
    for _ in range(100):
        try:
            http.client.HTTPConnection("127.0.0.1", given["port"], timeout=1).connect()
            break
        except OSError:
            if server.poll() is not None:
                sys.exit(server.stderr.read().decode())
            time.sleep(0.05)
    said = []
    for name, uri in given["asks"]:
        visit = http.client.HTTPConnection("127.0.0.1", given["port"], timeout=10)
        visit.request("GET", uri, headers={"Host": name})
        try:
            answer = visit.getresponse()
        except http.client.RemoteDisconnected:
            said.append(["closed", ""])
            continue
        text = answer.read().decode()
        said.append([answer.status, answer.getheader("Location") or text if answer.status in (200, 301) else ""])
    print(json.dumps(said))
finally:
    server.terminate()
    server.wait(10)
    shutil.rmtree(given["root"], ignore_errors=True)
"""


def test_the_collector_answers_as_nginx_does(fresh: Callable[..., None], tmp_path: Path) -> None:
    fresh(HOST)
    blocks = [
        f"server {{ listen 127.0.0.1:{PORT}; server_name a{number}.test; root {ROOT}/www; index index.php; {inside} }}\n"
        for number, inside in enumerate(dict.fromkeys(way[0] for way in WAYS))
    ]
    text = MAIN.format(root=ROOT, port=PORT, servers="".join(blocks).replace("127.0.0.1:9000", "127.0.0.1:9"))
    (tmp_path / "nginx.conf").write_text(text)
    config = load_nginx_config(str(tmp_path / "nginx.conf"), lambda path: Path(path).read_text())
    model, members = NginxModel(config), nginx_listens.group_servers_by_listen(config.servers)[("127.0.0.1", PORT)]

    names = [f"a{number}.test" for number in range(len(blocks))] + ["khac.test"]
    asks = [(name, uri) for name in names for uri in URIS]
    files = {f"{ROOT}/www{uri}": uri for uri in FILES} | {f"{ROOT}/nginx.conf": text}
    given = {"root": ROOT, "port": PORT, "config": f"{ROOT}/nginx.conf", "files": files, "asks": asks}
    done = lab.run_on_machine_as_root(HOST, f"python3 -c {_quoted(GUEST)} <<'GIVEN'\n{json.dumps(given)}\nGIVEN\n")
    assert done.returncode == 0, done.stderr.decode()
    said = json.loads(done.stdout)

    wrong = []
    for (name, uri), (status, text) in zip(asks, said, strict=True):
        server, _how = model.choose_server_for_host(members, name)
        answer = model.answer_request(server, NginxRequest(uri, name, "http", PORT, exists=lambda path: path in FILES))
        expected = {"php": 502, "proxy": 502, "file": 200, "redirect": 301, "closed": "closed"}.get(
            answer.kind, answer.value
        )
        if status != expected or (answer.kind in ("file", "redirect") and text != answer.value):
            wrong.append((config.servers.index(server), uri, status, text, answer.kind, answer.value))
    assert wrong == []
    assert len(asks) > 400


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
