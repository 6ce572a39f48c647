"""Geometry and raster primitives on metric coordinates."""
