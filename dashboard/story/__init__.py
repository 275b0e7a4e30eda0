"""The Story: the path of the post, where its words and numbers part, and the wall at its end."""
