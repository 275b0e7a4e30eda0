"""The ledger of random draws, compared with keys split by hand."""

import jax
import jax.numpy as jnp

from mlp_core import Fixes, Settings, init
from mlp_core.diagnosis.ledger import draws

KEY = jax.random.PRNGKey(7)
SETTINGS = Settings(hidden=(8, 6))


def data_of(key):
    return tuple(int(word) for word in jax.random.key_data(key))


def of_init(**fixes):
    return draws(lambda key: init(key, SETTINGS, Fixes(**fixes)), KEY)


def test_each_draw_is_listed_with_its_key_and_its_array():
    def drawn(key):
        first, second = jax.random.split(key)
        a = 2 * jax.random.normal(first, (3, 2))
        return {"a": a, "sum": a[0] + jax.random.uniform(second, (2,)), "zeros": jnp.zeros(4)}

    found = draws(drawn, KEY)

    first, second = jax.random.split(KEY)
    assert [tuple(draw) for draw in found] == [
        ("['a']", data_of(first), 6),
        ("['sum']", data_of(first), 6),
        ("['sum']", data_of(second), 2),
    ]


def test_a_compiled_function_and_a_typed_key_make_no_difference():
    def drawn(key):
        return jax.random.normal(key, (5,))

    typed = jax.random.key(7)

    assert draws(jax.jit(drawn), typed) == draws(drawn, KEY)
    assert draws(drawn, KEY)[0].key == data_of(typed)


def test_the_bug_draws_three_arrays_of_a_layer_with_one_key():
    found = of_init()

    key, first = jax.random.split(KEY)
    _, second = jax.random.split(key)
    layers = [[f"layers[{i}].{name}" for name in ("weight", "bias", "gain")] for i in (0, 1)]
    assert [draw.array for draw in found] == [*layers[0], *layers[1], "head.weight", "head.bias"]
    assert [draw.key for draw in found] == [data_of(first)] * 3 + [data_of(second)] * 5
    assert [draw.numbers for draw in found] == [40, 8, 8, 48, 6, 6, 6, 1]


def test_constants_are_no_draws():
    found = of_init(norm_init=True, split_keys=True)

    arrays = ["layers[0].weight", "layers[1].weight", "head.weight", "head.bias"]
    assert [draw.array for draw in found] == arrays


def test_split_keys_are_used_once_each():
    keys = [draw.key for draw in of_init(split_keys=True)]

    assert len(set(keys)) == len(keys) == 8
