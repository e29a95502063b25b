"""What the nouns are made of: identifiers, texts, and what they are ranked by. Data only, no I/O."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from auditor.models import windows
from auditor.models.ranks import Lang

ControlId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]


AcceptedName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*(:[^\s,:]{1,256})?$", max_length=400)
]
"""A control whose danger is accepted, or ``CONTROL:ACCOUNT``: that the control locks that account's people out."""


ACCEPTED_LOSS = "{control}:{account}"


UnitId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=63)]


_DOMAIN = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$"


def _validate_domain_with_suggestion(value: Any) -> Any:
    """Tell what was probably meant by what is not a domain."""
    if not isinstance(value, str) or re.fullmatch(_DOMAIN, value):
        return value
    try:
        ascii_name = value[:253].encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_name = ""
    if re.fullmatch(_DOMAIN, ascii_name):
        raise ValueError(f"write {value!r} as {ascii_name}")
    raise ValueError(f"{value!r} is not a domain name like xa-vi-du.gov.vn")


Domain = Annotated[
    str, StringConstraints(pattern=_DOMAIN, max_length=253), BeforeValidator(_validate_domain_with_suggestion)
]


PLAIN_PATH = r"^(/[\w.@+,:~ =-]+)+/?$"


PlainPath = Annotated[str, StringConstraints(pattern=PLAIN_PATH, max_length=1000)]
"""An absolute path that nothing takes for more: no braces, which Ansible would template, and no control characters."""


UrlPath = Annotated[str, StringConstraints(pattern=r"^/[^\s{}\x00-\x1f]*$", max_length=2000)]
"""What stands after a site's name in an address, for the same reason without braces."""


def _validate_time_window_text(window_text: str) -> str:
    windows.parse_weekly_time_window(window_text)
    return window_text


def _normalize_network(text: str) -> str:
    return str(ipaddress.ip_network(text, strict=False))


WindowText = Annotated[str, AfterValidator(_validate_time_window_text)]


def _check_printable(text: str) -> str:
    odd = re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", text)
    if odd:
        raise ValueError(f"it contains U+{ord(odd[0]):04X}, which cannot be printed; remove it")
    return text


Printable = AfterValidator(_check_printable)
"""Of a text: one line, without control characters."""

Network = Annotated[str, AfterValidator(_normalize_network)]


_MOST_PORTS = 2_000


def _expand_ports(ports_or_ranges: Any) -> Any:
    """Return ranges such as ``8000-8010`` among ports, spelt out."""
    if not isinstance(ports_or_ranges, list | tuple):
        return ports_or_ranges
    ports: list[Any] = []
    for entry in ports_or_ranges:
        ends = re.fullmatch(r"(\d{1,5})-(\d{1,5})", entry) if isinstance(entry, str) else None
        first, last = (int(ends[1]), int(ends[2])) if ends else (0, 0)
        if ends and first > last:
            raise ValueError(f"the range {entry} ends before it starts")
        ports += range(first, last + 1) if ends else [entry]
        if len(ports) > _MOST_PORTS:
            raise ValueError(f"the range has more than {_MOST_PORTS} ports")
    return ports


Ports = Annotated[tuple[Annotated[int, Field(ge=1, le=65_535)], ...], BeforeValidator(_expand_ports)]


class Model(BaseModel):
    """Immutable, and closed: an unknown key is a mistake worth naming."""

    model_config = ConfigDict(frozen=True, extra="forbid")


FORBID_EXTRA = ConfigDict(extra="forbid")
"""For what a run holds tens of thousands of: as a dataclass with slots it takes a tenth of a Model's memory."""


class Text(Model):
    """One sentence or label in both languages."""

    vi: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @classmethod
    def make_same_in_both_languages(cls, text: str) -> Self:
        """Return what reads the same in both: a name, a number, what somebody else said."""
        return cls(vi=text, en=text)

    @classmethod
    def join(cls, parts: Iterable[Text], between: str = "; ") -> Self:
        """Return all of at least one part."""
        parts = tuple(parts)
        return cls(vi=between.join(part.vi for part in parts), en=between.join(part.en for part in parts))

    def with_prefix(self, prefix: str) -> Text:
        """Return the same with what it is about before it: ``name: text``."""
        return Text(vi=f"{prefix}: {self.vi}", en=f"{prefix}: {self.en}")

    def get(self, lang: Lang) -> str:
        """Return the text in ``lang``."""
        return self.vi if lang == "vi" else self.en
