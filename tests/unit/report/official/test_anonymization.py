"""What people wrote into waivers goes into a state document without addresses and host names, and else as it is."""

from __future__ import annotations

import pytest

from auditor.report.official.anonymization import make_address_and_host_name_replacer

GUARD = make_address_and_host_name_replacer(["web", "web1", "db-a", "srv.test"], "[…]")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Nhà cung cấp trang web chưa nâng cấp xong, chạy lúc 08:30:15", None),
        ("lúc 8:30 ngày 10.11.2026, phiên bản 1.2.3, gọi std::move, số 0905.123.456", None),
        ("máy fe80::1", "máy […]"),
        ("fd00::12 và ::1.", "[…] và […]."),
        ("IP:10.213.47.11, cổng 10.0.0.1:22.", "IP:[…], cổng […]."),
        ("10.0.0.0/24; 2001:db8::/32; fe80::1%eth0: xong", "[…]; […]; […]: xong"),
        ("https://[fe80::1]:8443/x và https://10.0.0.1:8443/x", "https://[…]/x và https://[…]/x"),
        ("từ 10.0.0.1-10.0.0.9 tới ::ffff:10.0.0.1", "từ […]-[…] tới […]"),
        ("card 52:54:00:ab:cd:ef", "card […]"),
        ("máy chủ web, máy “web”, host: web; server web", "máy chủ […], máy “[…]”, host: […]; server […]"),
        ("WEB1. (web1) db-a srv.test.", "[…]. ([…]) […] […]."),
        ("web12, x-db-a, webs, máy website", None),
    ],
)
def test_addresses_and_host_names_go_and_plain_words_and_times_stay(written, shown):
    assert GUARD(written) == (written if shown is None else shown)


def test_without_hosts_nothing_is_a_host_s_name():
    assert make_address_and_host_name_replacer([], "[…]")("máy chủ web ở 10.0.0.1") == "máy chủ web ở […]"
