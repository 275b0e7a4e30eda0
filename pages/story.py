"""The Story: the post's path, whether it holds, and the wall at its end."""

from dashboard.shell import frame, heading
from dashboard.story import page

choice = frame.current_choice()

heading.show(page.QUESTION, choice)
page.show(choice.settings)
