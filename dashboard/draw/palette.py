"""What each color and dash of a chart means; the colors are in `.streamlit/config.toml`."""

SERIES = ("val", "train", "batch", "v1", "pinned", "stage", "text")
"""The meanings, in the order of the theme's `chartCategoricalColors`."""

DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (1, 0), (1, 0), (2, 3), (7, 3), (1, 0), (1, 3))
"""A dash for each meaning, so that no line is told by its color alone."""
