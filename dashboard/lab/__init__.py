"""The Lab: `view` collects what it shows; `result`, `comparison`, and `details` draw it."""
