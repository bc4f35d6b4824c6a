"""A toy orchestrator: it reads settings, resolves adapters and runs workflows on a schedule."""

__version__ = "1.0.0"
