"""The operations of clients.py, by the Python package minio."""

import os
import pathlib
from urllib.parse import urlsplit

# The certificates that it trusts.
os.environ["SSL_CERT_FILE"] = os.environ["CA"]
# pylint: disable=wrong-import-position
from minio import Minio
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject

import operations
from operations import BUCKET, LARGE, PREFIX

endpoint = urlsplit(operations.ENDPOINT)
s3 = Minio(
    endpoint=endpoint.netloc, secure=endpoint.scheme == "https", region=os.environ["AWS_REGION"],
    access_key=os.environ.get("AWS_ACCESS_KEY_ID"), secret_key=os.environ.get("AWS_SECRET_ACCESS_KEY"),
)


def target(name):
    return {"bucket_name": BUCKET, "object_name": PREFIX + name}


def read(name, **more):
    answer = s3.get_object(**target(name), **more)
    try:
        return answer.read()
    finally:
        answer.close()


def stream():
    end, other_end = os.pipe()
    with operations.written(other_end), os.fdopen(end, "rb") as pipe:
        s3.put_object(**target("stream"), data=pipe, length=-1, part_size=5 << 20)


def delete():
    objects = [DeleteObject(PREFIX + name) for name in ("small", "copy")]
    errors = list(s3.remove_objects(bucket_name=BUCKET, delete_object_list=objects))
    assert not errors, errors


operations.run({
    "small": lambda: s3.fput_object(**target("small"), file_path=os.environ["SMALL"]),
    "multipart": lambda: s3.fput_object(**target("multipart"), file_path=LARGE),
    "stream": stream,
    "get": lambda: operations.same(read("small"), operations.SMALL),
    "get large": lambda: operations.same(read("multipart"), pathlib.Path(LARGE).read_bytes()),
    "range": lambda: operations.same(read("small", offset=10, length=10), operations.SMALL[10:20]),
    "copy": lambda: s3.copy_object(**target("copy"), source=CopySource(**target("small"))),
    "delete": delete,
})
