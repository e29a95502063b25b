"""Whom a page links to, by the names of it."""

from __future__ import annotations

import pytest

from tests.unit.content.detectors.pages import alarms


def test_several_names_of_letters_and_digits_side_by_side_are_told() -> None:
    pair = '<a href="https://qwx41.example">qwx41</a> <a href="https://hjz072.example">HJZ072</a>'
    assert "brands_together" in alarms(pair)
    assert not alarms('<a href="https://qwx41.example">qwx41</a>')


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://xaydung68.example/">Xây dựng 68</a>',
        '<a href="https://vattu88.example/">Vật tư 88</a><a href="https://riverside99.example/">Riverside 99</a>',
        '<a href="https://gaophudien79.example/">gạo Phú Điền 79</a>',
        '<a href="https://vtv24.example">VTV24</a><a href="https://bao24h.example">bao24h</a>',
    ],
)
def test_names_of_firms_and_papers_are_no_brands(link: str) -> None:
    assert not alarms(link)


def test_a_page_that_is_declared_to_belong_elsewhere_twice_is_told() -> None:
    away = '<link rel="alternate" hreflang="{}" href="https://{}.example/">'
    assert "declared_elsewhere" in alarms(head=away.format("vi", "noikhac") + away.format("id", "slotku"))
    assert not alarms(head=away.format("vi", "antruc") + away.format("en", "en-antruc"))
    assert not alarms(head='<link rel="canonical" href="https://noikhac.example/">')


def test_a_script_from_a_host_that_is_named_as_a_miner_is_told() -> None:
    assert "name_of_miner" in alarms('<script src="https://monero-web.example/m.js"></script>')
    assert not alarms(
        '<script src="https://minerva.example/m.js"></script><script src="https://mine.example/"></script>'
    )
