"""What a certificate says about itself, from its PEM text, with the standard library alone."""

import base64
import binascii
import calendar
import hashlib
import ipaddress
import re
import time

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_NAMES = {"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU"}
_CURVES = {
    "1.3.132.0.33": 224,
    "1.2.840.10045.3.1.7": 256,
    "1.3.132.0.34": 384,
    "1.3.132.0.35": 521,
    "1.3.132.0.10": 256,
}
_EDWARDS = {"1.3.101.112": ("Ed25519", 256), "1.3.101.113": ("Ed448", 456)}
RSA, EC, SUBJECT_ALT_NAME = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "2.5.29.17"


class BadCertificate(Exception):
    """The text holds no certificate that can be read."""


def read_pem_certificate_chain(text):
    """Return ``(first certificate as a dict, number of certificates)`` of a PEM text. Raises BadCertificate."""
    blocks = _PEM.findall(text)
    if not blocks:
        raise BadCertificate("no certificate in it")
    try:
        return describe_der_certificate(base64.b64decode("".join(blocks[0].split()), validate=True)), len(blocks)
    except (binascii.Error, IndexError, ValueError, OverflowError) as error:
        raise BadCertificate("not a certificate: %s" % error)


def describe_der_certificate(der):
    """Return a DER certificate's subject, names, issuer, validity (epoch seconds) and key."""
    body = _list_der_members(_list_der_members(_read_der_value(der))[0][1])
    if body[0][0] == 0xA0:
        body = body[1:]
    _serial, _algorithm, issuer, validity, subject, key = body[:6]
    names = [name for tag, value in body[6:] if tag == 0xA3 for name in _iter_subject_alt_names(value)]
    common = [value for oid, value in _iter_distinguished_name_parts(subject[1]) if oid == "2.5.4.3"]
    not_before, not_after = (_parse_der_time(tag, value) for tag, value in _list_der_members(validity[1])[:2])
    key_type, key_bits = _parse_public_key(key[1])
    return {
        "subject": _format_distinguished_name(subject[1]),
        "issuer": _format_distinguished_name(issuer[1]),
        "names": [name.lower() for name in (names or common)][:200],
        "not_before": not_before,
        "not_after": not_after,
        "key_type": key_type,
        "key_bits": key_bits,
        "sha256": hashlib.sha256(der).hexdigest(),
        "self_signed": issuer[1] == subject[1],
    }


def is_domain_covered_by_names(names, domain):
    """Return whether a certificate with these names is good for a domain."""
    parent = domain.partition(".")[2]
    return domain in names or ("*." + parent) in names


def _read_der_element(data, at):
    """Return ``(tag, value, end)`` of the DER element at an offset."""
    tag, length, at = data[at], data[at + 1], at + 2
    if length & 0x80:
        width = length & 0x7F
        if not 1 <= width <= 4:
            raise ValueError("length of %d bytes" % width)
        length, at = int.from_bytes(data[at : at + width], "big"), at + width
    if at + length > len(data):
        raise ValueError("cut short")
    return tag, data[at : at + length], at + length


def _read_der_value(data):
    return _read_der_element(data, 0)[1]


def _list_der_members(data):
    members, at = [], 0
    while at < len(data):
        tag, value, at = _read_der_element(data, at)
        members.append((tag, value))
    return members


def _parse_oid(data):
    numbers, value = [], 0
    for byte in data:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(str(number) for number in [first, numbers[0] - 40 * first, *numbers[1:]])


def _iter_distinguished_name_parts(name):
    """Yield ``(oid, text)`` of each part of a distinguished name."""
    for _tag, part in _list_der_members(name):
        for _inner, pair in _list_der_members(part):
            (_oid_tag, oid), (tag, value) = _list_der_members(pair)[:2]
            encoding = {0x1E: "utf-16-be", 0x14: "latin-1"}.get(tag, "utf-8")
            yield _parse_oid(oid), value.decode(encoding, "replace")[:200]


def _format_distinguished_name(name):
    return ", ".join("%s=%s" % (_NAMES.get(oid, oid), value) for oid, value in _iter_distinguished_name_parts(name))


def _parse_der_time(tag, value):
    text = value.decode("ascii", "replace").rstrip("Z")
    if tag == 0x17:
        text = ("19" if text[:2] >= "50" else "20") + text
    return calendar.timegm(time.strptime(text[:14], "%Y%m%d%H%M%S"))


def _parse_public_key(value):
    (_tag, algorithm), (_bits, key) = _list_der_members(value)[:2]
    words = _list_der_members(algorithm)
    kind = _parse_oid(words[0][1])
    if kind == RSA:
        modulus = _list_der_members(_read_der_value(key[1:]))[0][1]
        return "RSA", int.from_bytes(modulus, "big").bit_length()
    if kind == EC:
        return "EC", _CURVES.get(_parse_oid(words[1][1]), 0) if len(words) > 1 and words[1][0] == 0x06 else 0
    return _EDWARDS.get(kind, (kind, 0))


def _iter_subject_alt_names(extensions):
    for _tag, extension in _list_der_members(_read_der_value(extensions)):
        parts = _list_der_members(extension)
        if _parse_oid(parts[0][1]) != SUBJECT_ALT_NAME:
            continue
        for tag, value in _list_der_members(_read_der_value(parts[-1][1])):
            if tag == 0x82:
                yield value.decode("ascii", "replace")
            elif tag == 0x87 and len(value) in (4, 16):
                yield str(ipaddress.ip_address(value))
