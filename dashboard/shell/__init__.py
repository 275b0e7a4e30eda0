"""What stands around every page: frame, sidebar, the link, pins, lessons, the reader's own file."""
