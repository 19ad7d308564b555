"""Plays every scenario, one after another, and closes with `N passed, M failed`.

`run` is the way in: it installs the peers first. Arguments, if any, name the scenarios to play.
"""

import signal
import sys

from harness.report import Report
from scenarios import envoy_http

SCENARIOS = {"envoy_http": envoy_http}


def main() -> int:
    # A run that is told to end still stops what it started: every scene is left through its `with`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    names = sys.argv[1:] or list(SCENARIOS)
    unknown = sorted(set(names) - set(SCENARIOS))
    if unknown:
        sys.exit(f"no such scenario: {', '.join(unknown)}; there are: {', '.join(SCENARIOS)}")

    report = Report()
    try:
        for name in names:
            report.play(SCENARIOS[name])
    except BaseException as ended:  # also SystemExit and Ctrl-C: the closing line must say it was not whole
        report.failed("the run was whole", ended)
        raise
    finally:
        print(report.closing_line(), flush=True)
    return report.exit_code()


if __name__ == "__main__":
    sys.exit(main())
