"""Keep what root's Python compiles from archives, as Python itself does for files: each Ansible task sends one.

A real host compiles every time, on processors of its own; the lab's hosts share what this machine has.
"""

import marshal
import os
import sys
import zipimport
from _blake2 import blake2b  # hashlib loads OpenSSL, a third of Python's own start
from types import CodeType

FOLDER = "/run/luytre-lab-bytecode"
compile_source = zipimport._compile_source  # type: ignore[attr-defined]


def compile_module_with_kept_bytecode(pathname: str, source: bytes) -> CodeType:
    """Return the code of a module; the file name in a traceback may be that of an earlier archive."""
    digest = blake2b(source, digest_size=16).hexdigest()
    name = f"{FOLDER}/{sys.implementation.cache_tag}-{digest}"
    try:
        with open(name, "rb") as file:
            return marshal.load(file)  # type: ignore[no-any-return]  # noqa: S302  root's own
    except FileNotFoundError:
        pass
    code: CodeType = compile_source(pathname, source)
    temporary = f"{name}.{os.getpid()}"
    os.makedirs(FOLDER, mode=0o700, exist_ok=True)
    with open(temporary, "wb") as file:
        marshal.dump(code, file)
    os.rename(temporary, name)
    return code


if os.geteuid() == 0:
    zipimport._compile_source = compile_module_with_kept_bytecode  # type: ignore[attr-defined]
