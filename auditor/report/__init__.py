"""A run as files: ``findings.json``, ``junit.xml``, the HTML report. Only ``write`` does more than compute."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from auditor.controls import Catalogue
from auditor.models import Lang, Model, Run
from auditor.report import html, json_output, junit, publish
from auditor.report.summary import TrendPoint, fleet, trend_point


class Written(Model):
    """Where everything went."""

    findings: Path
    junit: Path
    index: Path
    sites: dict[str, Path]


def write(
    run: Run,
    catalogue: Catalogue,
    *,
    output: Path,
    lang: Lang,
    before: Run | None = None,
    trend: Sequence[TrendPoint] = (),
) -> Written:
    """Write all files below ``output``, each complete at once: a reader sees the old or the new, never half.

    ``before`` is the run to compare with; ``trend`` earlier runs, oldest first. Raises InputError when
    ``output`` cannot be written or its ``report`` folder is somebody else's.
    """
    report = output / "report"
    publish.check(output)
    publish.folder(report, html.pages(run, catalogue, lang, before, trend))
    findings = publish.file(output / "findings.json", json_output.render(run))
    suites = publish.file(output / "junit.xml", junit.render(run, catalogue, lang))
    return Written(
        findings=findings,
        junit=suites,
        index=report / "index.html",
        sites={site.domain: report / html.site_page(site.domain) for host in run.hosts for site in host.sites},
    )


__all__ = ["TrendPoint", "Written", "fleet", "trend_point", "write"]
