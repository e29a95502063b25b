"""TLS: the certificates and keys that the web servers use, and what renews them."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact, FileMode, Path


class Certificate(Fact):
    """The first certificate of a file, as the configuration names it."""

    path: Path
    subject: str
    issuer: str
    names: list[str] = Field(description="lower-case names it is good for; the common name where it has no others")
    not_before: int = Field(description="epoch seconds")
    not_after: int = Field(description="epoch seconds")
    lifetime_days: int
    key_type: str = Field(description="RSA EC Ed25519 Ed448 or an object identifier")
    key_bits: int = Field(description="0 when unknown")
    sha256: str
    self_signed: bool
    chain_length: int = Field(description="certificates in the file")


class WeakCiphers(Fact):
    """A cipher list, as configured, that lets in ciphers without forward secrecy or authenticated encryption."""

    spec: str = Field(description="'DEFAULT' also for what a server takes that is not told any")
    weak: list[str]


class TlsFacts(Area):
    """Certificates, keys and renewal."""

    certificates: list[Certificate]
    keys: list[FileMode] = Field(description="the files that hold private keys, links resolved")
    loose_keys: list[FileMode] = Field(description="those that root and the group ssl-cert alone cannot be sure of")
    weak_ciphers: list[WeakCiphers]
    sound_curves: list[str] = Field(description="those that browsers choose, as far as the host's OpenSSL knows them")
    renewals: list[str] = Field(description="timers and cron lines that renew certificates")
