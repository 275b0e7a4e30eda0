"""The Seeds page, part by part.

`first_view` and `tabs` stand on the page, one above the other. Each of their parts is a file that
draws: `combinations`, `order`, `step`, `numbers`; `source` says which grid they show. What they
draw comes from files without Streamlit: `tables` (rows), `charts` (pictures of these rows, made of
`axes`), `sentences` (what the rows say); the largest chart has `combinations_tables` and
`combinations_chart` to itself.

A new tab is a file with a `show(view)` and a line in `tabs`; a new chart is a function in `charts`.
"""
