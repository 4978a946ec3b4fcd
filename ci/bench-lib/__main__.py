"""Measures what the module costs; see ci/bench, which builds what this needs.

    python3 ci/bench-lib [--quick] NGINX MODULE
"""

import argparse
import contextlib
import functools
import http.client
import pathlib
import platform
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "ci/lib"))

import callgrind
import configuration
import large
import load
import plot
import signer
import stepping
from figures import Figures
from load import Place
from nginx import KINDS
from servers import (
    FRONT_CORES, LIMIT, OTHER_CORES, Server, Upstream, measure_alone, resident, servers
)

HITS = ["hit-unsigned", "hit-control", "hit-v4-headers"]
LOCATIONS = ["unsigned", "control", *KINDS, *HITS]
# Pairs of slices under load: for the figures that have targets, and for others.
PAIRS, FEWER_PAIRS = 45, 15
# How often the large configuration is read.
READINGS = 7
# A throughput is the worker's own when the worker works for so much of the time; when it waits, it
# is that of wrk or the upstream, or of whatever else runs on its core. So many pairs must be of that
# kind.
BUSY, BUSY_PAIRS = 0.95, 7


class Bench:
    """All the measurements, each a method."""

    def __init__(self, nginx, module):
        self.nginx, self.module = nginx, module
        self.figures = Figures()

    def server(self, text, *arguments):
        """An nginx to be measured, of a function of `configuration`."""
        return Server(self.nginx, self.text(text, *arguments), FRONT_CORES)

    def text(self, text, *arguments):
        return lambda directory, port: text(directory, port, self.s3.port, *arguments)

    def run(self, quick):
        self.s3 = Upstream(self.nginx, configuration.upstream, OTHER_CORES)
        with servers(self.s3):
            self.s3.start()
            self.check()
            if quick:
                self.quick()
                return
            self.signer()
            self.signer_in_software()
            self.instructions()
            self.worker()
            self.memory()
            self.large()

    # The signer.

    def signer(self):
        figures = self.figures
        rounds = signer.rounds()
        figures.title(f"The signer: best time of a round, {len(rounds)} rounds")
        group = "signer"

        def of(name):
            return [times[name] for times in rounds]

        def ratio(name, base):
            return [times[name] / times[base] for times in rounds]

        reference = "floor of 450 + 150 bytes"
        figures.add(group, reference, "ns", of(reference))
        for kind in KINDS:
            for case in (kind, f"{kind} and token"):
                sign, floor = f"sign/{case}", f"floor/{case}"
                figures.add(group, sign, "ns", of(sign))
                if case == "v4-headers":
                    figures.add(group, f"  to {reference}", "", ratio(sign, reference), most=1.5)
                figures.add(group, f"  to {floor}", "", ratio(sign, floor), most=1.6)
        for location in ("headers", "query"):
            name = f"aws-sigv4/{location}"
            figures.add(group, name, "ns", of(name))
            figures.add(group, f"  to sign/v4-{location}", "", ratio(name, f"sign/v4-{location}"))

        figures.title("Its stages")
        for kind in KINDS:
            for stage in ("parse", "canonicalize", "hash", "write"):
                figures.add(group, f"{stage}/{kind}", "ns", of(f"stages/{stage}/{kind}"))

        figures.title("Cost against the size of the head, sign/v4-headers")
        for sweep in ("headers", "signed_headers", "target", "arguments"):
            names = [name for name in rounds[0] if name.startswith(f"{sweep}/")]
            sizes = [int(re.search(r"\((\d+) bytes\)", name)[1]) for name in names]
            lines = []
            for name, size in zip(names, sizes):
                figures.add("head size", name, "ns", of(name), sweep=sweep, bytes=size)
            for times in rounds:
                lines.append(signer.straight_line([(s, times[n]) for n, s in zip(names, sizes)]))
            slopes, distances = zip(*lines)
            figures.add("head size", "  slope", "ns/byte", slopes, sweep=sweep)
            figures.add(
                "head size", "  off a straight line", "%", [100 * d for d in distances], sweep=sweep
            )

    def signer_in_software(self):
        rounds = signer.rounds(software=True)
        self.figures.title("The same without SHA extensions")
        for kind in KINDS:
            for name in (f"floor/{kind}", f"sign/{kind}"):
                values = [times[name] for times in rounds]
                self.figures.add("signer in software", name, "ns", values)
            values = [times[f"sign/{kind}"] / times[f"floor/{kind}"] for times in rounds]
            self.figures.add("signer in software", f"  to floor/{kind}", "", values)

    # nginx.

    def check(self):
        """Sees that what is to be measured works as its name says."""
        front = self.server(configuration.small, self.module)
        with servers(front):
            front.start()
            for name in ("unsigned", "control", *KINDS):
                status, seen = front.get(f"/{name}/echo")
                expected = {
                    "v4-headers": rb"/echo\nAWS4-HMAC-SHA256 .*\n",
                    "v4-query": rb"/echo\?X-Amz-Algorithm=.*&X-Amz-Signature=.*\n\n",
                    "v2-headers": rb"/echo\nAWS .*\n",
                    "v2-query": rb"/echo\?AWSAccessKeyId=.*&Signature=.*\n\n",
                }.get(name, rb"/echo\n\n")
                if status != 200 or not re.fullmatch(expected, seen):
                    raise RuntimeError(f"{name}: {status}, {seen}")
            for name in LOCATIONS:
                asking(name)(front, 2)
            for name in HITS:
                if Place(front, path(name)).run(self.s3).connections:
                    raise RuntimeError("what should be a cache hit went to the upstream")

    def quick(self):
        """Runs a little of everything that needs no valgrind."""
        signer.check()
        front = self.server(configuration.small, self.module)
        signed = self.server(configuration.large, self.module, "upstream")
        with servers(front, signed):
            front.start()
            unsigned, signed_place = (Place(front, path(n)) for n in ("unsigned", "v4-headers"))
            load.pairs(self.s3, unsigned, [signed_place], 1)
            large.test_configuration(signed)
        print("the benchmarks run")

    def instructions(self):
        figures = self.figures
        figures.title("Instructions a request in user space, by callgrind: SHA in software")
        group = "instructions"
        module_path = str(self.module)
        # The same locations each time: to find one takes more or fewer instructions by its name.
        variants = {
            "signed": (["unsigned", *KINDS, "hit-v4-headers"], (self.module,)),
            "unsigned": ([*KINDS, "hit-v4-headers"], (self.module, {})),
            "no module": (["unsigned", "hit-v4-headers"], (None,)),
            # One more block that is not used.
            "control": (["unsigned", "hit-v4-headers"], (None, {}, configuration.SPARE)),
        }
        counts = {}
        for variant, (names, how) in variants.items():
            for name in names:
                by_object = callgrind.instructions(
                    self.nginx, self.text(configuration.small, *how), asking(name)
                )
                total = sum(by_object.values())
                own = by_object.get(module_path, 0)
                counts[name, variant] = total, own, by_object[str(self.nginx)]
                figures.add(group, f"{name}, {variant}", "", [total], in_module=own)

        def compare(what, name, variant, base):
            case, base = counts[name, variant], counts[name, base]
            figures.add(group, what, "%", [100 * (case[0] / base[0] - 1)])
            # What is left is malloc for the most part, a tenth of all. It takes some hundred
            # instructions more or fewer by the shape that a configuration leaves the heap in, so
            # that requests may even get cheaper: not judged.
            own = sum(case[1:]) / sum(base[1:])
            most = None if variant == "control" else 0.5
            figures.add(group, "  in nginx and the module alone", "%", [100 * (own - 1)], most=most)

        def added(kind, own=None):
            """By signing; `own`: what the module takes, if it was counted otherwise."""
            (total, in_module, _), unsigned = counts[kind, "signed"], counts[kind, "unsigned"][0]
            return total - unsigned if own is None else total - in_module + own - unsigned

        for kind in KINDS:
            figures.add(group, f"signing adds, {kind}", "", [added(kind)])
        compare("cache hit: with keys to without", "hit-v4-headers", "signed", "unsigned")
        compare("cache hit: with the module to without", "hit-v4-headers", "unsigned", "no module")
        compare("unsigned: with the module to without", "unsigned", "signed", "no module")
        compare("control: cache hit", "hit-v4-headers", "control", "no module")
        compare("control: unsigned", "unsigned", "control", "no module")
        if not stepping.is_possible():
            return

        # Outside the module, callgrind counts right: no other code of a request hashes.
        figures.title("The same with SHA extensions: the module's part counted in the CPU")
        front = self.server(configuration.small, self.module)
        with servers(front):
            front.start()
            for kind in KINDS:
                asking(kind)(front, 5)
                own = stepping.instructions(
                    front.worker, self.module, functools.partial(asking(kind), front)
                )
                if own is None:
                    print("not permitted here")
                    return
                figures.add(group, f"in the module, {kind}", "", [own])
                figures.add(
                    group, f"signing adds, {kind}, natively", "", [added(kind, own)], most=8000
                )

    def worker(self):
        figures = self.figures
        figures.title(f"The worker under load, {PAIRS} pairs with an unsigned location")
        group = "worker"
        front = self.server(configuration.small, self.module)
        with servers(front):
            front.start()
            places = {name: Place(front, path(name)) for name in LOCATIONS}
            names = ["control", *KINDS]
            unsigned, found = load.pairs(
                self.s3, places["unsigned"], [places[name] for name in names], PAIRS
            )
            for name, slices in [
                ("unsigned", unsigned), *((n, [p.slice for p in f]) for n, f in zip(names, found))
            ]:
                figures.add(group, f"CPU a request, {name}", "µs", [s.cpu_us for s in slices])
            for name, pairs in zip(names, found):
                most = 1.06 if name == "v4-headers" else None
                values = [pair.ratio("cpu_us") for pair in pairs]
                figures.add(group, f"CPU: {name} to unsigned", "", values, most=most)
            figures.add(group, "throughput, unsigned", "1/s", [s.throughput for s in unsigned])
            for name, pairs in zip(names, found):
                self.throughput(group, name, pairs)
            busy = [100 * slice.busy for slice in unsigned]
            figures.add(group, "the worker is busy, unsigned", "%", busy)
            signed = [pair.slice for pairs in found[1:] for pair in pairs]
            for name, slices in (("unsigned", unsigned), ("signed", signed)):
                figures.add(
                    group, f"connections to S3 for 10,000, {name}", "",
                    [s.new_connections for s in slices],
                )

            self.compare(group, places["hit-unsigned"], {
                "cache hit, signed location to unsigned": places["hit-v4-headers"],
                "control: cache hit": places["hit-control"],
            })
            # Two processes are never quite alike, hence a second one without the module.
            bare, another = (self.server(configuration.small, None) for _ in range(2))
            with servers(bare, another):
                bare.start()
                another.start()
                self.compare(group, Place(bare, path("unsigned")), {
                    "unsigned, with the module to without": places["unsigned"],
                    "control: another process without": Place(another, path("unsigned")),
                })

    def throughput(self, group, name, pairs):
        """Of the pairs in which the worker was busy; of all, and not judged, when these are few."""
        busy = [pair for pair in pairs if pair.busy >= BUSY]
        is_judged = len(busy) >= BUSY_PAIRS
        values = [pair.ratio("throughput") for pair in (busy if is_judged else pairs)]
        least = 0.95 if is_judged and name != "control" else None
        self.figures.add(
            group, f"throughput: {name} to unsigned", "", values, least=least, busy_pairs=len(busy)
        )
        if not is_judged:
            print(f"  not judged: the worker was busy in {len(busy)} of {len(pairs)} pairs only")

    def compare(self, group, base, places):
        """CPU a request of places, by what they are, to that of `base`."""
        _, found = load.pairs(self.s3, base, list(places.values()), FEWER_PAIRS)
        for name, pairs in zip(places, found):
            self.figures.add(group, f"CPU: {name}", "", [pair.ratio("cpu_us") for pair in pairs])

    def memory(self):
        figures = self.figures
        figures.title("Memory of a worker, the same requests to both but for signatures")
        group = "worker"
        front = self.server(configuration.small, self.module)
        bare = self.server(configuration.small, None)
        with servers(front, bare):
            for server in (front, bare):
                server.start()
                for name in LOCATIONS:
                    asking(name)(server, 100)
            with_module, without = resident(front.worker), resident(bare.worker)
            figures.add(group, "memory of a worker, no module", "KiB", [without[0] / 1024])
            figures.add(
                group, "the module adds", "KiB", [(with_module[0] - without[0]) / 1024], most=1024
            )
            figures.add(
                group, "of that not shared with files", "KiB",
                [(with_module[1] - without[1]) / 1024],
            )

    def large(self):
        figures = self.figures
        count = configuration.LOCATIONS
        figures.title(f"{count} locations, {configuration.UPSTREAMS} upstreams with keys")
        group = "large"
        signed = self.server(configuration.large, self.module, "upstream")
        unused = self.server(configuration.large, self.module)
        by_location = self.server(configuration.large, self.module, "location")
        bare = self.server(configuration.large, None)
        small_signed = self.server(configuration.small, self.module)
        small_bare = self.server(configuration.small, None)
        with servers(signed, unused, by_location, bare, small_signed, small_bare):
            self.read_large(group, signed, bare)

            memory = {}
            everything = (signed, unused, by_location, bare, small_signed, small_bare)
            for server in everything:
                server.start()
                memory[server] = large.resident_after_start(server)
            module = memory[small_signed] - memory[small_bare]
            figures.add(group, "memory of a worker, no module", "MiB", [memory[bare] / 2**20])
            for name, server in [
                ("no keys", unused), ("keys in upstreams", signed), ("keys in it", by_location)
            ]:
                figures.add(
                    group, f"the module adds for a location, {name}", "B",
                    [(memory[server] - memory[bare] - module) / count], most=1024,
                )

            middle = f"/{count // 2:05}/{configuration.OBJECT}"
            self.compare(group, Place(small_signed, path("v4-headers")), {
                "signed, large to small configuration": Place(signed, middle)
            })
            self.compare(group, Place(small_bare, path("unsigned")), {
                "no module, large to small": Place(bare, middle)
            })

    def read_large(self, group, signed, bare):
        """How long it takes to read the large configuration, with the module and without."""
        times = {}
        for number in range(READINGS):
            order = [("with", signed), ("without", bare)]
            for name, server in order if number % 2 else reversed(order):
                times.setdefault(("nginx -t, CPU", name), []).append(
                    large.test_configuration(server)
                )
                times.setdefault(("start", name), []).append(large.start(server))
                times.setdefault(("reload", name), []).append(large.reload(server))
                server.stop()
        for what in ("nginx -t, CPU", "start", "reload"):
            with_module, without = times[what, "with"], times[what, "without"]
            self.figures.add(group, f"{what}, no module", "ms", [1000 * t for t in without])
            ratios = [a / b for a, b in zip(with_module, without)]
            self.figures.add(group, f"{what}: with the module to without", "", ratios, most=1.05)


def path(location):
    return f"/{location}/{configuration.OBJECT}"


def asking(location):
    """A function that has a server answer a number of requests, one after the other."""

    def ask(server, requests):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT)
        with contextlib.closing(connection):
            for _ in range(requests):
                connection.request("GET", path(location), headers=configuration.CLIENT_HEADERS)
                response = connection.getresponse()
                body = response.read()
                if response.status != 200 or len(body) != len(configuration.BODY):
                    raise RuntimeError(f"{location}: {response.status}")

    return ask


def machine(nginx):
    """What the figures are of."""
    version = subprocess.run([nginx, "-v"], stderr=subprocess.PIPE, text=True, check=True).stderr
    cpu = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)", cpu, re.MULTILINE)
    return {
        "cpu": model[1] if model else platform.machine(),
        "cores": len(FRONT_CORES | OTHER_CORES),
        "sha_extensions": bool(re.search(r"\b(sha_ni|sha2)\b", cpu)),
        "nginx": version.strip().rpartition("/")[2],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nginx", type=pathlib.Path)
    parser.add_argument("module", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="only see that everything runs")
    arguments = parser.parse_args()
    if not arguments.quick:
        signer.build()
        measure_alone()
    begin = time.monotonic()
    bench = Bench(arguments.nginx.resolve(), arguments.module.resolve())
    bench.run(arguments.quick)
    if arguments.quick:
        return
    output = ROOT / "build/bench.json"
    bench.figures.write(output, machine(bench.nginx))
    bench.figures.write_markdown(ROOT / "build/figures/bench.md", machine(bench.nginx))
    plot.draw(output, ROOT / "docs/benchmark.svg")
    print(f"\n{time.monotonic() - begin:.0f} s; figures in {output.relative_to(ROOT)}")


main()
