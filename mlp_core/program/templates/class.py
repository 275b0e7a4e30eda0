"""A class that holds the parameters and the optimizer state."""  # if False


# %% One object for parameters and optimizer state
class MLP:
    """A network that holds its parameters and the optimizer state, as in PyTorch."""

    def __init__(self, key):
        self.params = init(key)
        self.opt_state = optimizer.init(self.params)

    def predict(self, x):
        """Returns a prediction for each row of x."""
        return predict(self.params, x)

    def loss(self, x, y):
        """Returns the mean squared error."""
        return loss(self.params, x, y)

    def step(self, x, y):
        """Updates the parameters on one minibatch."""
        self.params, self.opt_state = step(self.params, self.opt_state, x, y)
