"""Cases for readers to solve: which bugs, what probes show of them, what an answer is worth.

`cases` draws them and `scoring` computes the points; neither loads JAX. `probes` and
`verdicts` read a case's evidence.
"""
