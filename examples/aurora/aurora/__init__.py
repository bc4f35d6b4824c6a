"""Five jobs of a paper-trading day."""
