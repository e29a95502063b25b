"""What auditd's rules cost: pages of the site, and files that a person who is logged in makes and deletes."""

from __future__ import annotations

import json
import statistics

from benchmarks.judging.verdict import Verdict

SCRIPT = """auditctl -s | grep -qx 'enabled 1' && python3 - <<'END'
import http.client, json, os, re, socket, ssl, subprocess, tempfile, time

settings = subprocess.getoutput('cat /etc/apache2/sites-enabled/* /etc/nginx/sites-enabled/*')
site = re.findall(r'(?m)^ *(?:ServerName|server_name) +([a-z.]+test)', settings)[0]
trusting = ssl._create_unverified_context()

def pages(times=10):
    for _ in range(times):
        visit = http.client.HTTPSConnection(site)
        visit.sock = trusting.wrap_socket(socket.create_connection(('127.0.0.1', 443)), server_hostname=site)
        visit.request('GET', '/')
        visit.getresponse().read()
        visit.close()

def files(times=500):
    with tempfile.TemporaryDirectory() as folder:
        for number in range(times):
            path = '%s/%d' % (folder, number)
            open(path, 'w').close()
            os.chmod(path, 0o640)
            os.rename(path, path + '.old')
            os.unlink(path + '.old')

def seconds(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began

found = {'pages': {'with': [], 'without': []}, 'files': {'with': [], 'without': []}}
pages(5)
for _ in range(7):
    for which, command in (('without', ['auditctl', '-D']), ('with', ['augenrules', '--load'])):
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found['pages'][which].append(seconds(pages))
        found['files'][which].append(seconds(files))
print(json.dumps(found))
END"""
"""By turns with the rules and without them, on a host whose kernel records for auditd.

A person's are the files, who came in over SSH.
"""


def parse(said: str, work: str) -> Verdict:
    """Return how many times as long ``pages`` or ``files`` take with the rules.

    Raises ValueError when that is not known.
    """
    try:
        measured = json.loads(said)[work]
        times = statistics.median(measured["with"]) / statistics.median(measured["without"])
    except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
        raise ValueError(f"the cost of auditd's rules was not measured: {said[-300:]!r}") from error
    return Verdict(round(times, 2), frozenset())
