"""New signing keys at the issuer, and no restart anywhere."""

import time
from collections import Counter

from harness.issuer import ES256_CLIENT, RS256_CLIENT
from harness.scene import refused

# Assay asks an issuer for its keys at most once in 5 s, and promises a newly published key within 5 s.
# The rest is for the scheduler of a busy machine.
PROMISED_SECONDS = 5.0
SLACK_SECONDS = 0.5


def a_rotated_key_is_accepted_in_time_and_the_old_one_still_is(scene):
    old = scene.issuer.token(RS256_CLIENT)
    scene.passes(old)
    scene.issuer.rotate_keys()
    remark = is_accepted_in_time(scene, RS256_CLIENT, unlike=old)
    scene.passes(old)
    scene.passes(scene.issuer.token(ES256_CLIENT))
    return remark


def a_replaced_key_is_accepted_in_time_and_the_old_one_no_longer_is(scene):
    # The case before has just made Assay fetch: this is the rotation that must wait longest.
    old = scene.issuer.token(ES256_CLIENT)
    scene.passes(old)
    scene.issuer.replace_keys()
    remark = is_accepted_in_time(scene, ES256_CLIENT, unlike=old)
    scene.passes(scene.issuer.token(RS256_CLIENT))
    refused(scene.call(old), 401, "invalid_token")
    return remark


def is_accepted_in_time(scene, client, unlike):
    """Tries a new token each time: one token refused over and over would be throttled, and rightly."""
    published = time.monotonic()
    refusals = Counter()
    while True:
        token = scene.issuer.token(client)
        assert token.header["kid"] != unlike.header["kid"], "the issuer should sign with a new key"
        answer = scene.call(token)
        elapsed = time.monotonic() - published
        if answer.status == 200:
            break
        refusals[answer.status] += 1
        assert set(refusals) <= {401, 503}, f"a key not yet known is no reason for this: {answer}"
        assert elapsed < PROMISED_SECONDS + SLACK_SECONDS, f"still refused after {elapsed:.1f} s: {answer}"
        time.sleep(0.1)
    assert elapsed < PROMISED_SECONDS + SLACK_SECONDS, f"accepted only after {elapsed:.1f} s"
    before = ", ".join(f"{count} times {status}" for status, count in sorted(refusals.items())) or "nothing"
    return f"accepted {elapsed:.2f} s after it was published; before that: {before}"


CASES = [
    a_rotated_key_is_accepted_in_time_and_the_old_one_still_is,
    a_replaced_key_is_accepted_in_time_and_the_old_one_no_longer_is,
]
