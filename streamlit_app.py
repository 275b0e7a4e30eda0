"""Entry point of Fix by Fix: draws the frame, runs the chosen page."""

from dashboard.shell import frame

frame.run()
