"""How the evidence of a run looks, for Diagnosis and Detective.

A check's pictures are an entry in `pictures`: rows from `tables`, drawn by `charts`; its sentences
are in `check_words`. `waiting` draws how far the gathering is.
"""
