"""What is learned: formulas, tables and files, and their split into examples."""
