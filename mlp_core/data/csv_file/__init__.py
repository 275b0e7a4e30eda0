"""Reads a user's CSV file, in stages: text, rows, cells, numbers, columns, and a table."""
