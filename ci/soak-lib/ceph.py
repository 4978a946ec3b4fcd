"""Ceph's Object Gateway, an S3 server that is not this project's: one monitor, one storage daemon that
keeps all in memory, and one radosgw, from the packages that ci/setup unpacks into build/ceph."""

import http.client
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import uuid

from web import Failure, reserve_port

CEPH = pathlib.Path(__file__).resolve().parents[2] / "build/ceph"
KEY = ("AKIDRADOSGW000000001", "Radosgw/Secret+Key0000000000000000000001")
LIMIT = 60  # seconds for radosgw to start

CONFIGURATION = """
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{monitor}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
# The default of radosgw, secure, needs authentication.
ms mon client mode = crc
run dir = {directory}
crash dir = {directory}
admin socket =
pid file =
log file = {directory}/$name.log
mon cluster log file = {directory}/cluster.log
log to stderr = false
plugin dir = {ceph}/lib/ceph
erasure code dir = {ceph}/lib/ceph/erasure-code
osd class dir = {ceph}/lib/rados-classes
osd objectstore = memstore
memstore device bytes = 2147483648
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
mon data = {directory}/mon
osd data = {directory}/osd
rgw data = {directory}/rgw
rgw frontends = beast endpoint=127.0.0.1:{port}
# Session tokens are encrypted with it: 16 characters.
rgw sts key = radosgwstskey000
rgw s3 auth use sts = true
"""


class Radosgw:
    """A radosgw that listens on `port`, with one user, whose keys are KEY."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="radosgw-"))
        self.port = reserve_port()
        self._processes = []
        self._environment = os.environ | {
            "CEPH_CONF": str(self.directory / "ceph.conf"),
            "LD_LIBRARY_PATH": f"{CEPH}/lib:{CEPH}/lib/ceph",
        }

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def version(self):
        return self._run("radosgw", "--version").split()[2]

    def admin(self, *arguments):
        """What radosgw-admin answers."""
        return self._run("radosgw-admin", *arguments)

    def _start(self):
        monitor, fsid = reserve_port(), str(uuid.uuid4())
        (self.directory / "ceph.conf").write_text(CONFIGURATION.format(
            directory=self.directory, ceph=CEPH, port=self.port, monitor=monitor, fsid=fsid))
        for name in ("mon", "osd", "rgw"):
            (self.directory / name).mkdir()
        monmap = self.directory / "monmap"
        self._run("monmaptool", "--create", "--fsid", fsid, "--addv", "a",
                  f"[v2:127.0.0.1:{monitor}]", monmap)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
        self._daemon("ceph-mon", "-i", "a")
        self._run("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", str(uuid.uuid4()))
        self._daemon("ceph-osd", "-i", "0")
        # As many buckets as the suites make.
        self.admin("user", "create", "--uid=films", "--display-name=Films", "--max-buckets=0",
                   f"--access-key={KEY[0]}", f"--secret={KEY[1]}")
        self._daemon("radosgw", "-n", "client.rgw")
        deadline = time.monotonic() + LIMIT
        while not self._answers():
            if time.monotonic() > deadline or self._processes[-1].poll() is not None:
                raise Failure(f"radosgw did not start: {self._output()}")
            time.sleep(0.1)

    def _answers(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def _run(self, program, *arguments):
        try:
            result = subprocess.run(
                [CEPH / "bin" / program, *arguments], env=self._environment, capture_output=True,
                text=True, timeout=LIMIT, check=False,
            )
        except subprocess.TimeoutExpired:
            raise Failure(f"{program} does not end: {self._output()}") from None
        if result.returncode:
            raise Failure(f"{program} failed: {result.stderr}")
        return result.stdout

    def _daemon(self, *command):
        """Starts a daemon in the foreground."""
        with open(self.directory / "output", "ab") as output:
            self._processes.append(subprocess.Popen(
                [CEPH / "bin" / command[0], "-f", *command[1:]], env=self._environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            ))

    def _output(self):
        """The last of what the daemons wrote."""
        texts = [path.read_text(errors="replace")
                 for path in [*self.directory.glob("*.log"), self.directory / "output"]
                 if path.exists()]
        return "\n".join("\n".join(text.splitlines()[-5:]) for text in texts)
