"""The drawing of parameters, and predictions for many rows."""

import jax
import jax.numpy as jnp
import numpy as np

from mlp_core import Fixes, Settings, init, predict

SETTINGS = Settings()


def drawn(**fixes):
    return init(jax.random.PRNGKey(7), SETTINGS, Fixes(**fixes))


def test_one_key_for_a_layer_makes_its_bias_equal_its_gain():
    params = drawn()

    for layer in params.layers:
        np.testing.assert_array_equal(layer.bias, layer.gain)


def test_one_key_for_a_layer_makes_the_first_weights_its_bias_over_again():
    layer = drawn().layers[0]

    np.testing.assert_array_equal(layer.weight.ravel()[:8], layer.bias)


def test_the_head_draws_with_the_last_layers_key():
    params = drawn()

    # the same normal numbers; the head's bias is not scaled
    first = params.layers[-1].weight.ravel()[:6] / np.sqrt(2 / 6)
    np.testing.assert_allclose(params.head.weight[0] / np.sqrt(2 / 6), first, rtol=1e-6)


def test_split_keys_make_all_arrays_differ():
    params = drawn(split_keys=True)

    firsts = [float(np.ravel(leaf)[0]) for layer in params.layers for leaf in layer[:3]]
    firsts += [float(params.head.weight[0, 0]), float(params.head.bias[0])]
    assert len(set(firsts)) == len(firsts)


def test_norm_init_starts_with_bias_0_and_gain_1():
    for layer in drawn(norm_init=True).layers:
        np.testing.assert_array_equal(layer.bias, 0)
        np.testing.assert_array_equal(layer.gain, 1)


def test_the_bias_before_the_norm_starts_at_0_in_every_version():
    for fixes in ({}, {"split_keys": True}, {"norm_init": True}, {"bias_before_norm": True}):
        for layer in drawn(**fixes).layers:
            np.testing.assert_array_equal(layer.pre_bias, 0)


def test_weights_have_a_variance_of_two_over_the_inputs():
    settings = Settings(hidden=(64, 64))

    layer = init(jax.random.PRNGKey(0), settings, Fixes(split_keys=True)).layers[1]

    assert np.var(layer.weight) == np.clip(np.var(layer.weight), 0.9 * 2 / 64, 1.1 * 2 / 64)


def test_the_posts_network_has_171_parameters():
    params = drawn()

    sizes = [leaf.size for layer in params.layers for leaf in layer[:3]]
    assert sum(sizes) + params.head.weight.size + params.head.bias.size == 171


def test_no_rows_have_no_predictions():
    assert predict(drawn(), jnp.zeros((0, 5)), Fixes()).shape == (0, 1)
