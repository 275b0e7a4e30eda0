"""Charts and text for the evidence of a run, shared by the Diagnosis and Detective pages.

`pictures` lists the charts of each check, built from `tables` and `charts`. `check_words` has the
text of each check. `waiting` draws the progress while evidence is collected.
"""
