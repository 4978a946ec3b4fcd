"""What the client programs in Python share: where to send, what to send, and how to report."""

import contextlib
import os
import pathlib
import subprocess
import sys
import threading

ENDPOINT = os.environ["ENDPOINT"]
CA = os.environ["CA"]
BUCKET = os.environ["BUCKET"]
PREFIX = os.environ["PREFIX"]
SMALL = pathlib.Path(os.environ["SMALL"]).read_bytes()
LARGE = os.environ["LARGE"]
ANONYMOUS = "AWS_ACCESS_KEY_ID" not in os.environ


@contextlib.contextmanager
def written(end):
    """Meanwhile, the large file is written to a pipe, of which this is the end."""
    def write():
        with os.fdopen(end, "wb") as pipe:
            pipe.write(pathlib.Path(LARGE).read_bytes())

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    yield
    writer.join()


def command(*arguments, source=None):
    """Runs a program, whose input comes through a pipe from the file `source`; what it prints."""
    content = pathlib.Path(source).read_bytes() if source else b""
    result = subprocess.run(arguments, input=content, capture_output=True, check=False)
    assert not result.returncode, result.stderr.decode(errors="replace")
    return result.stdout


def same(got, wanted):
    assert got == wanted, f"{len(got)} bytes are not the {len(wanted)} that were sent"


def run(operations):
    """Runs each operation that is named on the command line, and prints what became of it."""
    for name in sys.argv[1:]:
        try:
            operations[name]()
            print(name, "ok", sep="\t", flush=True)
        except Exception as error:  # of any library
            text = " ".join(f"{type(error).__name__}: {error}".split())
            print(name, text, sep="\t", flush=True)
