"""The training run: the network, its batches and updates, compiled or in Python, one or many."""
