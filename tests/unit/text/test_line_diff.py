from __future__ import annotations

from difflib import SequenceMatcher

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.fleet.runner import AnsibleTask
from auditor.hardening.steps import preview
from auditor.text.line_diff import iter_unified_diff_lines

LINES = st.lists(st.sampled_from(["a", "b", "c", "d", "{", "}", ""]), max_size=12)


@settings(max_examples=300, deadline=None)
@given(LINES, LINES)
def test_what_is_taken_and_added_makes_one_text_of_the_other(before: list[str], after: list[str]) -> None:
    made, at = [], 0
    for line in list(iter_unified_diff_lines(before, after, "old", "new"))[2:]:
        if line.startswith("@@"):
            start, _, length = line.split()[1][1:].partition(",")
            begin = int(start) - (length != "0")
            made += before[at:begin]
            at = begin
        else:
            made += [line[1:]] if line[0] in " +" else []
            at += line[0] in " -"
    assert made + before[at:] == after


def test_it_reads_as_diff_prints() -> None:
    before, after = ["server {", "  a on;", "  b on;", "}", ""], ["server {", "  a off;", "  b on;", "  c on;", "}", ""]
    assert list(iter_unified_diff_lines(before, after, "old", "new")) == [
        "--- old",
        "+++ new",
        "@@ -1,4 +1,5 @@",
        " server {",
        "-  a on;",
        "+  a off;",
        "   b on;",
        "+  c on;",
        " }",
    ]
    assert list(iter_unified_diff_lines(before, before, "old", "new")) == []


def test_texts_made_to_be_slow_are_never_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search of difflib takes more than the square of what it is given."""
    monkeypatch.setattr(SequenceMatcher, "find_longest_match", None)
    sides = {"before": "a\nb\n" * 5_000, "after": "b\na\na\n" * 3_300}
    task = AnsibleTask("h", "x", None, "copy", "changed", {"diff": [sides] * 1_000})
    (shown,) = preview.list_changing_tasks_of_check_run(preview.PlaybookRun("", (task,)))
    assert 0 < len(shown.diff) <= preview.MAX_DIFF
