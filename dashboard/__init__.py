"""What the pages share: the frame, cached runs, charts and words."""
