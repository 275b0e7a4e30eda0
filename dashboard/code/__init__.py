"""The Code page: the script for the switches, and how it differs from a stage of the post.

`page` has the layout, `listing` draws the script, and `changes` finds and draws the
differences from a stage. A new dress of the script needs a sentence in `words`.
"""
