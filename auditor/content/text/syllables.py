"""Whether letters are Vietnamese syllables written together, as names of firms are in names of hosts. Pure."""

from __future__ import annotations

import functools

_WRITTEN_ONSETS = "b c ch d g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
_WRITTEN_RHYMES = (
    "a ac ach ai am an ang anh ao ap at au ay e ec em en eng enh eo ep et eu i ia ich iec iem ien ieng iep iet ieu im"
    " in inh ip it iu o oa oac oach oai oan oang oanh oat oay oc oe oen oi om on ong op ot u ua uan uang uat uay uc ue"
    " uech uenh ui um un ung uo uoc uoi uom uon uong uop uot uou up ut uu uy uya uych uyen uyet uynh uyt y yen"
    " yem yet yeu"
)
_ONSETS = frozenset(("", *_WRITTEN_ONSETS.split()))
_RHYMES = frozenset(_WRITTEN_RHYMES.split())
_LONGEST, _ENOUGH = 7, 6
"""Letters of a syllable; those of a name, below which two syllables are an accident."""


@functools.lru_cache(maxsize=4096)
def is_made_of_syllables(name: str) -> bool:
    """Return whether a name of small letters without marks is at least two syllables and nothing else."""
    if not _ENOUGH <= len(name) <= 40:
        return False
    most = [0, *([-1] * len(name))]
    for stop in range(1, len(name) + 1):
        starts = (start for start in range(max(0, stop - _LONGEST), stop) if most[start] >= 0)
        counts = [most[start] + 1 for start in starts if _is_syllable(name[start:stop])]
        most[stop] = max(counts, default=-1)
    return most[-1] > 1


@functools.lru_cache(maxsize=4096)
def _is_syllable(letters: str) -> bool:
    if len(letters) < 2:
        return False
    return any(letters[:cut] in _ONSETS and letters[cut:] in _RHYMES for cut in range(min(4, len(letters))))
