"""Whether a batch's hosts serve as before, and whose change it was when they do not."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from auditor.errors import InputError
from auditor.hardening.serving import look
from auditor.hardening.steps.around import charged, with_others
from auditor.hardening.steps.rolling import Rolling
from auditor.hardening.steps.why import NOTHING
from auditor.history.incidents import Incidents
from auditor.inventory import reach as reaching
from auditor.models import Host, Text

PAUSES = (1, 2, 4, 8, 16)
"""Seconds before each further look at what was brought back: its daemons have only just been started, perhaps on a busy machine."""


def failing(
    rolling: Rolling, hosts: Sequence[Host], expected: look.Expectation, reach: Mapping[str, reaching.Reach]
) -> dict[str, tuple[look.Failed, ...]]:
    """What hosts, and those around them, do no longer as before; a second look tells it from a hiccup of a daemon that was just reloaded."""
    watched, own = with_others(rolling.around, hosts), {host.name for host in hosts}
    now = look.take(watched, reach, expected.first)
    rolling.record.update(unjudged=(*rolling.record.now.unjudged, *look.told(expected, now)))
    failed = _compared(expected, now, own)
    if not failed:
        return {}
    expected = dataclasses.replace(expected, by_wish=expected.by_wish | contained(rolling))
    suspects = [host for host in watched if host.name in failed]
    return charged(rolling.around, hosts, _compared(expected, look.take(suspects, reach, expected.first), own))


def _compared(expected: look.Expectation, now: look.Look, own: Collection[str]) -> dict[str, tuple[look.Failed, ...]]:
    """What hosts do no longer as before; of others than ``own`` what their logs say is their own affair."""
    failed, plainly = look.compare(expected, now), look.compare(expected, now, logs=False)
    return {name: what for name, what in failed.items() if name in own} | {
        name: what for name, what in plainly.items() if name not in own
    }


def contained(rolling: Rolling) -> frozenset[str]:
    """Domains of sites that visitors get another answer of by now, since an incident closed them or had a path of theirs be gone.

    None of a history that cannot be read now: nothing stops a hardening on its way.
    """
    inventory = rolling.inventory
    with suppress(InputError, OSError):
        inventory = Incidents().carried(inventory)
    typed = {one.site for one in inventory.contained}
    return frozenset(site.domain for site in inventory.sites if typed & {site.domain, *site.aliases})


def suspected(rolling: Rolling, failed: Mapping[str, tuple[look.Failed, ...]]) -> dict[str, Text]:
    """What failed on a host; the controls that may have done it are remembered."""
    found = {}
    for host, failures in failed.items():
        entry = rolling.record.now.of(host)
        controls = entry.controls if entry else ()
        suspects = [c for c in controls if any(c.split(".")[0] in failure.areas for failure in failures)] or controls
        rolling.suspects[host] = suspects
        both = {lang: "; ".join(getattr(one.what, lang) for one in failures[:5]) for lang in ("vi", "en")}
        found[host] = Text(**both)
    return found


def look_again(rolling: Rolling, hosts: Sequence[Host], expected: look.Expectation, reach: Mapping[str, Any]) -> None:
    """Say of hosts that were brought back whether they serve as before."""
    back = [host for host in hosts if rolling.state(host.name) in ("reverted", "in_part")]
    still = _failing_after(with_others(rolling.around, back), expected, reach) if back else {}
    still = charged(rolling.around, back, still)
    for host in back:
        entry = rolling.record.now.of(host.name)
        why = (entry.why if entry else None) or NOTHING
        failures = still.get(host.name, ())
        if failures:
            vi, en = ("; ".join(getattr(f.what, lang) for f in failures[:5]) for lang in ("vi", "en"))
            after = Text(vi=f"; sau khi khôi phục vẫn còn: {vi}", en=f"; still so after the rollback: {en}")
        elif rolling.state(host.name) == "in_part":
            after = Text(vi="; các trang vẫn phục vụ như trước", en="; what is looked at serves as before")
        else:
            after = Text(
                vi="; đã khôi phục, mọi thứ phục vụ như trước", en="; rolled back, everything serves as before"
            )
        rolling.record.put([host.name], why=Text(vi=why.vi + after.vi, en=why.en + after.en))


def _failing_after(
    hosts: Sequence[Host], expected: look.Expectation, reach: Mapping[str, reaching.Reach]
) -> dict[str, tuple[look.Failed, ...]]:
    """What hosts still do not do as before when they have had their time for coming up."""
    failed = look.compare(expected, look.take(hosts, reach, expected.first), logs=False)
    for pause in PAUSES:
        hosts = [host for host in hosts if host.name in failed]
        if not hosts:
            break
        time.sleep(pause)
        failed = look.compare(expected, look.take(hosts, reach, expected.first), logs=False)
    return failed
