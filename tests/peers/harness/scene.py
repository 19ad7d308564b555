"""A proxy that asks Assay, the service behind it, and the issuer of its tokens: what a case acts on."""

import re
from dataclasses import dataclass

from harness.assay import Assay
from harness.client import request
from harness.issuer import Issuer
from harness.processes import Process
from harness.upstream import Upstream


@dataclass
class Scene:
    issuer: Issuer
    assay: Assay
    proxy: Process
    upstream: Upstream

    def call(self, token=None, method="GET", path="/mcp", header_lines=(), body=None):
        """A client's request to the proxy."""
        credentials = [("Authorization", f"Bearer {token.text}")] if token else []
        return request(self.proxy.port, method, path, [*credentials, *header_lines], body)

    def passes(self, token):
        """The service was reached, as the token's subject."""
        answer = self.call(token)
        assert answer.status == 200, f"should pass: {answer}"
        assert identity_seen(answer)["x-auth-subject"] == [token.claims["sub"]], f"another subject: {answer}"
        return answer

    def processes(self):
        return [self.proxy, self.assay, self.issuer]


def identity_seen(answer):
    """What the service received under an identity header's name, however it was spelt: name -> values."""
    seen = {}
    for name, value in answer.json()["headers"]:
        spelt_usually = re.sub("[^a-z0-9]", "-", name.lower())
        if spelt_usually.startswith("x-auth-"):
            seen.setdefault(spelt_usually, []).append(value)
    return seen


def refused(answer, status, error):
    """Assay's refusal, not the proxy's: its status, its JSON body, and never from a cache. Returns the challenge."""
    assert answer.status == status, f"should be {status}: {answer}"
    assert answer.header("content-type").startswith("application/json"), f"should be JSON: {answer}"
    assert answer.header("cache-control") == "no-store", f"should not be stored: {answer}"
    body = answer.json()
    assert set(body) >= {"error", "error_description", "decision_id"}, f"should explain itself: {answer}"
    assert body["error_description"] and body["decision_id"], f"nothing should be empty: {answer}"
    # None is null: exactly so for a request that made no error.
    assert body["error"] == error, f"should be {error}: {answer}"
    challenge = answer.header("www-authenticate")
    assert challenge.startswith("Bearer"), f"should be a Bearer challenge: {answer}"
    return challenge
