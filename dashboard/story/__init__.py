"""The Story page: the post's path, claims that its numbers contradict, and the lower bound."""
