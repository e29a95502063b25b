"""What a site is asked for only where its office has it in writing."""

from __future__ import annotations

import pytest

from auditor.content.crawler.probes import ActiveProbe, judge_response_to_probe, plan_probes
from auditor.scans.responses import VisitorResponse

TOKEN = "0a1b2c3d4e5f"  # noqa: S105


def test_each_form_of_an_address_is_asked_once_and_nothing_orders() -> None:
    known = [
        "/",
        "/ra?url=https%3A%2F%2Fa.vn",
        "/ra?url=b&lang=vi",
        "/ra?url=c",
        "/xoa?next=/",
        "/tin/a",
        "/tin/b",
        "=",
        "/t?S=x",
    ]
    assert plan_probes(known, TOKEN) == (
        ActiveProbe(f"/ra?url=https%3A%2F%2F{TOKEN}.example%2F", "redirect"),
        ActiveProbe(f"/ra?url=https%3A%2F%2F{TOKEN}.example%2F&lang=vi", "redirect"),
        ActiveProbe(f"/t?S={TOKEN}", "search"),
        ActiveProbe(f"/?s={TOKEN}", "search"),
        ActiveProbe(f"/tim-kiem?q={TOKEN}", "search"),
        ActiveProbe(f"/search?q={TOKEN}", "search"),
        ActiveProbe(f"/tin/{TOKEN}.html", "missing"),
    )
    many = [f"/{name}{n}/x?{name}=1" for n in "abcdefghijklmnopqrst" for name in ("url", "q")]
    assert len(plan_probes(many, TOKEN)) == 17


@pytest.mark.parametrize(
    ("probe", "served", "title", "kind"),
    [
        (
            ActiveProbe("/ra?url=x", "redirect"),
            VisitorResponse("plain", 302, location=f"https://{TOKEN}.example/"),
            "",
            "redirect",
        ),
        (
            ActiveProbe("/ra?url=x", "redirect"),
            VisitorResponse("plain", 302, location=f"//{TOKEN}.example"),
            "",
            "redirect",
        ),
        (
            ActiveProbe("/ra?url=x", "redirect"),
            VisitorResponse("plain", 302, location=f"/canh-bao?url={TOKEN}.example"),
            "",
            None,
        ),
        (ActiveProbe("/ra?url=x", "redirect"), VisitorResponse("plain", 302, location="http://[x"), "", None),
        (
            ActiveProbe("/ra?url=x", "redirect"),
            VisitorResponse("plain", 302, location="https://other.example/"),
            "",
            None,
        ),
        (ActiveProbe("/ra?url=x", "redirect"), VisitorResponse("plain", 200), "", None),
        (ActiveProbe("/?s=x", "search"), VisitorResponse("plain", 200), f"Kết quả: {TOKEN}", "reflection"),
        (ActiveProbe("/?s=x", "search"), VisitorResponse("plain", 404), f"Kết quả: {TOKEN}", None),
        (ActiveProbe("/?s=x", "search"), VisitorResponse("plain", 200), "Tìm kiếm", None),
    ],
)
def test_what_they_show_is_a_sign_and_no_alarm(
    probe: ActiveProbe, served: VisitorResponse, title: str, kind: str | None
) -> None:
    found = judge_response_to_probe(probe, served, title, TOKEN)
    assert (found and found.kind) == kind
    assert found is None or (found.certainty, TOKEN in found.key) == ("weak", False)
