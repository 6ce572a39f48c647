"""Hazard exposure, remoteness, candidacy and receiving sites for 易地搬迁."""
