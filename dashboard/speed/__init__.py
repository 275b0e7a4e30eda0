"""The Speed page: `page` puts it together; `dashboard.timings` holds the measurements behind it.

A new chart is a function in `charts` with its table in `tables` and its sentence in `words`.
"""
