"""A diagnosis as text."""

from trainer.diagnosis.examine import Diagnosis


def diagnosis_text(diagnosis: Diagnosis) -> str:
    """Return findings, evidence and remedies, and the other causes examined."""
    d = diagnosis
    count = len(d.findings)
    head = "nothing wrong found" if not count else f"{count} thing{'s' * (count > 1)} wrong"
    lines = [f"{d.run}: {head} ({d.samples} samples of split {d.split}, T = {d.temperature:g})"]
    for number, finding in enumerate(d.findings, start=1):
        lines += [
            "",
            f"{number}. {finding.cause}: {finding.says}",
            f"   evidence: {finding.evidence}",
            f"   remedy:   {finding.remedy}",
        ]
    rest = [symptom for symptom in d.looked_at if not symptom.found]
    if rest:
        lines += ["", "examined and not found:"]
        lines += [f"  {symptom.cause}: {symptom.evidence}" for symptom in rest]
    return "\n".join(lines)
