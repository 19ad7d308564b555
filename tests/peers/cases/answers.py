"""Allowed and refused: what the service sees, and what the client is told."""

import base64
import hashlib
import json

from harness.issuer import ES256_CLIENT, OTHER_RESOURCE, RESOURCE, RS256_CLIENT, Token
from harness.scene import identity_seen, refused


def an_rs256_token_passes_and_the_service_sees_who_it_is(scene):
    _passes_with_its_identity(scene, RS256_CLIENT, "RS256")


def an_es256_token_passes_and_the_service_sees_who_it_is(scene):
    _passes_with_its_identity(scene, ES256_CLIENT, "ES256")


def _passes_with_its_identity(scene, client, algorithm):
    token = scene.issuer.token(client, scope="mcp:read mcp:write")
    assert (token.header["alg"], token.header["typ"]) == (algorithm, "at+jwt"), token.header
    answer = scene.call(token, path="/mcp?cursor=1")
    assert answer.status == 200, f"should pass: {answer}"
    assert answer.json()["path"] == "/mcp?cursor=1", f"the path should be the client's own: {answer}"
    identity = identity_seen(answer)
    scopes = identity.pop("x-auth-scopes", [""])
    assert sorted(scopes[0].split()) == ["mcp:read", "mcp:write"], f"scopes: {scopes}"
    assert identity == {
        "x-auth-subject": [client],
        "x-auth-client-id": [client],
        "x-auth-issuer": [scene.issuer.url],
        "x-auth-audience": [RESOURCE],
        "x-auth-expires-at": [str(token.claims["exp"])],
        "x-auth-token-fingerprint": [hashlib.sha256(token.text.encode()).hexdigest()],
    }, identity


def a_post_passes_with_its_body(scene):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping", "padding": "x" * 200_000}).encode()
    token = scene.issuer.token()
    answer = scene.call(token, "POST", header_lines=[("Content-Type", "application/json")], body=body)
    assert answer.status == 200, f"should pass: {answer}"
    seen = answer.json()
    assert seen["method"] == "POST" and seen["body"].encode("latin-1") == body, "the body should arrive whole"
    assert identity_seen(answer)["x-auth-subject"] == [RS256_CLIENT]


def without_a_token_the_client_gets_a_challenge_without_an_error(scene):
    reached = scene.upstream.requests_seen
    challenge = refused(scene.call(), 401, error=None)
    assert "error" not in challenge, f"nothing was wrong yet: {challenge}"
    assert scene.upstream.requests_seen == reached, "the service should not be reached"


def a_spoilt_signature_is_an_invalid_token(scene):
    head, payload, signature = scene.issuer.token().text.split(".")
    other = "A" if signature[20] != "A" else "B"
    spoilt = Token(".".join([head, payload, signature[:20] + other + signature[21:]]))
    _is_an_invalid_token(scene, spoilt)


def a_changed_claim_is_an_invalid_token(scene):
    token = scene.issuer.token()
    head, _, signature = token.text.split(".")
    claims = json.dumps({**token.claims, "sub": "root"}, separators=(",", ":")).encode()
    _is_an_invalid_token(scene, Token(".".join([head, base64.urlsafe_b64encode(claims).rstrip(b"=").decode(), signature])))


def a_token_for_another_resource_is_an_invalid_token(scene):
    _is_an_invalid_token(scene, scene.issuer.token(resource=OTHER_RESOURCE))


def _is_an_invalid_token(scene, token):
    reached = scene.upstream.requests_seen
    answer = scene.call(token)
    challenge = refused(answer, 401, "invalid_token")
    assert 'error="invalid_token"' in challenge, challenge
    told = challenge + answer.body.decode()
    for secret in (RESOURCE, scene.issuer.url, token.text):
        assert secret not in told, f"the client should not be told {secret}: {told}"
    assert scene.upstream.requests_seen == reached, "the service should not be reached"


def a_token_short_of_a_scope_is_told_which(scene):
    challenge = refused(scene.call(scene.issuer.token(scope="mcp:write")), 403, "insufficient_scope")
    assert 'error="insufficient_scope"' in challenge and 'scope="mcp:read"' in challenge, challenge


def two_authorization_headers_are_a_malformed_request(scene):
    token = scene.issuer.token()
    twice = [("Authorization", f"Bearer {token.text}")] * 2
    challenge = refused(scene.call(header_lines=twice), 400, "invalid_request")
    assert 'error="invalid_request"' in challenge, challenge


def two_tokens_in_one_header_are_a_malformed_request(scene):
    both = ", ".join(scene.issuer.token().text for _ in range(2))
    refused(scene.call(header_lines=[("Authorization", f"Bearer {both}")]), 400, "invalid_request")


CASES = [
    an_rs256_token_passes_and_the_service_sees_who_it_is,
    an_es256_token_passes_and_the_service_sees_who_it_is,
    a_post_passes_with_its_body,
    without_a_token_the_client_gets_a_challenge_without_an_error,
    a_spoilt_signature_is_an_invalid_token,
    a_changed_claim_is_an_invalid_token,
    a_token_for_another_resource_is_an_invalid_token,
    a_token_short_of_a_scope_is_told_which,
    two_authorization_headers_are_a_malformed_request,
    two_tokens_in_one_header_are_a_malformed_request,
]
