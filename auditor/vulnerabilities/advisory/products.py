"""Products that lists name and that no host of ours has: the shipped ones, and those that an office adds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from auditor.errors import InputError
from auditor.system.yaml_source import load_yaml

FILE = "products.yml"


def load_products_no_host_has(office: Path) -> Sequence[str]:
    """Return words and phrases by which they are told.

    Raises InputError for an office's file that is no list of them.
    """
    own = office / FILE
    return (
        *_read_list_of_products(Path(__file__).with_suffix(".yml")),
        *(_read_list_of_products(own) if own.is_file() else ()),
    )


def _read_list_of_products(file: Path) -> Sequence[str]:
    data = load_yaml(file)
    if not isinstance(data, list) or not all(isinstance(item, str) and item.strip() for item in data):
        raise InputError("is not a list of products", file=file, mend="write one product per line, each after a dash")
    return data
