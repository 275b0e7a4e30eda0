"""Watches a block of code and reports on it; public as `mlp_core.watch`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mlp_core.doctor.checks import findings
from mlp_core.doctor.examiner import Examiner, Stop
from mlp_core.doctor.patches import Patches
from mlp_core.doctor.places import of_error
from mlp_core.doctor.recording import Recorder
from mlp_core.doctor.records import Report, check_groups


@contextmanager
def watch(only: Sequence[str] = (), steps: int | None = None) -> Iterator[Report]:
    """Watches the code in its block, and fills in the report when the block ends.

    Functions compiled before the block are not examined. Functions of JAX and optax are replaced in
    all threads while the block runs.

    Args:
      only: the groups of checks to report, from `GROUPS`; all by default.
      steps: the number of calls of compiled functions after which the block is left.

    Raises:
      ValueError: if a group does not exist.
    """
    check_groups(only)
    recorder, report = Recorder(), Report()
    patches = Patches(Examiner(recorder, steps))
    patches.install()
    try:
        yield report
    except Stop:
        report.exit = "stopped"
    except KeyboardInterrupt:
        report.exit = "interrupted"
        raise
    except Exception as error:
        file, line = of_error(error)
        report.exit = "crashed"
        report.error = {
            "type": type(error).__name__,
            "message": str(error),
            "file": file,
            "line": line,
        }
        raise
    finally:
        patches.remove()
        report.findings = findings(recorder, tuple(only))
        report.seen = {
            "compiled_calls": recorder.compiled_calls,
            "training_steps": recorder.step,
            "draws": recorder.draws,
        }
