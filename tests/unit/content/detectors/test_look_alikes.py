"""Names made to be taken for those of libraries and of the state."""

from __future__ import annotations

import pytest

from auditor.content.detectors import look_alikes
from auditor.content.domains import DomainClassifier
from auditor.content.text.lexicon import load_built_in_lexicon
from auditor.scans.responses import SiteBaseline
from tests.unit.content.detectors.pages import alarms

NEAR = DomainClassifier(SiteBaseline("antruc.test"), load_built_in_lexicon())


@pytest.mark.parametrize(
    "host",
    [
        *("www.googletagmanger.example", "static.cloudfiareinsights.example", "jquery-cdn-min.example"),
        *("cdn.jsdeliver-net.example", "code-jquery.example", "bootstrap-cdn.example", "gogleapis.example"),
        *("ajax.googleapis.com.kho.example", "jsdelivr.example", "fontawesome-api.example", "jqueryjs.example"),
    ],
)
def test_a_name_that_copies_a_library_is_told_at_the_first_look(host: str) -> None:
    assert look_alikes.find_copied_library(host, NEAR)
    assert "copies_a_name" in alarms(f'<script src="https://{host}/x.js"></script>')


@pytest.mark.parametrize(
    "host",
    [
        *("thongke.dongthap.gov.vn", "cdn.baotinh.example", "static.truonghoc.example", "matomo.hoi-nong-dan.example"),
        *(
            "analytics.example",
            "js.example",
            "cdn-min.example",
            "facade.example",
            "vnpt-cdn.example",
        ),
    ],
)
def test_an_ordinary_name_copies_nothing(host: str) -> None:
    assert not look_alikes.find_copied_library(host, NEAR)


@pytest.mark.parametrize(
    ("host", "is_like"),
    [
        ("dichvucong.gov.vn-xacthuc.example", True),
        ("vneid.gov-vn.example", True),
        ("congan-gov-vn.example", True),
        ("govietnam.example", False),
        ("thegov.example", False),
    ],
)
def test_the_ending_of_the_state_in_another_name_is_told(host: str, *, is_like: bool) -> None:
    assert look_alikes.is_like_state(host) is is_like
