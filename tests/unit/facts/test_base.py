"""What every area of facts is made of: strict in what it knows, open to what is newer, without secrets."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from auditor.facts import load_fact_area_models
from auditor.facts._base import Area, Banner, Doubt, Fact, FileMode, KnownWords, Lines

MODE = {"path": "/etc/passwd", "owner": "root", "group": "root", "mode": 0o644, "kind": "file"}
DOUBT = {"place": "/etc/cron.d/x", "kind": "user", "name": "www-data", "movable": True, "beginning": ["a"]}


class Answer(Area):
    lines: Lines
    count: int


@pytest.mark.parametrize(
    ("field", "value"),
    [("mode", "420"), ("mode", 420.0), ("mode", True), ("mode", None), ("path", 7), ("path", "/" + "a" * 4096)],
)
def test_nothing_is_taken_for_what_it_is_not(field: str, value: Any) -> None:
    assert FileMode.model_validate(MODE).mode == 0o644
    with pytest.raises(ValidationError):
        FileMode.model_validate({**MODE, field: value})


@pytest.mark.parametrize("missing", [*MODE])
def test_what_a_collector_does_not_tell_is_no_fact(missing: str) -> None:
    with pytest.raises(ValidationError):
        FileMode.model_validate({key: value for key, value in MODE.items() if key != missing})


def test_what_a_newer_collector_tells_besides_is_passed_over() -> None:
    fact = FileMode.model_validate({**MODE, "inode": 7})
    assert "inode" not in fact.model_dump()


def test_a_fact_does_not_change() -> None:
    fact = FileMode.model_validate(MODE)
    with pytest.raises(ValidationError):
        fact.mode = 0o777  # type: ignore[misc]


def test_words_that_are_not_known_are_still_an_answer() -> None:
    assert FileMode.model_validate({**MODE, "kind": "whiteout"}).kind == "whiteout"
    assert KnownWords("a", "b", "a").words == {"a", "b"}


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ([], []),
        ([""], [""]),
        (["a", "", "b"], ["a", "", "b"]),
        (["* * * * * root /bin/true"], ["* * * * * root /bin/true"]),
    ],
)
def test_lines_of_a_file_stay_lines(lines: list[str], kept: list[str]) -> None:
    assert Answer.model_validate({"lines": lines, "count": 1}).lines == kept


def test_lines_of_a_file_have_no_secrets_in_them() -> None:
    key = ["-----BEGIN OPENSSH PRIVATE KEY-----", "b3BlbnNzaC1rZXktdjEAAAAA", "-----END OPENSSH PRIVATE KEY-----"]
    answer = Answer.model_validate({"lines": ["curl -u an:matkhau123 x", "password=tre-xanh-9", *key], "count": 1})
    told = "\n".join(answer.lines)
    assert not any(secret in told for secret in ("matkhau123", "tre-xanh-9", "b3BlbnNza"))
    assert "tre-xanh-9" not in "\n".join(
        Doubt.model_validate({**DOUBT, "beginning": ["password=tre-xanh-9"]}).beginning
    )


@pytest.mark.parametrize("kind", ["root", "", "USER", None])
def test_who_could_write_is_one_of_four(kind: Any) -> None:
    assert Doubt.model_validate(DOUBT).kind == "user"
    with pytest.raises(ValidationError):
        Doubt.model_validate({**DOUBT, "kind": kind})


def test_a_banner_is_bounded() -> None:
    banner = {"path": "/etc/issue", "warns": True, "names_system": False, "kept": "x" * 8000}
    assert Banner.model_validate(banner).warns
    with pytest.raises(ValidationError):
        Banner.model_validate({**banner, "kept": "x" * 8001})


def test_every_area_is_made_of_it_and_may_leave_untold_what_was_not_asked() -> None:
    for name, model in load_fact_area_models().items():
        assert issubclass(model, Area) and issubclass(model, Fact), name
        assert model.model_fields["untold"].default_factory is dict, name
        assert model.model_config["strict"] and model.model_config["frozen"], name
