"""The Lab: `view` collects what `page` shows; `result`, `comparison`, and `details` draw it."""
