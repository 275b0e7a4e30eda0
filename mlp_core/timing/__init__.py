"""What compiling buys: the same training in five forms, each timed apart.

`measuring` times the forms, `growth` does so at other sizes, `rest` says what a batch of another
shape costs, `stored` keeps figures in a file. Importing this package loads none of them, nor JAX.
"""
