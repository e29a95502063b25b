#!/usr/bin/python
"""Give the web servers' private keys to root alone."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: tls_key_modes
short_description: Gives the web servers' private keys to root alone
description:
  - Finds the private keys that nginx and Apache use and takes them away from everybody but root and the group ssl-cert.
  - Changes a key only where it and every folder on the way to it belong to root alone; the others are named in a warning.
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Give the keys to root
  tls_key_modes:
"""

RETURN = r"""
paths:
  description: The keys changed.
  returned: always
  type: list
  elements: str
"""

import os
import stat

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre._reading import file_mode
from ansible.module_utils.luytre.tls import is_loose_key, key_files, used


def open_rooted(path):
    """A descriptor of a file reached through folders that root alone can write, and through no link. Raises OSError."""
    folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        *folders, name = path.strip("/").split("/")
        for part in folders:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            os.close(folder)
            folder = inner
            status = os.fstat(folder)
            if status.st_uid != 0 or status.st_mode & 0o022:
                raise PermissionError("not root's folder alone: %s" % part)
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("not a file")
    return handle


def tighten(path, check):
    """Whether the key had to be changed. Raises OSError where root must not."""
    handle = open_rooted(path)
    try:
        status = os.fstat(handle)
        mode = file_mode(path, status)
        if not is_loose_key(mode):
            return False
        if not check:
            shared = 0o640 if mode["group"] in ("root", "ssl-cert") else 0o600
            os.fchown(handle, 0, -1 if shared == 0o640 else 0)
            os.fchmod(handle, stat.S_IMODE(status.st_mode) & shared)
        return True
    finally:
        os.close(handle)


def main():
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    changed = []
    for path in key_files(used()):
        if not os.path.exists(path):
            continue
        try:
            if tighten(path, module.check_mode):
                changed.append(path)
        except OSError as error:
            module.warn("tls.key_modes: %s is left as it is: %s" % (path, error))
    module.exit_json(
        changed=bool(changed), paths=changed, diff={"prepared": "".join("root alone: %s\n" % path for path in changed)}
    )


if __name__ == "__main__":
    main()
