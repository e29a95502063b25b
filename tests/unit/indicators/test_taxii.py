"""A TAXII server over loopback: pages followed, what is new taken in, objects handed over; and one that lies, loops or drowns us."""

from __future__ import annotations

import datetime
import http.server
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from auditor.errors import InputError
from auditor.indicators import exchange, export, store, taxii
from auditor.indicators.indicator import Indicator

TODAY = datetime.date(2026, 11, 27)
MEDIA = "application/taxii+json;version=2.1"
type Answer = tuple[int, dict[str, str], bytes]


class Fake:
    """A server with one collection; ``odd`` may answer in its place."""

    def __init__(self) -> None:
        self.objects: list[tuple[str, dict[str, Any]]] = []
        self.asked: list[tuple[str, str, dict[str, str], dict[str, list[str]]]] = []
        self.odd: Callable[[str, str, dict[str, list[str]]], Answer | None] = lambda *_: None
        self.page = 3

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        self.asked.append((method, parts.path, headers, query))
        odd = self.odd(method, parts.path, query)
        if odd is not None:
            return odd
        if method == "POST":
            known = {one["id"] for _, one in self.objects}
            given = json.loads(body)["objects"]
            failures = [{"id": one["id"], "message": "exists"} for one in given if one["id"] in known]
            stamp = f"2026-11-27T00:00:{len(self.asked):02}.000Z"
            self.objects += [(stamp, one) for one in given if one["id"] not in known]
            return json_answer({"id": "s1", "status": "pending", "failures": failures}, 202)
        if "/status/" in parts.path:
            return json_answer({"id": "s1", "status": "complete", "failures": [{"id": self.objects[0][1]["id"], "message": "exists"}]})  # fmt: skip
        found = [one for one in self.objects if one[0] > query.get("added_after", [""])[0]]
        if "match[id]" in query:
            found = [one for one in self.objects if one[1]["id"] == query["match[id]"][0]]
        start = int(query.get("next", ["0"])[0])
        part = found[start : start + self.page]
        more = start + self.page < len(found)
        data = {"objects": [one for _, one in part], "more": more, **({"next": str(start + self.page)} if more else {})}
        last = {"X-TAXII-Date-Added-Last": part[-1][0]} if part else {}
        return json_answer(data, 200, last)


def json_answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return status, {"Content-Type": MEDIA, **(headers or {})}, json.dumps(data).encode()


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def server(fake: Fake, tmp_path: Path) -> Iterator[taxii.TaxiiCollection]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = fake.answer(self.command, self.path, dict(self.headers), body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _any

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
        office = tmp_path / "office"
        office.mkdir()
        (office / "token").write_text("s3cret\n")
        (office / "token").chmod(0o600)
        (office / taxii.FILE).write_text(
            f"url: http://127.0.0.1:{listening.server_port}/api1/collections/c1/\ntoken_file: token\n"
        )
        made = taxii.load(office)
        made.sleep = lambda _: None
        yield made
        listening.shutdown()


def indicator(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "indicator", "id": f"indicator--{number}", "pattern": f"[ipv4-addr:value = '203.0.114.{number}']", "pattern_type": "stix", "valid_from": "2026-11-20T00:00:00Z", **more}  # fmt: skip


def values(kept: Path) -> list[str]:
    return [one.text for one in store.load_indicators(kept)]


def test_pages_are_followed_and_only_what_is_new_is_fetched_the_next_time(
    fake: Fake, server: taxii.TaxiiCollection, tmp_path: Path
) -> None:
    kept = tmp_path / "i.sqlite"
    fake.objects = [(f"2026-11-20T00:00:0{n}.000Z", indicator(n)) for n in range(1, 8)]
    assert exchange.poll_taxii_collection_into_list(server, "ncsc", TODAY, kept).indicators == 7
    assert [one[3].get("next") for one in fake.asked] == [None, ["3"], ["6"]]
    assert {one[2]["Authorization"] for one in fake.asked} == {"Bearer s3cret"}
    fake.asked.clear()
    fake.objects += [
        ("2026-11-21T00:00:00.000Z", indicator(9)),
        ("2026-11-21T00:00:01.000Z", indicator(1, revoked=True)),
        ("2026-11-21T00:00:02.000Z", indicator(2, pattern="[domain-name:value = 'evil.test']")),
    ]
    assert exchange.poll_taxii_collection_into_list(server, "ncsc", TODAY, kept).indicators == 7
    assert [one[3]["added_after"] for one in fake.asked] == [["2026-11-20T00:00:07.000Z"]]
    assert values(kept) == [*(f"203.0.114.{n}" for n in (3, 4, 5, 6, 7, 9)), "evil.test"]
    assert exchange.poll_taxii_collection_into_list(server, "ncsc", TODAY, kept).indicators == 7


def test_what_is_handed_over_is_there_and_what_was_there_is_no_failure(
    fake: Fake, server: taxii.TaxiiCollection
) -> None:
    given = [Indicator("domain", f"evil{n}.test", "", "GREEN", TODAY, None, "", "x") for n in range(5)]
    objects = export.build_stix_objects(given, "Ủy ban")
    assert server.upload_objects(objects) == (7, ())
    assert server.upload_objects(objects) == (7, ())
    assert [one["id"] for _, one in fake.objects] == [one["id"] for one in objects]
    found = [one for page, _ in server.iter_pages_of_objects_added_after(None) for one in page]
    assert found == objects


def test_what_the_server_does_not_take_is_named(fake: Fake, server: taxii.TaxiiCollection) -> None:
    fake.odd = lambda method, *_: (
        json_answer({"status": "complete", "failures": [{"id": "indicator--x", "message": "no"}]}, 202)
        if method == "POST"
        else None
    )
    assert server.upload_objects([{"id": "indicator--x"}]) == (0, ("indicator--x: no",))


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ({"status": "complete", "failures": 7}, (1, ())),
        ({"status": "complete", "failures": [7, {"id": "indicator--y", "message": "no"}]}, (1, ())),
        ({"status": "complete", "failure_count": 1, "failures": []}, (0, ("indicator--x: ",))),
        ({"status": "complete", "failure_count": 1}, (0, ("indicator--x: ",))),
    ],
)
def test_what_a_server_only_counts_as_not_taken_is_asked_for(
    fake: Fake, server: taxii.TaxiiCollection, status: dict[str, Any], told: Any
) -> None:
    fake.odd = lambda method, *_: json_answer(status, 202) if method == "POST" else json_answer({"objects": 7})
    assert server.upload_objects([{"id": "indicator--x"}]) == told


@pytest.mark.parametrize("name", [7, "", "../../x", "a?b", "\ud800", "a" * 200])
def test_a_status_that_cannot_be_asked_for_is_told(fake: Fake, server: taxii.TaxiiCollection, name: Any) -> None:
    fake.odd = lambda *_: json_answer({"status": "pending", "id": name}, 202)
    with pytest.raises(InputError, match="does not report the result"):
        server.upload_objects([{"id": "indicator--x"}])


def test_texts_that_no_file_can_hold_are_taken_in_all_the_same(
    fake: Fake, server: taxii.TaxiiCollection, tmp_path: Path
) -> None:
    fake.objects = [
        ("2026-11-20T00:00:01.000Z", indicator(1, name="\ud800", indicator_types=7)),
        ("2026-11-20T00:00:02.000Z", {"type": "identity", "id": "identity--1", "name": "\ud800"}),
        ("2026-11-20T00:00:03.000Z", indicator(2, pattern="\ud800")),
        ("2026-11-20T00:00:04.000Z", indicator(3, indicator_types=7)),
    ]
    listed = exchange.poll_taxii_collection_into_list(server, "ncsc", TODAY, tmp_path / "i.sqlite")
    assert (listed.indicators, listed.unmatched, listed.source) == (2, 1, "?")


def test_a_server_that_asks_for_patience_gets_some(fake: Fake, server: taxii.TaxiiCollection) -> None:
    answers = iter([(429, {"Retry-After": "30"}, b""), (503, {}, b"")])
    waits: list[float] = []
    server.sleep = waits.append
    fake.odd = lambda *_: next(answers, None)
    assert list(server.iter_pages_of_objects_added_after(None)) == [([], None)] and waits == [30, 5]
    fake.odd = lambda *_: (429, {"Retry-After": "90"}, b"")
    with pytest.raises(InputError, match="did not respond within 120 s"):
        list(server.iter_pages_of_objects_added_after(None))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((302, {"Location": "https://evil.test/"}, b""), "redirects are not followed"),
        ((401, {}, b""), "access denied"),
        ((500, {}, b""), "responded with 500"),
        ((200, {"Content-Type": "text/html"}, b"<html>"), "not a TAXII 2.1 server"),
        ((200, {"Content-Type": MEDIA}, b"{"), "not JSON"),
        ((200, {"Content-Type": MEDIA}, b"[]"), "not JSON"),
        (json_answer({"objects": 7}), "not contain a list of objects"),
        (json_answer({"objects": [], "more": True, "next": "1"}), "the pages of the response repeat"),
        (json_answer({"objects": [], "more": True}), "the pages of the response repeat"),
        (json_answer({"objects": [{"id": "x"}], "more": True, "next": "1"}), "the pages of the response repeat"),
        (json_answer({"objects": [{"id": "x"}], "more": True}), "the pages of the response repeat"),
        ((200, {"Content-Type": MEDIA}, b" " * 5_000), "larger than"),
    ],
)
def test_a_server_that_does_not_keep_to_it_is_one_line_and_the_list_stays(
    fake: Fake,
    server: taxii.TaxiiCollection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
    told: str,
) -> None:
    kept = tmp_path / "i.sqlite"
    fake.objects = [("2026-11-20T00:00:01.000Z", indicator(1))]
    exchange.poll_taxii_collection_into_list(server, "ncsc", TODAY, kept)
    monkeypatch.setattr(taxii, "MAX_ANSWER", 4_000)
    fake.odd = lambda *_: answer
    with pytest.raises(InputError, match=told):
        exchange.poll_taxii_collection_into_list(server, "ncsc", TODAY, kept)
    assert values(kept) == ["203.0.114.1"]


@pytest.mark.parametrize(("bound", "most"), [("MAX_FETCHED", 400_000), ("MAX_SECONDS", -1.0)])
def test_a_server_whose_pages_are_new_for_ever_is_one_line_and_the_list_stays(
    fake: Fake, server: taxii.TaxiiCollection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, most: float
) -> None:
    """2,000 pages of 30 MB, or of a minute each, are each within their own bounds."""
    numbers = itertools.count()
    fake.odd = lambda *_: json_answer(
        {"objects": [{"id": next(numbers), "x": "y" * 50_000}], "more": True, "next": "1"}
    )
    monkeypatch.setattr(taxii, bound, most)
    with pytest.raises(InputError, match="the response does not end"):
        exchange.poll_taxii_collection_into_list(server, "ncsc", TODAY, tmp_path / "i.sqlite")
    assert next(numbers) < 20


def test_a_poll_brings_no_more_than_all_lists_together_may_have(
    fake: Fake, server: taxii.TaxiiCollection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "i.sqlite"
    monkeypatch.setattr(store, "MAX_INDICATORS", 3)
    for number in range(1, 4):
        fake.objects.append((f"2026-11-20T00:00:0{number}.000Z", indicator(number)))
        exchange.poll_taxii_collection_into_list(server, "ncsc", TODAY, kept)
    fake.objects.append(("2026-11-20T00:00:04.000Z", indicator(4)))
    with pytest.raises(InputError, match="all lists together have 4"):
        exchange.poll_taxii_collection_into_list(server, "ncsc", TODAY, kept)
    assert len(values(kept)) == 3


def test_a_server_that_is_down_is_told(server: taxii.TaxiiCollection, tmp_path: Path) -> None:
    server.url = "http://127.0.0.1:1/api1/collections/c1/"
    with pytest.raises(InputError, match="it cannot be reached"):
        exchange.poll_taxii_collection_into_list(server, "ncsc", TODAY, tmp_path / "i.sqlite")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("url: http://ncsc.example/a/collections/c/", "the HTTPS address of a collection"),
        ("url: https://ncsc.example/a/", "the HTTPS address of a collection"),
        ("url: https://u:p@ncsc.example/a/collections/c/", "the HTTPS address of a collection"),
        ("url: https://ncsc.example/a/collections/c/\nuser: x", "it needs a token_file"),
        ("url: https://ncsc.example/a/collections/c/\nkey: x", "it needs a key, and a key needs it"),
        ("url: https://ncsc.example/a/collections/c/\ntoken_file: none", "the file with the password is missing"),
        ("url: https://ncsc.example/a/collections/c/\ncertificate: none\nkey: none", "our certificate cannot be used"),
    ],
)
def test_settings_that_cannot_be_used_are_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / taxii.FILE).write_text(text)
    with pytest.raises(InputError, match=told):
        taxii.load(tmp_path)
    with pytest.raises(InputError, match="there are no settings"):
        taxii.load(tmp_path / "nowhere")
