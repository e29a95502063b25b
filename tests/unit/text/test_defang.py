"""Others' addresses are no links; ours and inner ones stay, for what takes those out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.text.defang import defang_addresses_in_text, is_inner_network_address

OURS = ("antruc.test", "web1", "10.213.47.11", "vn")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://evil.test/a?u=http://203.0.113.7:80/", "hxxps://evil[.]test/a?u=hxxp://203[.]0[.]113[.]7:80/"),
        ("HTTP://Evil.TEST", "hxxp://Evil[.]TEST"),
        ("ftp://evil.test", "ftp[:]//evil[.]test"),
        ("www.antruc.test antruc.test web1", "www.antruc.test antruc.test web1"),
        ("http://antruc.test@evil.test", "hxxp://antruc.test@evil[.]test"),
        ("evilantruc.test antruc.test.evil.test", "evilantruc[.]test antruc[.]test[.]evil[.]test"),
        ("evil.vn", "evil[.]vn"),
        ("evil。test evil．test", "evil[.]test evil[.]test"),
        ("ác.test xn--c-5ia.test", "ác[.]test xn--c-5ia[.]test"),
        ("x@evil.test", "x@evil[.]test"),
        ("2001:db8::7 [2001:db8::7]:443", "2001[:]db8[:][:]7 [2001[:]db8[:][:]7]:443"),
        ("10.213.47.11 192.168.1.1 fe80::1 fd00::8", "10.213.47.11 192.168.1.1 fe80::1 fd00::8"),
        ("08:30:15, 27.11.2026, 1.500.000, 4.2", "08:30:15, 27.11.2026, 1.500.000, 4.2"),
        ("/var/www/antruc.test/x.php", "/var/www/antruc.test/x.php"),
        (
            "tệp /etc/profile.d/zz-ngon-ngu.sh, /etc/ld.so.preload",
            "tệp /etc/profile.d/zz-ngon-ngu.sh, /etc/ld.so.preload",
        ),
        ("248 (/usr/bin/python3.13)", "248 (/usr/bin/python3.13)"),
        (
            "https://evil.test/etc/x.sh và /tmp/www.evil.test",
            "hxxps://evil[.]test/etc/x[.]sh và /tmp/www[.]evil[.]test",
        ),
        ("", ""),
    ],
)
def test_it_is_written_so_that_nobody_clicks_on_it(text: str, told: str) -> None:
    assert defang_addresses_in_text(text, OURS) == told
    assert defang_addresses_in_text(told, OURS) == told


@given(st.text(alphabet="ab.:/[]@h tps1。xX-_\n", max_size=60))
def test_no_link_is_left_and_what_is_written_so_stays(text: str) -> None:
    once = defang_addresses_in_text(text, OURS)
    assert defang_addresses_in_text(once, OURS) == once
    assert not re.search(r"https?://", once, re.I)


@pytest.mark.parametrize("address", ["10.0.0.1", "::1", "::ffff:10.0.0.1", "100.64.0.1", "169.254.1.1", "fd12::1"])
def test_an_inner_address_is_known(address: str) -> None:
    assert is_inner_network_address(address)
    assert not is_inner_network_address("203.0.113.7")
    assert not is_inner_network_address("x")
