"""The Speed page: `page` puts it together; `work.timings` has the measurements.

A new chart is a function in `charts` with its table in `tables` and its sentence in `words`.
"""
