"""A client that names itself: the service must see Assay's word alone."""

from harness.issuer import RS256_CLIENT
from harness.scene import identity_seen

IDENTITY = ["subject", "client-id", "issuer", "scopes", "audience", "expires-at", "token-fingerprint"]


def forged_identity_headers_never_reach_the_service(scene):
    forged = [(f"x-auth-{name}", "forged") for name in IDENTITY]
    sees_only_the_truth(scene, [*forged, ("X-Auth-Subject", "forged again"), ("x-auth-invented", "forged")])


def twins_with_dots_never_reach_the_service(scene):
    sees_only_the_truth(scene, [("X.Auth.Subject", "forged"), ("x-auth.client-id", "forged")])


def sees_only_the_truth(scene, forged):
    answer = scene.call(scene.issuer.token(), header_lines=forged)
    assert answer.status == 200, f"should pass: {answer}"
    seen = identity_seen(answer)
    assert sorted(seen) == sorted(f"x-auth-{name}" for name in IDENTITY), seen
    assert seen["x-auth-subject"] == seen["x-auth-client-id"] == [RS256_CLIENT], seen
    assert not any("forged" in value for values in seen.values() for value in values), seen


CASES = [forged_identity_headers_never_reach_the_service, twins_with_dots_never_reach_the_service]
