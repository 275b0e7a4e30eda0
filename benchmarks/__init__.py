"""Side-by-side measurements, run by hand, for example with `make bench` or `make bench-app`."""
