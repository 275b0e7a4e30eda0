"""Reads a user's CSV file, in stages, which `read` runs one after the other.

`decode` makes text of bytes, `rows` splits it, `layout` separates titles, the header (`header`),
data, and footers, and `columns` makes numbers of cells, with `numerals` and `dates`. A new way to
write a number belongs in `numerals`, a new word for a missing value in `columns.MISSING`. `apart`
reads a large file in a child process.
"""
