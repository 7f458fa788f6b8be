"""Diagnosis of a run: evidence from the measures, six causes, their remedies."""

from trainer.diagnosis.causes import CAUSES, Symptom
from trainer.diagnosis.examine import Diagnosis, diagnose
from trainer.diagnosis.remedies import Finding
from trainer.diagnosis.text import diagnosis_text

__all__ = ["CAUSES", "Diagnosis", "Finding", "Symptom", "diagnose", "diagnosis_text"]
