"""The speedup from compiling: ways to run one training loop, timed in a separate process.

`process.measured` starts that process and yields its progress. `measure` is the program of the
process, `forms` has the ways to run the loop, and `figures` has the records and their files.
"""
