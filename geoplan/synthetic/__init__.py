"""Make a synthetic mountain county, seeded, with the truth it planted."""
