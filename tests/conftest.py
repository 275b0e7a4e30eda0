"""What every test shares."""

from hypothesis import settings

# The first example of a property compiles, so one example may take seconds and the next none.
settings.register_profile("compiling", deadline=None)
settings.load_profile("compiling")
