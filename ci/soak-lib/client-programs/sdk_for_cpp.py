"""The operations of clients.py, by the SDK for C++ in pyarrow."""

import pathlib
from urllib.parse import urlsplit

from pyarrow.fs import FileSelector, S3FileSystem

import operations

endpoint = urlsplit(operations.ENDPOINT)
s3 = S3FileSystem(
    anonymous=operations.ANONYMOUS, scheme=endpoint.scheme, endpoint_override=endpoint.netloc,
    tls_ca_file_path=operations.CA, background_writes=False,
)
LARGE = pathlib.Path(operations.LARGE)


def path(name):
    return f"{operations.BUCKET}/{operations.PREFIX}{name}"


def write(name, content):
    with s3.open_output_stream(path(name)) as out:
        out.write(content)


def read(name):
    with s3.open_input_stream(path(name)) as source:
        return source.read()


def stream():
    with s3.open_output_stream(path("stream")) as out, LARGE.open("rb") as source:
        while piece := source.read(1 << 18):
            out.write(piece)


def read_range():
    with s3.open_input_file(path("small")) as source:
        operations.same(source.read_at(10, 10), operations.SMALL[10:20])


def delete():
    # All below the directory, by DeleteObjects.
    directory = path("").rstrip("/")
    s3.delete_dir_contents(directory)
    left = s3.get_file_info(FileSelector(directory, allow_not_found=True))
    assert not left, left


operations.run({
    "small": lambda: write("small", operations.SMALL),
    "large": lambda: write("large", LARGE.read_bytes()),
    "stream": stream,
    "get": lambda: operations.same(read("small"), operations.SMALL),
    "get large": lambda: operations.same(read("large"), LARGE.read_bytes()),
    "range": read_range,
    "copy": lambda: s3.copy_file(path("small"), path("copy")),
    "delete": delete,
})
