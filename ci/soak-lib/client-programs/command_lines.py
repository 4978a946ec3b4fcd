"""The operations of clients.py, by a command: its name is in CLIENT."""

import os
import pathlib
import subprocess
import sys
import tempfile

import operations

DIRECTORY = pathlib.Path(tempfile.mkdtemp(dir=os.environ["HOME"]))
SMALL, LARGE = os.environ["SMALL"], operations.LARGE
HERE = pathlib.Path(sys.executable).parent
HOST = operations.ENDPOINT.split("//")[1]
IS_TLS = operations.ENDPOINT.startswith("https")


def url(name):
    return f"s3://{operations.BUCKET}/{operations.PREFIX}{name}"


def aws(*words, **options):
    more = ["--no-sign-request"] if operations.ANONYMOUS else []
    return run("aws", "--endpoint-url", operations.ENDPOINT, "--ca-bundle", operations.CA, *more,
               *words, **options)


def s5cmd(*words, **options):
    more = ["--no-sign-request"] if operations.ANONYMOUS else []
    return run("s5cmd", "--endpoint-url", operations.ENDPOINT, *more, *words, **options)


def s3cmd(*words, **options):
    more = [] if IS_TLS else ["--no-ssl"]
    return run("s3cmd", f"--host={HOST}", f"--host-bucket={HOST}", "--region=eu-west-1",
               f"--ca-certs={operations.CA}", *more, *words, **options)


def rclone(*words, **options):
    env = {
        "RCLONE_CONFIG_S3_TYPE": "s3", "RCLONE_CONFIG_S3_PROVIDER": "AWS",
        "RCLONE_CONFIG_S3_ENDPOINT": operations.ENDPOINT, "RCLONE_CONFIG_S3_REGION": "eu-west-1",
        "RCLONE_CONFIG_S3_ENV_AUTH": "false" if operations.ANONYMOUS else "true",
        "RCLONE_CONFIG_S3_FORCE_PATH_STYLE": "true", "RCLONE_CONFIG": str(DIRECTORY / "rclone.conf"),
    }
    words = [word.replace("s3://", "s3:") for word in words]
    return run("rclone", "--ca-cert", operations.CA, "--retries", "1", *words, env=env, **options)


def run(program, *words, stdin=None, env=()):
    result = subprocess.run(
        [HERE / program, *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | dict(env, SSL_CERT_FILE=operations.CA), check=False,
    )
    assert not result.returncode, (result.stderr or result.stdout).decode(errors="replace")[-400:]
    return result.stdout


def downloaded(command, name):
    path = DIRECTORY / name
    command(str(path))
    return path.read_bytes()


def of_copies(tool, copy, delete, pipe, get):
    """The operations of a tool that copies files, by the words that do so."""
    def fetch(name):
        return downloaded(lambda path: tool(*get, url(name), path), name)

    large = pathlib.Path(LARGE).read_bytes()
    return {
        "small": lambda: tool(*copy, SMALL, url("small")),
        "multipart": lambda: tool(*copy, LARGE, url("multipart")),
        "stream": lambda: tool(*pipe, url("stream"), stdin=large),
        "get": lambda: operations.same(fetch("small"), operations.SMALL),
        "get large": lambda: operations.same(fetch("multipart"), large),
        "copy": lambda: tool(*copy, url("small"), url("copy")),
        "delete": lambda: delete(tool),
    }


TOOLS = {
    "aws": lambda: of_copies(
        aws, ["s3", "cp"], lambda aws: aws("s3", "rm", "--recursive", url("")),
        ["s3", "cp", "-"], ["s3", "cp"],
    ) | {
        "range": lambda: operations.same(downloaded(lambda path: aws(
            "s3api", "get-object", "--bucket", operations.BUCKET, "--key",
            operations.PREFIX + "small", "--range", "bytes=10-19", path,
        ), "range"), operations.SMALL[10:20]),
    },
    "s5cmd": lambda: of_copies(
        s5cmd, ["cp"], lambda s5cmd: s5cmd("rm", url("*")), ["pipe"], ["cp"],
    ),
    "s3cmd": lambda: of_copies(
        s3cmd, ["put"], lambda s3cmd: s3cmd("rm", url("small"), url("copy")), ["put", "-"], ["get"],
    ) | {"copy": lambda: s3cmd("cp", url("small"), url("copy"))},
    "rclone": lambda: of_copies(
        rclone, ["copyto"], lambda rclone: rclone("delete", url("")), ["rcat"], ["copyto"],
    ),
}

operations.run(TOOLS[os.environ["CLIENT"]]())
