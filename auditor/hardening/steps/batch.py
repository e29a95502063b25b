"""One batch from the look beforehand to its end, whatever happens here meanwhile."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from auditor.errors import InputError
from auditor.hardening.cut_short import Interrupted, Stopped
from auditor.hardening.serving import look
from auditor.hardening.steps import apply, renewing, serving, settle
from auditor.hardening.steps.around import with_others
from auditor.hardening.steps.record import now
from auditor.hardening.steps.rolling import REVERT_SECONDS, Rolling
from auditor.hardening.steps.why import INTERRUPTED, stopped_by
from auditor.inventory import reach as reaching
from auditor.models import Host, clock


def harden(rolling: Rolling, hosts: Sequence[Host]) -> None:
    """One batch, to its end."""
    reach = reaching.reach(Path(rolling.inventory.path))
    names = [host.name for host in hosts]
    try:
        hosts = renewing.renew(rolling, hosts)
        if not hosts:
            return
        names = [host.name for host in hosts]
        watched = with_others(rolling.around, hosts)
        first = look.take(watched, reach, None, rolling.beside)
        expected = look.learn(first, look.take(watched, reach, first), frozenset(rolling.record.now.by_wish))
        rolling.record.update(
            broken_before=(
                *rolling.record.now.broken_before,
                *(domain for domain in expected.broken_sites if domain not in serving.contained(rolling)),
            ),
            unjudged=(*rolling.record.now.unjudged, *expected.unjudged),
        )
        rolling.record.put(names, state="applying")
        run = apply.apply(rolling, names)
        wrong = apply.unfinished(rolling, run, names)
        probed = [host for host in hosts if rolling.state(host.name) == "armed" and host.name not in wrong]
        wrong.update(serving.suspected(rolling, serving.failing(rolling, probed, expected, reach)))
        open_ones = dict.fromkeys((*rolling.armed(names), *wrong))
        settle.settle(rolling, hosts, {name: "revert" if name in wrong else "confirm" for name in open_ones}, wrong)
    except BaseException as why:
        begun = [name for name in names if rolling.state(name) in ("applying", "armed")]
        rolling.record.end_anyhow()
        with suppress(KeyboardInterrupt, InputError, OSError):  # told again, or nothing works here: timers run
            _tell(rolling, begun, why)
            settle.settle(rolling, hosts, dict.fromkeys(begun, "revert"), dict.fromkeys(begun, stopped_by(why)))
            rolling.record.update(ended=now())
        if isinstance(why, KeyboardInterrupt):
            raise Interrupted(rolling.record.now) from None
        if isinstance(why, Exception):
            raise Stopped(rolling.record.now, why) from why
        raise
    serving.look_again(rolling, hosts, expected, reach)


def _tell(rolling: Rolling, begun: Sequence[str], why: BaseException) -> None:
    """Say which hosts go back now; a terminal that is gone keeps none of them from it."""
    if begun and rolling.going_back is not None:
        with suppress(Exception, SystemExit):  # rich ends the program where nobody reads
            rolling.going_back(begun, stopped_by(why))


def look_after(rolling: Rolling, hosts: Sequence[Host]) -> None:
    """Hosts of a hardening that was killed: what they came to, brought back where it is still open.

    One whose own time is long over is asked once: what it has not said by now, nobody has to wait for.
    """
    names = [host.name for host in hosts]
    for name in names:
        entry = rolling.record.now.of(name)
        if entry is not None and entry.deadline is not None:
            left = (clock.read(entry.deadline) - clock.now()).total_seconds() + REVERT_SECONDS
            rolling.until[name] = time.monotonic() + min(left, rolling.record.now.seconds + REVERT_SECONDS)
    settle.settle(rolling, hosts, dict.fromkeys(names, "revert"), dict.fromkeys(names, INTERRUPTED))
