"""What can be wrong before the first workflow runs."""


class ConfigError(Exception):
    """The program cannot start as it is configured; the message says what to change."""


class PortTaken(Exception):
    """Another program holds the port. A later start may well succeed."""
