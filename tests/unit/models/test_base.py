import pytest

from auditor.models import Text

ONE, OTHER = Text(vi="đọc", en="read"), Text(vi="ghi", en="write")


@pytest.mark.parametrize(
    ("made", "vi", "en"),
    [
        (Text.join((ONE, OTHER)), "đọc; ghi", "read; write"),
        (Text.join([ONE]), "đọc", "read"),
        (Text.join(iter((ONE, OTHER, ONE)), " + "), "đọc + ghi + đọc", "read + write + read"),
        (Text.make_same_in_both_languages("web1"), "web1", "web1"),
        (ONE.with_prefix("web1"), "web1: đọc", "web1: read"),
    ],
)
def test_texts_are_put_together_in_both_languages_alike(made: Text, vi: str, en: str) -> None:
    assert (made.vi, made.en) == (vi, en)


def test_nothing_makes_no_text() -> None:
    with pytest.raises(ValueError):
        Text.join(())
