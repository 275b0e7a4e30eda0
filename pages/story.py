"""The Story: the post's path, whether it holds, and the wall at its end."""

from dashboard.shell import frame, heading
from dashboard.story import page

settings = frame.current_settings()

heading.show(page.QUESTION)
page.show(settings)
