"""Room is kept aside while work goes on, and given up once when the disk is full."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.system.disk_reserve import DiskReserve


def test_room_is_there_within_and_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "state/reserve"
    with DiskReserve(path, 1 << 20) as reserve:
        assert path.stat().st_size == 1 << 20
        assert path.stat().st_mode & 0o777 == 0o600
        assert reserve.free_reserved_room() is True
        assert not path.exists()
        assert reserve.free_reserved_room() is False
    assert not path.exists()
    with DiskReserve(path, 1):
        assert path.exists()
    assert not path.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_on_a_full_disk_work_is_done_once_more_with_the_room(number: int, tmp_path: Path) -> None:
    tries: list[bool] = []

    def work() -> str:
        tries.append((tmp_path / "reserve").exists())
        if tries[-1]:
            raise OSError(number, "full")
        return "done"

    with DiskReserve(tmp_path / "reserve", 1) as reserve:
        assert reserve.with_room(work) == "done"
    assert tries == [True, False]


def test_another_error_or_one_without_room_is_raised(tmp_path: Path) -> None:
    def fail(number: int) -> None:
        raise OSError(number, "no")

    with DiskReserve(tmp_path / "reserve", 1) as reserve:
        with pytest.raises(OSError, match="no"):
            reserve.with_room(lambda: fail(errno.EACCES))
        assert (tmp_path / "reserve").exists(), "the room was not given up for it"
        reserve.free_reserved_room()
        with pytest.raises(OSError, match="no"):
            reserve.with_room(lambda: fail(errno.ENOSPC))


def test_without_so_much_room_nothing_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", fail)
    with (
        pytest.raises(InputError, match="not enough space to end a run cleanly") as error,
        DiskReserve(tmp_path / "reserve", 5 << 20),
    ):
        pass
    assert error.value.mend == "free 5 MB there"
    assert not (tmp_path / "reserve").exists()


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "reserve").symlink_to(tmp_path / "other")
    with pytest.raises(InputError), DiskReserve(tmp_path / "reserve", 1):
        pass
    assert not (tmp_path / "other").exists()
