"""``python -m auditor.lab``."""

from auditor.lab.cli import app

app()
