"""A trace is small, safe to show, and the same tomorrow and elsewhere."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from auditor.models.reviews import MAX_BYTES, MAX_OF_A_KIND, MAX_SAMPLE
from auditor.scans.dedup import limit_traces_per_kind, merge_traces_by_key
from auditor.scans.traces import (
    Family,
    Kind,
    Trace,
    add_target_to_trace,
    build_masked_trace,
    compute_certainty_by_families,
    compute_trace_key,
    make_trace_exact,
    mask_personal_data,
)

FAMILIES: tuple[Family, ...] = ("visitors", "hidden", "code", "redirects", "lexicon", "address", "orphan")


def seen(
    essence: str = "88bet.example",
    kind: Kind = "link",
    where: str = "/",
    target: str | None = None,
    *,
    exact: bool = False,
    **more: object,
) -> Trace:
    given: dict[str, object] = {"sample": "x", "families": ["lexicon"], "rules": ["r"], **more}
    trace = build_masked_trace(kind, essence, where=where, **given)  # type: ignore[arg-type]
    trace = make_trace_exact(trace) if exact else trace
    return trace if target is None else add_target_to_trace(trace, target)


@pytest.mark.parametrize("char", ["a", "ữ", "漢", "𝟖", '"', "\\", "\u202e", "\x00", "\udc80", "\n"])
def test_a_trace_of_anything_is_at_most_one_kilobyte(char: str) -> None:
    one = seen(
        char * 9000,
        where="/" + char * 9000,
        sample=char * 9000,
        families=FAMILIES,
        rules=[c * 30 for c in "abcdefgh"],
        target=char * 9000,
    )
    assert len(one.model_dump_json().encode()) <= MAX_BYTES
    assert len(one.sample) <= MAX_SAMPLE
    assert Trace.model_validate_json(one.model_dump_json()) == one


def test_a_trace_that_was_made_large_elsewhere_is_refused() -> None:
    data = seen().model_dump(mode="json") | {"sample": "\x01" * MAX_SAMPLE, "where": "\x01" * 100}
    with pytest.raises(ValidationError, match="1024 bytes"):
        Trace.model_validate(data)


def test_the_key_rests_on_what_it_is_and_not_on_where() -> None:
    assert seen(where="/a").key == seen(where="/b", sample="other").key == compute_trace_key("link", "88bet.example")
    assert len({seen(kind=kind).key for kind in ("link", "frame", "script")}) == 3


def test_two_families_are_strong_one_is_weak() -> None:
    assert compute_certainty_by_families(["visitors", "lexicon"]) == "strong"
    assert compute_certainty_by_families(["lexicon", "lexicon"]) == "weak"
    assert seen(families=["redirects"], exact=True).certainty == "exact"


def test_secrets_and_people_are_not_in_a_sample() -> None:
    one = seen(sample="Nguyễn A 0905 123 456, +84 905-123-456, a.b@example.vn, 051099001234; 24/11/2026")
    assert not any(part in one.sample for part in ("0905", "905-123", "@", "0510", "hunter2"))
    assert "24/11/2026" in one.sample
    assert mask_personal_data("Nghị định 331/2026/NĐ-CP, từ 2024-2026, 1.200.000.000 đồng") == (
        "Nghị định 331/2026/NĐ-CP, từ 2024-2026, 1.200.000.000 đồng"
    )


def test_an_address_is_shown_so_that_nothing_makes_a_link_of_it() -> None:
    assert seen(target="https://88bet.example").target == "hxxps://88bet[.]example"


def test_what_is_seen_twice_is_one_trace() -> None:
    weak = seen(where="/b")
    strong = seen(where="/a", families=["lexicon", "hidden"], rules=["s"])
    (one,) = merge_traces_by_key([weak, strong])
    assert (one.where, one.places, one.certainty, one.rules) == ("/b", 2, "strong", ("r", "s"))
    assert one.families == ("lexicon", "hidden")


def test_of_a_kind_the_surest_are_kept() -> None:
    many = [seen(f"{n}.example") for n in range(MAX_OF_A_KIND + 5)]
    sure = seen("sure.example", families=["lexicon", "hidden"])
    kept, left_out = limit_traces_per_kind([*many, sure, seen(kind="frame")])
    assert kept[0] == sure
    assert (len(kept), left_out) == (MAX_OF_A_KIND + 1, 6)


def test_whoever_fills_one_folder_with_alarms_hides_none_that_lies_elsewhere() -> None:
    sure = {"certainty": "strong"}
    many = [
        seen(f"t{n}", "temporary", f"/var/spool/{n}/{n}/.x").model_copy(update=sure) for n in range(3 * MAX_OF_A_KIND)
    ]
    exact = [one.model_copy(update={"certainty": "exact", "places": 9}) for one in many[: 2 * MAX_OF_A_KIND]]
    few = [seen(f"e{n}", "temporary", f"/srv/{n}/.x").model_copy(update=sure) for n in range(3)]
    kept, left_out = limit_traces_per_kind([*many, *exact, *few])
    assert set(few) <= set(kept)
    assert (len(kept), left_out) == (MAX_OF_A_KIND, 5 * MAX_OF_A_KIND + 3 - MAX_OF_A_KIND)


def test_a_path_that_others_begin_with_is_one_of_them() -> None:
    many = [seen(f"t{n}", where="/a" + "/b" * (n % 50)) for n in range(MAX_OF_A_KIND + 60)]
    kept, left_out = limit_traces_per_kind([one.model_copy(update={"certainty": "strong"}) for one in many])
    assert (len(kept), left_out) == (MAX_OF_A_KIND, 60)
