"""A reader's own file: its bytes as text, its cells, its numbers, its columns, a table."""
