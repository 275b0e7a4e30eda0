"""The Evidence page, part by part.

`page` draws the answer, the loss curve and a card for each finding; `gathered` has the evidence
behind it, `waiting` what stands there until it is gathered. A check's pictures are an entry in
`pictures`: rows from `tables`, drawn by `charts`; its sentences are in `check_words`. `tools` is
the other half of the question.
"""
