"""The parts around every page: frame, sidebar, link, pins, lessons, and the uploaded file."""
