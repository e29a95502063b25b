"""Orders of versions: what PHP's own code says of these pairs, taken from PHP 8.4."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.vulnerabilities.versions import compare_php_versions, is_valid_debian_version, make_debian_version_sort_key

PAIRS = [
    ("1.0", "1.0.0", -1),
    ("1.0rc1", "1.0RC1", 0),
    ("1.0", "1.0pl1", -1),
    ("1.0a", "1.0b1", -1),
    ("1.0-dev", "1.0alpha", -1),
    ("5.2", "5.10", -1),
    ("2+a", "2+a.", 0),
    ("1..2", "1.2", 0),
    ("0_b", "0_b ", 0),
    ("v1~RC~pl.", "v1~RC~pl.rc", 1),
    ("", "1", -1),
    ("", "", 0),
    ("1.0x", "1.0dev", -1),
    ("#1", "#2", 0),
    ("~x", "-2", -1),
    ("+1", "+2~pbeta+", -1),
    ("_10", "_", 1),
]


@pytest.mark.parametrize("one, other, order", PAIRS)
def test_as_php(one: str, other: str, order: int) -> None:
    assert compare_php_versions(one, other) == order
    assert compare_php_versions(other, one) == -order


TEXT = st.text("0123456789.abcdevplRC-_+~# \u0660", max_size=12)


@given(TEXT, TEXT)
def test_any_text_has_an_order(one: str, other: str) -> None:
    """But none that begins with PHP's own sign or a dot is as high as itself: PHP finds some of them lower."""
    assert compare_php_versions(one, one) == 0 or one[0] in "#."
    assert compare_php_versions(one, other) in (-1, 0, 1)


def test_the_controller_has_the_hosts_order() -> None:
    assert (
        make_debian_version_sort_key("1.0~rc1-1")
        < make_debian_version_sort_key("1.0-1")
        < make_debian_version_sort_key("1.0-1+b1")
        < make_debian_version_sort_key("1:0.1")
    )
    assert is_valid_debian_version("1:1.0~rc1+dfsg-1.1+b1") and not is_valid_debian_version("2a:1.0")
