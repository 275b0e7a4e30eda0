"""What compiling gains: the ways to run one training loop, timed in a process of their own.

`process.measured` starts that process and yields how far it is. `measure` is its program, `forms`
has the ways to run the loop, `figures` has the records, and `stored` writes them to files.
"""
