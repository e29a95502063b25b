"""What is kept from run to run is nobody else's, whole, and not for ever."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditor.system import disk_cache
from tests.unit import own_cache


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return own_cache.use(tmp_path, monkeypatch) / "things"


def test_a_state_has_a_folder_of_its_own_and_earlier_ones_go(cache: Path) -> None:
    found = [disk_cache.get_cache_folder_of_state("things", state) for state in ("1", "2", "1")]
    assert found == [cache / "1", cache / "2", cache / "1"]
    assert (cache / "1").stat().st_mode & 0o777 == 0o700
    for number in range(10):
        disk_cache.get_cache_folder_of_state("things", str(number))
    assert len(list(cache.iterdir())) <= 5, "earlier ones stay for ever"


def test_what_is_put_there_is_whole_and_for_us_alone(tmp_path: Path) -> None:
    disk_cache.put_file_in_cache(tmp_path, "one", b"1")
    disk_cache.put_file_in_cache(tmp_path, "one", b"2")
    assert [(path.name, disk_cache.get_file_from_cache(tmp_path, path.name)) for path in tmp_path.iterdir()] == [
        ("one", b"2")
    ]
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_put_there_disturbs_nobody_and_leaves_no_half(tmp_path: Path) -> None:
    disk_cache.put_file_in_cache(tmp_path / "nowhere", "one", b"1")
    (tmp_path / "taken/below").mkdir(parents=True)
    disk_cache.put_file_in_cache(tmp_path, "taken", b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_what_is_not_as_it_was_put_there_is_nothing(tmp_path: Path) -> None:
    disk_cache.put_file_in_cache(tmp_path, "one", bytes(range(256)))
    whole = (tmp_path / "one").read_bytes()
    for place in range(len(whole)):
        (tmp_path / "one").write_bytes(whole[:place] + bytes([whole[place] ^ 32]) + whole[place + 1 :])
        assert disk_cache.get_file_from_cache(tmp_path, "one") is None, place
    for length in range(len(whole)):
        (tmp_path / "one").write_bytes(whole[:length])
        assert disk_cache.get_file_from_cache(tmp_path, "one") is None, length
    assert disk_cache.get_file_from_cache(tmp_path, "none") is None


def test_nothing_is_made_or_removed_where_somebody_elses_link_leads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid():
        pytest.skip("only root gives a folder away")
    monkeypatch.setattr(
        disk_cache,
        "_is_folder_writable_by_us_alone",
        lambda path, **how: path in tmp_path.parents or own_cache.is_ours(path, **how),
    )
    victim, home = tmp_path / "victim", tmp_path / "home"
    for number in range(7):
        (victim / str(number)).mkdir(parents=True)
    (home / "luytre").mkdir(parents=True)
    (home / "luytre/things").symlink_to(victim)
    for path in (home, home / "luytre"):
        os.chown(path, 65534, 65534)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    assert disk_cache.get_cache_folder_of_state("things", "1") is None
    assert len(list(victim.iterdir())) == 7
    (home / "luytre/things").unlink()
    (home / "luytre").rmdir()
    assert disk_cache.get_cache_folder_of_state("things", "1") is None
    assert list(home.iterdir()) == [], "made in somebody's folder"


def test_a_place_that_is_told_from_where_one_stands_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert disk_cache.get_cache_folder_of_state("things", "1") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_what_others_could_have_put_there_is_not_used(cache: Path, mode: int) -> None:
    folder = disk_cache.get_cache_folder_of_state("things", "1")
    assert folder is not None
    folder.chmod(mode)
    assert disk_cache.get_cache_folder_of_state("things", "1") is None
    folder.chmod(0o700)
    cache.chmod(mode)
    assert disk_cache.get_cache_folder_of_state("things", "1") is None


def test_a_link_is_not_followed_and_a_file_is_no_folder(cache: Path, tmp_path: Path) -> None:
    folder = disk_cache.get_cache_folder_of_state("things", "1")
    assert folder is not None
    folder.rmdir()
    folder.symlink_to(tmp_path)
    assert disk_cache.get_cache_folder_of_state("things", "1") is None
    folder.unlink()
    folder.write_text("")
    assert disk_cache.get_cache_folder_of_state("things", "1") is None


def test_somebody_elses_folder_is_not_used(cache: Path) -> None:
    if os.geteuid():
        pytest.skip("only root gives a folder away")
    folder = disk_cache.get_cache_folder_of_state("things", "1")
    assert folder is not None
    os.chown(folder, 65534, 65534)
    assert disk_cache.get_cache_folder_of_state("things", "1") is None


def test_without_a_place_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert disk_cache.get_cache_folder_of_state("things", "1") is None
