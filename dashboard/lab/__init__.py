"""The Lab: `result` draws the run on screen, `comparison` the others, `details` the tabs below."""
