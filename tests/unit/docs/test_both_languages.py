"""What a user reads is there in both languages, says as much in each, and every link of every page leads somewhere."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import polib
import pytest

TOP = Path(__file__).parents[3]
VI, EN = TOP / "docs/vi", TOP / "docs/en"
BILINGUAL = {"words.md"}
"""One page that holds both."""
FIRST = (TOP / "README.vi.md", TOP / "README.md")
NAMED_APART = (VI / "bi-tan-cong.md", EN / "under-attack.md")
"""Named so that whoever looks for it finds it."""
PAGES = [
    FIRST,
    NAMED_APART,
    *(
        (VI / name, EN / name)
        for name in sorted(
            {page.name for folder in (VI, EN) for page in folder.iterdir() if page not in NAMED_APART} - BILINGUAL
        )
    ),
]
"""Each in Vietnamese and in English."""
DOCUMENTS = (*FIRST, *sorted((TOP / "docs").rglob("*.md")), *sorted(TOP.glob("roles/*/README.md")))
SAYS_A_PAGE = (
    *sorted((TOP / "auditor").rglob("*.py")),
    *sorted((TOP / "playbooks").glob("*.yml")),
    *sorted((TOP / "inventories/example").rglob("*.yml")),
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"(^|\s)#.*")
_BLOCK = re.compile(r"#+(?= )|\||-(?= )|\d+\.(?= )|!(?=\[)")
_CODE = re.compile(r"`([^`]+)`")
_PLACEHOLDER = re.compile(r"[^\W\d_]{2,}(?:[-_][^\W\d_]+)*")
_LINK = re.compile(r"\]\(([^)#:\s]*)(?:#([^)\s]*))?\)")
_NAMED = re.compile(r"docs/[\w./-]+\.md")


def commands(page: str) -> list[tuple[str, str]]:
    """Return the blocks of code with their kind, without comments; of what a command prints, a text in each language, the number of lines."""
    return [
        (kind, str(block.count("\n")) if kind == "text" else _without_comments(block))
        for kind, block in _FENCE.findall(page)
    ]


def _without_comments(block: str) -> str:
    return "\n".join(_COMMENT.sub("", line).rstrip() for line in block.splitlines())


def skeleton(page: str) -> list[str]:
    """What a page is made of besides code, in order: headings with their depth, rows of tables, items of lists, pictures."""
    lines = (_BLOCK.match(line.strip()) for line in _FENCE.sub("", page).splitlines())
    return [line[0] for line in lines if line]


def spans(page: str) -> Counter[str]:
    """What stands between backticks, words in capitals being whatever a language calls them."""
    found = (" ".join(span.split()) for span in _CODE.findall(_FENCE.sub("", page)))
    return Counter(_PLACEHOLDER.sub(lambda word: "X" if word[0].isupper() else word[0], span) for span in found)


def targets(page: Path) -> list[Path]:
    """Where its links lead, pages and pictures of the other language being the same ones."""
    found = (
        str((page.parent / link).resolve()).replace(*(path.name for path in NAMED_APART))
        for link, _ in _LINK.findall(page.read_text("utf-8"))
        if link
    )
    return [
        Path(path.replace("/docs/vi/", "/docs/en/").replace("/images/en-", "/images/").replace(".vi.md", ".md"))
        for path in found
    ]


@cache
def anchors(page: Path) -> frozenset[str]:
    """What links may call the headings of a page, by GitHub's rule."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def broken(page: Path) -> Iterator[str]:
    """Its links that lead to no file or no heading."""
    for link, anchor in _LINK.findall(page.read_text("utf-8")):
        path = page.parent / link if link else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            yield f"{link}#{anchor}"


@pytest.mark.parametrize(("vietnamese", "english"), PAGES, ids=[english.name for _, english in PAGES])
def test_a_page_says_as_much_in_both_languages(vietnamese: Path, english: Path) -> None:
    vi, en = (page.read_text("utf-8") for page in (vietnamese, english))
    assert commands(vi) == commands(en)
    assert skeleton(vi) == skeleton(en) != []
    assert spans(vi) == spans(en)
    assert targets(vietnamese) == targets(english)


def linked_pages(page: Path) -> set[Path]:
    """Return where the links of a page lead."""
    return {(page.parent / link).resolve() for link, _ in _LINK.findall(page.read_text("utf-8")) if link}


def test_first_page_leads_to_every_page_in_two_clicks() -> None:
    for first, folder in zip(FIRST, (VI, EN), strict=True):
        near = {page for page in linked_pages(first) if page.parent == folder}
        reached = near.union(*(linked_pages(page) for page in near))
        assert {page for page in folder.iterdir() if page not in reached} == set()


def test_reached_pages_end_after_two_clicks(tmp_path: Path) -> None:
    (tmp_path / "first.md").write_text("[a](second.md) [b](#here)\n", "utf-8")
    assert linked_pages(tmp_path / "first.md") == {tmp_path / "second.md"}


def test_a_page_that_says_less_is_seen() -> None:
    full = "# One\n\n- a `b` with `RUN`\n\n## Two\n\n| x |\n\n```sh\nauditor plan  # reads\n```\n"
    same = "# Một\n\n- c `b` và `LẦN`\n\n## Hai\n\n| y |\n\n```sh\nauditor plan  # đọc\n```\n"
    assert (commands(same), skeleton(same), spans(same)) == (commands(full), skeleton(full), spans(full))
    assert skeleton(same.replace("## Hai\n", "")) != skeleton(full)
    assert skeleton(same.replace("| y |\n", "")) != skeleton(full)
    assert spans(same.replace("`b`", "b")) != spans(full)
    assert commands(same.replace("plan", "audit")) != commands(full)
    assert commands("```text\nmột\n```\n") == commands("```text\none\n```\n") != commands("```text\none\ntwo\n```\n")


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(TOP)))
def test_links_lead_somewhere(page: Path) -> None:
    assert list(broken(page)) == []
    assert unicodedata.is_normalized("NFC", page.read_text("utf-8"))


def test_links_that_lead_nowhere_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Khi có `sự cố`, gọi\n\n[a](gone.md) [b](#khi-có-sự-cố-gọi) [c](page.md#other) [d](https://x.example/)\n",
        "utf-8",
    )
    assert list(broken(page)) == ["gone.md#", "page.md#other"]


def test_pages_that_messages_name_are_there() -> None:
    named = {page for file in SAYS_A_PAGE for page in _NAMED.findall(file.read_text("utf-8"))}
    assert sorted(page for page in named if not (TOP / page).is_file()) == []
    assert {page for page in named if page.startswith("docs/en/")} != set()


def test_messages_name_the_page_of_the_sessions_language() -> None:
    catalogues = sorted((TOP / "auditor/locale/vi/LC_MESSAGES").glob("*.po"))
    said = [
        (_NAMED.findall(entry.msgid), _NAMED.findall(entry.msgstr))
        for file in catalogues
        for entry in polib.pofile(str(file))
    ]
    assert [pair for pair in said if pair[1] != [page.replace("docs/en/", "docs/vi/") for page in pair[0]]] == []
    assert any(english != vietnamese for english, vietnamese in said)
