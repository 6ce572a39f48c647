"""Decide with evidence which mountain settlements should move and which should be served where they stand."""
