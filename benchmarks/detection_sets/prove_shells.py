"""Serve each shell sample by PHP's own server, send its trigger, and say whether the harmless marker came back.

python benchmarks/detection_sets/prove_shells.py [FOLDER]  # a folder with shells.yml; without: shells/a
"""

import base64
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
MARK = "lt42"
BOUNDARY = "----lt"


class Stay(urllib.request.HTTPRedirectHandler):
    """Keep to the first answer."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


OPENER = urllib.request.build_opener(Stay)


def send(base: str, step: dict[str, Any], default: str) -> str:
    """Give the answer to one request of a trigger."""
    if "tcp" in step:
        with socket.create_connection(("127.0.0.1", step["tcp"]), 5) as one:
            one.sendall(step["line"].encode() + b"\n")
            return one.recv(4096).decode()
    url = f"{base}/{step.get('p', default)}"
    if "q" in step:
        url += "?" + (urllib.parse.urlencode(step["q"], doseq=True) if isinstance(step["q"], dict) else step["q"])
    headers = {k: str(v) for k, v in step.get("h", {}).items()}
    if "c" in step:
        headers["Cookie"] = "; ".join(f"{k}={urllib.parse.quote(str(v))}" for k, v in step["c"].items())
    data: bytes | None = None
    if "up" in step:
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{k}"; filename="{n}"\r\n'
            f"Content-Type: application/octet-stream\r\n\r\n{text}\r\n"
            for k, (n, text) in step["up"].items()
        ]
        parts += [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
            for k, v in step.get("b", {}).items()
        ]
        data = ("".join(parts) + f"--{BOUNDARY}--\r\n").encode("latin1")
        headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
    elif "b" in step:
        data = (urllib.parse.urlencode(step["b"], doseq=True) if isinstance(step["b"], dict) else step["b"]).encode()
    request = urllib.request.Request(url, data, headers, method=step.get("m"))  # noqa: S310
    try:
        with OPENER.open(request, timeout=step.get("timeout", 10)) as answer:
            said = str(answer.headers) + answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        said = str(error.headers) + error.read().decode("utf-8", "replace")
    except (TimeoutError, OSError) as error:
        said = f"({error})"
    return said


def free() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def prove(folder: Path, row: dict[str, Any]) -> str:
    """Say what came of one sample: proven, lint, or what went wrong."""
    sample = folder / row["file"]
    trigger = row.get("trigger") or {}
    if sample.suffix in {".php", ".inc", ".phtml"} and "lint" not in trigger:
        lint = subprocess.run(["php", "-n", "-l", sample], capture_output=True, text=True, check=False)
        if lint.returncode:
            return "LINT " + lint.stdout.strip().splitlines()[0]
    if not trigger or "why" in trigger:
        return "lint only: " + str(trigger.get("why", ""))
    port = free()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        name = trigger.get("as", Path(row["file"]).name)
        local = f"http://127.0.0.1:{port}"

        def put(where: str, content: bytes) -> None:
            target = root / where
            target.parent.mkdir(parents=True, exist_ok=True)
            text = (
                content.decode("latin1").replace("@ROOT@", place).replace("@LOCAL@", local).replace("@PORT@", str(port))
            )
            for old, new in trigger.get("sub", {}).items():
                text = text.replace(old, fill(new, place, local))
            target.write_bytes(text.encode("latin1"))

        put(name, sample.read_bytes())
        for where, content in trigger.get("pre", {}).items():
            one = str(content)
            coded = one.startswith("base64:")
            put(where, base64.b64decode(one[7:]) if coded else one.encode())
        for other, where in trigger.get("with", {}).items():
            put(where, (folder / other).read_bytes())
        if "stub" in trigger:
            shutil.copy(HERE / "stubs" / f"{trigger['stub']}.php", root / "stub.php")
            (root / "index.php").write_text(f"<?php require 'stub.php'; require '{name}'; lt_run();\n")
            name = "index.php"
        settings = [x for s in trigger.get("ini", []) for x in ("-d", s.replace("@ROOT@", place))]
        server = subprocess.Popen(
            ["php", *settings, "-d", "display_errors=1", "-d", "session.save_path=" + place,
             "-S", f"127.0.0.1:{port}", "-t", place],
            cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "PHP_CLI_SERVER_WORKERS": "3", **trigger.get("env", {})},
        )  # fmt: skip
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                    break
                time.sleep(0.03)
            steps = trigger.get("do", [{}])
            said = ""
            for step in steps:
                said = send(local, {k: fill(v, place, local) for k, v in step.items()}, name)
                time.sleep(step.get("wait", 0))
            if "xf" in trigger:
                where, has = trigger["xf"]
                found = sorted(root.glob(where))
                said = " ".join(f.read_bytes().decode("latin1") for f in found if f.is_file())
                return "proven" if found and has in said else f"FAILED no {has!r} in {where}: {said[:200]!r}"
            want = trigger.get("x", MARK)
            return "proven" if re.search(want, said) else f"FAILED {said[-300:]!r}"
        finally:
            with contextlib.suppress(OSError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def fill(value: Any, place: str, local: str) -> Any:
    """Give the value with this run's folder and address."""
    if isinstance(value, str):
        port = local.rpartition(":")[2]
        return value.replace("@ROOT@", place).replace("@LOCAL@", local).replace("@PORT@", port)
    if isinstance(value, dict):
        return {k: fill(v, place, local) for k, v in value.items()}
    return [fill(v, place, local) for v in value] if isinstance(value, list) else value


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "shells" / "a"
    rows = yaml.safe_load((folder / "shells.yml").read_text(encoding="utf-8"))
    bad = 0
    count: dict[str, int] = {}
    for row in rows:
        what = prove(folder, row)
        count[what.split()[0]] = count.get(what.split()[0], 0) + 1
        bad += what.startswith(("FAILED", "LINT"))
        if what != "proven":
            print(f"{row['file']:34} {what}")
    print(len(rows), "samples:", count)
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
