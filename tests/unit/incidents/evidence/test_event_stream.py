"""Whatever a host sends is bounded and understood, or told to be neither; no path is made from its names."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.incidents.evidence import event_stream
from auditor.incidents.evidence.event_stream import (
    VERSION,
    EvidenceStreamError,
    MemberEnd,
    MemberOmission,
    iter_evidence_stream_events,
)
from auditor.incidents.evidence.names import map_host_path_into_collection
from tests.unit.incidents.evidence.frames import HOST, LAST, frame, member, pieces, stream


def why(content: bytes) -> str:
    with pytest.raises(EvidenceStreamError) as broken:
        list(iter_evidence_stream_events(pieces(content, 50_000)))
    return str(broken.value)


def test_what_comes_is_taken_apart_however_it_is_cut_into_pieces() -> None:
    whole = list(iter_evidence_stream_events([stream(*HOST)]))
    assert list(iter_evidence_stream_events(pieces(stream(*HOST), 1))) == whole
    assert [one for one in whole if isinstance(one, MemberOmission)] == [MemberOmission(what="logs", why="time")]
    assert b"<?php x" in whole


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cut_off"),
        (VERSION, "cut_off"),
        (stream(*HOST[:-1]), "cut_off"),
        (stream(*HOST)[:-30], "cut_off"),
        (b"Permission denied, please try again.\n", "not_understood"),
        (VERSION + b"\x00not packed", "not_understood"),
        (stream(frame(b"X", {})), "not_understood"),
        (stream(frame(b"D", b"bytes of nothing")), "not_understood"),
        (stream(frame(b"E", {})), "not_understood"),
        (stream(frame(b"M", {"place": "[root]", "path": "/a"}), LAST), "not_understood"),
        (stream(frame(b"M", {"place": "[root]", "path": "/a"}) * 2), "not_understood"),
        (stream(frame(b"M", {"place": "../..", "path": "/a"})), "not_understood"),
        (stream(member("[root]", "/a", b"", mode=-1)), "not_understood"),
        (stream(member("[root]", "/a", b"", sha256="x")), "not_understood"),
        (stream(b"D\xff\xff\xff\xff"), "not_understood"),
        (stream(b"M\x00\x01\x00\x00" + b"{" * 65_536), "not_understood"),
    ],
)
def test_what_is_no_evidence_is_named(content: bytes, reason: str) -> None:
    assert why(content) == reason


@pytest.mark.parametrize(
    ("limit", "value", "frames"),
    [
        ("MAX_BYTES", 1_000, frame(b"N", {"what": "x" * 900, "why": ""}) * 2),
        ("MAX_MEMBERS", 2, member("[root]", "/a", b"") * 3),
        ("MAX_NOTES", 2, frame(b"N", {"what": "", "why": ""}) * 3),
    ],
)
def test_a_flood_ends(monkeypatch: pytest.MonkeyPatch, limit: str, value: int, frames: bytes) -> None:
    monkeypatch.setattr(event_stream, limit, value)
    assert why(stream(frames, LAST)) == "too_much"


def test_what_is_packed_to_burst_is_unpacked_a_piece_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "MAX_BYTES", 1_000_000)
    bomb = VERSION + zlib.compress(bytes(50_000_000), 9)
    assert why(bomb) in ("too_much", "not_understood")


def test_what_ended_whole_says_nothing_else() -> None:
    (_, _, ended) = iter_evidence_stream_events([stream(member("[root]", "/a", b"x"), LAST)])
    assert ended == MemberEnd()


@pytest.mark.parametrize(
    "path", ["", "/", "/a/../b", "/./a", "..", "/" + "/".join("a" * 41), "/" + "/".join(["x" * 170] * 20)]
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"no path|too long"):
        map_host_path_into_collection("[root]", path)


@given(
    st.lists(
        st.text(min_size=1, max_size=300).filter(lambda part: part not in (".", "..") and "/" not in part),
        min_size=1,
        max_size=5,
    )
)
def test_a_name_is_ours_whatever_the_host_calls_it(parts: list[str]) -> None:
    ours = map_host_path_into_collection("[root]", "/" + "/".join(parts))
    assert ours.startswith("[root]/")
    assert ours.isascii()
    assert ours.isprintable()
    assert " " not in ours
    names = ours.split("/")[1:]
    assert len(names) == len(parts)
    assert all(len(name) <= 180 and name not in (".", "..") for name in names)
