#!/usr/bin/python
"""Read the contents of some files below the web roots of one host, as many as fit."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: hunt_contents
short_description: Reads contents of files below a host's web roots
description:
  - Reads the files at the given paths below their roots, of large ones head and tail, until the answer is full.
  - Changes nothing, follows no link below a root, and opens nothing but regular files.
options:
  wanted:
    description: Roots and paths, packed as C(hunt_files) packs its listing.
    type: str
    required: true
  limit:
    description: Bytes of the packed answer.
    type: int
    default: 6500000
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Read contents
  hunt_contents:
    wanted: "{{ hunt_wanted }}"
"""

RETURN = r"""
contents:
  description: The files one after the other, packed and in base64.
  returned: always
  type: str
lengths:
  description: >-
    Bytes of each file in the order of the paths, -1 for one that could not be read; those beyond did not fit. Packed.
  returned: always
  type: str
"""

import base64
import hashlib
import os
import zlib

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre_hunt import priority
from ansible.module_utils.luytre_hunt.large_files import PART, WHOLE
from ansible.module_utils.luytre_hunt.wire_format import (
    convert_text_back_to_path,
    pack_json_value_as_text,
    unpack_json_value_from_text,
)
from ansible.module_utils.luytre_shared.files import safe_open

MAX_BYTES = 2 * PART
"""Bytes of one file."""


def read_file_content_if_digest_matches(root, path, digest):
    """Return the content of a file with that SHA-256, of a large one head and tail.

    Raises OSError, also when it holds something else by now.
    """
    handle = safe_open.open_below(root, path)
    try:
        content = safe_open.read_start(handle, WHOLE + 1)
    finally:
        os.close(handle)
    if hashlib.sha256(content).hexdigest() != digest:
        raise OSError("it was changed or swapped")
    return content if len(content) <= MAX_BYTES else content[:PART] + content[-PART:]


def pack_contents(requests, limit):
    """Return ``(packed bytes, lengths)`` of as many files as fit."""
    packer, pieces, size, lengths = zlib.compressobj(3), [], 0, []
    for root, path, digest in requests:
        try:
            content = read_file_content_if_digest_matches(
                convert_text_back_to_path(root), convert_text_back_to_path(path), digest
            )
        except OSError:
            lengths.append(-1)
            continue
        piece = packer.compress(content) + packer.flush(zlib.Z_SYNC_FLUSH)
        if lengths and size + len(piece) > limit:
            break
        pieces.append(piece)
        size += len(piece)
        lengths.append(len(content))
    return b"".join(pieces), lengths


def main():
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "str", "required": True},
            "limit": {"type": "int", "default": 6500000},
        },
        supports_check_mode=True,
    )
    priority.lower_priority_behind_sites()
    try:
        requests = unpack_json_value_from_text(module.params["wanted"]) or []
    except ValueError as error:
        module.fail_json(msg="wanted: %s" % error)
    pieces, lengths = pack_contents(requests, module.params["limit"])
    module.exit_json(
        changed=False, contents=base64.b64encode(pieces).decode("ascii"), lengths=pack_json_value_as_text(lengths)
    )


if __name__ == "__main__":
    main()
