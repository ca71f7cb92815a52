"""Objects of a bucket: folders there and back, writes that others cannot overtake, and errors without secrets."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from resources.settings import ROOT
from resources.storage import (
    Objects,
    StorageError,
    beginning,
    checked_address,
    chunks,
    concise,
    is_remote,
    open_to_queries,
    present_sizes,
    replaced_when_whole,
    stamp,
)
from tests.object_storage import BUCKET, CREDENTIALS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A file, one below, and an empty one."""
    (tmp_path / "given" / "below").mkdir(parents=True)
    for name, content in {"a.bin": b"\x00\xff" * 5_000_000, "below/b é.txt": b"b", "empty": b""}.items():
        (tmp_path / "given" / name).write_bytes(content)
    return tmp_path / "given"


def files(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder``."""
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_a_folder_comes_back_as_it_went(bucket: str, folder: Path, tmp_path: Path) -> None:
    """Large, empty and oddly named files, byte for byte; the listing has their sizes."""
    objects = Objects(bucket)
    sizes = objects.upload(folder, "x/y")
    assert sizes == {"a.bin": 10_000_000, "below/b é.txt": 1, "empty": 0}
    assert {key: of.size for key, of in objects.list("x").items()} == {f"x/y/{k}": v for k, v in sizes.items()}
    objects.download("x/y", sizes, tmp_path / "back")
    assert files(tmp_path / "back") == files(folder)
    assert objects.list("x/y/bel") == {}, "a prefix is a folder, not the beginning of a name"


def test_a_folder_that_lost_a_file_is_not_given(bucket: str, folder: Path, tmp_path: Path) -> None:
    """The error says that it is not there; what is there of others stays."""
    objects = Objects(bucket)
    sizes = objects.upload(folder, "x")
    objects.delete(["x/empty", "x/never"])
    with pytest.raises(FileNotFoundError):
        objects.download("x", sizes, tmp_path / "back")
    with pytest.raises(StorageError, match=r"x/a.bin is not of 7 bytes, as it was written"):
        objects.download("x", {"a.bin": 7}, tmp_path / "back")
    assert not objects.delete_folder("x", unchanged_for=timedelta(hours=1))
    assert len(objects.list()) == 2
    assert objects.delete_folder("x")
    assert objects.list() == {}


def test_of_two_writers_the_second_is_told(bucket: str) -> None:
    """Each replaces what it has read, and nothing else."""
    objects = Objects(bucket)
    assert objects.read("p") is None
    assert objects.replace("p", b"one", None)
    assert not objects.replace("p", b"two", None)
    found = objects.read("p")
    assert found is not None
    assert found[0] == b"one"
    assert objects.replace("p", b"three", found[1])
    assert not objects.replace("p", b"four", found[1])
    assert (objects.read("p") or (b"", {}))[0] == b"three"


def test_sizes_are_of_the_files_that_are_there(bucket: str, folder: Path) -> None:
    """In a bucket and in a folder alike."""
    Objects(bucket).upload(folder, "x")
    for below in (f"{bucket}/x", str(folder)):
        asked = [f"{below}/{name}" for name in ("empty", "below/b é.txt", "gone")]
        assert present_sizes(asked, below) == {asked[0]: 0, asked[1]: 1}


def test_single_files_are_read_alike_here_and_there(bucket: str, folder: Path) -> None:
    """Whole, their beginning, and by a stamp that changes with the content; a missing one is an error or no stamp."""
    Objects(bucket).upload(folder, "x")
    for below in (str(folder), f"{bucket}/x"):
        whole = (folder / "a.bin").read_bytes()
        assert b"".join(chunks(f"{below}/a.bin")) == whole
        assert beginning(f"{below}/a.bin", 100_000) == whole[:100_000]
        assert (beginning(f"{below}/below/b é.txt", 10), beginning(f"{below}/empty", 1)) == (b"b", b"")
        with pytest.raises(FileNotFoundError):
            beginning(f"{below}/none", 1)
        before = stamp(f"{below}/empty")
        assert before is not None
        assert stamp(f"{below}/empty") == before
        with replaced_when_whole(f"{below}/empty") as fresh:
            fresh.write_bytes(b"no more")
        assert stamp(f"{below}/empty") != before
        assert beginning(f"{below}/empty", 99) == b"no more"
        assert stamp(f"{below}/none") is None


def test_queries_read_files_of_buckets(bucket: str, folder: Path) -> None:
    """By patterns too."""
    (folder / "1.csv").write_text("a,b\n1,x\n")
    (folder / "2.csv").write_text("a,b\n2,y\n")
    Objects(bucket).upload(folder, "logs")
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        open_to_queries(connection, [bucket, "/tmp"])  # noqa: S108  # a folder, which needs nothing
        assert connection.sql(f"FROM read_csv('{bucket}/logs/*.csv') ORDER BY a").fetchall() == [(1, "x"), (2, "y")]


def test_an_error_has_the_address_and_no_secret(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a bucket that there is not, and of a server that does not answer."""
    errors = []
    with pytest.raises(StorageError, match=r"s3://no-such-bucket/x cannot be read or written: .*Check the bucket") as e:
        Objects("s3://no-such-bucket").list("x")
    errors.append(str(e.value))
    monkeypatch.setenv("AWS_ALLOW_HTTP", "false")
    with pytest.raises(StorageError, match="p cannot be read or written") as e:
        Objects(bucket).read("p")
    errors.append(str(e.value))
    assert not [secret for secret in CREDENTIALS.values() for error in errors if secret in error]
    assert all(len(error) < 700 and "\n" not in error for error in errors)


def test_an_error_in_one_line_has_the_code_and_no_signature() -> None:
    """Of a table's client, with colours and lines, and of one that has come through DuckDB."""
    coloured = (
        "Kernel error -> Generic S3 error\n \x1b[31m↳\x1b[0m Error performing GET https://h/b?sv=1&sig=abc in 3ms\n"
        '  \x1b[31m↳\x1b[0m 404 Not Found\n   \x1b[31m↳\x1b[0m <?xml version="1.0"?>\n<Code>NoSuchBucket</Code>'
    )
    said = "Kernel error -> Generic S3 error: Error performing GET https://h/b in 3ms: 404 Not Found (NoSuchBucket)"
    assert concise(OSError(coloured)) == said
    python = 'Traceback (most recent call last):\n  File "x"\nGenericError: no\n\nDebug source:\nGeneric {\n}'
    assert concise(RuntimeError(python)) == "GenericError: no"
    assert concise(RuntimeError()) == "RuntimeError"


@pytest.mark.parametrize(
    "address",
    [
        "s3://user:password@bucket/x",
        "s3://bucket/x?token=secret",
        "https://bucket.s3.amazonaws.com/x",
        "s3://bucket/a b",
        "s3://bucket/../other",
        "s3:///x",
        "s3://bucket//x",
        "file:///x",
    ],
)
def test_a_url_that_is_no_address_is_refused_without_being_repeated(address: str) -> None:
    """It may hold a password; the variable, the rule and the remedy are told."""
    with pytest.raises(ValueError, match="UPSHELF_STORAGE is a URL that is no address of storage: give a folder") as e:
        checked_address("UPSHELF_STORAGE", address)
    assert address not in str(e.value)
    assert "password" not in str(e.value)


def test_addresses_of_three_clouds_and_folders_pass() -> None:
    """Slashes at the end of a URL go."""
    assert checked_address("X", f"s3://{BUCKET}/a=1/b_c-d.e/") == f"s3://{BUCKET}/a=1/b_c-d.e"
    for address in ("gs://bucket", "az://container/x", "/a folder/of: mine", "C:\\x"):
        assert checked_address("X", address) == address
    assert [is_remote(one) for one in ("gs://bucket", "/a folder")] == [True, False]


def test_without_the_extra_the_error_names_it() -> None:
    """Of objects, and of queries; nothing else needs the packages."""
    code = """
import sys
sys.modules["obstore"] = sys.modules["obstore.store"] = sys.modules["obstore.fsspec"] = None
import duckdb
from resources.storage import Objects, StorageError, open_to_queries
objects = Objects("s3://bucket/x")
for act in (objects.list, lambda: objects.read("k"), lambda: open_to_queries(duckdb.connect(), ["s3://bucket"])):
    try:
        act()
    except StorageError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert all(line.endswith("pip install 'upshelf[cloud]'.") for line in lines)
