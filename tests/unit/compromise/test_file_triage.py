"""What a file comes to by its place, its release and what judges say of it, and what none of them says."""

from __future__ import annotations

import dataclasses

import pytest

from auditor.compromise import file_listing, file_triage
from auditor.compromise.classifier import Judgement
from auditor.compromise.file_listing import WebFile
from auditor.compromise.known_good.manifest import ReleaseManifest
from auditor.compromise.php.taint import CodeHit
from auditor.models.reviews import Trace

SHELL = Judgement(hits=(CodeHit("evaluated", "exact", 0),), sample="the sample")
FAINT = Judgement(own=("uploader",))
NOTHING = Judgement()
ENTRIES = {f"core/{name}.php": name * 64 for name in "bcde"}
RELEASE = ReleaseManifest("p", "1", "", ENTRIES)
OTHER, WORTH = "f", file_listing.PHP


def make_file(path: str, digest: str | None = "a", what: int = WORTH, place: int = 0, size: int = 500) -> WebFile:
    return WebFile("/srv/www", path, size, 1, 2, digest and digest * 64, what, place, "0123456789abcdef")


def list_known() -> list[WebFile]:
    """Return enough of the release's files that it is found on the host."""
    return [make_file(f"core/{name}.php", name) for name in "bcd"]


def find(files: list[WebFile], judgement: Judgement | None = None, *manifests: ReleaseManifest) -> list[Trace]:
    """Return the traces where the content of digest ``a`` was judged so."""
    judgements = {} if judgement is None else {"a" * 64: judgement}
    return list(file_triage.find_traces_in_triaged_files(file_triage.triage_files(files, manifests), judgements).traces)


def summarize(traces: list[Trace]) -> list[tuple[str, str, str, tuple[str, ...], tuple[str, ...]]]:
    """Return where, kind, certainty, rules and families."""
    return sorted(
        (one.where.removeprefix("/srv/www/"), one.kind, str(one.certainty), one.rules, one.families) for one in traces
    )


@pytest.mark.parametrize(
    ("what", "digest", "unread"),
    [
        (file_listing.PHP, "a", False),
        (file_listing.PHP | file_listing.SWAPPED, "a", True),
        (file_listing.PHP, None, True),
        (file_listing.PHP | file_listing.SWAPPED, None, True),
        (file_listing.SWAPPED, None, False),
        (0, None, False),
    ],
)
def test_code_that_changed_while_it_was_read_or_was_not_read_is_no_pass(
    what: int, digest: str | None, unread: bool
) -> None:
    found = find([make_file("x.bin", digest, what)], NOTHING)
    assert summarize(found) == ([("x.bin", "unjudged", "weak", ("unread",), ("structure",))] if unread else [])


def test_a_program_among_uploads_is_told_for_its_place_and_nowhere_else() -> None:
    program = file_listing.PROGRAM
    (found,) = find([make_file("up/x", what=program, place=file_listing.UPLOAD)], NOTHING)
    assert summarize([found]) == [("up/x", "executable", "weak", ("program",), ("place",))]
    for elsewhere in (
        make_file("up/x", what=program),
        make_file("up/x", what=program, place=file_listing.CACHE),
        make_file("up/x", what=0, place=file_listing.UPLOAD),
    ):
        assert find([elsewhere], NOTHING) == []


@pytest.mark.parametrize("place", [file_listing.UPLOAD, file_listing.CACHE])
def test_one_sign_among_uploads_or_caches_is_strong(place: int) -> None:
    (found,) = find([make_file("up/x.php", place=place)], FAINT)
    assert found.certainty == "strong"


def test_what_judges_say_for_sure_comes_before_what_the_release_says() -> None:
    changed = make_file("core/e.php")
    (found,) = find([*list_known(), changed], SHELL, RELEASE)
    assert (found.kind, found.certainty, found.sample) == ("program", "exact", "the sample")


def test_one_sign_in_a_changed_file_counts_with_the_release() -> None:
    (found,) = find([*list_known(), make_file("core/e.php")], FAINT, RELEASE)
    assert (found.kind, found.certainty) == ("program", "strong"), "it and the place where no release has it"


def test_of_a_sign_that_stays_weak_the_release_says_what_is_told() -> None:
    unjudged = Judgement(unjudged="it hurts")
    (found,) = find([*list_known(), make_file("core/e.php")], unjudged, RELEASE)
    assert (found.kind, found.certainty, found.rules) == ("changed", "strong", ("changed",))
    (alone,) = find([make_file("core/e.php")], unjudged)
    assert (alone.kind, alone.certainty) == ("unjudged", "weak")


def test_a_changed_file_says_where_it_differs_and_is_weak_without_code() -> None:
    differs = Judgement(differs="line 3: x")
    (found,) = find([*list_known(), make_file("core/e.php")], differs, RELEASE)
    assert (found.kind, found.certainty, found.sample) == ("changed", "strong", "p 1 line 3: x")
    (text,) = find([*list_known(), make_file("core/e.php", what=0)], differs, RELEASE)
    assert (text.kind, text.certainty, text.sample) == ("changed", "weak", "p 1")


def test_a_known_file_in_another_place_is_told_and_among_uploads_strong() -> None:
    moved, folder = make_file("up/b.php", "b"), file_listing.UPLOAD
    for place, certainty in ((0, "weak"), (folder, "strong")):
        files = [*list_known(), dataclasses.replace(moved, place=place)]
        found = [one for one in find(files, None, RELEASE) if one.where.endswith("up/b.php")]
        assert [(one.kind, one.certainty, one.families) for one in found] == [
            ("misplaced", certainty, ("known", "place"))
        ]


def test_content_that_could_not_be_read_is_never_known_by_md5() -> None:
    release = ReleaseManifest("wordpress", "1", "", {f"core/{name}.php": name * 32 for name in "bcde"})
    files = [dataclasses.replace(make_file(f"core/{name}.php", name), md5=name * 32) for name in "bcd"]
    unread = dataclasses.replace(make_file("core/e.php", None), md5="e" * 32)
    triage = file_triage.triage_files([*files, unread], (release,))
    assert triage.known_count == 3
    assert [file.path for file in triage.suspect_files] == ["core/e.php"]
    found = file_triage.find_traces_in_triaged_files(triage, {})
    assert found.unjudged_count == 1
    assert [one.where for one in found.traces] == ["/srv/www/core/e.php"]


def test_newest_changes_are_judged_first_and_among_them_by_path() -> None:
    files = [
        dataclasses.replace(make_file(path), ctime_ns=when) for path, when in (("a.php", 1), ("z.php", 2), ("b.php", 2))
    ]
    assert [file.path for file in file_triage.triage_files(files, ()).suspect_files] == ["b.php", "z.php", "a.php"]


def test_files_without_a_digest_are_told_apart_by_their_paths() -> None:
    files = [make_file(f"up/{name}", None, file_listing.PROGRAM, file_listing.UPLOAD) for name in "xy"]
    assert len({one.key for one in find(files)}) == 2
    same = [make_file(f"up/{name}", "b", file_listing.PROGRAM, file_listing.UPLOAD) for name in "xy"]
    assert len({one.key for one in find(same)}) == 1


def test_what_holds_no_code_is_not_judged() -> None:
    files = [make_file("a.php"), make_file("b.jpg", what=0), make_file(".htaccess", what=file_listing.SETTINGS)]
    triage = file_triage.triage_files(files, ())
    assert {file.path for file in triage.suspect_files} == {"a.php", ".htaccess"}
    found = file_triage.find_traces_in_triaged_files(triage, {"a" * 64: NOTHING})
    assert (found.unjudged_count, found.generated_count, found.left_out) == (0, 0, 0)


def test_a_page_that_says_nothing_is_no_foreign_code() -> None:
    for size, told in ((60, []), (61, ["unknown"])):
        found = find([make_file("wp-content/mu-plugins/index.php", size=size)], NOTHING)
        assert [one.kind for one in found] == told


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("Own-Rule.2", "own-rule.2"),
        ("2nd", "r2nd"),
        ("_x", "r_x"),
        ("webshellế", "webshell_"),
        ("a b/c", "a_b_c"),
        ("x" * 40, "x" * 30),
        ("ế", "r_"),
        ("²", "r_"),
    ],
)
def test_a_rule_s_name_is_written_as_traces_have_it(rule: str, name: str) -> None:
    (found,) = find([make_file("a.php")], Judgement(own=(rule,)))
    assert found.rules == (name,)


def test_a_name_alone_makes_no_code_of_a_file() -> None:
    """What a CMS would load by its name holds no code: nothing is loaded."""
    assert find([make_file("wp-content/mu-plugins/a.php", what=0)], NOTHING) == []
    whole = [*list_known(), make_file("core/e.php", "e"), make_file("core/photo.jpg", what=0)]
    assert find(whole, None, RELEASE) == []


@pytest.mark.parametrize(("path", "kind"), [("core/e.php", "changed"), ("elsewhere/b.php", "misplaced")])
def test_what_looks_generated_is_told_where_a_release_has_such_a_file(path: str, kind: str) -> None:
    digest = "b" if kind == "misplaced" else "a"
    made = Judgement(generated="smarty")
    triage = file_triage.triage_files([*list_known(), make_file(path, digest)], (RELEASE,))
    found = file_triage.find_traces_in_triaged_files(triage, {digest * 64: made})
    assert [(one.kind, one.where) for one in found.traces if one.where.endswith(path)] == [(kind, f"/srv/www/{path}")]


def test_a_changed_text_among_uploads_is_weak() -> None:
    text = make_file("core/e.php", what=0, place=file_listing.UPLOAD)
    (found,) = find([*list_known(), text], None, RELEASE)
    assert (found.kind, found.certainty) == ("changed", "weak")


def test_the_same_bytes_are_the_same_trace_wherever_they_lie() -> None:
    judged = [find([make_file(path)], SHELL)[0].key for path in ("a.php", "b.php")]
    assert judged[0] == judged[1]
    other = ReleaseManifest("p", "1", "", {**ENTRIES, "core/f.php": "7" * 64})
    changed = [find([*list_known(), make_file(path)], None, other) for path in ("core/e.php", "core/f.php")]
    assert len({one.key for found in changed for one in found if one.kind == "changed"}) == 1


def test_what_was_judged_without_a_digest_is_told_apart_by_its_path() -> None:
    triage = file_triage.triage_files([make_file("a.php", None), make_file("b.php", None)], ())
    found = file_triage.find_traces_in_triaged_files(triage, {"": SHELL})
    assert len({one.key for one in found.traces}) == 2


def test_changed_files_that_could_not_be_read_are_traces_of_their_own() -> None:
    other = ReleaseManifest("p", "1", "", {**ENTRIES, "core/f.php": "7" * 64})
    files = [*list_known(), make_file("core/e.php", None), make_file("core/f.php", None)]
    assert len({one.key for one in find(files, None, other)}) == 2


def test_of_what_judges_say_the_line_that_differs_is_shown_first() -> None:
    for differs, shown in (("line 3: eval", "line 3: eval"), ("", "the sample")):
        (found,) = find([make_file("a.php")], dataclasses.replace(SHELL, differs=differs))
        assert found.sample == shown


def test_large_files_are_read_as_trees_while_there_is_room_in_the_order_of_suspicion() -> None:
    sizes = [5_000_000, 500, 4_000_000, 2_500_000, 12_001]
    files = [make_file(f"{at}.php", "a", size=size) for at, size in enumerate(sizes)]
    selected = file_triage.select_files_whose_large_trees_are_read(files)
    assert selected == {files[0].full_path, files[3].full_path, files[4].full_path}


def test_large_files_that_rules_alone_have_read_are_counted() -> None:
    triage = file_triage.triage_files([make_file("a.php", size=20_000), make_file("b.php", "b")], ())
    judgements = {"a" * 64: Judgement(skimmed=True), "b" * 64: Judgement()}
    assert file_triage.find_traces_in_triaged_files(triage, judgements).skimmed_count == 1
