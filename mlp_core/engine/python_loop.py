"""The post's loop before its fourth fix: only loss and gradient are compiled.

Each step splits its keys, slices its minibatch, and updates the parameters array by array; JAX
dispatches each of these operations separately. The loop has the losses of the compiled engine and
the speed of the post's loop.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from mlp_core.data.dataset import dataset, seed_keys
from mlp_core.engine import model
from mlp_core.engine.compiled import Losses, jitted
from mlp_core.engine.model import Norm, Params
from mlp_core.engine.starts import initial
from mlp_core.engine.update import learning_rates
from mlp_core.settings import Settings
from mlp_core.switches import Fixes


def batch_loss(params: Params, x: jax.Array, y: jax.Array, norm: Norm) -> jax.Array:
    """Returns the mean squared error, x `[B, D]` and y `[B, 1]` -> `[]`. It is not compiled."""
    return jnp.mean((model.outputs(params, x.T, norm) - y[:, 0]) ** 2)


loss_and_gradient = jax.jit(jax.value_and_grad(batch_loss))
_loss_of_all = jitted(model.mean_loss, static=())
"""Compiled with the same options as the compiled engine, so that both round alike near 0 / 0."""


class PythonLoop:
    """One run of the half-compiled loop, which the caller advances in stretches.

    Args:
      updates: `[R]`, the numbers of updates after which to record the losses, ascending.
    """

    loss_and_gradient = staticmethod(loss_and_gradient)

    def __init__(self, settings: Settings, fixes: Fixes, updates: np.ndarray):
        self._settings, self._fixes = settings, fixes
        self.norm = model.norm_of(fixes)
        self._data = jax.device_put(dataset(settings))
        self._batches = PythonBatches(settings, fixes)
        self._rates = learning_rates(settings)
        self.updates = updates
        self._batch_loss = np.full(settings.steps, np.nan, np.float32)
        self._recorded = np.full((2, len(updates)), np.nan, np.float32)
        self.params = initial(settings, fixes).params
        self.opt_state = self.init_optimizer(self.params)
        self.done = 0
        self._record()

    def advance(self, stop: int) -> None:
        """Trains until `stop` updates are done."""
        losses = []
        for step in range(self.done, stop):
            losses.append(self.take_step(*self.next_batch(), step))
            self.done = step + 1
            self._record()
        # Reading a loss waits for its step, so the losses are read after all steps are dispatched.
        self._batch_loss[stop - len(losses) : stop] = jax.device_get(losses)

    def next_batch(self) -> tuple[jax.Array, jax.Array]:
        """Returns the next minibatch, x `[B, D]` and y `[B, 1]`; B may be 0."""
        rows = self._batches.next_rows()
        return self._data.x_train[rows], self._data.y_train[rows]

    def take_step(self, x: jax.Array, y: jax.Array, step: int) -> jax.Array:
        """Updates the parameters on a minibatch, and returns its loss before the update."""
        batch_loss, gradient = self.loss_and_gradient(self.params, x, y, self.norm)
        self.params, self.opt_state = self.updated(self.params, self.opt_state, gradient, step)
        return batch_loss

    def _optimizer(self, step: int) -> optax.GradientTransformation:
        rate, decay = float(self._rates[step]), self._settings.weight_decay
        optimizer = optax.adamw(rate, weight_decay=decay) if self._fixes.adamw else optax.sgd(rate)
        clip_norm = self._settings.clip_norm
        if clip_norm is None:
            return optimizer
        return optax.chain(optax.clip_by_global_norm(clip_norm), optimizer)

    def init_optimizer(self, params: Params) -> optax.OptState:
        """Returns the initial optimizer state."""
        return self._optimizer(0).init(params)

    def updated(
        self, params: Params, opt_state: optax.OptState, gradient: Params, step: int
    ) -> tuple[Params, optax.OptState]:
        """Returns the parameters and the optimizer state after an update, array by array."""
        change, opt_state = self._optimizer(step).update(gradient, opt_state, params)
        return optax.apply_updates(params, change), opt_state

    def _record(self) -> None:
        record = np.searchsorted(self.updates, self.done)
        if record == len(self.updates) or self.updates[record] != self.done:
            return
        data, mean_loss = self._data, _loss_of_all[model.is_small(self._settings)]
        for row, (x, y) in enumerate([(data.x_train, data.y_train), (data.x_val, data.y_val)]):
            self._recorded[row, record] = mean_loss(self.params, x, y[:, 0], self.norm)

    @property
    def losses(self) -> Losses:
        """The losses so far, NaN where none is recorded yet."""
        return Losses(self._batch_loss.copy(), *self._recorded.copy())


class PythonBatches:
    """The row numbers of successive minibatches, drawn and sliced as in the post."""

    def __init__(self, settings: Settings, fixes: Fixes):
        self._rows, self._size = settings.num_train, settings.batch_size
        self._whole = fixes.whole_batches
        self._key, self._start = seed_keys(settings.seed).batches, 0
        if self._whole:
            self._order = jax.random.permutation(self._next_key(), self._rows)

    def next_rows(self) -> jax.Array:
        """Returns the row numbers of the next minibatch, `[B]`.

        With the bug, B is 0 at every step except the first step of an epoch.
        """
        subkey = self._next_key()
        if not self._whole:
            self._order = jax.random.permutation(subkey, self._rows)[: self._size]
        rows = self._order[self._start : self._start + self._size]
        self._start += self._size
        if self._start >= self._rows:
            self._start = 0
            subkey = self._next_key()
            if self._whole:
                self._order = jax.random.permutation(subkey, self._rows)
        return rows

    def _next_key(self) -> jax.Array:
        self._key, subkey = jax.random.split(self._key)
        return subkey
