"""The command line: one job of the trading day, chosen by name."""

import argparse
import logging
import os
import sys

from aurora import config, data_fetch, eod, logs, preflight, status, trading
from aurora.broker import Broker, BrokerError
from aurora.jobs import JobFailed

log = logging.getLogger("aurora")
EXIT_STATUS = "Exit status 0: done, 1: the job failed, 78: not configured, or not for paper trading."
JOBS = {
    "preflight": preflight.run,
    "trading": trading.run,
    "status": status.run,
    "eod": eod.run,
    "data-fetch": data_fetch.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="aurora", description=__doc__, epilog=EXIT_STATUS)
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; place and write nothing")
    args = parser.parse_args()
    logs.start()
    try:
        settings = config.load(os.environ)
        JOBS[args.job](settings, Broker(settings), args.dry_run)
    except config.ConfigError as error:
        log.error("%s", error)
        return os.EX_CONFIG
    except (JobFailed, BrokerError) as error:
        log.error("%s failed: %s", args.job, error)
        return 1
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
