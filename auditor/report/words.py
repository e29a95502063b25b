"""The report's words are everybody's: ``auditor.words``."""

from auditor.words import Words

__all__ = ["Words"]
