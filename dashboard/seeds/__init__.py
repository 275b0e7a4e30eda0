"""The Seeds page.

`page` draws the top, which contains `combinations`, and below it the part that the reader chooses:
`order`, `step`, or `numbers`. `source` selects the grid that all of them show.
They use modules without Streamlit: `tables` (data frames), `charts` and `axes` (charts of these
data frames), and `sentences` (text computed from the numbers). The largest chart has its own
modules, `combinations_tables` and `combinations_chart`.

To add a part, write a module with `show(view)`, list it in `page.show`, and name it in the link's
parameter `view` (`shell/grammar.py`). To add a chart, write a function in `charts`.
"""
