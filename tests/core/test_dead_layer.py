"""The gradient of LayerNorm when all units are equal."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mlp_core import Fixes
from mlp_core.diagnosis.probing import dead_layer, layer_norm
from mlp_core.engine.model import norm_of


def test_the_first_version_divides_0_by_0():
    found = dead_layer(Fixes())

    assert math.isnan(found.output)
    assert math.isnan(found.gradient)


def test_an_epsilon_beside_the_root_guards_the_output_alone():
    found = dead_layer(Fixes(norm_epsilon=True))

    assert found.output == 0
    assert math.isnan(found.gradient)


def test_an_epsilon_in_the_root_guards_both():
    found = dead_layer(Fixes(norm_epsilon=True, epsilon_in_root=True))

    # d/da_0 of (a_0 - mean) / sqrt(eps), because the deviation is 0.
    assert found.output == 0
    assert found.gradient == pytest.approx((1 - 1 / 3) / math.sqrt(1e-5), rel=1e-5)


def test_layer_norm_is_numpys_formula():
    a = np.array([1.0, 4.0, -2.0, 0.5])

    shown = layer_norm(jnp.array(a), norm_of(Fixes(norm_epsilon=True)))

    np.testing.assert_allclose(shown, (a - a.mean()) / (1e-5 + a.std()), rtol=1e-6)
    assert isinstance(shown, jax.Array)
