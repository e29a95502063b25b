"""Values in their one form, and which never match."""

from __future__ import annotations

import pytest

from auditor.indicators import patterns
from auditor.indicators.values import (
    IndicatorValue,
    get_reason_value_never_matches,
    is_value_of_own_assets,
    parse_value,
)


@pytest.mark.parametrize(
    ("written", "kind", "text"),
    [
        ("203.0.113.9", "address", "203.0.113.9"),
        (" 203[.]0[.]113[.]9 ", "address", "203.0.113.9"),
        ("203.0.113.9:8443", "address", "203.0.113.9"),
        ("203.0.113.9/32", "address", "203.0.113.9"),
        ("203.0.113.9/24", "network", "203.0.113.0/24"),
        ("2001:DB8:0:0::1", "address", "2001:db8::1"),
        ("::ffff:203.0.113.9", "address", "203.0.113.9"),
        ("EVIL.test.", "domain", "evil.test"),
        ("evil[dot]test", "domain", "evil.test"),
        ("độc.test", "domain", "xn--c-kia689t.test"),
        ("evil.test:8080", "domain", "evil.test"),
        ("evil.test/gate.php", "url", "http://evil.test/gate.php"),
        ("hxxps[:]//EVIL[.]test:443/A?b=C#d", "url", "https://evil.test/A?b=C"),
        ("http://evil.test", "url", "http://evil.test/"),
        ("D41D8CD98F00B204E9800998ECF8427E", "md5", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a" * 40, "sha1", "a" * 40),
        ("b" * 64, "sha256", "b" * 64),
    ],
)
def test_a_value_however_it_is_written(written: str, kind: str, text: str) -> None:
    assert parse_value(written) == IndicatorValue(kind, text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written",
    ["", "Trojan", "1.2.3", "999.1.1.1", "http://", "http://a b/", "a@b.test", "=1+1", "x" * 3_000, "evil..test", "http://[::1/"],
)  # fmt: skip
def test_what_is_none(written: str) -> None:
    assert parse_value(written) is None


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("0.0.0.0/0", "wide"),
        ("203.0.0.0/8", "wide"),
        ("::/0", "wide"),
        ("gov.vn", "wide"),
        ("com", None),
        ("http://gov.vn/", "wide"),
        ("10.1.2.3", "private"),
        ("192.168.0.0/16", "private"),
        ("127.0.0.1", "private"),
        ("http://10.0.0.1/x", "private"),
        ("8.8.8.8", "everybody"),
        ("WWW.Google.com", "everybody"),
        ("https://www.google.com/", "everybody"),
        ("https://drive.google.com/uc?id=1", None),
        ("tanhung.gov.vn", None),
        ("198.50.0.0/16", None),
        ("evil.test", None),
    ],
)
def test_what_never_matches_by_itself(written: str, why: str | None) -> None:
    found = parse_value(written)
    assert (None if found is None else get_reason_value_never_matches(found)) == why


def test_what_is_ours_never_matches() -> None:
    names, addresses = ["antruc.test", "www.xa.gov.vn"], ["198.51.100.7"]
    ours = ("antruc.test", "mail.antruc.test", "xa.gov.vn", "https://antruc.test/x", "198.51.100.7", "198.51.100.0/24")
    others = ("antruc.test.evil.test", "nantruc.test", "198.51.101.0/24", "https://evil.test/antruc.test")
    assert [
        is_value_of_own_assets(parse_value(one) or IndicatorValue("domain", ""), names, addresses) for one in ours
    ] == [True] * 6
    assert [
        is_value_of_own_assets(parse_value(one) or IndicatorValue("domain", ""), names, addresses) for one in others
    ] == [False] * 4


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("[ipv4-addr:value = '203.0.113.9']", ("203.0.113.9",)),
        ("[ipv4-addr:value ISSUBSET '203.0.113.0/24']", ("203.0.113.0/24",)),
        ("[domain-name:value = 'a.test' OR url:value = 'http://b.test/\\'x']", ("a.test", "http://b.test/'x")),
        ("[domain-name:value='a.test'] OR [ file:hashes.'SHA-256' = 'abc' ]", ("a.test", "abc")),
        ("[file:hashes.MD5 = 'x']", ("x",)),
        ("[domain-name:value = 'a.test' AND ipv4-addr:value = '1.2.3.4']", None),
        ("[domain-name:value LIKE '%.test']", None),
        ("[domain-name:value != 'a.test']", None),
        ("[url:value ISSUBSET 'a']", None),
        ("[process:name = 'x']", None),
        ("[domain-name:value = 'a'] FOLLOWEDBY [domain-name:value = 'b']", None),
        ("[domain-name:value = 'a'] WITHIN 5 SECONDS", None),
        ("[domain-name:value = 'a'", None),
        ("[]", None),
        ("", None),
        ("[" * 30_000, None),
    ],
)
def test_a_pattern_is_exact_or_kept_as_it_is(pattern: str, found: tuple[str, ...] | None) -> None:
    assert patterns.extract_values_of_stix_pattern(pattern) == found


@pytest.mark.parametrize("written", ["203.0.113.9", "2001:db8::1", "203.0.113.0/24", "evil.test", "http://evil.test/a'b\\c", "a" * 32, "a" * 40, "a" * 64])  # fmt: skip
def test_a_value_comes_back_out_of_its_pattern(written: str) -> None:
    found = parse_value(written)
    assert found is not None and patterns.extract_values_of_stix_pattern(
        patterns.build_stix_pattern_of_value(found.kind, found.text)
    ) == (found.text,)
