"""The Speed page: `page` has its layout, and `work.timings` the measurements.

To add a chart, write a function in `charts`, its table in `tables`, and its sentence in `words`.
"""
