"""Make a synthetic mountain county, seeded, with the truth it planted."""

from geoplan.synthetic.county import SyntheticCounty, make_county

__all__ = ["SyntheticCounty", "make_county"]
