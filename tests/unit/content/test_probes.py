"""What a site is asked for only where its office has it in writing."""

from __future__ import annotations

import pytest

from auditor.content.going.probes import Probe, planned, told
from auditor.looks.visits import Served

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
    assert planned(known, TOKEN) == (
        Probe(f"/ra?url=https%3A%2F%2F{TOKEN}.example%2F", "redirect"),
        Probe(f"/ra?url=https%3A%2F%2F{TOKEN}.example%2F&lang=vi", "redirect"),
        Probe(f"/t?S={TOKEN}", "search"),
        Probe(f"/?s={TOKEN}", "search"),
        Probe(f"/tim-kiem?q={TOKEN}", "search"),
        Probe(f"/search?q={TOKEN}", "search"),
        Probe(f"/tin/{TOKEN}.html", "missing"),
    )
    many = [f"/{name}{n}/x?{name}=1" for n in "abcdefghijklmnopqrst" for name in ("url", "q")]
    assert len(planned(many, TOKEN)) == 17


@pytest.mark.parametrize(
    ("probe", "served", "title", "kind"),
    [
        (
            Probe("/ra?url=x", "redirect"),
            Served("plain", 302, location=f"https://{TOKEN}.example/"),
            "",
            "redirect",
        ),
        (Probe("/ra?url=x", "redirect"), Served("plain", 302, location=f"//{TOKEN}.example"), "", "redirect"),
        (Probe("/ra?url=x", "redirect"), Served("plain", 302, location=f"/canh-bao?url={TOKEN}.example"), "", None),
        (Probe("/ra?url=x", "redirect"), Served("plain", 302, location="http://[x"), "", None),
        (Probe("/ra?url=x", "redirect"), Served("plain", 302, location="https://other.example/"), "", None),
        (Probe("/ra?url=x", "redirect"), Served("plain", 200), "", None),
        (Probe("/?s=x", "search"), Served("plain", 200), f"Kết quả: {TOKEN}", "reflection"),
        (Probe("/?s=x", "search"), Served("plain", 404), f"Kết quả: {TOKEN}", None),
        (Probe("/?s=x", "search"), Served("plain", 200), "Tìm kiếm", None),
    ],
)
def test_what_they_show_is_a_sign_and_no_alarm(probe: Probe, served: Served, title: str, kind: str | None) -> None:
    found = told(probe, served, title, TOKEN)
    assert (found and found.kind) == kind
    assert found is None or (found.certainty, TOKEN in found.key) == ("weak", False)
