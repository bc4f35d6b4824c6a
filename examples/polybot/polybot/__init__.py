"""A toy trading bot: one loop, one ledger, one health page."""
