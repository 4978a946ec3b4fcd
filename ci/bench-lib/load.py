"""What a request costs the worker under load."""

import dataclasses
import re
import subprocess

import configuration
from servers import OTHER_CORES, cpu_time, run_on

CONNECTIONS = 16


@dataclasses.dataclass
class Slice:
    """A second of load."""

    requests: int
    seconds: float
    cpu_ns: int
    connections: int

    @property
    def cpu_us(self):
        """CPU time of the worker for a request, in µs."""
        return self.cpu_ns / self.requests / 1000

    @property
    def throughput(self):
        return self.requests / self.seconds

    @property
    def busy(self):
        """Which part of the time the worker worked."""
        return self.cpu_ns / self.seconds / 1e9

    @property
    def new_connections(self):
        """Connections to the upstream for 10,000 requests."""
        return self.connections / self.requests * 10_000


@dataclasses.dataclass(frozen=True)
class Place:
    """A location of an nginx that is running."""

    server: object
    path: str

    def run(self, upstream, seconds=1):
        worker = self.server.worker
        cpu, connections = cpu_time(worker), upstream.connections()
        requests, elapsed = _wrk(f"http://127.0.0.1:{self.server.port}{self.path}", seconds)
        return Slice(
            requests,
            elapsed,
            cpu_time(worker) - cpu,
            upstream.connections() - connections,
        )


def _wrk(url, seconds):
    """Has wrk ask for `url` as fast as it can; the number of answers and the time."""
    headers = [f"--header={name}: {value}" for name, value in configuration.CLIENT_HEADERS.items()]
    command = ["wrk", "--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}s"]
    process = run_on(OTHER_CORES, [*command, *headers, url], stdout=subprocess.PIPE, text=True)
    output, _ = process.communicate(timeout=seconds + 10)
    found = re.search(r"(\d+) requests in ([\d.]+)(m?s)", output)
    if not found or re.search("Non-2xx|Socket errors", output):
        raise RuntimeError(f"wrk on {url}: {output}")
    return int(found[1]), float(found[2]) / (1000 if found[3] == "ms" else 1)


@dataclasses.dataclass
class Pair:
    """A place and another one to compare it with, under load one after the other."""

    slice: Slice
    base: list

    def ratio(self, figure):
        """How much more the place has of `figure` than the mean of those around it."""
        base = [getattr(slice, figure) for slice in self.base]
        return getattr(self.slice, figure) / (sum(base) / len(base))


def pairs(upstream, base, places, rounds):
    """Compares places with `base`: in each round every place, with the base before and after it,
    so that a machine that grows slower or faster does not show. The pairs of each place."""
    found = [[] for _ in places]
    before = base.run(upstream)
    for number in range(rounds):
        # Who comes after whom changes.
        for i in sorted(range(len(places)), reverse=number % 2 == 1):
            slice, after = places[i].run(upstream), base.run(upstream)
            found[i].append(Pair(slice, [before, after]))
            before = after
    return found
