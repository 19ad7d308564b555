"""A part is down: what keeps working, and that nothing gets through which should not."""

import time

from cases.key_rotation import PROMISED_SECONDS, SLACK_SECONDS, is_accepted_in_time
from harness.issuer import ES256_CLIENT, RS256_CLIENT


def while_the_issuer_is_down_its_tokens_keep_passing_and_after_it_all_is_well(scene):
    shown_before = scene.issuer.token(RS256_CLIENT)
    never_shown = scene.issuer.token(ES256_CLIENT)
    scene.passes(shown_before)
    scene.issuer.stop()
    try:
        scene.passes(shown_before)
        scene.passes(never_shown)
    finally:
        scene.issuer.start()
    # It comes back with new keys: the hardest way to come back.
    return is_accepted_in_time(scene, RS256_CLIENT, unlike=shown_before)


def a_token_whose_key_cannot_be_had_is_not_called_invalid(scene):
    scene.issuer.rotate_keys()
    unknown = [scene.issuer.token() for _ in range(20)]  # one an attempt: one token over and over is throttled
    scene.issuer.stop()
    try:
        # Until Assay may ask the issuer again, the key is one the issuer did not publish: 401. Then it is an outage.
        outage_began = time.monotonic()
        statuses = []
        while 503 not in statuses:
            statuses.append(scene.call(unknown.pop()).status)
            assert statuses[-1] in (401, 503), f"neither a verdict nor an outage: {statuses}"
            elapsed = time.monotonic() - outage_began
            assert elapsed < PROMISED_SECONDS + SLACK_SECONDS, f"still called invalid after {elapsed:.1f} s: {statuses}"
            time.sleep(0.5)
        assert scene.call(unknown.pop()).status == 503, "and it should stay an outage"
    finally:
        scene.issuer.start()
    is_accepted_in_time(scene, RS256_CLIENT, unlike=unknown[0])
    return f"503 after {elapsed:.2f} s"


def after_assay_restarts_the_first_request_passes(scene):
    token = scene.issuer.token()
    scene.passes(token)
    exit_code = scene.assay.stop()
    scene.assay.start()
    scene.passes(token)
    assert exit_code == 0, f"assay should end as asked, it ended with {exit_code}"


def while_assay_is_down_nothing_passes_and_the_client_is_told_503(scene):
    token = scene.issuer.token()
    scene.passes(token)
    reached = scene.upstream.requests_seen
    scene.assay.stop()
    try:
        answer = scene.call(token)
        assert answer.status == 503, f"an outage of ours is not the client's fault: {answer}"
        assert scene.upstream.requests_seen == reached, "the service should not be reached"
    finally:
        scene.assay.start()
    scene.passes(token)


CASES = [
    while_the_issuer_is_down_its_tokens_keep_passing_and_after_it_all_is_well,
    a_token_whose_key_cannot_be_had_is_not_called_invalid,
    after_assay_restarts_the_first_request_passes,
    while_assay_is_down_nothing_passes_and_the_client_is_told_503,
]
