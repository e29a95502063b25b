"""YAML with its line numbers, so that an error can say where."""

from __future__ import annotations

import hashlib
import marshal
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

import yaml
from pydantic import BaseModel, ValidationError

from auditor.errors import InputError, Sentence, find_nearest_known_name, iter_details_of_validation_error
from auditor.system import disk_cache

MAX_BYTES = 20_000_000
"""Of a file."""
MAX_REPEATED = 1_000_000
"""Values and characters that aliases (``*name``) may add to what a file itself holds."""
MAX_DEPTH = 100
"""Levels."""
MAX_NUMBER = 100
"""Characters of a number: what reads longer ones takes the square of their length."""
_FLATTER = "write the values without & and *, and with fewer levels"
_CACHE_NAME = "parsed"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class _Loader(yaml.CSafeLoader):
    """Leaves dates as they are written: an impossible one is then a mistake of its entry, with a line."""


_MERGE = "tag:yaml.org,2002:merge"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class VaultValue:
    """A value that only Ansible can read, with the vault's password."""


def _construct_unsafe_value(loader: Any, node: yaml.Node) -> Any:
    """Return Ansible's ``!unsafe``: the value as it stands, never a template."""
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else node.value


_Loader.add_constructor("!unsafe", _construct_unsafe_value)
for _tag in ("!vault", "!vault-encrypted"):
    _Loader.add_constructor(_tag, lambda _loader, _node: VaultValue())


def load_yaml(file: Path) -> Any:
    """Return the data of a YAML file, dates as text. Raises InputError with the line of the first mistake."""
    return parse_yaml(read_text(file), file)


def load_own_yaml_files_cached(
    kind: str,
    files: Sequence[Path],
    *,
    check: Callable[[Mapping[Path, Any]], None] | None = None,
    checked_by: Sequence[Path] = (),
) -> dict[Path, Any]:
    """Return the data of files of our own by file, as ``load_yaml`` gives it.

    What an earlier run parsed of the same, and had checked by the same modules, is taken.
    """
    texts = {file: read_text(file) for file in files}
    state = hashlib.sha256(f"{sys.version} {yaml.__version__}".encode() + Path(__file__).read_bytes())
    for text in texts.values():
        state.update(hashlib.sha256(text.encode()).digest())
    for status in (file.stat() for file in checked_by):
        state.update(f"{status.st_mtime_ns} {status.st_size},".encode())
    place = disk_cache.get_cache_folder_of_state(kind, state.hexdigest()[:32])
    content = disk_cache.get_file_from_cache(place, _CACHE_NAME) if place else None
    if content is not None:
        return dict(zip(files, marshal.loads(content), strict=True))  # noqa: S302  our own folder alone
    data = {file: parse_yaml(text, file) for file, text in texts.items()}
    if check is not None:
        check(data)
    if place:
        disk_cache.put_file_in_cache(place, _CACHE_NAME, marshal.dumps(list(data.values())))
    return data


def read_text(file: Path) -> str:
    """Return the text of a file. Raises InputError when it cannot be read or is not UTF-8."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputError(
                "is larger than {limit} bytes", limit=MAX_BYTES, file=file, mend="check that it is the right file"
            )
        return file.read_text("utf-8")
    except OSError as error:
        raise InputError(
            "cannot be read: {why}", file=file, mend="check the path and its permissions", why=error.strerror
        ) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8", file=file, mend="save it as UTF-8") from error


def parse_yaml(text: str, file: Path) -> Any:
    """Return the data of the YAML ``text`` of a file, as ``load_yaml`` gives it. Raises InputError likewise."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _check_cost_of_yaml_document(node, file)
        _check_no_key_is_twice_in_mapping(node, file)
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "is not YAML"
        raise InputError(problem, file=file, line=mark.line + 1 if mark else 1, mend="fix the YAML there") from error
    finally:
        loader.dispose()


def _wrap_scalar_constructor_errors(
    constructor: Callable[[Any, yaml.ScalarNode], Any],
) -> Callable[[Any, yaml.ScalarNode], Any]:
    """Return a constructor that says what is wrong with a value in the same way, whatever its tag promises."""

    def construct_or_raise(loader: Any, node: yaml.ScalarNode) -> Any:
        try:
            return constructor(loader, node)
        except (ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise yaml.constructor.ConstructorError(None, None, "is no value of its type", node.start_mark) from error

    return construct_or_raise


for _kind in ("bool", "int", "float", "timestamp", "binary"):
    _tag = f"tag:yaml.org,2002:{_kind}"
    _Loader.add_constructor(_tag, _wrap_scalar_constructor_errors(yaml.CSafeLoader.yaml_constructors[_tag]))


def _check_cost_of_yaml_document(root: yaml.Node, file: Path) -> None:
    """Raise InputError for a document that costs more than its length.

    Aliases, depth, and numbers that are too long do that.
    """
    sizes: dict[int, int] = {}
    own, open_ = 0, {id(root)}
    stack = [(root, iter(_list_child_nodes(root)))]
    while stack:
        node, parts = stack[-1]
        part = next((part for part in parts if id(part) not in sizes), None)
        if part is None:
            stack.pop()
            open_.discard(id(node))
            weight = _compute_weight(node, file)
            own += weight
            sizes[id(node)] = weight + sum(sizes[id(part)] for part in _list_child_nodes(node))
        elif id(part) in open_:
            raise InputError("contains itself", file=file, line=_get_line(node), mend=_FLATTER)
        elif len(stack) == MAX_DEPTH:
            raise InputError(
                "is nested deeper than {limit} levels", limit=MAX_DEPTH, file=file, line=_get_line(part), mend=_FLATTER
            )
        else:
            open_.add(id(part))
            stack.append((part, iter(_list_child_nodes(part))))
    if sizes[id(root)] - own > MAX_REPEATED:
        largest = max(_list_child_nodes(root), key=lambda part: sizes[id(part)], default=root)
        raise InputError("repeats too much through aliases", file=file, line=_get_line(largest), mend=_FLATTER)


def _compute_weight(node: yaml.Node, file: Path) -> int:
    """Return what a node costs without its parts. Raise InputError for a number that is too long."""
    if not isinstance(node, yaml.ScalarNode):
        return 1
    if node.tag in _NUMBERS and len(node.value) > MAX_NUMBER:
        raise InputError(
            "is a number with more than {limit} characters",
            limit=MAX_NUMBER,
            file=file,
            line=_get_line(node),
            mend="put it in quotes if it is text",
        )
    return 1 + len(node.value)


def _get_line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _list_child_nodes(node: yaml.Node) -> Sequence[yaml.Node]:
    """Return the nodes that a node is made of, as often as they stand in it."""
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else ()


def _check_no_key_is_twice_in_mapping(root: yaml.Node, file: Path) -> None:
    """Raise InputError for a key that a mapping has twice, whose first value nobody would see."""
    for mapping in _iter_mappings(root):
        keys = [key for key, _ in mapping.value if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE]
        first: dict[tuple[str, str], yaml.ScalarNode] = {}
        for key in keys:
            before = first.setdefault((key.tag, key.value), key)
            if before is not key:
                raise InputError(
                    "{key} appears twice, first in line {row}",
                    file=file,
                    line=key.start_mark.line + 1,
                    mend="keep one, with everything that belongs to it",
                    key=key.value,
                    row=before.start_mark.line + 1,
                )


def _iter_mappings(root: yaml.Node) -> Iterator[yaml.MappingNode]:
    """Yield all mappings of a document, each once, though aliases may lead to it many times, even from within."""
    seen_ids: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen_ids:
            continue
        seen_ids.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield node
        stack += reversed(_list_child_nodes(node))


@lru_cache(maxsize=1)
def _compose_yaml_document(text: str) -> yaml.Node | None:
    """Return the nodes of a document, which is the same for each of its mistakes."""
    node: yaml.Node | None = yaml.compose(text, yaml.CSafeLoader)
    return node


def find_line_of_path_in_yaml_file(file: Path, path: Sequence[int | str], word: str = "") -> int:
    """Return the line (from 1) of what ``path`` leads to, or of the nearest thing above it that exists.

    ``word``: the first line of that in which the word stands, if it does.
    """
    try:
        text = file.read_text("utf-8")
        node = _compose_yaml_document(text)
    except (OSError, ValueError, yaml.YAMLError):  # it has changed since it was read
        return 1
    first = last = 0
    for key in path:
        mark, node = _find_key_and_value_nodes(node, key)
        if mark is None:
            break
        first, last = mark.start_mark.line, (node or mark).end_mark.line
    if word:
        pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        lines = enumerate(text.splitlines()[first : last + 1], first)
        first = next((line for line, content in lines if pattern.search(content)), first)
    return first + 1


class YamlPlace(NamedTuple):
    """Where some data was written: in which file, and what leads to it there."""

    file: Path
    path: Sequence[int | str] = ()


def validate_yaml_data_as_model[Shape: BaseModel](
    model_class: type[Shape],
    data: object,
    subject: str,
    *,
    mend: str,
    place: YamlPlace,
    every: bool = False,
    **values: object,
) -> Shape:
    """Return the data of a place as the model it is to be.

    ``values`` fill what the error says.

    Raises InputError for the first thing that does not fit: ``where`` in the data it is, ``why``, and in which line;
    with all the others, where ``every`` one is asked for.
    """
    try:
        return model_class.model_validate(data)
    except ValidationError as validation_error:
        errors = []
        for below, why, is_unknown_key in iter_details_of_validation_error(validation_error):
            where = ".".join(map(str, below)) or ("entry" if place.path else "file")
            error = InputError(
                subject,
                where=where,
                why=why,
                **values,
                mend=Sentence(mend),
                file=place.file,
                line=find_line_of_path_in_yaml_file(place.file, [*place.path, *below]),
                guess=_guess_key_meant_by_unknown_one(model_class, data, below) if is_unknown_key else None,
            )
            errors.append(error)
            if not every:
                break
        errors[0].others = tuple(errors[1:])
        raise errors[0] from validation_error


def _guess_key_meant_by_unknown_one(
    model_class: type[BaseModel], document: Any, place: Sequence[int | str]
) -> str | None:
    """Return the key that was probably meant by the unknown one at ``place``.

    One that its mapping may have and has not.
    """
    for key in place[:-1]:
        field = next(
            (candidate for name, candidate in model_class.model_fields.items() if key in (name, candidate.alias)), None
        )
        model_class = (_find_model_in_annotation(field.annotation) if field is not None else None) or model_class
        try:
            document = document[key]
        except (LookupError, TypeError):  # pydantic's own name of a variant
            return None
    names = (field.alias or name for name, field in model_class.model_fields.items())
    return find_nearest_known_name(str(place[-1]), (name for name in names if name not in document))


def _find_model_in_annotation(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field holds, be it one, several or one by key."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_find_model_in_annotation, get_args(annotation))), None)


def _find_key_and_value_nodes(node: yaml.Node | None, key: int | str) -> tuple[yaml.Node | None, yaml.Node | None]:
    """Return the node that marks where ``key`` is written, and the node it leads to.

    It is the key in a mapping, the member in a sequence.
    """
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    if isinstance(node, yaml.MappingNode):
        return next(((name, value) for name, value in node.value if name.value == str(key)), (None, None))
    return None, None
