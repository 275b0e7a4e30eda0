"""How each tool is switched on in a project."""

FIT_UPDATES = 500
SEEDS = 5

SWITCHED_ON_BY = {
    "debug_nans": 'jax.config.update("jax_debug_nans", True)',
    "debug_infs": 'jax.config.update("jax_debug_infs", True)',
    "key_reuse_PRNGKey": 'jax.config.update("jax_debug_key_reuse", True)',
    "key_reuse_key": 'jax.config.update("jax_debug_key_reuse", True)',
    "checkify_float": "checkify.checkify(step, errors=checkify.float_checks)",
    "checkify_index": "checkify.checkify(step, errors=checkify.index_checks)",
    "checkify_div": "checkify.checkify(step, errors=checkify.div_checks)",
    "traced_shapes": "shapes.append(x.shape), in the step that is compiled",
    "one_batch": f"{FIT_UPDATES} updates on the first batch alone",
    "start_loss": "the loss before the first update",
    "least_squares": "numpy.linalg.lstsq on the same rows",
    "several_seeds": f"{SEEDS} runs that differ in the seed",
}
"""By a tool's name. Those of key reuse differ in how the project makes its first key."""
