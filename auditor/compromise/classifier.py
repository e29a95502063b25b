"""Code that nothing explains, judged by children.

One that dies over a file costs that file, which is then told and never passed.
"""

from __future__ import annotations

import base64
import gc
import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from auditor.compromise import scripts
from auditor.compromise.known_good import generated_files
from auditor.compromise.php import nodes, reachability, taint
from auditor.compromise.rules import engine
from auditor.compromise.settings import DirectiveHit, find_dangerous_directives
from auditor.models.applications.registry import CMSS
from auditor.text.redact import redact_secrets_in_text
from auditor.web import children
from auditor.web.children import ChildProcessPool, UnreadableContent

FILE_SECONDS = 5.0
"""Of a processor's time for one file: the largest tree that is read takes a third of it."""
WAIT_SECONDS = 300.0
"""For an answer, on however busy a machine: what costs time costs a processor's, which is counted apart."""
OUT_OF_TIME = "there was no time left for it"
MEMORY = 1_500_000_000
"""Bytes of addresses of a child; what it fills of them is far less, but rules that are compiled take addresses."""
SMALL = 12_000
"""Bytes: what is read as a tree though no rule asks for it; of larger ones only those that there is room for."""
_MAX_MESSAGE = 24_000_000
_CHILDREN_AT_ONCE = 4
TOGETHER = 1_500_000
"""Bytes of files that one question is about."""
MAX_SAID = 60
AROUND = 2_000
"""Bytes before and after a place that are looked through for secrets, before some of them are kept."""


@dataclass(frozen=True)
class Judgement:
    """The judgement of one file's content, without its place."""

    hits: tuple[taint.CodeHit, ...] = ()
    """What the tree shows, the worst first."""
    own: tuple[str, ...] = ()
    """Our rules that fit."""
    beside: tuple[str, ...] = ()
    """Those of ours that say something only beside what the tree shows."""
    others: tuple[engine.RuleMatch, ...] = ()
    """Rules of others that fit."""
    settings: tuple[DirectiveHit, ...] = ()
    """What it tells the web server or PHP to do."""
    sample: str = ""
    """Of where the worst is."""
    differs: str = ""
    """Of a changed file of a release: how it differs from what that has, without secrets."""
    generated: str = ""
    """What makes files of this shape by itself, where every part of it has that shape; empty: it is no such file."""
    unjudged: str = ""
    """Why it could not be judged; empty: it was."""
    within: bool = False
    """Whether it ends at once unless an application loads it, and takes what visitors say from that application alone.

    Or is an installer that runs what it has noted, and shows nothing worse."""
    skimmed: bool = False
    """Whether rules alone have read it: it is large, no rule asked for its tree, and there was no room for that."""
    installer: bool = False
    """Whether it is such an installer.

    Where its application has it, it is what was left, not what an intruder put there.
    """


_JUDGEMENT = TypeAdapter(Judgement)
_BEGINS = re.compile(rb"(?i)<\?(?!xml\b)|<script\s[^>]{0,40}language\s*=\s*[\"']?php")
_CHILDREN = ChildProcessPool(__name__, _MAX_MESSAGE)


def judge_content(
    content: bytes, file_name: str, rules: engine.YaraRules, *, reads_large_trees: bool = True
) -> Judgement:
    """Return what judges say of a file of that name. To be asked of a child where the content is others'."""
    content = _strip_stuffing_comments(content)
    rule_scan = rules.scan_content(content)
    matches = rule_scan.matches
    directives = find_dangerous_directives(content, file_name)
    depth = _choose_depth_of_reading(content, worth_a_tree=rule_scan.worth_a_tree, reads_large_trees=reads_large_trees)
    hits, why = _find_hits_of_program(content, is_to_be_parsed=depth == "tree")
    if not (hits or directives or why) and all(match.own for match in matches):
        made_by = generated_files.detect_generator_of_file(content, file_name)
        if made_by is not None:
            return Judgement(generated=made_by)
    return Judgement(
        hits=hits,
        own=tuple(_iter_own_rules(content, matches, is_read_as_harmless=depth == "tree" and not (hits or why))),
        beside=tuple(match.rule for match in matches if match.beside),
        others=tuple(match for match in matches if not match.own),
        settings=directives,
        sample=_extract_redacted_sample_around_offset(content, hits[0].start if hits else 0) if hits or matches else "",
        unjudged=why if rule_scan.worth_a_tree else "",
        skimmed=depth == "skimmed" or bool(why and not rule_scan.worth_a_tree),
        within=_is_installer_of_cms(content, hits) or _is_guarded_from_direct_requests(content),
        installer=_is_installer_of_cms(content, hits),
    )


def _iter_own_rules(content: bytes, matches: Sequence[engine.RuleMatch], *, is_read_as_harmless: bool) -> Iterator[str]:
    """Yield our rules that fit, without what the tree knows better where it read all of the file and saw nothing."""
    names = [match.rule for match in matches if match.own and not match.beside]
    if is_read_as_harmless and _SEEN_BY_TREE.issuperset(names) and not nodes.has_syntax_errors(content):
        return
    yield from names


_SEEN_BY_TREE = frozenset({"request_evaluated", "request_commanded", "callback_runs"})
"""Rules for what visitors say being run: in a comment or a text they fit, too."""


def _choose_depth_of_reading(
    content: bytes, *, worth_a_tree: bool, reads_large_trees: bool
) -> Literal["tree", "skimmed", "nothing to read"]:
    """Return whether a file is read as a tree, or would be if there was room, or holds nothing that can do harm."""
    if not _BEGINS.search(content) or not (worth_a_tree or reachability.find_offsets_of_risky_php(content)):
        return "nothing to read"
    return "tree" if worth_a_tree or reads_large_trees or len(content) <= SMALL else "skimmed"


def _find_hits_of_program(content: bytes, *, is_to_be_parsed: bool) -> tuple[tuple[taint.CodeHit, ...], str]:
    """Return what a program of PHP's or of a shell does, and why not all of it was read; empty: all was."""
    if not is_to_be_parsed:
        return scripts.find_hits_in_shebang_script(content) if content.startswith(b"#!") else (), ""
    why = "it is larger than a megabyte: its beginning and its end were read" if len(content) > nodes.MAX_BYTES else ""
    try:
        parts = _split_into_parsable_parts(content)
        return tuple(hit for part in parts for hit in taint.find_suspicious_php_code(part)), why
    except nodes.TooLarge as error:
        return (), str(error)


def _is_guarded_from_direct_requests(content: bytes) -> bool:
    return _GUARD_CLAUSE.match(content) is not None and _ASKS_ITSELF.search(content) is None


def _is_installer_of_cms(content: bytes, hits: Sequence[taint.CodeHit]) -> bool:
    exact = {hit.rule for hit in hits if hit.level == "exact"}
    return exact == {"included_data"} and _INSTALLER.match(content) is not None


_GUARD_CLAUSE = re.compile(
    rb"\A\s*<\?php\s(?:\s|/\*(?:[^*]|\*(?!/))*\*/|(?://|#)(?:(?!\?>)[^\n])*\n|(?:namespace|use)\s[\w\\]+\s*;)*"
    rb"(?:\\?defined\s*\(\s*(?P<a>['\"])(?:%(name)s)(?P=a)\s*\)\s*(?:or\b|\|\|)"
    rb"|if\s*\(\s*!\s*\\?defined\s*\(\s*(?P<b>['\"])(?:%(name)s)(?P=b)\s*\)\s*\)\s*\{?)\s*(?:die|exit)\b"
    % {
        b"name": "|".join(
            [*(cms.guard_constants for cms in CMSS if cms.guard_constants), "MEDIAWIKI|DOKU_INC|MOODLE_INTERNAL"]
        ).encode()
    },
    re.IGNORECASE,
)
"""The first that a file does is to end, unless an application has said that it runs: constants that nobody else has."""
_INSTALLER = re.compile(
    rb"\A\s*<\?php\s(?:\s|/\*(?:[^*]|\*(?!/))*\*/)*(?:%s)"
    % "|".join(cms.installer_beginning for cms in CMSS if cms.installer_beginning).encode()
)
"""An installer that notes what it is told in a program and runs that: it ends where the site is installed."""
_ASKS_ITSELF = re.compile(
    rb"_(?:GET|POST|REQUEST|COOKIE|FILES|SERVER|ENV)\b|HTTP_\w|GLOBALS|\$[{$]|php://|(?i:getallheaders"
    rb"|request_headers|filter_input)|\bINPUT_"
)


_COMMENT = re.compile(rb"/\*[^*]{0,40}\*+(?:[^/*][^*]{0,40}\*+){0,10}/")
_MIN_COMMENTS, _DENSE = 8, 80
"""More comments than that, and one in so many bytes, are there to part words."""


def _strip_stuffing_comments(content: bytes) -> bytes:
    """Return a small file without the comments that part its words."""
    if len(content) > 100_000 or content.count(b"*/") < max(_MIN_COMMENTS, len(content) // _DENSE):
        return content
    return _COMMENT.sub(b"", content)


def _split_into_parsable_parts(content: bytes) -> tuple[bytes, ...]:
    """Return what is read as a tree: all of it, or of a large file head and tail."""
    if len(content) <= nodes.MAX_BYTES:
        return (content,)
    half = nodes.MAX_BYTES // 2
    return content[:half], b"<?php " + content[-half + 6 :]


def _extract_redacted_sample_around_offset(content: bytes, offset: int) -> str:
    """Return what stands around a place.

    Secrets are taken out while there is enough around them to tell that they are some.
    """
    begin = content.rfind(b"\n", 0, max(0, offset - AROUND)) + 1
    before = redact_secrets_in_text(content[begin:offset].decode("utf-8", "replace"))
    whole = redact_secrets_in_text(content[begin : offset + AROUND].decode("utf-8", "replace"))
    line = before.rfind("\n") + 1
    return whole[max(line, len(before) - 60) :][:260]


@dataclass(frozen=True)
class JudgeRequest:
    """A file whose content is to be judged."""

    name: str
    content: bytes = field(repr=False)
    reads_large_trees: bool = True


def judge_files_in_child_processes(
    judge_requests: Sequence[JudgeRequest], rules: Path | None = None, is_time_over: Callable[[], bool] = lambda: False
) -> list[Judgement]:
    """Return what judges say of each file, in their order, by as many children as there are processors.

    ``is_time_over``: whether there is no time left; what is not judged by then is told to be OUT_OF_TIME.
    """
    batches = list(_split_files_into_batches(judge_requests))
    with ThreadPoolExecutor(max_workers=_CHILDREN_AT_ONCE) as pool:
        answers = pool.map(lambda batch: _judge_batch(batch, rules, is_time_over), batches)
        return [judgement for answer in answers for judgement in answer]


def _split_files_into_batches(files: Sequence[JudgeRequest]) -> Iterator[Sequence[JudgeRequest]]:
    here: list[JudgeRequest] = []
    size = 0
    for file in files:
        if here and (size + len(file.content) > TOGETHER or len(here) >= 100):
            yield here
            here, size = [], 0
        here.append(file)
        size += len(file.content)
    if here:
        yield here


def _judge_batch(
    batch: Sequence[JudgeRequest], rules: Path | None, is_time_over: Callable[[], bool]
) -> list[Judgement]:
    if is_time_over():
        return [Judgement(unjudged=OUT_OF_TIME)] * len(batch)
    try:
        return _judge_batch_in_child_process(batch, rules)
    except UnreadableContent as error:
        if len(batch) == 1:
            return [Judgement(unjudged=str(error)[:MAX_SAID])]
    return [judgement for file in batch for judgement in _judge_batch([file], rules, is_time_over)]


def _judge_batch_in_child_process(batch: Sequence[JudgeRequest], rules: Path | None) -> list[Judgement]:
    files = [
        {
            "name": file.name,
            "content": base64.b64encode(file.content).decode("ascii"),
            "reads_large_trees": file.reads_large_trees,
        }
        for file in batch
    ]
    places = [str(rules)] if rules is not None else []
    answer = _CHILDREN.ask_idle_child({"files": files, "rules": places[0] if places else None}, WAIT_SECONDS, places)
    try:
        judgements = [_JUDGEMENT.validate_python(document) for document in answer["judgements"]]
    except (ValidationError, KeyError, TypeError) as error:
        raise UnreadableContent("its judge said what it cannot have seen") from error
    if len(judgements) != len(batch):
        raise UnreadableContent("its judge did not speak of each file")
    return judgements


@cache
def _load_rules(folder: str | None) -> engine.YaraRules:
    return engine.load_yara_rules(Path(folder) if folder is not None else None)


def _answer_judge_request(question: Mapping[str, Any]) -> Mapping[str, Any]:
    rules = _load_rules(question["rules"])
    judgements = []
    for file in question["files"]:
        content = base64.b64decode(file["content"])
        signal.setitimer(signal.ITIMER_PROF, FILE_SECONDS)
        judgement = judge_content(content, file["name"], rules, reads_large_trees=file["reads_large_trees"])
        judgements.append(_JUDGEMENT.dump_python(judgement, mode="json"))
        if len(content) > _LARGE:
            gc.collect()
    return {"judgements": judgements}


_LARGE = 150_000
"""Bytes of a file whose tree is not to lie about until there are more."""


def _serve_judge_requests() -> None:
    gc.set_threshold(200_000, 10, 10)  # a tree is many objects that hold each other, and lives for one file
    children.answer_questions_as_child(_answer_judge_request, MEMORY, 4 * FILE_SECONDS, _MAX_MESSAGE)


if __name__ == "__main__":
    _serve_judge_requests()
