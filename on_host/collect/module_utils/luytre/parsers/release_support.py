"""Until when releases get security updates free of charge. Checked on CHECKED against distro-info-data 0.66+deb13u2.

Debian: the end of LTS, whose updates come from the same security archive. Ubuntu: the end of standard support; of ESM
for a machine that is attached to Ubuntu Pro.
"""

import calendar
import time

CHECKED_ON = "2026-11-24"

_ENDS = {
    ("debian", "8"): ("2020-06-30", None),
    ("debian", "9"): ("2022-06-30", None),
    ("debian", "10"): ("2024-06-30", None),
    ("debian", "11"): ("2026-08-31", None),
    ("debian", "12"): ("2028-06-30", None),
    ("debian", "13"): ("2030-06-30", None),
    ("ubuntu", "14.04"): ("2019-04-25", "2024-04-25"),
    ("ubuntu", "16.04"): ("2021-04-30", "2026-04-23"),
    ("ubuntu", "18.04"): ("2023-05-31", "2028-04-26"),
    ("ubuntu", "20.04"): ("2025-05-29", "2030-04-23"),
    ("ubuntu", "22.04"): ("2027-06-01", "2032-04-21"),
    ("ubuntu", "22.10"): ("2023-07-20", None),
    ("ubuntu", "23.04"): ("2024-01-25", None),
    ("ubuntu", "23.10"): ("2024-07-11", None),
    ("ubuntu", "24.04"): ("2029-05-31", "2034-04-25"),
    ("ubuntu", "24.10"): ("2025-07-10", None),
    ("ubuntu", "25.04"): ("2026-01-15", None),
    ("ubuntu", "25.10"): ("2026-07-09", None),
    ("ubuntu", "26.04"): ("2031-05-29", "2036-04-23"),
    ("ubuntu", "26.10"): ("2027-07-15", None),
}


def get_support_end_of_release(os_id, version, is_extended):
    """Return ``{until, ends, checked, checked_at}``: a date and its epoch second.

    Both are None for a release not in the list.
    """
    free, paid_until = _ENDS.get((os_id, version), (None, None))
    until = paid_until if is_extended and paid_until else free
    return {
        "until": until,
        "ends": _get_last_second_of_date(until),
        "checked": CHECKED_ON,
        "checked_at": _get_last_second_of_date(CHECKED_ON),
    }


def _get_last_second_of_date(date):
    return None if date is None else calendar.timegm(time.strptime(date, "%Y-%m-%d")) + 86_399
