"""The evidence of a run, or its progress and a Stop button while it is collected."""

from typing import TYPE_CHECKING

from dashboard.choice import Choice
from dashboard.work import per_run

if TYPE_CHECKING:
    from mlp_core.diagnosis import Evidence


def evidence(choice: Choice, still: str = "") -> "Evidence | None":
    """Returns the evidence, or draws the progress and returns None until it is ready.

    If it takes long, the reader has to start it.

    Args:
      still: a sentence that says what the page shows until then; may be empty.
    """

    def progress(share: float | None) -> str:
        far = "; compiling …" if share is None else f": {share:.0%}."
        return f"Training this run again to collect evidence{far}{still}"

    texts = per_run.Texts(
        "Collect evidence",
        "The evidence could not be collected",
        progress,
        f"To collect evidence, this run is trained again with detailed records.{still}",
    )
    collected = per_run.evidence_work.show(choice, "gathering", texts)
    return collected.evidence if collected else None
