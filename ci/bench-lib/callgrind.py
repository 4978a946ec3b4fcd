"""Instructions a request, as valgrind's callgrind counts them.

Exact to some tenths of a percent on a machine that does other things as well, but of a CPU that
valgrind imitates: it has no SHA extensions, so hashes take some ten times the instructions that
they take outside.
"""

import collections
import re

from servers import FRONT_CORES, Server

# Requests of the two runs: their difference is free of what the start takes.
FEW, MANY = 100, 600


def instructions(binary, text, ask):
    """Instructions of one request by the path of the object file, of an nginx with this
    configuration; `ask` makes a number of requests to it."""
    few, many = (_count(binary, text, ask, requests) for requests in (FEW, MANY))
    many.subtract(few)
    return {path: count / (MANY - FEW) for path, count in many.items()}


def _count(binary, text, ask, requests):
    server = Server(binary, text, FRONT_CORES)
    try:
        output = server.directory / "callgrind"
        server.start(
            before=["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={output}"],
            options="master_process off;",
        )
        ask(server, requests)
        server.stop()
        return _by_object(output.read_text())
    finally:
        server.remove()


def _by_object(profile):
    """Adds up a profile (valgrind's manual, "Callgrind Format Specification")."""
    counts = collections.Counter()
    names = {}
    current, is_call = None, False
    for line in profile.splitlines():
        if line.startswith("ob="):
            number, name = re.fullmatch(r"ob=\((\d+)\)(?: (.*))?", line).groups()
            current = names.setdefault(number, name)
        elif line.startswith("cob="):
            # The object of a function that is called may be named here for the first time.
            number, name = re.fullmatch(r"cob=\((\d+)\)(?: (.*))?", line).groups()
            names.setdefault(number, name)
        elif line.startswith("calls="):
            # The line that follows says what the call took, which stands by the callee as well.
            is_call = True
        elif line[:1] in "0123456789+-*" and line:
            if not is_call:
                counts[current] += int(line.split()[1])
            is_call = False
    return counts
