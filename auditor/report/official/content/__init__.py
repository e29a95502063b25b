"""The sentences and tables of an official report, a module per part. Pure: figures in, one document out."""

from auditor.report.official.content.body import document

__all__ = ["document"]
