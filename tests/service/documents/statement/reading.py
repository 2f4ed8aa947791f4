"""Sentences read back to the facts that they state: phrase by phrase, by tables of their own.

Nothing here knows how the service puts facts into words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from radiograde.service.documents.statement.facts import ChangeSince, Facts, Side, Trend

RIGHT_ZONES = ("A", "B", "C", "AB", "AC", "BC", "ABC")
LEFT_ZONES = ("D", "E", "F", "DE", "DF", "EF", "DEF")
BOTH_ZONES = ("AD", "BE", "CF", "ADBE", "ADCF", "BECF", "ADBECF")


@dataclass(frozen=True)
class Grammar:
    """How a language says it.

    ``right``, ``both``: phrases of upper, middle, lower, upper and middle, upper and lower, middle
    and lower, all zones. ``to_left``: what turns a right lung's phrase into the left's. ``joint``:
    what stands between phrases. ``whole``: the form of the whole text.
    """

    right: tuple[str, ...]
    both: tuple[str, ...]
    to_left: tuple[str, str]
    joint: str
    sides: Mapping[str, Side]
    trends: Mapping[str, Trend]
    months: tuple[str, ...]
    whole: str

    def facts(self, text: str) -> Facts:
        """Return what a text states. Raises ValueError where it states anything else."""
        match = re.fullmatch(self.whole, text)
        if match is None:
            raise ValueError(text)
        said = match.groupdict()
        if said["withheld"]:
            return Facts("withheld")
        certain, possible = self._zones(said["certain"]), self._zones(said["possible"])
        if not certain:
            possible = self._zones(said["only_possible"])
        kind: Literal["none", "faint", "zones"] = "zones"
        if not certain and not possible:
            kind = "none" if said["none"] else "faint"
        return Facts(
            kind,
            certain,
            possible,
            self.sides[said["more"]] if said["more"] else None,
            self.sides[said["unseen"]] if said["unseen"] else None,
            self._change(said),
            bool(said["remarked"]),
        )

    def _zones(self, listed: str | None) -> frozenset[str]:
        found: set[str] = set()
        rest = listed or ""
        phrases = self._phrases()
        while rest:
            phrase = max((one for one in phrases if rest.startswith(one)), key=len, default=None)
            if phrase is None or not found.isdisjoint(phrases[phrase]):
                raise ValueError(listed)
            found |= set(phrases[phrase])
            rest = rest.removeprefix(phrase)
            if rest:
                joint = re.match(self.joint, rest)
                if joint is None or joint.end() == len(rest):
                    raise ValueError(listed)
                rest = rest[joint.end() :]
        return frozenset(found)

    def _phrases(self) -> dict[str, str]:
        left = (phrase.replace(*self.to_left) for phrase in self.right)
        return {
            **dict(zip(self.right, RIGHT_ZONES, strict=True)),
            **dict(zip(left, LEFT_ZONES, strict=True)),
            **dict(zip(self.both, BOTH_ZONES, strict=True)),
        }

    def _change(self, said: Mapping[str, str | None]) -> ChangeSince | None:
        if said["trend"] is None:
            return None
        day = None
        if said["day"] is not None:
            month = cast(str, said["month"])
            number = self.months.index(month) + 1 if self.months else int(month)
            day = date(int(cast(str, said["year"])), number, int(said["day"]))
        return ChangeSince(self.trends[said["trend"]], day)


_MONTH = r"(?P<month>\w+)"
_DAY, _YEAR = r"(?P<day>\d+)", r"(?P<year>\d{4})"

GRAMMARS = {
    "en": Grammar(
        right=(
            "the right upper zone",
            "the right middle zone",
            "the right lower zone",
            "the right upper and middle zones",
            "the right upper and lower zones",
            "the right middle and lower zones",
            "all zones of the right lung",
        ),
        both=(
            "both upper zones",
            "both middle zones",
            "both lower zones",
            "the upper and middle zones of both lungs",
            "the upper and lower zones of both lungs",
            "the middle and lower zones of both lungs",
            "all zones of both lungs",
        ),
        to_left=("right", "left"),
        joint=", | and ",
        sides={"right": "right", "left": "left"},
        trends={
            "Overall more than on": "more",
            "Overall less than on": "less",
            "No certain change since": "uncertain",
        },
        months=(
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ),
        whole=(
            r"(?P<withheld>No description: the input check is unsure of the film's orientation or "
            r"polarity\.)|"
            r"((?P<none>The model sees no opacity\.)"
            r"|(?P<faint>Possible opacities, in no zone in particular\.)"
            r"|Possible opacities in (?P<only_possible>[^.;]+)\."
            r"|Opacities in (?P<certain>[^.;]+?)(, more on the (?P<more>right|left))?"
            r"(; possibly also in (?P<possible>[^.;]+))?\.)"
            r"( The (?P<unseen>right|left) lung was not found\.)?"
            r"( (?P<trend>Overall more than on|Overall less than on|No certain change since)"
            rf" (the previous film|{_DAY} {_MONTH} {_YEAR})\.)?"
            r"(?P<remarked> Subject to the remarks of the input check\.)?"
        ),
    ),
    "de": Grammar(
        right=(
            "im rechten Oberfeld",
            "im rechten Mittelfeld",
            "im rechten Unterfeld",
            "im rechten Ober- und Mittelfeld",
            "im rechten Ober- und Unterfeld",
            "im rechten Mittel- und Unterfeld",
            "in allen Feldern der rechten Lunge",
        ),
        both=(
            "in beiden Oberfeldern",
            "in beiden Mittelfeldern",
            "in beiden Unterfeldern",
            "in den Ober- und Mittelfeldern beider Lungen",
            "in den Ober- und Unterfeldern beider Lungen",
            "in den Mittel- und Unterfeldern beider Lungen",
            "in allen Feldern beider Lungen",
        ),
        to_left=("recht", "link"),
        joint=", | und ",
        sides={"rechts": "right", "links": "left", "rechte": "right", "linke": "left"},
        trends={
            "Insgesamt zugenommen seit": "more",
            "Insgesamt abgenommen seit": "less",
            "Keine sichere Änderung seit": "uncertain",
        },
        months=(
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ),
        whole=(
            r"(?P<withheld>Keine Beschreibung: Laut Eingangsprüfung ist die Ausrichtung oder die "
            r"Polarität der Aufnahme unsicher\.)|"
            r"((?P<none>Das Modell erkennt keine Verschattung\.)"
            r"|(?P<faint>Mögliche Verschattungen, keinem Feld zuzuordnen\.)"
            r"|Mögliche Verschattungen (?P<only_possible>[^.;]+)\."
            r"|Verschattungen (?P<certain>[^.;]+?)(, (?P<more>rechts|links) betont)?"
            r"(; möglicherweise auch (?P<possible>[^.;]+))?\.)"
            r"( Die (?P<unseen>rechte|linke) Lunge wurde nicht gefunden\.)?"
            r"( (?P<trend>Insgesamt (zu|ab)genommen seit|Keine sichere Änderung seit)"
            rf" (der Voraufnahme|dem {_DAY}\. {_MONTH} {_YEAR})\.)?"
            r"(?P<remarked> Unter Vorbehalt der Hinweise der Eingangsprüfung\.)?"
        ),
    ),
    "es": Grammar(
        right=(
            "en el campo superior derecho",
            "en el campo medio derecho",
            "en el campo inferior derecho",
            "en los campos superior y medio derechos",
            "en los campos superior e inferior derechos",
            "en los campos medio e inferior derechos",
            "en todos los campos del pulmón derecho",
        ),
        both=(
            "en ambos campos superiores",
            "en ambos campos medios",
            "en ambos campos inferiores",
            "en los campos superiores y medios de ambos pulmones",
            "en los campos superiores e inferiores de ambos pulmones",
            "en los campos medios e inferiores de ambos pulmones",
            "en todos los campos de ambos pulmones",
        ),
        to_left=("derech", "izquierd"),
        joint=", | y ",
        sides={"derecho": "right", "izquierdo": "left"},
        trends={
            "En conjunto, aumento desde": "more",
            "En conjunto, disminución desde": "less",
            "Sin cambio seguro desde": "uncertain",
        },
        months=(
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ),
        whole=(
            r"(?P<withheld>Sin descripción: según el control de entrada, la orientación o la "
            r"polaridad de la radiografía no es segura\.)|"
            r"((?P<none>El modelo no detecta opacidades\.)"
            r"|(?P<faint>Posibles opacidades, sin campo definido\.)"
            r"|Posibles opacidades (?P<only_possible>[^.;]+)\."
            r"|Opacidades (?P<certain>[^.;]+?)(, de predominio (?P<more>derecho|izquierdo))?"
            r"(; posiblemente también (?P<possible>[^.;]+))?\.)"
            r"( No se ha encontrado el pulmón (?P<unseen>derecho|izquierdo)\.)?"
            r"( (?P<trend>En conjunto, (aumento|disminución) desde|Sin cambio seguro desde)"
            rf" (la radiografía anterior|el {_DAY} de {_MONTH} de {_YEAR})\.)?"
            r"(?P<remarked> Con las reservas del control de entrada\.)?"
        ),
    ),
    "ko": Grammar(
        right=(
            "우측 상폐야",
            "우측 중폐야",
            "우측 하폐야",
            "우측 상폐야 및 중폐야",
            "우측 상폐야 및 하폐야",
            "우측 중폐야 및 하폐야",
            "우측 전 폐야",
        ),
        both=(
            "양측 상폐야",
            "양측 중폐야",
            "양측 하폐야",
            "양측 상폐야 및 중폐야",
            "양측 상폐야 및 하폐야",
            "양측 중폐야 및 하폐야",
            "양측 전 폐야",
        ),
        to_left=("우측", "좌측"),
        joint=", ",
        sides={"우측": "right", "좌측": "left"},
        trends={
            "전반적으로 증가": "more",
            "전반적으로 감소": "less",
            "확실한 변화 없음": "uncertain",
        },
        months=(),
        whole=(
            r"(?P<withheld>설명 없음: 입력 검사에 따르면 영상의 방향 또는 흑백 반전 여부가 "
            r"불확실함\.)|"
            r"((?P<none>모델이 확인한 음영 없음\.)"
            r"|(?P<faint>음영 가능성, 특정 폐야로 지정할 수 없음\.)"
            r"|(?P<only_possible>[^.;]+)에 음영 가능성\."
            r"|(?P<certain>[^.;]+)에 음영(, (?P<more>우측|좌측)에서 더 뚜렷함)?"
            r"(; (?P<possible>[^.;]+)에도 음영 가능성)?\.)"
            r"( (?P<unseen>우측|좌측) 폐는 확인되지 않음\.)?"
            rf"( (이전|{_YEAR}년 (?P<month>\d+)월 {_DAY}일) 영상과 비교하여 "
            r"(?P<trend>전반적으로 증가|전반적으로 감소|확실한 변화 없음)\.)?"
            r"(?P<remarked> 입력 검사의 지적 사항 있음\.)?"
        ),
    ),
    "ja": Grammar(
        right=(
            "右上肺野",
            "右中肺野",
            "右下肺野",
            "右上・中肺野",
            "右上・下肺野",
            "右中・下肺野",
            "右全肺野",
        ),
        both=(
            "両側上肺野",
            "両側中肺野",
            "両側下肺野",
            "両側上・中肺野",
            "両側上・下肺野",
            "両側中・下肺野",
            "両側全肺野",
        ),
        to_left=("右", "左"),
        joint="、",
        sides={"右": "right", "左": "left"},
        trends={
            "全体として増加": "more",
            "全体として減少": "less",
            "確実な変化なし": "uncertain",
        },
        months=(),
        whole=(
            r"(?P<withheld>記述なし。入力チェックでは画像の向きまたは白黒反転の有無が不確実。)|"
            r"((?P<none>モデルは陰影を認めない。)"
            r"|(?P<faint>陰影の可能性があるが、部位は特定できない。)"
            r"|(?P<only_possible>[^。]+)に陰影の可能性がある。"
            r"|(?P<certain>[^。]+)に((?P<more>右|左)優位の)?陰影を認める。"
            r"((?P<possible>[^。]+)にも陰影の可能性がある。)?)"
            r"((?P<unseen>右|左)肺は検出されなかった。)?"
            rf"((前回|{_YEAR}年(?P<month>\d+)月{_DAY}日)と比較して"
            r"(?P<trend>全体として増加|全体として減少|確実な変化なし)。)?"
            r"(?P<remarked>入力チェックの指摘事項あり。)?"
        ),
    ),
}
