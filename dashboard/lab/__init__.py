"""The Lab: `view` collects what it shows, `result` and `comparison` draw it, `details` the tabs."""
