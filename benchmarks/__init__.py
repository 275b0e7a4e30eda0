"""Side-by-side measurements, run by hand: `make bench`, `make bench-app`."""
