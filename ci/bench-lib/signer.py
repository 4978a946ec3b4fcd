"""The micro benchmarks of the signer, crates/s3-signer/benches."""

import os
import re
import statistics
import subprocess

ROUNDS = 11
SOFTWARE_ROUNDS = 5
_NANOSECONDS = {"ps": 1e-3, "ns": 1, "µs": 1e3, "ms": 1e6}
_SOFTWARE = '--cfg sha2_backend="soft" --cfg sha1_backend="soft"'


def _cargo(command, *arguments, software=False):
    command = ["cargo", command, "--quiet", "--locked", "--package", "s3-signer"]
    command += ["--features", "stages", "--bench", "signer"]
    environment = dict(os.environ)
    if software:
        # In a directory of its own, or both would be compiled anew each time.
        command += ["--target-dir", "target/software-sha"]
        environment["RUSTFLAGS"] = _SOFTWARE
    process = subprocess.run(
        [*command, "--", *arguments], env=environment, capture_output=True, text=True
    )
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: {process.stderr}")
    return process.stdout


def build():
    """Compiles them, which is not to count as time that the benchmarks take."""
    for software in (False, True):
        _cargo("bench", "--test", software=software)


def check():
    """Runs each benchmark once, not optimised."""
    _cargo("test")


def rounds(software=False):
    """The best time of each benchmark in each round, in ns: a list of dictionaries by names such
    as `sign/v4-headers`. A round takes a second, so that all its figures are of one time."""
    arguments = ["--color=never", "--sample-size=64", "--sample-count=100"]
    number = SOFTWARE_ROUNDS if software else ROUNDS
    return [_parse(_cargo("bench", *arguments, software=software)) for _ in range(number)]


def _parse(table):
    """Reads divan's table: a tree of names, with the fastest sample in the first column."""
    times = {}
    path = []
    for line in table.splitlines():
        found = re.match(r"([│ ]*)[├╰]─ (.+?)  +(?:([\d.]+) (ps|ns|µs|ms) )?", line)
        if not found:
            continue
        indent, name, time, unit = found.groups()
        path[len(indent) // 3 :] = [name]
        if time:
            times["/".join(path)] = float(time) * _NANOSECONDS[unit]
    return times


def straight_line(points):
    """The line through (bytes, ns) by least squares: its slope, and how far, in parts of the
    largest value, a point is from it at most."""
    slope, start = statistics.linear_regression(*zip(*points))
    far = max(abs(ns - start - slope * size) for size, ns in points)
    return slope, far / max(ns for _, ns in points)
