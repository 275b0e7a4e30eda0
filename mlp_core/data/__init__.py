"""The data to learn from: formulas, tables, and CSV files, and their split into examples."""
