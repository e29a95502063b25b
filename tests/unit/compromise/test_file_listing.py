"""From a host's list of files to traces; and what a host says that no module of ours has said."""

from __future__ import annotations

import base64
import dataclasses
import json
import zlib
from typing import Any

import pytest

from auditor.compromise import file_listing, file_triage
from auditor.compromise.classifier import Judgement
from auditor.compromise.file_listing import ListingError, WebFile
from auditor.compromise.known_good.manifest import ReleaseManifest
from auditor.compromise.php.taint import CodeHit
from auditor.compromise.scan_cache import FULL_EVERY, ScanCache

SHELL = Judgement(hits=(CodeHit("evaluated", "exact", 0),), sample="the sample")
FAINT = Judgement(own=("uploader",))


def file(path: str, digest: str = "a", what: int = file_listing.PHP, place: int = 0, size: int = 500) -> WebFile:
    return WebFile("/srv/www", path, size, 1, 2, digest * 64, what, place, "0123456789abcdef")


def traces(
    files: list[WebFile], judgements: dict[str, Judgement], *manifests: ReleaseManifest
) -> list[tuple[str, str, str]]:
    found = file_triage.find_traces_in_triaged_files(file_triage.triage_files(files, manifests), judgements)
    return sorted((one.where, one.kind, one.certainty) for one in found.traces)


def row(**changes: Any) -> list[Any]:
    told = {
        **{"root": 0, "path": "a.php", "size": 1, "modified": 2, "changed": 3, "uid": 0, "gid": 0, "mode": 420},
        **{"sha256": "a" * 64, "what": 1, "place": 0, "stamp": "0123456789abcdef", "md5": None},
    }
    return list({**told, **changes}.values())


def said(**changes: Any) -> str:
    told = {
        **{"roots": ["/srv/www"], "applications": [], "rows": [row()], "same": [], "seen": 1, "others": 0, "left": 0},
        **{"cut_short": [], "seconds": 1.0, "processor": 0.5},
    }
    return base64.b64encode(zlib.compress(json.dumps({**told, **changes}).encode("ascii"))).decode()


def test_code_that_runs_what_visitors_say_is_exact_wherever_it_lies() -> None:
    assert traces([file("x/y.jpg")], {"a" * 64: SHELL}) == [("/srv/www/x/y.jpg", "program", "exact")]


def test_one_sign_is_weak_and_with_its_place_strong() -> None:
    assert traces([file("a.php")], {"a" * 64: FAINT}) == [("/srv/www/a.php", "program", "weak")]
    found = traces([file("uploads/a.php", place=file_listing.UPLOAD)], {"a" * 64: FAINT})
    assert found == [("/srv/www/uploads/a.php", "program", "strong")]


def test_what_a_release_explains_is_not_judged_and_what_it_does_not_is_told() -> None:
    release = ReleaseManifest("p", "1", "", {f"core/{n}.php": n * 64 for n in "bcde"})
    files = [file(f"core/{n}.php", n) for n in "bcd"] + [file("core/e.php", "f"), file("core/new.php", "9")]
    seen = file_triage.triage_files(files, (release,))
    assert [one.path for one in seen.suspect_files] == ["core/e.php", "core/new.php"]
    assert traces(files, {}, release) == [
        ("/srv/www/core/e.php", "changed", "strong"),
        ("/srv/www/core/new.php", "unknown", "weak"),
    ]
    assert file_triage.find_traces_in_triaged_files(seen, {}).unjudged_count == 2


def test_what_an_application_makes_by_itself_is_known_where_a_release_has_no_such_file() -> None:
    release = ReleaseManifest("p", "1", "", {f"core/{n}.php": n * 64 for n in "bcd"})
    files = [file(f"core/{n}.php", n) for n in "bcd"] + [file("core/tmp/e.php", "f")]
    made = Judgement(generated="smarty")
    assert traces(files, {"f" * 64: made}, release) == []
    found = file_triage.find_traces_in_triaged_files(file_triage.triage_files(files, (release,)), {"f" * 64: made})
    assert (found.generated_count, found.unjudged_count) == (1, 0)


@pytest.mark.parametrize(
    "path, released, told",
    [
        ("wp-content/mu-plugins/a.php", False, "weak"),
        ("wp-content/mu-plugins/a/b.php", False, None),
        ("wp-content/object-cache.php", False, "weak"),
        ("wp-content/plugins/a/db.php", False, None),
        ("plugins/system/a/a.php", False, None),
        ("plugins/system/a/a.php", True, "weak"),
    ],
)
def test_what_an_application_loads_by_itself_is_shown_where_no_release_has_it(
    path: str, released: bool, told: str | None
) -> None:
    release = ReleaseManifest("p", "1", "", {f"{n}.txt": n * 64 for n in "bcd"})
    files = [file(f"{n}.txt", n) for n in "bcd"] if released else []
    lying = dataclasses.replace(file(path), size=500)
    assert traces([*files, lying], {"a" * 64: Judgement()}, release) == (
        [(f"/srv/www/{path}", "unknown", told)] if told else []
    )
    assert traces([*files, lying], {"a" * 64: FAINT}, release)[0][2] == (
        "strong" if path != "wp-content/mu-plugins/a/b.php" and "plugins/a/" not in path else "weak"
    )


def test_a_release_that_is_known_by_md5_explains_files_of_that_md5() -> None:
    release = ReleaseManifest("wordpress", "1", "", {f"core/{n}.php": n * 32 for n in "bcde"})
    files = [dataclasses.replace(file(f"core/{n}.php", n), md5=n * 32) for n in "bcd"]
    files.append(dataclasses.replace(file("core/e.php", "f"), md5="f" * 32))
    seen = file_triage.triage_files(files, (release,))
    assert seen.known_count == 3
    assert traces(files, {}, release) == [("/srv/www/core/e.php", "changed", "strong")]


def test_a_missing_file_is_told_apart_and_a_missing_folder_once() -> None:
    entries = {**{f"core/{n}.php": n * 64 for n in "bcde"}, **{f"core/gone/{n}/x.php": n * 64 for n in "12"}}
    release = ReleaseManifest("p", "1", "", entries)
    files = [file(f"core/{n}.php", n) for n in "bcd"]
    assert traces(files, {}, release) == [
        ("/srv/www/core/e.php", "missing", "weak"),
        ("/srv/www/core/gone", "missing", "weak"),
    ]
    seen = file_triage.triage_files(files, (release,), is_complete_listing=False)
    assert file_triage.find_traces_in_triaged_files(seen, {}).traces == ()


def test_what_only_stands_beside_counts_beside_the_tree_alone() -> None:
    hit, beside = (CodeHit("written_file", "sure", 0),), ("bare",)
    assert traces([file("a.php")], {"a" * 64: Judgement(beside=beside)}) == []
    assert traces([file("a.php")], {"a" * 64: Judgement(hits=hit, beside=beside)}) == [
        ("/srv/www/a.php", "program", "strong")
    ]


def test_a_file_that_could_not_be_judged_is_no_pass() -> None:
    assert traces([file("a.php")], {"a" * 64: Judgement(unjudged="it hurts")}) == [
        ("/srv/www/a.php", "unjudged", "weak")
    ]


def test_a_file_that_could_not_be_read_is_no_pass_whatever_its_name() -> None:
    release = ReleaseManifest("p", "1", "", {f"core/{n}.php": n * 64 for n in "bcde"})
    known = [file(f"core/{n}.php", n) for n in "bcd"]
    unread = [
        dataclasses.replace(file(path), sha256=None, what=file_listing.UNREAD) for path in ("core/e.php", "x.jpg")
    ]
    assert traces([*known, *unread], {}, release) == [
        ("/srv/www/core/e.php", "unjudged", "weak"),
        ("/srv/www/x.jpg", "unjudged", "weak"),
    ]


def test_names_are_bytes_and_are_shown_on_one_line() -> None:
    (found,) = traces([file("a\n\xff.php")], {"a" * 64: SHELL})
    assert found[0] == "/srv/www/a%0A%FF.php"
    (long,) = traces([file("uploads/0912345678 password=x/" + "d/" * 100 + "e.php")], {"a" * 64: SHELL})
    assert long[0].startswith("/srv/www/uploads/0912345678 password=x/d/")
    assert long[0].endswith("/d/e.php")
    assert len(long[0]) == 120


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "????",
        base64.b64encode(b"junk").decode(),
        said(rows=[row(path="../x")]),
        said(rows=[row(path="/etc/passwd")]),
        said(rows=[row(root=5)]),
        said(rows=[row(root=-1)]),
        said(rows=[row(sha256="A" * 64)]),
        said(rows=[row(stamp="x")]),
        said(rows=[row(path="ă.php")]),
        said(rows=[row(md5="a" * 31)]),
        said(rows=[row(size="1")]),
        said(rows=[row()[:5]]),
        said(rows=[row()] * 2, seen=1),
        said(same=[7]),
        said(same=[1, 1]),
        said(processor=float("nan")),
        said(seen=-1),
        said(roots=None),
        said(surprise=1)[:-8],
    ],
)
def test_a_host_that_answers_with_nonsense_is_not_believed(text: object) -> None:
    with pytest.raises(ListingError):
        file_listing.parse_file_list(text, 2)


def test_a_listing_is_taken_in_as_it_was_said() -> None:
    told = file_listing.parse_file_list(said(same=[1], rows=[row(path="a\n\xff.php")], seen=2), 2)
    assert [one.full_path for one in told.files] == ["/srv/www/a\n\udcff.php"]
    assert (told.same, told.file_count, told.cut_short) == ([1], 2, False)


def test_contents_come_whole_or_not_at_all() -> None:
    pieces = base64.b64encode(zlib.compress(b"abcde")).decode()
    assert file_listing.unpack_file_contents(pieces, file_listing.pack_compressed_json([2, -1, 3]), 3) == [
        b"ab",
        None,
        b"cde",
    ]
    for lengths in ([6], [2, 4], [-2], ["2"], [1] * 9):
        with pytest.raises(ListingError):
            file_listing.unpack_file_contents(pieces, file_listing.pack_compressed_json(lengths), 3)


def test_the_seventh_hunt_reads_everything_again() -> None:
    known = ScanCache(host="web1")
    warm = []
    for _ in range(FULL_EVERY + 1):
        stamps = known.stamps_of_known_files
        warm.append(bool(stamps))
        known = known.build_cache_for_next_hunt(
            [file("a.php")], {"a" * 64: "{}", "b" * 64: "{}"}, "r", warm=bool(stamps)
        )
    assert warm == [False, *[True] * (FULL_EVERY - 1), False]
    assert known.judged == {"a" * 64: "{}"}
    assert known.restore_unchanged_files([0]) == (file("a.php"),)


@pytest.mark.parametrize(
    ("installer", "beside", "sure"),
    [
        ("install/index.php", "includes/mainfile.php", "weak"),
        ("tin/install/index.php", "tin/includes/mainfile.php", "weak"),
        ("install/index.php", "x.php", "strong"),
        ("uploads/install/index.php", "includes/mainfile.php", "strong"),
        ("install/x.php", "includes/mainfile.php", "strong"),
    ],
)
def test_an_installer_is_is_at_installer_path_beside_its_application_alone(
    installer: str, beside: str, sure: str
) -> None:
    notes = Judgement(hits=(CodeHit("included_data", "exact", 0),), within=True, installer=True)
    found = traces([file(installer), file(beside, "b")], {"a" * 64: notes, "b" * 64: Judgement()})
    assert found == [(f"/srv/www/{installer}", "program", sure)]


def test_each_of_several_files_that_hold_the_same_is_told() -> None:
    """Whoever lays a shell at ten places has ten ways in."""
    some = [file(f"uploads/{n}/x.php") for n in range(10)]
    assert len(traces(some, {"a" * 64: SHELL})) == 10
