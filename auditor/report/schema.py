"""``python -m auditor.report.schema`` prints the JSON Schema of ``findings.json``."""

from __future__ import annotations

import json
import sys

from auditor.report.json_output import build_findings_json_schema

if __name__ == "__main__":
    sys.stdout.write(json.dumps(build_findings_json_schema(), ensure_ascii=False, indent=2) + "\n")
