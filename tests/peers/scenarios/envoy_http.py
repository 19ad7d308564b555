"""Envoy asks Assay over HTTP (ext_authz), with the configuration in deploy/envoy/envoy-http.yaml."""

from contextlib import contextmanager
from dataclasses import replace

from cases import answers, forged_identity, key_rotation, outages
from harness.assay import Assay
from harness.envoy import Envoy, validate
from harness.issuer import Issuer
from harness.scene import Scene
from harness.upstream import Upstream

TITLE = "Envoy, HTTP ext_authz, tokens of oidc-provider"
EXAMPLE = "envoy-http.yaml"


@contextmanager
def scene():
    with Upstream() as upstream, Issuer() as issuer, Assay(issuer) as assay:
        with Envoy(EXAMPLE, assay.port, upstream.port) as envoy:
            yield Scene(issuer, assay, envoy, upstream)


def the_example_is_valid_as_it_stands(_scene):
    validate(EXAMPLE)


def twins_with_underscores_are_refused_by_envoy(scene):
    reached = scene.upstream.requests_seen
    answer = scene.call(scene.issuer.token(), header_lines=[("X_Auth_Subject", "forged")])
    assert answer.status == 400, f"envoy's underscore policy should refuse it: {answer}"
    assert scene.upstream.requests_seen == reached, "the service should not be reached"
    return "400 from Envoy's headers_with_underscores_action"


def twins_with_underscores_are_stripped_where_underscores_are_allowed(scene):
    relaxed = [("headers_with_underscores_action: REJECT_REQUEST", "headers_with_underscores_action: ALLOW")]
    with Envoy(EXAMPLE, scene.assay.port, scene.upstream.port, relaxed, name="envoy-underscores") as envoy:
        forged = [("X_Auth_Subject", "forged"), ("x_auth_client_id", "forged"), ("x-auth_scopes", "forged")]
        forged_identity.sees_only_the_truth(replace(scene, proxy=envoy), forged)


def a_path_with_an_escaped_slash_is_refused_by_envoy(scene):
    reached = scene.upstream.requests_seen
    answer = scene.call(scene.issuer.token(), path="/mcp%2F..%2Fadmin")
    assert answer.status == 400, f"envoy should refuse a path that two readers can read two ways: {answer}"
    assert scene.upstream.requests_seen == reached, "the service should not be reached"


CASES = [
    the_example_is_valid_as_it_stands,
    *answers.CASES,
    *forged_identity.CASES,
    twins_with_underscores_are_refused_by_envoy,
    twins_with_underscores_are_stripped_where_underscores_are_allowed,
    a_path_with_an_escaped_slash_is_refused_by_envoy,
    *key_rotation.CASES,
    *outages.CASES,
]
