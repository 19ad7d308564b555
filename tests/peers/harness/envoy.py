"""Envoy, run with a configuration of deploy/envoy as it stands: only the port numbers are other ones."""

import subprocess
from pathlib import Path

from harness.client import answers_200
from harness.processes import KEPT, Process, free_port

BINARY = KEPT / "venv/bin/envoy"
_EXAMPLES = Path(__file__).resolve().parents[3] / "deploy/envoy"

# The ports every example uses.
_ADMIN, _CLIENTS, _ASSAY, _SERVICE = 9901, 10000, 8080, 9000


class Envoy(Process):
    def __init__(self, example, assay_port, service_port, changes=(), name="envoy"):
        """`changes`: pairs of text in the example and what stands there instead."""
        self.port = free_port()
        admin_port = free_port()
        text = (_EXAMPLES / example).read_text()
        ports = {_ADMIN: admin_port, _CLIENTS: self.port, _ASSAY: assay_port, _SERVICE: service_port}
        for was, becomes in [*((f"port_value: {k} ", f"port_value: {v} ") for k, v in ports.items()), *changes]:
            assert text.count(was) == 1, f"{example} should have {was!r} once, it has it {text.count(was)} times"
            text = text.replace(was, becomes)
        config = KEPT / f"{name}.yaml"
        config.write_text(text)
        super().__init__(
            name=name,
            command=[BINARY, "-c", config, "--disable-hot-restart", "--concurrency", "2"],
            environment={},
            is_ready=answers_200(admin_port, "/ready"),
        )


def validate(example):
    """Asks Envoy itself whether the example, untouched, is a valid configuration."""
    checked = subprocess.run(
        [BINARY, "--mode", "validate", "-c", _EXAMPLES / example], capture_output=True, text=True, timeout=60
    )
    assert checked.returncode == 0, f"envoy refuses {example}:\n{checked.stdout}{checked.stderr}"
