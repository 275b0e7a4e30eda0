"""What a grid of runs shows: scores, what each fix is worth, and how surely it is known."""
