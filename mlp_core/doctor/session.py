"""A recording from its beginning to its report; `mlp_core.watch` is its public form."""

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
    """Watches the code in its block, and fills the report when the block ends.

    Functions that were compiled before the block are not seen. JAX's own functions are replaced for
    as long as the block runs, in all threads.

    Args:
      only: which groups of checks to report, of `GROUPS`; all by default.
      steps: after how many calls of compiled functions to leave the block.

    Raises:
      ValueError: if there is no such group.
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
