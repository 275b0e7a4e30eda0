"""What all pages draw with: charts and their tables, numbers and names in words."""
