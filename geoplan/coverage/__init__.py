"""Service standards, gaps, and roll-ups from settlement to county."""
