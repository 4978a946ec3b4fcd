"""The operations of clients.py, by the Python package minio."""

import io
import os
import pathlib
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject

import operations

endpoint = urlsplit(operations.ENDPOINT)
keys = {} if operations.ANONYMOUS else {
    "access_key": os.environ["AWS_ACCESS_KEY_ID"],
    "secret_key": os.environ["AWS_SECRET_ACCESS_KEY"],
}
s3 = Minio(
    endpoint.netloc, secure=endpoint.scheme == "https", region="eu-west-1",
    http_client=urllib3.PoolManager(ca_certs=operations.CA, retries=False), **keys,
)
BUCKET, LARGE = operations.BUCKET, pathlib.Path(operations.LARGE)


def key(name):
    return operations.PREFIX + name


def read(name, **more):
    answer = s3.get_object(BUCKET, key(name), **more)
    try:
        return answer.read()
    finally:
        answer.close()


def put(name, content):
    s3.put_object(BUCKET, key(name), io.BytesIO(content), len(content))


def stream():
    end, other_end = os.pipe()
    with operations.written(other_end), os.fdopen(end, "rb") as pipe:
        s3.put_object(BUCKET, key("stream"), pipe, -1, part_size=8 << 20)


def delete():
    errors = list(s3.remove_objects(BUCKET, [DeleteObject(key(n)) for n in ("small", "copy")]))
    assert not errors, errors


operations.run({
    "small": lambda: put("small", operations.SMALL),
    "large": lambda: s3.fput_object(BUCKET, key("large"), str(LARGE), part_size=32 << 20),
    "multipart": lambda: s3.fput_object(BUCKET, key("multipart"), str(LARGE), part_size=8 << 20),
    "stream": stream,
    "get": lambda: operations.same(read("small"), operations.SMALL),
    "get large": lambda: operations.same(read("large"), LARGE.read_bytes()),
    "range": lambda: operations.same(read("small", offset=10, length=10), operations.SMALL[10:20]),
    "copy": lambda: s3.copy_object(BUCKET, key("copy"), CopySource(BUCKET, key("small"))),
    "delete": delete,
})
