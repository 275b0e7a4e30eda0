"""The Speed page: `page` puts it together; `measured` holds the measurements behind it.

A new chart is a function in `charts` with its table in `tables` and its sentence in `words`.
"""
