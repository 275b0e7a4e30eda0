"""Training: the network, minibatches, and updates, in a compiled or Python loop, and sweeps."""
