"""Colours that mean the same in every table."""

from __future__ import annotations

STYLE = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
