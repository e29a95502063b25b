"""A run as files in a folder, in the formats that were asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from pathlib import Path

from auditor.audit.controls import Catalogue
from auditor.models import Finding, Lang, Model, Run
from auditor.report import csv_output, json_output, junit, oscal, sarif, xlsx
from auditor.report.formats import USUAL_FORMATS, Format
from auditor.report.html import pages
from auditor.report.html.addresses import site_page
from auditor.results.trend import TrendPoint
from auditor.results.verdict import Verdict
from auditor.system import files as publish
from auditor.system.abreast import beside
from auditor.system.memory import unwalked

MANY = 5000
"""From so many findings on the pages and the other files are made by a processor each."""

_NAMES: Mapping[Format, str] = {
    Format.HTML: "report/index.html",
    Format.JSON: "findings.json",
    Format.JUNIT: "junit.xml",
    Format.CSV: "findings.csv",
    Format.XLSX: "annex.xlsx",
    Format.SARIF: "findings.sarif",
    Format.OSCAL: "oscal-ar.json",
}


class Written(Model):
    """Where everything went."""

    files: dict[Format, Path]
    sites: dict[str, Path]

    @property
    def shown(self) -> tuple[Path, ...]:
        """What to point a person to: the page to begin with, or all files where there is none."""
        index = self.files.get(Format.HTML)
        return (index,) if index else tuple(self.files.values())


def write(
    run: Run,
    catalogue: Catalogue,
    *,
    output: Path,
    lang: Lang,
    before: Run | None = None,
    trend: Sequence[TrendPoint] = (),
    formats: Collection[Format] = USUAL_FORMATS,
    verdict: Verdict | None = None,
    baseline: Sequence[Finding] | None = None,
) -> Written:
    """Write the files below ``output``, each complete at once: a reader sees the old or the new, never half.

    ``before`` is the run to compare with; ``trend`` earlier runs, oldest first; ``verdict`` what the run means for
    the pipeline that asked, and ``baseline`` the findings that it was measured by. Raises InputError when ``output``
    cannot be written or its ``report`` folder is somebody else's.
    """
    report = output / "report"
    publish.check(output)
    catalogue = catalogue.knowing(chain(run.findings, before.findings if before else (), baseline or ()))
    renders: Mapping[Format, Callable[[], bytes]] = {
        Format.JSON: lambda: json_output.render(run, verdict),
        Format.JUNIT: lambda: junit.render(run, catalogue, lang),
        Format.CSV: lambda: csv_output.render(run, catalogue, lang),
        Format.XLSX: lambda: xlsx.render(run, catalogue, lang, before),
        Format.SARIF: lambda: sarif.render(run, catalogue, lang, baseline),
        Format.OSCAL: lambda: oscal.render(run, catalogue, lang),
    }
    files = {wanted: output / name for wanted, name in _NAMES.items() if wanted in formats}

    def single_files() -> None:
        for wanted, render in renders.items():
            if wanted in files:
                publish.file(files[wanted], render())

    with unwalked(), beside(single_files, worthwhile=Format.HTML in formats and len(run.findings) >= MANY):
        if Format.HTML in formats:
            publish.folder(report, pages.pages(run, catalogue, lang, before, trend))
    sites = [site.domain for host in run.hosts for site in host.sites] if Format.HTML in formats else []
    return Written(files=files, sites={domain: report / site_page(domain) for domain in sites})
