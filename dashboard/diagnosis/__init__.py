"""The Diagnosis page: `page` draws the answer, the loss curve and a card for each finding.

`tools` is the other half of the question: would a tool have told you?
"""
