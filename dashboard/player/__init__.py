"""Plays a run in the browser: its snapshots are sent once, and a script of our own draws them.

`show` is all that a page calls. `player.js` draws what `payload.py` holds, styled by `player.css`;
`tables.py` has the same numbers to read.
"""
