"""What every nginx that is run here has, in the benchmarks and under faults."""

import pathlib
import socket

# What makes each kind of signature, beside the keys.
KINDS = {
    "v4-headers": "s3_region eu-west-1; s3_use_headers on;",
    "v4-query": "s3_region eu-west-1; s3_use_headers off;",
    "v2-headers": "s3_use_headers on;",
    "v2-query": "s3_use_headers off;",
}

_reserved = []


def reserve_port():
    """A port for a server. A socket that is bound and does not listen keeps it from others, but not
    from nginx."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    _reserved.append(reserved)
    return reserved.getsockname()[1]


def temporary_paths(directory):
    """Directives for http: the compiled-in directories may be another nginx's."""
    return "".join(
        f"    {kind}_temp_path {directory}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )


def workers(master):
    """The worker processes, those that are about to end included; not those for the cache."""
    try:
        children = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [int(pid) for pid in children if is_alive(pid) and b"worker process" in _title(pid)]


def _title(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def is_alive(pid):
    """Whether the process exists. One that nobody has waited for does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
