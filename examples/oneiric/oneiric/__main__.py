"""The command line: `probe` checks the settings and ends, `orchestrate` runs until it is told to stop."""

import argparse
import logging
import os
import sys
from pathlib import Path

from oneiric import __version__, daemon, logs, settings
from oneiric.errors import ConfigError, PortTaken

log = logging.getLogger("oneiric")
EXIT_STATUS = "Exit status 0: done or stopped, 1: port taken, 78: not configured."


def main() -> int:
    args = parse_arguments()
    try:
        logs.start(os.environ)
        if args.command == "probe":
            found = settings.load(args.manifest, config_directory(args.manifest))
            log.info("%s is valid, settings %s", args.manifest, found.digest)
            return os.EX_OK
        return daemon.run(args.manifest, config_directory(args.manifest), args.refresh_interval, os.environ)
    except ConfigError as error:
        log.error("%s", error)
        return os.EX_CONFIG
    except PortTaken as error:
        log.error("%s", error)
        return 1


def parse_arguments() -> argparse.Namespace:
    manifest = argparse.ArgumentParser(add_help=False)
    manifest.add_argument("--manifest", type=Path, default=Path("settings/manifest.toml"))
    parser = argparse.ArgumentParser(prog="oneiric", description=EXIT_STATUS)
    parser.add_argument("--version", action="version", version=f"oneiric {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("probe", parents=[manifest], help="check that the settings are readable and consistent")
    orchestrate = commands.add_parser("orchestrate", parents=[manifest], help="run the workflows")
    orchestrate.add_argument("--refresh-interval", type=seconds, default=120.0, metavar="SECONDS")
    return parser.parse_args()


def seconds(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise ValueError(text)
    return value


def config_directory(manifest: Path) -> Path:
    return Path(os.environ.get("ONEIRIC_CONFIG") or manifest.parent)


if __name__ == "__main__":
    sys.exit(main())
