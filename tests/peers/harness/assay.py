"""The service under test, started the way an operator starts it: by environment variables."""

import os

from harness.client import answers_200
from harness.issuer import RESOURCE
from harness.processes import Process, free_port


class Assay(Process):
    def __init__(self, issuer):
        self.port = free_port()
        super().__init__(
            name="assay",
            command=[os.environ["ASSAY_BIN"], "serve"],
            environment={
                "ENVIRONMENT": "development",
                "ASSAY_LISTEN__HTTP": f"127.0.0.1:{self.port}",
                "FASTMCP_SERVER_AUTH_TYPE": "jwt",
                "FASTMCP_SERVER_AUTH_JWT_JWKS_URI": issuer.jwks_uri,
                "FASTMCP_SERVER_AUTH_JWT_ISSUER": issuer.url,
                "FASTMCP_SERVER_AUTH_JWT_AUDIENCE": RESOURCE,
                "FASTMCP_SERVER_AUTH_JWT_ALGORITHM": "RS256,ES256",
                "FASTMCP_SERVER_AUTH_JWT_REQUIRED_SCOPES": "mcp:read",
            },
            is_ready=answers_200(self.port, "/health/ready"),
        )
