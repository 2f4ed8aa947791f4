"""The model card in the form of the Coalition for Health AI: Applied Model Card, version 0.1.

Its elements and their order are those of https://mc.chai.org/v0.1/schema.xsd; what no command
measured is said to be unmeasured.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from typing import Any

from radiograde.model.scoring.metadata import ModelMetadata

NAMESPACE = "https://mc.chai.org/v0.1/schema.xsd"

METRIC = (
    *("MetricGoal", "Result", "Interpretation", "TestType", "TestingDataDescription"),
    "ValidationProcessAndJustification",
)
FORM: Mapping[str, Any] = {
    "BasicInfo": ("ModelName", "ModelDeveloper", "DeveloperContact"),
    "ReleaseInfo": ("ReleaseStage", "ReleaseDate", "ReleaseVersion", "GlobalAvailability"),
    "ModelSummary": ("Summary", "Keywords"),
    "UsesAndDirections": (
        *("IntendedUseAndWorkflow", "PrimaryIntendedUsers", "HowToUse"),
        *("TargetedPatientPopulation", "CautionedOutOfScopeSettings"),
    ),
    "Warnings": (
        *("KnownRisksAndLimitations", "KnownBiasesOrEthicalConsiderations", "ClinicalRiskLevel"),
    ),
    "TrustIngredients": {
        "AISystemFacts": (
            *("OutcomesAndOutputs", "ModelType", "InputDataSource", "OutputAndInputDataTypes"),
            *("DevelopmentDataCharacterization", "BiasMitigationApproaches"),
            *("OngoingMaintenance", "Security", "Transparency"),
        ),
        "TransparencyInformation": ("FundingSource", "StakeholdersConsulted"),
    },
    "KeyMetrics": {
        "UsefulnessUsabilityEfficacy": METRIC,
        "FairnessEquity": METRIC,
        "SafetyReliability": METRIC,
    },
    "Resources": (
        *("PeerReviewedPublications", "PatientConsentOrDisclosure", "StakeholdersConsulted"),
    ),
    "Bibliography": (),
}
"""The elements that are written, in the schema's order."""

SECTIONS: Mapping[str, str] = {
    "IntendedUseAndWorkflow": "Intended use",
    "CautionedOutOfScopeSettings": "Not for",
    "DevelopmentDataCharacterization": "Data",
    "KnownRisksAndLimitations": "Limits",
    "ModelType": "Model",
}
"""Elements that are sections of the model card."""

_UNMEASURED = "Not measured."


def chai_card(card: str, metadata: ModelMetadata) -> bytes:
    """Return the XML; ``card``: the model card as Markdown."""
    texts = {**_TEXTS, **{name: section(card, title) for name, title in SECTIONS.items()}}
    texts |= {
        "ModelName": metadata.name,
        "ReleaseVersion": metadata.version,
        "ReleaseDate": metadata.created[:10],
    }
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.Element(f"{{{NAMESPACE}}}AppliedModelCard")
    _fill(root, FORM, texts)
    ElementTree.indent(root)
    made: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return made


def section(card: str, title: str) -> str:
    """Return the text below a heading of the card, up to the next; ``Not stated.`` without one."""
    _, found, rest = card.partition(f"\n## {title}\n")
    text = rest.partition("\n#")[0].strip() if found else ""
    return text or "Not stated."


def _fill(parent: ElementTree.Element, form: Mapping[str, Any], texts: Mapping[str, str]) -> None:
    for name, inner in form.items():
        element = ElementTree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
        if isinstance(inner, Mapping):
            _fill(element, inner, texts)
        elif not inner:
            element.text = texts.get(name, _UNMEASURED)
        for leaf in inner if isinstance(inner, tuple) else ():
            child = ElementTree.SubElement(element, f"{{{NAMESPACE}}}{leaf}")
            if leaf == "Keywords":
                _keywords(child)
            else:
                child.text = texts.get(f"{name}.{leaf}", texts.get(leaf, _UNMEASURED))


def _keywords(parent: ElementTree.Element) -> None:
    for word in ("chest radiograph", "pneumonia", "severity", "Brixia score"):
        ElementTree.SubElement(parent, f"{{{NAMESPACE}}}Keyword").text = word


_CARD = "See the model card in this dossier: its tables have every figure with its interval."
_TEXTS: Mapping[str, str] = {
    "ModelDeveloper": "The Radiograde authors",
    "DeveloperContact": "By the private report of the platform that hosts the repository",
    "ReleaseStage": "Research use only; no medical device",
    "GlobalAvailability": "As source code and wheel, Apache-2.0; weights by their own licence",
    "Summary": "Grades how much of the lungs pneumonia involves on one frontal chest radiograph of "
    "an adult: six zones, whole lungs, with intervals and a map of the opacity found.",
    "PrimaryIntendedUsers": "Researchers, and radiologists who take part in research",
    "HowToUse": "The film goes in by DICOM, STOW-RS, HTTP or a folder; the result is read beside "
    "the film on the page or in the PACS, and reviewed.",
    "TargetedPatientPopulation": "Adults",
    "KnownBiasesOrEthicalConsiderations": "Subgroups by sex, age, view and source are in the model "
    "card; ethnic groups were not measured: the films do not name them.",
    "ClinicalRiskLevel": "Not classified: research use only",
    "OutcomesAndOutputs": "Brixia 0-18 with six zones 0-3, geographic extent 0-8, opacity 0-8, "
    "share of lung area, severity in four bands, prediction intervals, map of opacity",
    "InputDataSource": "DICOM, PNG or JPEG films",
    "OutputAndInputDataTypes": "In: DICOM, PNG, JPEG. Out: JSON, DICOM SR, SEG, SC, FHIR, PDF",
    "BiasMitigationApproaches": "Figures at hospitals that the model never saw, by source; swap "
    "test; probe for the source",
    "OngoingMaintenance": "Releases with a changelog; signed advisories by version",
    "Security": "See the security policy and the ASVS table in this dossier",
    "Transparency": "Open source; each result keeps what made it and can be replayed",
    "FundingSource": "None",
    "StakeholdersConsulted": "Nobody so far",
    "UsefulnessUsabilityEfficacy.MetricGoal": "Agreement with readers",
    "UsefulnessUsabilityEfficacy.Result": _CARD,
    "FairnessEquity.MetricGoal": "Error by sex, age, view and source",
    "FairnessEquity.Result": _CARD,
    "SafetyReliability.MetricGoal": "Films out of scope that are turned away; repeatability",
    "SafetyReliability.Result": _CARD,
    "Interpretation": "Research use only: no threshold of acceptance was set in advance",
    "TestType": "Retrospective, on public collections",
    "TestingDataDescription": "Public collections named in the model card",
    "ValidationProcessAndJustification": "docs/explanation/evaluation.md of the repository",
    "PeerReviewedPublications": "None",
    "PatientConsentOrDisclosure": "By the public collections, see the model card",
    "Bibliography": "Borghesi and Maroldi 2020 (Brixia score); Cohen et al. 2020 (extent, opacity)",
}
