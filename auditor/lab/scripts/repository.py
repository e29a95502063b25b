"""Index the packages of a folder as one suite: repository.py SUITE LABEL POOL, from the repository's root."""

import hashlib
import subprocess
import sys
from email.utils import formatdate
from pathlib import Path

suite, label, pool = sys.argv[1:]
architecture = subprocess.run(
    ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
).stdout.strip()
entries = []
for deb in sorted(Path(pool).glob("*.deb")):
    control = subprocess.run(["dpkg-deb", "-f", deb], capture_output=True, text=True, check=True).stdout.rstrip("\n")
    content = deb.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    entries.append(f"{control}\nFilename: {deb}\nSize: {len(content)}\nSHA256: {digest}\n")
folder = Path("dists") / suite
index = folder / f"main/binary-{architecture}/Packages"
index.parent.mkdir(parents=True)
index.write_text("\n".join(entries), "utf-8")
content = index.read_bytes()
(folder / "Release").write_text(
    f"""Origin: Debian
Label: {label}
Suite: {"stable-security" if label.endswith("Security") else "stable"}
Codename: {suite}
Date: {formatdate(usegmt=True)}
Architectures: {architecture}
Components: main
SHA256:
 {hashlib.sha256(content).hexdigest()} {len(content)} {index.relative_to(folder)}
""",
    "utf-8",
)
