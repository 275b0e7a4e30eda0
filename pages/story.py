"""The Story page: the post's path, whether it holds in other seeds, and its lower bound."""

from dashboard.shell import frame, heading
from dashboard.story import page

settings = frame.current_settings()

heading.show(page.QUESTION)
page.show(settings)
