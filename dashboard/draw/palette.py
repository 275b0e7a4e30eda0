"""The series of the charts and their dashes. The colors are in `.streamlit/config.toml`."""

SERIES = ("val", "train", "batch", "v1", "pinned", "stage", "text")
"""The series, in the order of the theme's `chartCategoricalColors`."""

DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (1, 0), (1, 0), (2, 3), (7, 3), (1, 0), (1, 3))
"""The dash of each series, so that lines do not differ only in color."""
