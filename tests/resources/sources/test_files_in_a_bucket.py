"""Files of a bucket are read as those of a folder are: whole, by day, and without those that cannot be read."""

import gzip
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from resources.sources import SourceError
from resources.sources.files import Files
from resources.storage import Objects
from tests.object_storage import CREDENTIALS
from tests.resources.sources.test_unreadable_files import CSV, HEADER, JSON, PARQUET, csv, frame, lines, opened, read
from tests.resources.sources.tiny_shop import open_tiny


def in_bucket(folder: Path, address: str, query: str) -> Files:
    """A shop of orders whose files are at ``address``; ``folder`` has its file."""
    return open_tiny(Files, folder, f'kind = "files"\nfolder = "{address}"\n', {"orders": query})


_SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "kind", ["csv", "parquet", pytest.param("gz", marks=_SLOW), pytest.param("jsonl", marks=_SLOW)]
)
def test_rows_and_left_out_files_are_those_of_a_folder(bucket: str, tmp_path: Path, kind: str) -> None:
    """Of three files one is broken; the others are read, and the reason is the same."""
    (tmp_path / "logs").mkdir()
    logs = tmp_path / "logs"
    broken = (HEADER.replace("unit_price", "price") + lines(2)).encode()
    for day in (1, 3):
        match kind:
            case "parquet":
                frame(day).write_parquet(logs / f"{day}.parquet")
            case "jsonl":
                frame(day).write_ndjson(logs / f"{day}.jsonl")
            case "csv":
                csv(logs, (HEADER + lines(2)).encode("latin-1"))
            case "gz":
                (logs / f"{day}.csv.gz").write_bytes(gzip.compress((HEADER + lines(day)).encode()))
                (logs / "2.csv.gz").write_bytes(gzip.compress(broken))
    if kind in ("parquet", "jsonl"):
        (logs / f"2.{kind}").write_bytes(b"neither one nor the other")
    query = {"csv": CSV, "gz": "FROM '{folder}/*.csv.gz'", "parquet": PARQUET, "jsonl": JSON}[kind]
    Objects(bucket).upload(logs, "logs")
    local, stored = opened(logs, query), in_bucket(tmp_path, f"{bucket}/logs", query)
    assert_frame_equal(read(stored).sort("order_id"), read(local).sort("order_id"))
    assert read(stored).height == 6
    assert stored.last_day_with_rows("orders") == local.last_day_with_rows("orders")
    (name, why), (stored_name, stored_why) = (
        next(iter(source.left_out("orders").files.items())) for source in (local, stored)
    )
    assert (Path(stored_name).name, stored_why) == (Path(name).name, why)


@pytest.mark.slow
def test_a_file_that_was_mended_is_read_again(bucket: str, tmp_path: Path) -> None:
    """It is told by when it was written."""
    objects, logs = Objects(bucket), tmp_path / "logs"
    logs.mkdir()
    csv(logs, HEADER + lines(2, 20_500) + "x,y\n")
    objects.upload(logs, "logs")
    source = in_bucket(tmp_path, f"{bucket}/logs", CSV)
    assert read(source).height == 6
    assert list(source.left_out("orders").files) == [f"{bucket}/logs/2.csv"]
    (logs / "2.csv").write_text(HEADER + lines(2), encoding="utf-8")
    objects.upload(logs, "logs")
    assert read(source).height == 9
    assert list(source.left_out("orders").files) == []


def test_what_cannot_be_read_is_told_without_a_secret(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No such file, and a password in the address, which is not repeated."""
    with pytest.raises(SourceError, match="No files found that match the pattern") as error:
        read(in_bucket(tmp_path, f"{bucket}/none", CSV))
    monkeypatch.setenv("AWS_ALLOW_HTTP", "false")
    with pytest.raises(SourceError, match=r"Generic S3 error: .* error\. Check the bucket") as unreached:
        read(in_bucket(tmp_path, bucket, "FROM '{folder}/1.csv'"))
    told = str(error.value) + str(unreached.value)
    assert not [secret for secret in CREDENTIALS.values() if secret in told]
    with pytest.raises(SourceError, match="more than a bucket and a prefix") as refused:
        in_bucket(tmp_path, "s3://user:a-password@bucket/x", CSV)
    assert "a-password" not in str(refused.value)
