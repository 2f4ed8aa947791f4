"""Reports in five languages: opacities, none, and what is left unjudged."""

from __future__ import annotations

import pytest

from radiograde.service.concordance.report_opinion import opinion_of

REPORTS = {
    "en": [
        ("opacity", "Patchy airspace opacities in both lower lobes. No pleural effusion."),
        ("opacity", "There is a right lower lobe consolidation, no pneumothorax."),
        ("opacity", "The findings are compatible with pneumonia of the left lung."),
        ("opacity", "Heart size is normal. New ground-glass opacity in the left upper zone."),
        ("opacity", "There is no effusion, but there is a dense consolidation on the left."),
        ("clear", "The lungs are clear. No pleural effusion or pneumothorax."),
        ("clear", "No focal consolidation, effusion, or pneumothorax is seen."),
        ("clear", "There is no evidence of pneumonia."),
        ("clear", "No pneumothorax, consolidation or infiltrate."),
        ("unsure", "No effusion, new consolidation in the right lower lobe of the lung."),
        ("unsure", "Pneumonia cannot be excluded in the retrocardiac region."),
        ("unsure", "Possible opacity at the right base, atelectasis or pneumonia."),
        ("unsure", "Indication: rule out pneumonia."),
        ("unsure", "The previous opacity has resolved."),
        ("unsure", "Fracture of the fifth rib on the left."),
        ("unsure", "The lungs are clear. Consolidation in the right lower lobe."),
    ],
    "de": [
        ("opacity", "Flächige Verschattung im rechten Unterfeld. Kein Pleuraerguss."),
        ("opacity", "Es zeigen sich beidseits Infiltrate, die Herzgröße ist normal."),
        ("opacity", "Milchglasartige Trübungen im linken Oberfeld, der Befund ist neu."),
        ("clear", "Kein Nachweis pneumonischer Infiltrate, kein Erguss."),
        ("clear", "Die Lunge ist unauffällig. Kein Pneumothorax."),
        ("clear", "Lungen frei, ohne umschriebene Verschattung."),
        ("unsure", "Ein beginnendes Infiltrat ist nicht sicher auszuschließen."),
        ("unsure", "Verdacht auf Pneumonie im rechten Mittellappen."),
        ("unsure", "Fragestellung: Infiltrat?"),
        ("unsure", "Die vorbekannte Verschattung hat sich rückgebildet."),
        ("unsure", "Das Herz ist nicht vergrößert und die Rippen sind intakt."),
    ],
    "es": [
        ("opacity", "Se observa consolidación en el lóbulo inferior derecho. Sin derrame pleural."),
        ("opacity", "Opacidades en vidrio deslustrado en ambos campos pulmonares."),
        ("opacity", "Los hallazgos son compatibles con neumonía en la base izquierda."),
        ("clear", "No se observan infiltrados ni derrame pleural."),
        ("clear", "Campos pulmonares libres. Sin derrame."),
        ("clear", "Pulmones sin consolidaciones y con silueta cardiaca normal."),
        ("unsure", "No se puede descartar una neumonía en la base derecha."),
        ("unsure", "Posible infiltrado en el lóbulo medio."),
        ("unsure", "Motivo: descartar neumonía."),
        ("unsure", "Silueta cardiaca aumentada de tamaño con aorta elongada en la placa."),
    ],
    "ko": [
        ("opacity", "우하엽에 경화 소견이 있음."),
        ("opacity", "양측 폐하부에 간유리 음영이 관찰됨."),
        ("opacity", "좌하엽 폐렴 소견입니다. 흉수는 없음."),
        ("clear", "폐렴 소견 없음."),
        ("clear", "양폐에 활동성 음영은 보이지 않음."),
        ("clear", "특이 소견 없음."),
        ("unsure", "우하엽 폐렴 의심됨."),
        ("unsure", "폐렴의 가능성을 배제할 수 없음."),
        ("unsure", "심비대가 있음."),
    ],
    "ja": [
        ("opacity", "右下肺野に浸潤影を認めます。胸水は認めません。"),
        ("opacity", "両肺にすりガラス影が広がっています。"),
        ("opacity", "左下葉の肺炎と考えます。"),
        ("clear", "肺野に浸潤影を認めません。"),
        ("clear", "肺炎像はありません。"),
        ("clear", "異常所見なし。"),
        ("unsure", "右下葉の肺炎を疑います。"),
        ("unsure", "肺炎は否定できません。"),
        ("unsure", "心拡大があります。"),
    ],
}


@pytest.mark.parametrize(
    ("language", "says", "report"),
    [(language, says, text) for language, texts in REPORTS.items() for says, text in texts],
)
def test_what_a_report_says(language: str, says: str, report: str) -> None:
    found = opinion_of(report)
    assert (found.language, found.says) == (language, says)


@pytest.mark.parametrize("report", ["", "...", "\n\n", "x" * 100_000, "((((" * 5000, "no " * 9000])
def test_nothing_is_said_of_nothing(report: str) -> None:
    assert opinion_of(report).says == "unsure"
