"""The Code page: the script behind the switches, and what changes in it.

`page` puts it together: `listing` draws the script, `comparison` finds what differs from a stage,
`changes` draws that. A new form of the script needs a sentence in `words`.
"""
