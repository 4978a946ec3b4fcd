"""Backups by restic. Over HTTP the client signs the chunks of its uploads, over HTTPS it does not."""

import os
import pathlib
import tempfile

import operations
from operations import BUCKET, ENDPOINT, LARGE, PREFIX, command

os.environ |= {
    "RESTIC_REPOSITORY": f"s3:{ENDPOINT}/{BUCKET}/{PREFIX}", "RESTIC_PASSWORD": "secret",
    # The certificates that programs in Go trust.
    "SSL_CERT_FILE": operations.CA,
}


def restic(*arguments):
    return command("restic", "--no-cache", *arguments)


def restore():
    restic("backup", LARGE)
    with tempfile.TemporaryDirectory() as directory:
        restic("restore", "latest", "--target", directory)
        (restored,) = (path for path in pathlib.Path(directory).rglob("*") if path.is_file())
        operations.same(restored.read_bytes(), pathlib.Path(LARGE).read_bytes())


operations.run({"init": lambda: restic("init"), "restore": restore})
