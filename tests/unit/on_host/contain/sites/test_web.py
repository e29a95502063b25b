"""A path is gone and a site closed by what a tested, reloaded, visited server says; whatever fails leaves all as it was."""

from __future__ import annotations

import contextlib
import re
import socketserver
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from ansible.module_utils.luytre_shared.incidents import action_runner, web_block_config

from tests.unit.on_host.contain.programs import program

NAME = "SC-20261127-1/1"
SITE = """server {
    listen 80;
    listen 443 ssl;
    server_name antruc.test www.antruc.test;
    root /var/www/antruc.test;
}
"""
OLD = "server { listen 81; server_name old.invalid; root /var/www/antruc.test; }\n"
OTHER = "server {\n    listen 80 default_server;\n    server_name khac.test;\n    root /var/www/antruc.test;\n}\n"


class Here:
    """A host with nginx, which says what its files said at the last reload."""

    def __init__(self, etc: Path) -> None:
        self.etc = etc
        self.in_force: dict[str, str] = {}
        self.fails: set[str] = set()
        self.asked: list[tuple[Any, ...]] = []

    def files(self) -> dict[str, str]:
        return {str(path.relative_to(self.etc)): path.read_text() for path in self.etc.rglob("*.conf")}

    def complaint(self, real: Callable[..., str | None], argv: Sequence[str], *more: float) -> str | None:
        if argv[0] != "systemctl":
            return real(argv, *more)
        if argv[1] == "reload":
            if "reload" in self.fails:
                return "it is masked"
            self.in_force = self.files()
        return None

    def visited(self, host: str, port: int, tls: bool, name: str, method: str, uri: str) -> int:
        self.asked.append((host, port, tls, name, method, uri))
        text = self.in_force.get("luytre-contain-antruc.test.conf", "")
        if "visit" in self.fails or ("from here" in self.fails and "realip" in text):
            return 200
        gone = re.findall(r'if \(\$uri ~ "(.*)"\)', text)
        if any(re.search(one.replace(r"\z", r"\Z").encode(), unquote_to_bytes(uri)) for one in gone):
            return 410
        return 503 if "return 503;" in text else 200


@pytest.fixture
def here() -> Iterator[Here]:
    with tempfile.TemporaryDirectory(dir="/run") as name:
        etc = Path(name) / "nginx"
        (etc / "sites").mkdir(parents=True)
        (etc / "nginx.conf").write_text("events {}\nhttp {\n    include sites/*.conf;\n}\n")
        (etc / "sites/a.conf").write_text(SITE)
        (etc / "sites/b.conf").write_text(OLD)
        (etc / "sites/c.conf").write_text(OTHER)
        yield Here(etc)


@pytest.fixture
def web(here: Here, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    own = program("web.py")
    prefix = f"{here.etc}/luytre-contain-"
    for target, name, value in (
        (web_block_config, "NGINX", prefix),
        (own, "RECORD", action_runner.ActionRecord(str(here.etc.parent / "luytre/web"))),
        (own.web_servers, "NGINX_CONF", f"{here.etc}/nginx.conf"),
        (own.stranger_visits, "LOOKING_SECONDS", 0),
        (own.network_peers, "iter_own_addresses", lambda: ["127.0.0.1", "192.0.2.10"]),
        (
            own.web_servers.transaction,
            "run_config_test_and_return_error",
            partial(here.complaint, own.web_servers.transaction.run_config_test_and_return_error),
        ),
        (own.stranger_visits, "fetch_status_as_stranger", here.visited),
        (own.action_runner, "read_own_archive", lambda _: b"PK"),
        (own.web_servers.transaction, "check_only_root_influences_daemon_tests", lambda *_, **_named: None),
        (own.web_servers.Nginx, "folder", str(here.etc)),
        (own.web_servers.Nginx, "prefix", prefix),
        (own.web_servers.Nginx, "test", ("true",)),
        (own.web_servers.Nginx, "is_installed", lambda _: True),
        (own.web_servers.Apache, "is_installed", lambda _: False),
    ):
        monkeypatch.setattr(target, name, value)
    return own


def told(web: ModuleType, question: dict[str, Any]) -> dict[str, Any]:
    return dict(
        web.action_runner.run_action_and_turn_errors_into_answer(
            {name: web.report_unknown_outcome_of_action(action) for name, action in web.ACTIONS.items()}, question, []
        )
    )


def asked(what: str = "antruc.test", **changes: Any) -> dict[str, Any]:
    question = {
        "do": "contain",
        "id": NAME,
        "what": what,
        "domain": "antruc.test",
        "names": ["antruc.test", "www.antruc.test"],
        "others": ["khac.test"],
        "root": "/var/www/antruc.test",
        "trusted": ["10.0.0.0/8"],
    }
    return {**question, **changes}


def test_a_site_is_closed_wherever_it_is_shown_and_opened_to_the_last_byte(web: ModuleType, here: Here) -> None:
    before, times = here.files(), {path: path.stat().st_mtime_ns for path in (here.etc, *here.etc.rglob("*"))}
    assert told(web, asked()) == {"state": "confirmed", "why": ""}
    now = here.in_force
    assert "return 503" in now["luytre-contain-antruc.test.conf"]
    for name, marked in (("a", True), ("b", True), ("c", False)):
        assert ("luytre-contain-antruc.test[.]conf" in now[f"sites/{name}.conf"]) is marked
    assert {(host, port, tls, name) for host, port, tls, name, *_ in here.asked} == {
        ("127.0.0.1", 80, False, "antruc.test"),
        ("127.0.0.1", 443, True, "antruc.test"),
        ("127.0.0.1", 443, True, "luytre-unknown.invalid"),
        ("127.0.0.1", 81, False, "luytre-unknown.invalid"),
    }
    assert {method for *_, method, _ in here.asked} == {"GET", "POST"}
    assert told(web, asked()) == {"state": "confirmed", "why": ""}
    assert here.files() == now
    here.asked.clear()
    assert told(web, asked(do="release")) == {"state": "none"}
    assert {port for _, port, *_ in here.asked} == {80, 81, 443}, "a reload is given its time"
    assert here.in_force == here.files() == before
    assert {path: path.stat().st_mtime_ns for path in (here.etc, *here.etc.rglob("*"))} == times
    assert not (here.etc.parent / "luytre").exists()


def test_a_path_is_gone_also_while_its_site_is_closed_and_each_is_released_alone(web: ModuleType, here: Here) -> None:
    path = "antruc.test/wp-content/{a}$%25'\"%0A%FF.php"
    assert told(web, asked(path))["state"] == "confirmed"
    assert told(web, asked(id="SC-20261127-1/2"))["state"] == "confirmed"
    assert told(web, asked("antruc.test/b", id="SC-20261127-1/10"))["state"] == "confirmed"
    text = here.in_force["luytre-contain-antruc.test.conf"]
    assert re.findall(r"return ([0-9]+)", text) == ["410", "410", "503", "503"]
    assert told(web, asked(do="release", id="SC-20261127-1/2")) == {"state": "none"}
    assert "503" not in here.in_force["luytre-contain-antruc.test.conf"]
    assert told(web, asked(path, do="release")) == {"state": "none"}
    assert "\\x2fb" in here.in_force["luytre-contain-antruc.test.conf"]


@pytest.mark.parametrize(
    ("fails", "why"),
    [("test", "not_valid"), ("reload", "not_reloaded"), ("visit", "still_answers")],
)
def test_whatever_fails_leaves_all_as_it_was(
    web: ModuleType, here: Here, monkeypatch: pytest.MonkeyPatch, fails: str, why: str
) -> None:
    before = here.files()
    told(web, asked("antruc.test/x"))
    with_one = here.files()
    here.fails.update({fails} & {"visit"})
    if fails == "test":
        monkeypatch.setattr(
            web.web_servers.Nginx, "test", ("sh", "-c", f"! grep -q 503 {here.etc}/luytre-contain-antruc.test.conf")
        )
    if fails == "reload":
        as_before: Callable[..., str | None] = web.web_servers.transaction.run_config_test_and_return_error

        def refusing(argv: Sequence[str], *more: float) -> str | None:
            closing = argv[1:2] == ["reload"] and "return 503;" in str(here.files())
            return "it is masked" if closing else as_before(argv, *more)

        monkeypatch.setattr(web.web_servers.transaction, "run_config_test_and_return_error", refusing)
    said = told(web, asked(id="SC-20261127-1/2"))
    assert (said["state"], said["why"]) == ("refused", why)
    assert here.files() == with_one
    assert set(web.RECORD.read_all_records_by_action_id()) == {NAME}
    here.fails.clear()
    assert told(web, asked("antruc.test/x", do="release")) == {"state": "none"}
    assert here.files() == before


def test_a_file_of_an_administrator_who_is_as_good_as_root_is_in_the_way_neither_there_nor_back(
    web: ModuleType, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    believed: list[set[str]] = []
    monkeypatch.setattr(
        web.web_servers.transaction,
        "check_only_root_influences_daemon_tests",
        lambda *_, admins=(): believed.append(set(admins)),
    )
    told(web, asked(admins=("mai",)))
    told(web, asked("antruc.test/x", id="SC-20261127-1/2"))
    here.fails.add("visit")
    assert told(web, asked("antruc.test/y", id="SC-20261127-1/3", admins=("nam",)))["state"] == "refused"
    here.fails.clear()
    assert told(web, asked(do="release")) == {"state": "none"}
    assert told(web, asked("antruc.test/x", do="release", id="SC-20261127-1/2")) == {"state": "none"}
    assert believed[:2] == [{"mai"}, {"mai"}]
    assert {"nam", "mai"} in believed
    assert believed[-2] == {"mai"}


def test_what_cannot_be_taken_back_is_said_to_be_unknown(web: ModuleType, here: Here) -> None:
    here.fails.add("reload")
    said = told(web, asked())
    assert (said["state"], said["why"]) == ("unknown", "not_taken_back")
    here.fails.clear()
    assert told(web, asked())["state"] == "confirmed"


def test_where_all_come_from_the_host_itself_the_host_is_not_let_in(web: ModuleType, here: Here) -> None:
    here.fails.add("from here")
    assert told(web, asked()) == {"state": "confirmed", "why": "all_closed"}
    text = here.in_force["luytre-contain-antruc.test.conf"]
    assert "realip" not in text
    assert "binary_remote_addr" in text


def test_what_is_in_front_of_a_site_has_to_be_closed_too(
    web: ModuleType, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = here.etc / "sites/a.conf"
    site.write_text(SITE.replace("listen 80;", "listen 8080;").replace("listen 443 ssl;", ""))
    (here.etc / "sites/b.conf").unlink()
    shown = {80: (200, b"<title>An Tr"), 443: ("refused", b""), 8080: (200, b"<title>An Tr")}
    monkeypatch.setattr(
        web.stranger_visits, "fetch_status_and_page_start_as_stranger", lambda _host, port, *_: shown[port]
    )
    here.fails.add("from here")
    assert told(web, asked()) == {"state": "confirmed", "why": "all_closed"}
    assert {port for _, port, *_ in here.asked} == {80, 8080}
    assert web.RECORD.read_all_records_by_action_id()[NAME]["fronts"] == [[80, False]]
    shown[80] = (200, b"<title>Khac")
    here.asked.clear()
    assert told(web, asked(id="SC-20261127-1/2"))["state"] == "confirmed"
    assert {port for _, port, *_ in here.asked} == {8080}


class Dripping(socketserver.ThreadingTCPServer):
    """A site that begins its answer and then sends a byte now and then, for ever."""

    daemon_threads = True

    def __init__(self, begins: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Drips)
        self.begins, self.over = begins, threading.Event()


class Drips(socketserver.BaseRequestHandler):
    server: Dripping

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.request.sendall(self.server.begins)
            while not self.server.over.wait(0.1):
                self.request.sendall(b"x")


@contextlib.contextmanager
def dripping(begins: bytes) -> Iterator[int]:
    """The port of such a site."""
    with Dripping(begins) as site:
        threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield int(site.server_address[1])
        finally:
            site.over.set()
            site.shutdown()


@pytest.mark.parametrize(
    ("begins", "tls"),
    [(b"HTTP/1.1 200 OK\r\n\r\n", False), (b"HTTP/1.1 200 OK\r\nX: ", False), (b"\x16\x03\x03\x40\x00", True)],
    ids=["in its page", "in its headers", "in its handshake"],
)
def test_a_site_that_drips_for_ever_has_no_veto_against_being_closed(
    web: ModuleType, here: Here, monkeypatch: pytest.MonkeyPatch, begins: bytes, *, tls: bool
) -> None:
    monkeypatch.setattr(web.stranger_visits, "VISIT_SECONDS", 0.3)
    monkeypatch.setattr(action_runner, "SECONDS", 10)
    with dripping(begins) as port:
        listens = f"listen {port} ssl;" if tls else f"listen {port};"
        (here.etc / "sites/a.conf").write_text(SITE.replace("listen 80;", listens).replace("    listen 443 ssl;\n", ""))
        (here.etc / "sites/b.conf").unlink()
        assert action_runner.run_in_time(lambda: told(web, asked())) == {"state": "confirmed", "why": ""}


@pytest.mark.parametrize("step", range(8))
@pytest.mark.parametrize("killed", ["contain", "release"])
@pytest.mark.parametrize("after", ["contain", "release"])
def test_killed_at_any_step_the_next_command_mends_it(
    web: ModuleType, here: Here, monkeypatch: pytest.MonkeyPatch, step: int, after: str, killed: str
) -> None:
    """Killed means that nothing of what follows is done, taking back neither."""
    before = here.files()
    left = [step]
    if killed == "release":
        told(web, asked())

    class Killed(BaseException):
        pass

    def dying(act: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*given: Any, **named: Any) -> Any:
            if left[0] <= 0:
                raise Killed
            left[0] -= 1
            return act(*given, **named)

        return acted

    with monkeypatch.context() as patch:
        for target, name in (
            (web.atomic_file, "write_file_atomically"),
            (web.web_servers.transaction, "_put_path_into_state"),
            (web.web_servers.ServerChange, "reload_server_if_running"),
            (web.stranger_visits, "wait_until_rule_turns_strangers_away"),
            (web.web_servers.ServerChange, "write_config_unless_its_test_fails"),
            (web.web_servers.os, "utime"),
        ):
            patch.setattr(target, name, dying(getattr(target, name)))
        with contextlib.suppress(Killed):
            web.ACTIONS[killed](asked())
    assert told(web, asked(do=after))["state"] == ("confirmed" if after == "contain" else "none")
    if after == "contain":
        assert "return 503" in here.in_force["luytre-contain-antruc.test.conf"]
        assert told(web, asked(do="release")) == {"state": "none"}
    assert here.files() == before
    assert here.in_force in (before, {})
    assert not (here.etc.parent / "luytre").exists()


def test_a_plan_says_what_is_then_written_and_writes_nothing(web: ModuleType, here: Here) -> None:
    before = here.files()
    plan = told(web, asked(do="plan"))
    assert here.files() == before
    assert not (here.etc.parent / "luytre").exists()
    told(web, asked())
    text = here.files()["luytre-contain-antruc.test.conf"]
    steps = plan["would"]
    at = next(at for at, (name, path, *_) in enumerate(steps) if "luytre-contain-antruc.test.conf" in path)
    assert steps[at][0] == "write"
    assert [line[1:] for line in steps[at + 1].splitlines()[1:]] == text.splitlines()
    visits = {step[1].split(" (")[0] for step in steps if step[0] == "visit" and step[2] == "127.86.83.1"}
    assert visits == {f"{m} http{'s' * t}://{n}:{p}{u}" for _, p, t, n, m, u in here.asked}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"domain": "lạ.test"}, "no_site"),
        ({"domain": "../x"}, "no_site"),
        ({"id": "x/../../1"}, "no_site"),
        (
            {
                "domain": "none.test",
                "names": ["none.test"],
                "root": None,
                "others": ["khac.test", "antruc.test", "old.invalid"],
            },
            "no_block",
        ),
        ({"others": ["www.antruc.test"], "names": ["antruc.test"]}, "shared"),
        ({"what": "antruc.test/" + "%0A" * 800}, "too_long"),
        ({"trusted": ["x; return 200;"]}, "fault"),
    ],
)
def test_what_is_no_site_of_the_hosts_is_refused(
    web: ModuleType, here: Here, changes: dict[str, Any], why: str
) -> None:
    before = here.files()
    for do in ("plan", "contain"):
        said = told(web, asked(do=do, **changes))
        assert (said["state"], said["why"]) == ("refused", why)
    assert here.files() == before
    assert not (here.etc.parent / "luytre").exists()


def test_a_file_that_others_can_write_is_left_alone(web: ModuleType, here: Here) -> None:
    (here.etc / "sites").chmod(0o777)
    said = told(web, asked())
    assert (said["state"], said["why"]) == ("refused", "not_edited")


def test_what_a_way_back_took_along_is_said_again(web: ModuleType, here: Here) -> None:
    before = (here.etc / "sites/a.conf").read_text()
    told(web, asked())
    now = here.files()
    assert Path(web.RECORD.home, "again").read_bytes() == b"PK"
    (here.etc / "sites/a.conf").write_text(before)
    (here.etc / "luytre-contain-antruc.test.conf").unlink()
    web.main([])
    assert here.in_force == here.files() == now
    told(web, asked(do="release"))
    web.main([])
    assert not (here.etc.parent / "luytre").exists()
