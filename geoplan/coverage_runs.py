"""Run the stages about coverage beyond the gaps.

As in `geoplan.stage_runs`: no computation lives here, and libraries load only when a stage runs.
"""
