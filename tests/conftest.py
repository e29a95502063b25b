"""Makes what runs on audited hosts importable as there: ``ansible.module_utils.luytre``."""

from pathlib import Path

import ansible.module_utils

ansible.module_utils.__path__.append(str(Path(__file__).parent.parent / "roles" / "collect" / "module_utils"))
