"""The check of names and docstrings fails on what it is there for, and passes on the product."""

from pathlib import Path

import pytest

from tools import names


@pytest.mark.parametrize("name", ["told", "asked", "_held", "naming", "parsed", "Seen"])
def test_is_participle_bare_form_is_one(name: str) -> None:
    assert names.is_participle(name)


@pytest.mark.parametrize("name", ["read", "put", "string", "known_hosts", "embed", "__missing__", "parse_answer"])
def test_is_participle_verb_noun_or_pair_is_none(name: str) -> None:
    assert not names.is_participle(name)


def test_find_violations_old_language_is_named_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "TOP", tmp_path)
    for module in ("first", "second"):
        (tmp_path / f"{module}.py").write_text(
            'class Answer:\n    """What a host said."""\n\n\ndef told(asked: str) -> str:\n    """Whether it is."""\n    return asked\n'
        )
    violations = list(
        names.find_violations([name for path in names.find_modules([tmp_path]) for name in names.read_names(path)])
    )
    assert "first.py:5: function 'told'" in violations
    assert "second.py:5: variable 'asked'" in violations
    assert "first.py:5: docstring 'Whether it is.'" in violations
    assert "class Answer: first.py:1, second.py:1" in violations
    assert "function: 2/2 100.0%, at most 1%" in violations


def test_main_product_keeps_its_language() -> None:
    assert names.main([]) == 0
