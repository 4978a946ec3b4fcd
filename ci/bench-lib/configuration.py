"""The configurations of nginx that are measured."""

import os

from nginx import KINDS, temporary_paths

KEYS = "s3_access_key AKIAIOSFODNN7EXAMPLE; s3_secret_key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY;"

# The object that is fetched: a key of 60 bytes. The client's headers, that nginx passes on, make
# five with Host.
OBJECT = "2013/05/a-film-of-some-length-and-with-its-name-in-full.mp4x"
CLIENT_HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Range": "bytes=0-1048575",
}
BODY = "0123456789abcdef" * 64

# Sizes of the large configuration.
LOCATIONS = 10_000
UPSTREAMS = 1_000


def _nginx(directory, main, http, worker_processes=1):
    """What every nginx here needs."""
    return f"""
{main}
{"user root;" if os.geteuid() == 0 else ""}
daemon off;
worker_processes {worker_processes};
pid {directory}/nginx.pid;
error_log {directory}/error.log error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    {temporary_paths(directory)}
    {http}
}}
"""


def upstream(directory, port):
    """Stands for S3: answers every request with the same object."""
    return _nginx(directory, "", f"""
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 200 "{BODY}"; }}
        # What came in, to see that it was signed.
        location ~ /echo$ {{ return 200 "$request_uri\\n$http_authorization\\n"; }}
        location = /status {{ stub_status; }}
    }}
""")


def _load(module):
    return f"load_module {module};" if module else ""


def _bucket(name, s3_port, settings):
    """An upstream block, all of them with names of one length."""
    host = f"{name}.s3.eu-west-1.amazonaws.com"
    block = f"""
    upstream {host} {{
        server 127.0.0.1:{s3_port};
        keepalive 64;
        keepalive_requests 1000000000;
        keepalive_time 10h;
        {settings}
    }}
"""
    return host, block


# An upstream block that is not used.
SPARE = "upstream spare { server 127.0.0.1:9; }"

# What all locations that pass to S3 have.
_PROXY = """
    proxy_http_version 1.1;
    proxy_set_header Connection "";
"""


def small(directory, port, s3_port, module, kinds=KINDS, more=""):
    """A location for each kind of signature and two without; with and without a signature,
    locations that answer from a cache. Without the module all the same, unsigned, as are the
    kinds that are not among `kinds`. `more` stands beside it all."""
    buckets, locations = [more], []
    names = ["unsigned", "control", *KINDS]
    hosts = {}
    for i, name in enumerate(names):
        settings = KEYS + kinds[name] if module and name in kinds else ""
        hosts[name], block = _bucket(f"bucket-{i}", s3_port, settings)
        buckets.append(block)
        locations.append(f"location /{name}/ {{ proxy_pass http://{hosts[name]}/; }}\n")
    for name in ("unsigned", "control", "v4-headers"):
        locations.append(f"""
        location /hit-{name}/ {{
            proxy_pass http://{hosts[name]}/;
            proxy_cache objects;
            proxy_cache_valid 200 1h;
        }}
""")
    return _nginx(directory, _load(module), f"""
    {_PROXY}
    proxy_cache_path {directory}/cache keys_zone=objects:1m;
    {"".join(buckets)}
    server {{
        listen 127.0.0.1:{port};
        {"".join(locations)}
    }}
""")


def large(directory, port, s3_port, module, keys_in=None):
    """Ten thousand locations that pass to a thousand upstream blocks. The module may be loaded
    and not used, or find keys in the upstream blocks or in the locations."""
    settings = KEYS + KINDS["v4-headers"]
    in_upstream = settings if keys_in == "upstream" else ""
    in_location = settings if keys_in == "location" else ""
    hosts, blocks = zip(
        *(_bucket(f"bucket-{i:04}", s3_port, in_upstream) for i in range(UPSTREAMS))
    )
    locations = "".join(
        f"location /{i:05}/ {{ proxy_pass http://{hosts[i % UPSTREAMS]}/; {in_location} }}\n"
        for i in range(LOCATIONS)
    )
    return _nginx(directory, _load(module), f"""
    {_PROXY}
    {"".join(blocks)}
    server {{
        listen 127.0.0.1:{port};
        {locations}
    }}
""")
