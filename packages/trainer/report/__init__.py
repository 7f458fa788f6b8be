"""Self-contained HTML pages: of an evaluation and of a run.

A fit calls ``picture_samples`` once, ``save_epoch_pictures`` and ``write_run_page`` after each
epoch; ``trainer evaluate`` calls ``write_evaluation_page``.
"""

from trainer.report.epoch_pictures import picture_samples, save_epoch_pictures
from trainer.report.evaluation_page import write_evaluation_page
from trainer.report.run_page import write_run_page

__all__ = [
    "picture_samples",
    "save_epoch_pictures",
    "write_evaluation_page",
    "write_run_page",
]
