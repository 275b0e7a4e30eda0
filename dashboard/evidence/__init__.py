"""The Evidence page, part by part.

`page` draws the answer, the loss curve and a card for each finding; `gathered` has the evidence
behind it. A card's picture is an entry in `pictures`: rows from `tables`, drawn by `charts`.
"""
