"""What the daemons of a lab host do, asked as a visitor asks them: what runs, whatever their files say."""

from __future__ import annotations

from collections.abc import Mapping

from auditor import lab

_ASK = r"""
import glob, http.client, os, socket, ssl, struct

def say(what, value):
    print("%s\t%s" % (what, value))

def offered():
    with socket.create_connection(("127.0.0.1", 22), 5) as line:
        stream = line.makefile("rb")
        stream.readline()
        line.sendall(b"SSH-2.0-look\r\n")
        size, padding = struct.unpack(">IB", stream.read(5))
        packet = stream.read(size - 1)[:-padding][17:]
        for name in ("kex", "host keys", "ciphers", "", "macs"):
            length = struct.unpack(">I", packet[:4])[0]
            yield name, packet[4:4 + length].decode()
            packet = packet[4 + length:]

for name, value in offered():
    if name:
        say("sshd offers " + name, value)

def ask(port, path, host):
    line = socket.create_connection(("127.0.0.1", port), 60)
    if port == 443:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        line = context.wrap_socket(line, server_hostname=host)
        say("%s tls" % host, line.version())
    asked = http.client.HTTPConnection(host)
    asked.sock = line
    asked.request("GET", path, headers={"Host": host})
    answer = asked.getresponse()
    answer.read()
    for name, value in sorted((name.lower(), value) for name, value in answer.getheaders()):
        if name not in ("date", "last-modified", "etag", "set-cookie", "expires", "content-length"):
            say("%s:%d%s %s" % (host, port, path, name), value)
    say("%s:%d%s status" % (host, port, path), answer.status)

for path in sorted(glob.glob("/var/www/*.test")):
    for port in (80, 443):
        for page in ("/", "/luytre-not-here.php"):
            try:
                ask(port, page, os.path.basename(path))
            except OSError as error:
                say("%s:%d%s" % (os.path.basename(path), port, page), type(error).__name__)
"""


def running(host: str) -> Mapping[str, str]:
    """Return what sshd offers, and what each site's server answers, header by header."""
    said = lab.run_on_machine_as_root(host, f"python3 - <<'LUYTRE'\n{_ASK}LUYTRE\n").stdout.decode("utf-8", "replace")
    return dict(line.partition("\t")[::2] for line in said.splitlines())
