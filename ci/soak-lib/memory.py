#!/usr/bin/env python3
"""Secrets that a reload has replaced are looked for in the memory of nginx.

    memory.py --nginx BINARY --module MODULE [--reloads N]

A configuration with canary secrets signs requests of all kinds; another one with other secrets
takes its place, as often as `--reloads` says. When the old workers are gone, neither the master nor
the new worker may hold a canary, nor the states of HMAC that are made of it. All of these must be
found in a worker that uses them, as a sign that the search finds what there is. The keys of
Signature V4 that lie between a secret and its states must not even be there; no more copies of a
secret may stand in the master than directives have it, and none of one in a comment. `nginx -T`
must show the secrets where they were written only.
"""

import hmac
import pathlib
import re
import struct
import urllib.parse

from load import command
from web import Failure, Nginx, Recorder, ask, is_alive, wait_until

KINDS = ("v4-headers", "v4-query", "v2-headers", "v2-query", "by-upstream")


class Secrets:
    """A secret key and a token for each location, of the same lengths in each turn, and secrets in
    comments."""

    def __init__(self, turn):
        self.key = {kind: f"Canary{turn}/{kind:->12}/Secret+Key0000000000" for kind in KINDS}
        self.token = {kind: f"Canary{turn}/{kind:->12}/Token+++++" for kind in KINDS}
        self.replaced = f"Canary{turn}/replaced/Secret+Key0000000000"

    def settings(self, kind):
        """The name of the directive stands after the value as well, and before one that is not
        in use."""
        region = "" if kind.startswith("v2") else "s3_region eu-west-1;"
        headers = "s3_use_headers on;" if kind.endswith("headers") else ""
        return f"""
            # s3_secret_key {self.replaced};
            s3_access_key AKIDMEMORY0000000001;
            s3_secret_key {self.key[kind]} # s3_secret_key of films
            ;
            s3_security_token {self.token[kind]}; {region} {headers}
            """

    def written(self):
        """The secrets as the configuration and requests have them, by their names."""
        found = {}
        for kind in KINDS:
            found[f"the secret of {kind}"] = self.key[kind].encode()
            found[f"the token of {kind}"] = self.token[kind].encode()
        # The only kind that sends it so.
        encoded = urllib.parse.quote(self.token["v4-query"], safe="").encode()
        return found | {"the token of v4-query, encoded": encoded}

    def derived(self, dates):
        """What is made of the secrets: the keys of Signature V4, which are for a day, and the states
        of HMAC."""
        keys, states = {}, {}
        for kind in KINDS:
            key, hash_function = self.key[kind].encode(), SHA1
            if kind in dates:
                key, hash_function = b"AWS4" + key, SHA256
                for part in (dates[kind], b"eu-west-1", b"s3", b"aws4_request"):
                    key = hmac.digest(key, part, "sha256")
                    keys[f"the key by {part.decode()} of {kind}"] = key
            for i, state in enumerate(hmac_states(hash_function, key)):
                states[f"a state of HMAC of {kind}, {i}"] = state
        return keys, states


# --- the states of HMAC: what a hash is after the padded key ------------------

def hmac_states(hash_function, key):
    return [hash_function(bytes(byte ^ pad for byte in key.ljust(64, b"\0"))) for pad in (0x36, 0x5c)]


def rotl(word, bits):
    return (word << bits | word >> 32 - bits) & 0xFFFFFFFF


def primes(number):
    found = []
    while len(found) < number:
        n = found[-1] + 1 if found else 2
        while any(n % p == 0 for p in found):
            n += 1
        found.append(n)
    return found


def root_fraction(n, root):
    """The first 32 bits of the fraction of a root of n."""
    low, high = 0, n << 32
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**root <= n << 32 * root else (low, middle - 1)
    return low & 0xFFFFFFFF


def SHA256(block):
    """The words in memory after one block (FIPS 180-4, 6.2.2)."""
    w = list(struct.unpack(">16I", block))
    for i in range(16, 64):
        a, b = w[i - 15], w[i - 2]
        w.append((w[i - 16] + w[i - 7] + (rotl(a, 25) ^ rotl(a, 14) ^ a >> 3)
                  + (rotl(b, 15) ^ rotl(b, 13) ^ b >> 10)) & 0xFFFFFFFF)
    begin = [root_fraction(p, 2) for p in primes(8)]
    a, b, c, d, e, f, g, h = begin
    for p, word in zip(primes(64), w):
        t1 = (h + (rotl(e, 26) ^ rotl(e, 21) ^ rotl(e, 7)) + (e & f ^ ~e & g)
              + root_fraction(p, 3) + word)
        t2 = (rotl(a, 30) ^ rotl(a, 19) ^ rotl(a, 10)) + (a & b ^ a & c ^ b & c)
        a, b, c, d, e, f, g, h = (t1 + t2) & 0xFFFFFFFF, a, b, c, (d + t1) & 0xFFFFFFFF, e, f, g
    end = (a, b, c, d, e, f, g, h)
    return struct.pack("=8I", *((x + y) & 0xFFFFFFFF for x, y in zip(begin, end)))


def SHA1(block):
    """The same of FIPS 180-4, 6.1.2."""
    w = list(struct.unpack(">16I", block))
    for i in range(16, 80):
        w.append(rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1))
    begin = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]
    a, b, c, d, e = begin
    for i, word in enumerate(w):
        f, k = [(b & c ^ ~b & d, 0x5A827999), (b ^ c ^ d, 0x6ED9EBA1),
                (b & c ^ b & d ^ c & d, 0x8F1BBCDC), (b ^ c ^ d, 0xCA62C1D6)][i // 20]
        a, b, c, d, e = (rotl(a, 5) + f + e + k + word) & 0xFFFFFFFF, a, rotl(b, 30), c, d
    return struct.pack("=5I", *((x + y) & 0xFFFFFFFF for x, y in zip(begin, (a, b, c, d, e))))


# --- the search -----------------------------------------------------------------

def search(pid, needles):
    """Where each needle is in what the process can write to."""
    places = {}
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            start, end, permissions, rest = re.match(r"(\w+)-(\w+) (\S+) (.*)", line).groups()
            if not permissions.startswith("rw"):
                continue
            name = rest.split()[3] if len(rest.split()) > 3 else "anonymous"
            memory.seek(int(start, 16))
            content = memory.read(int(end, 16) - int(start, 16))
            for what, needle in needles.items():
                for match in re.finditer(re.escape(needle), content):
                    around = content[max(0, match.start() - 40):match.end() + 20]
                    places.setdefault(what, []).append((name, hex(int(start, 16) + match.start()), around))
    return places


def configuration(directory, secrets):
    locations = "".join(
        f"location /{kind}/ {{ {secrets.settings(kind)} proxy_pass http://plain; }}\n"
        for kind in KINDS if kind != "by-upstream"
    )
    # So long that secrets lie across the ends of nginx's buffer for what it reads, too.
    many = "".join(
        f"location /many/{i}/ {{ s3_access_key many; s3_secret_key '{secrets.key['v4-query']}'; }}\n"
        for i in range(500)
    )
    return f"""
    upstream plain {{ server unix:{directory}/up.sock; }}
    upstream signing {{ server unix:{directory}/up.sock; {secrets.settings("by-upstream")} }}
    server {{
        listen unix:{directory}/front.sock;
        location /by-upstream/ {{ proxy_pass http://signing; }}
        {locations}
        {many}
    }}"""


def sign(nginx, upstream):
    """A request of each kind; the dates of those that have one."""
    for kind in KINDS:
        ask(nginx.socket("front"), f"GET /{kind}/a HTTP/1.0\r\nHost: h\r\n\r\n".encode())
    arrived = upstream.take()
    if len(arrived) != len(KINDS) or not all(re.search(rb"AWS|Signature=", r) for r in arrived):
        raise Failure(f"not all signed: {arrived}")
    found = (re.search(rb"(\d{8})(?:/|%2F)eu-west-1", request) for request in arrived)
    return {kind: date[1] for kind, date in zip(KINDS, found) if date}


def run(options):
    nginx = Nginx(options.nginx, options.module)
    upstream = Recorder(nginx.socket("up"))
    try:
        canaries = Secrets(0)
        nginx.configure(configuration(nginx.directory, canaries))
        nginx.start()
        keys, states = canaries.derived(sign(nginx, upstream))
        used = canaries.written() | states
        unused = keys | {"the secret in a comment": canaries.replaced.encode()}
        needles = used | unused
        (worker,) = nginx.workers()
        in_use = search(worker, needles)
        if missing := used.keys() - in_use.keys():
            raise Failure(f"the search does not find {sorted(missing)} while they are in use")
        found = {"worker that uses the others": {w: in_use[w] for w in unused if w in in_use}}
        text = (nginx.directory / "nginx.conf").read_bytes()
        found["master that has more copies than directives"] = {
            what: where for what, where in search(nginx.master(), canaries.written()).items()
            # One of an encoded token, which no directive has.
            if len(where) > max(1, text.count(canaries.written()[what]))
        }

        for turn in range(1, options.reloads + 1):
            nginx.configure(configuration(nginx.directory, Secrets(turn)))
            nginx.run("-s", "reload")
            wait_until(lambda: not is_alive(worker) and nginx.workers())
            (worker,) = nginx.workers()
            sign(nginx, upstream)
        found |= {"master": search(nginx.master(), needles), "worker": search(worker, needles)}
        text = "".join(
            f"\n{process}: {what}, {len(where)} times, as in {name} at {address}: {around}"
            for process, places in found.items()
            for what, where in places.items() for name, address, around in where[:2]
        )
        if text:
            raise Failure(f"found:{text}")
        shown = nginx.run("-T").stdout
        written = (nginx.directory / "nginx.conf").read_bytes()
        rest = shown.replace(written, b"")
        if rest == shown or any(s in rest for s in Secrets(options.reloads).written().values()):
            raise Failure("nginx -T does not show the configuration as it was written, and no more")
        return (f"{len(needles)} secrets and keys, {len(used)} of them, all that are kept, found in"
                f" the worker that used them, none in master and worker after {options.reloads} reloads")
    finally:
        nginx.remove()


command(__doc__, run, reloads=1)
