"""Processes of other programs: started with a log file, awaited by polling, ended by their own pid."""

import os
import random
import socket
import subprocess
import time
from pathlib import Path

KEPT = Path(os.environ["PEERS_KEPT"])
LOGS = KEPT / "logs"

# Below the range the system hands to outgoing connections: a port stays ours while its process is stopped.
_PORTS = range(20000, 32000)
_handed_out = set()


def free_port():
    """A loopback port nobody listens on, and that no earlier call returned."""
    for port in random.sample(_PORTS, 200):
        if port in _handed_out:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _handed_out.add(port)
        return port
    raise RuntimeError("no free loopback port found")


def wait_until(condition, what, seconds, alive=None):
    """Polls `condition` until it is true; fails at the bound, or at once when the process is gone."""
    deadline = time.monotonic() + seconds
    while not condition():
        if alive is not None and not alive():
            raise RuntimeError(f"{what}: the process ended instead")
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


class Process:
    """One program that can be stopped and started again. Use it as a context: leaving it ends it."""

    START_SECONDS = 30
    STOP_SECONDS = 15

    def __init__(self, name, command, environment, is_ready):
        self.name = name
        self._command = [str(part) for part in command]
        self._environment = {"PATH": os.environ["PATH"], **environment}
        self._is_ready = is_ready
        self._log = LOGS / f"{name}.log"
        self._log.write_bytes(b"")
        self._child = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            print(self.log_tail(40), flush=True)
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_until(self._is_ready, f"{self.name} is ready", self.START_SECONDS, alive=self.is_running)

    def stop(self):
        """Asks, then insists. Returns the exit code."""
        if self._child is None:
            return None
        if self.is_running():
            self._child.terminate()
        try:
            return self._child.wait(self.STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()

    def is_running(self):
        return self._child is not None and self._child.poll() is None

    def log_length(self):
        return self._log.stat().st_size

    def log_tail(self, lines, since=0):
        with self._log.open("rb") as log:
            log.seek(since)
            text = log.read().decode(errors="replace").splitlines()
        return "\n".join([f"      --- {self.name}, {self._log.name}", *(f"      {line}" for line in text[-lines:])])
