"""Drawing code for all pages: charts, their tables, and the formatting of numbers."""
