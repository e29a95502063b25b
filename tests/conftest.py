"""Makes what runs on audited hosts importable as there: ``ansible.module_utils.luytre`` and ``luytre_guard``."""

from pathlib import Path

import ansible.module_utils

for role in ("collect", "guard"):
    ansible.module_utils.__path__.append(str(Path(__file__).parent.parent / "roles" / role / "module_utils"))
