"""The Diagnosis page: `page` draws the answer, the loss curve, and a card for each finding.

`tools` draws which debugging tools detect which bugs (with `tools_chart`), and `script` draws
findings in a reader's own script.
"""
