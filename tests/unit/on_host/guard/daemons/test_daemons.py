"""What a daemon's own test said, in the line that says it, the same each time."""

from __future__ import annotations

import pytest
from ansible.module_utils.luytre_guard.daemons import daemons  # type: ignore[import-not-found]

FAULT = 'SSL_CTX_use_certificate("/etc/ssl/moi.pem") failed (ee key too small)'


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (f"nginx -t -q ended with 1: 2026/11/30 23:08:25 [emerg] 2458#2458: {FAULT} nginx: configuration", "[emerg]"),
        (f"nginx -t -q ended with 1: 2026/11/30 23:08:43 [emerg] 2748#2748: {FAULT} nginx: configuration", "[emerg]"),
        (
            f"nginx -t ended with 1: nginx: [warn] conflicting nginx: [emerg] {FAULT} nginx: configuration",
            "nginx: [emerg]",
        ),
    ],
)
def test_a_fault_of_nginx_is_the_same_at_each_try(said: str, line: str) -> None:
    assert daemons.extract_error(said) == f"{line} {FAULT} nginx: configuration"
