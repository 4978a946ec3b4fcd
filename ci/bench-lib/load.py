"""What a request costs the worker under load."""

import dataclasses
import re
import signal
import subprocess
import time

import configuration
from servers import OTHER_CORES, cpu_time, run_on

# So many that a worker finds another request when it has answered one.
CONNECTIONS = 32
# Seconds. The speed of a machine changes from one to the next: short ones that are compared lie
# close together.
SLICE = 0.3


@dataclasses.dataclass
class Slice:
    """A moment of load."""

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

    def run(self, upstream):
        worker = self.server.worker
        cpu, connections = cpu_time(worker), upstream.connections()
        requests, elapsed = _wrk(f"http://127.0.0.1:{self.server.port}{self.path}")
        return Slice(
            requests,
            elapsed,
            cpu_time(worker) - cpu,
            upstream.connections() - connections,
        )


def _wrk(url):
    """Has wrk ask for `url` as fast as it can; the number of answers and the time."""
    headers = [f"--header={name}: {value}" for name, value in configuration.CLIENT_HEADERS.items()]
    command = ["wrk", "--threads=1", f"--connections={CONNECTIONS}", "--duration=5s"]
    process = run_on(OTHER_CORES, [*command, *headers, url], stdout=subprocess.PIPE, text=True)
    # wrk takes whole seconds only, but tells its figures when it is interrupted, too.
    time.sleep(SLICE)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=10)
    found = re.search(r"(\d+) requests in ([\d.]+)(m?s)", output)
    if not found or re.search("Non-2xx|Socket errors", output):
        raise RuntimeError(f"wrk on {url}: {output}")
    return int(found[1]), float(found[2]) / (1000 if found[3] == "ms" else 1)


@dataclasses.dataclass
class Pair:
    """A place and another one to compare it with, under load one after the other."""

    slice: Slice
    base: list

    @property
    def busy(self):
        """Which part of the time the worker worked at least."""
        return min(slice.busy for slice in (self.slice, *self.base))

    def ratio(self, figure):
        """How much more the place has of `figure` than the mean of those around it."""
        base = [getattr(slice, figure) for slice in self.base]
        return getattr(self.slice, figure) / (sum(base) / len(base))


def pairs(upstream, base, places, rounds):
    """Compares places with `base`: in each round every place, with the base before and after it,
    so that a machine that grows slower or faster does not show. The slices of the base, and the
    pairs of each place."""
    slices = [base.run(upstream)]
    found = [[] for _ in places]
    for number in range(rounds):
        # Who comes after whom changes.
        for i in sorted(range(len(places)), reverse=number % 2 == 1):
            slice, after = places[i].run(upstream), base.run(upstream)
            found[i].append(Pair(slice, [slices[-1], after]))
            slices.append(after)
    return slices, found
