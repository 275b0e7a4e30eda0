"""Background work that all sessions share: `jobs` run in a `pool`, and a `panel` shows them.

`per_run` has the work on a single run.
"""
