"""Measures the speedup from compiling as the Speed page does, and checks it independently.

python -m benchmarks.forms
"""

import statistics

from mlp_core import set_up_cpu

set_up_cpu()  # must precede the import of JAX

from benchmarks import post_loop  # noqa: E402
from benchmarks.engine import seconds  # noqa: E402
from mlp_core import STAGES, Settings, train  # noqa: E402
from mlp_core.timing.figures import Figures, Measurement, Request, pays_after  # noqa: E402
from mlp_core.timing.process import measured  # noqa: E402

ROUNDS = 5


def _print_figures(measurement: Measurement) -> None:
    for each in measurement.figures:
        low, middle, high = each.each
        print(
            f"{each.form:9s} {1e3 * middle:9.1f} µs/step ({1e3 * low:.1f} to {1e3 * high:.1f}), "
            f"{each.dispatches:8.3f} dispatches/step, {each.programs:4d} programs: trace "
            f"{each.trace_ms:.0f} ms, compile {each.compile_ms:.0f} ms, first call "
            f"{each.first_ms:.1f} ms; {each.compared} losses differ by up to {each.difference:.1g}"
        )


def _print_factors(measurement: Measurement) -> None:
    for before, after in zip(measurement.figures, measurement.figures[1:], strict=False):
        factor = before.each.median / after.each.median
        steps = pays_after(before, after)
        print(f"{before.form} / {after.form}: {factor:.1f}, pays off after {steps} steps")


def _print_check(step: Figures, loop: Figures, settings: Settings) -> None:
    """Prints the ratio of "step" to "loop", and the same ratio measured as in `engine`."""
    fixes, last = STAGES["final"], (settings.steps,)
    ratios = []
    for _ in range(ROUNDS):
        post = seconds(lambda: post_loop.train(settings))
        compiled = seconds(lambda: train(settings, fixes, last).final_val_loss, 10)
        ratios.append(post / compiled)
    ours = step.each.median / loop.each.median
    lowest, highest = step.each.low / loop.each.high, step.each.high / loop.each.low
    theirs = statistics.median(ratios)
    agree = lowest <= max(ratios) and min(ratios) <= highest
    print(
        f"step / loop: {ours:.0f} ({lowest:.0f} to {highest:.0f}); the post's loop / a compiled "
        f"run: {theirs:.0f} ({min(ratios):.0f} to {max(ratios):.0f}); the ratios "
        f"{'agree within noise' if agree else 'DIFFER by more than noise'}"
    )


def main() -> None:
    """Prints the figures of every form, the speedup factors, and an independent check."""
    settings, fixes = Settings(), STAGES["final"]
    train(settings, fixes, (settings.steps,))
    post_loop.train(settings)
    *_, (_, _, measurement) = measured(Request("forms", settings, fixes))
    _print_figures(measurement)
    _print_factors(measurement)
    step, loop = measurement.figures[2:4]
    _print_check(step, loop, settings)


if __name__ == "__main__":
    main()
