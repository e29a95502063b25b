import threading

import pytest

from auditor.errors import InputError
from auditor.report.files import write_report_files_of_run
from auditor.report.formats import Format
from auditor.system import files
from tests import factory

CATALOGUE = factory.catalogue()


def test_everything_is_where_it_says(tmp_path):
    written = write_report_files_of_run(factory.run(), CATALOGUE, output=tmp_path / "out" / "today", lang="vi")
    assert written.files[Format.JSON] == tmp_path / "out/today/findings.json"
    assert set(written.sites) == {"antruc.test", "bennua.test", "dongvau.test", "gotre.test"}
    for path in (*written.files.values(), *written.sites.values()):
        assert path.stat().st_size > 1000
    assert {path.name for path in (tmp_path / "out/today").iterdir()} == {"findings.json", "junit.xml", "report"}


def modes(folder):
    return {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_dir()}, {
        path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()
    }


def test_what_is_new_is_for_its_owner_only(tmp_path):
    output = tmp_path / "out"
    write_report_files_of_run(factory.run(), CATALOGUE, output=output, lang="vi", formats=Format)
    assert output.stat().st_mode & 0o777 == 0o700
    assert modes(output) == ({0o700}, {0o600})


def test_what_somebody_opened_stays_open(tmp_path):
    tmp_path.chmod(0o755)
    write_report_files_of_run(factory.run(), CATALOGUE, output=tmp_path, lang="vi")
    (tmp_path / "report").chmod(0o750)
    (tmp_path / "findings.json").chmod(0o644)
    write_report_files_of_run(factory.run(), CATALOGUE, output=tmp_path, lang="vi")
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert modes(tmp_path / "report") == ({0o750}, {0o640})
    assert (tmp_path / "report").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "findings.json").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "junit.xml").stat().st_mode & 0o777 == 0o600


def test_the_same_run_gives_the_same_bytes(tmp_path):
    for name in "ab":
        write_report_files_of_run(factory.run(), CATALOGUE, output=tmp_path / name, lang="vi")
    a, b = (
        {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*") if p.is_file()} for n in "ab"
    )
    assert a == b


def test_a_page_of_a_site_that_is_gone_goes(tmp_path):
    write_report_files_of_run(factory.run(), CATALOGUE, output=tmp_path, lang="vi")
    write_report_files_of_run(factory.run(hosts=factory.HOSTS[:1]), CATALOGUE, output=tmp_path, lang="vi")
    assert [path.name for path in (tmp_path / "report/sites").iterdir()] == ["antruc.test.html"]
    assert {path.name for path in tmp_path.iterdir()} == {"findings.json", "junit.xml", "report"}


def test_a_reader_never_sees_half(tmp_path):
    report = tmp_path / "report"
    body = files.MARK + "x" * 200_000

    def generation(number):
        return [(f"{page}.html", f"{number} {body}") for page in range(20)]

    files.write_folder(report, generation(0))
    stop, seen, missing = threading.Event(), set(), []

    def read():
        while not stop.is_set():
            try:
                seen.add((report / "19.html").read_text("utf-8").partition(" ")[2] == body)
            except FileNotFoundError:
                missing.append(report.is_dir())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(40):
        files.write_folder(report, generation(number))
    stop.set()
    reader.join()
    assert seen == {True}
    # A path looked up in the very moment of the swap may still lead into the old folder while it is removed.
    assert all(missing) and len(missing) < 5


def test_swapping_works_where_names_cannot_be_exchanged(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_swap_names_in_one_step", lambda one, other: False)
    for text in ("old", "new"):
        files.write_folder(tmp_path / "report", [("index.html", text)])
    assert (tmp_path / "report/index.html").read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 1


def test_somebody_else_s_report_folder_is_left_alone(tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "thesis.docx").write_bytes(b"years of work")
    with pytest.raises(InputError, match="is not a Lũy Tre report"):
        write_report_files_of_run(factory.run(), CATALOGUE, output=tmp_path, lang="vi")
    assert (tmp_path / "report" / "thesis.docx").read_bytes() == b"years of work"
    assert not (tmp_path / "findings.json").exists()


def test_a_link_called_report_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/report").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is not a Lũy Tre report"):
        write_report_files_of_run(factory.run(), CATALOGUE, output=tmp_path / "out", lang="vi")


def test_an_output_that_cannot_be_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot make the folder"):
        files.check_and_make_output_folder(tmp_path / "file" / "out")


def test_a_failure_halfway_leaves_the_old_report(tmp_path):
    files.write_folder(tmp_path / "report", [("index.html", files.MARK)])

    def broken():
        yield "index.html", "new"
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left on device"):
        files.write_folder(tmp_path / "report", broken())
    assert (tmp_path / "report/index.html").read_text() == files.MARK
    assert len(list(tmp_path.iterdir())) == 1
