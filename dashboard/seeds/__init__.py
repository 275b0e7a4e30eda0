"""The Seeds page.

The page draws `first_view` above `parts`. `combinations`, `order`, `step`, and `numbers` each draw
one part of them, and `source` selects the grid that all parts show. The parts use modules without
Streamlit: `tables` (data frames), `charts` and `axes` (charts of these data frames), and
`sentences` (text computed from the numbers). The largest chart has its own modules,
`combinations_tables` and `combinations_chart`.

To add a part, write a module with `show(view)` and list it in `parts`. To add a chart, write a
function in `charts`.
"""
