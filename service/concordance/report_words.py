"""The words of five languages by which a chest report tells of opacities, or that there are none.

Each pattern is searched in one sentence at a time, in lower case. Of plurals and cases the common
ones are covered; what no pattern knows is no finding, and a report without any is left unjudged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from radiograde.service.config.site import Language


@dataclass(frozen=True, slots=True)
class ReportWords:
    """``finding``: an opacity. ``negation``: there is none. ``doubt``: perhaps. ``clear``: lungs
    without findings. ``gone``: it was there.

    ``follows``: the negation stands behind what it negates.
    """

    finding: re.Pattern[str]
    negation: re.Pattern[str]
    doubt: re.Pattern[str]
    clear: re.Pattern[str]
    gone: re.Pattern[str]
    follows: bool = False


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in patterns))


ENGLISH = ReportWords(
    finding=_words(
        r"\bopaci(?:ty|ties|fication\w*)\b",
        r"\bconsolidat\w+",
        r"\binfiltrat\w+",
        r"\bground[ -]glass\b",
        r"\bair[ -]?space (?:disease|opacit\w+|change\w*)",
        r"\b(?:broncho)?pneumonia\b",
        r"\bpneumonic\b",
    ),
    negation=_words(
        r"\bno\b",
        r"\bnot\b",
        r"\bwithout\b",
        r"\bfree of\b",
        r"\bnegative for\b",
        r"\babsence of\b",
    ),
    doubt=_words(
        r"\bcannot be (?:excluded|ruled out)\b",
        r"\bnot (?:be )?(?:excluded|ruled out)\b",
        r"\bpossibl[ey]\b",
        r"\bquestionable\b",
        r"\bmay (?:represent|reflect|be)\b",
        r"\bsuspicio\w+",
        r"\bequivocal\b",
        r"\b(?:rule|r)/?\s?out\b",
        r"\bversus\b",
        r"\bor atelectas\w+",
    ),
    clear=_words(
        r"\blungs? (?:are |is |remain )?clear\b",
        r"\bclear lungs\b",
        r"\bno acute (?:cardio)?pulmonary\b",
        r"\bnormal chest\b",
        r"\bno (?:acute|active) (?:lung |chest )?disease\b",
    ),
    gone=_words(
        r"\bresol(?:ved|ution)\b",
        r"\bcleared\b",
        r"\bprevious(?:ly)?\b",
        r"\bhistory of\b",
        r"\bindication\b",
        r"\bclinical (?:question|information)\b",
    ),
)

GERMAN = ReportWords(
    finding=_words(
        r"verschattung",
        r"konsolidier|konsolidation",
        r"infiltrat",
        r"milchglas",
        r"pneumonie|pneumonisch",
        r"transparenzminderung",
        r"verdichtung",
    ),
    negation=_words(r"\bkein\w*", r"\bohne\b", r"\bnicht\b", r"\bfrei von\b", r"\bkeinerlei\b"),
    doubt=_words(
        r"nicht (?:sicher )?auszuschlie",
        r"nicht (?:sicher )?ausgeschlossen",
        r"\bm[öo]glich\w*",
        r"\bfraglich\w*",
        r"\bverdacht\b|\bv\.\s?a\.",
        r"\bverd[äa]chtig\w*",
        r"\bdd\b",
        r"\bausschluss\b",
        r"\bam ehesten\b",
    ),
    clear=_words(
        r"lunge\w* (?:ist |sind |beidseits |bds\.? )*(?:frei|unauff[äa]llig)",
        r"unauff[äa]llige\w* (?:lunge|thorax|herz-?lungen)",
        r"altersentsprechende\w* (?:lunge|thorax)",
        r"regelrechte\w* (?:lunge|thorax)",
    ),
    gone=_words(
        r"\bvorbekannt\w*", r"\brückgebildet\b|\brueckgebildet\b", r"\bz\.\s?n\.", r"fragestellung"
    ),
)

SPANISH = ReportWords(
    finding=_words(
        r"opacidad(?:es)?",
        r"consolidaci[oó]n(?:es)?|consolidad[oa]s?",
        r"infiltrad[oa]s?",
        r"vidrio (?:deslustrado|esmerilado)",
        r"neumon[ií]a|neum[oó]nic[oa]s?",
        r"condensaci[oó]n(?:es)?",
    ),
    negation=_words(
        r"\bno\b", r"\bsin\b", r"\bausencia de\b", r"\blibres? de\b", r"\bni\b", r"\bning[uú]n\w*"
    ),
    doubt=_words(
        r"no se (?:puede|pueden) (?:descartar|excluir)",
        r"no (?:es )?descartable",
        r"\bposibles?\b|\bposiblemente\b",
        r"\bdudos[oa]s?\b",
        r"\bprobables?\b",
        r"\bsugestiv\w+",
        r"\bdescartar\b",
        r"\bsospech\w+",
    ),
    clear=_words(
        r"(?:campos? pulmonar\w*|pulmones|par[eé]nquima\w*) (?:pulmonar\w* )?(?:bien ventilad\w+ )?"
        r"(?:libres?|limpios?|claros?|normal\w*|sin (?:alteraci|hallazgo|lesi)\w+)",
        r"t[oó]rax (?:dentro de l[ií]mites normales|normal|sin hallazgos)",
        r"sin hallazgos (?:patol[oó]gicos|agudos|significativos)",
    ),
    gone=_words(
        r"\bresuelt[oa]s?\b",
        r"\bresoluci[oó]n\b",
        r"\bprevi[oa]s?\b",
        r"\bantecedentes?\b",
        r"\bmotivo\b",
    ),
)

KOREAN = ReportWords(
    finding=_words(
        r"음영", r"경화", r"침윤", r"간유리", r"폐렴", r"혼탁", r"opacit\w+", r"consolidation"
    ),
    negation=_words(
        r"없",
        r"보이지\s?않",
        r"관찰되지\s?않",
        r"아님",
        r"아니",
        r"\bno\b",
        r"부재",
        r"확인되지\s?않",
    ),
    doubt=_words(r"의심", r"가능성", r"배제", r"추정", r"r/o\b", r"rule out", r"감별", r"애매"),
    clear=_words(
        r"(?:이상|특이)\s?소견\s?(?:이\s?)?없",
        r"정상\s?(?:소견|흉부|범위)",
        r"폐야?\s?(?:는|가|은)?\s?(?:깨끗|청명|정상)",
        r"no active lung",
    ),
    gone=_words(r"소실", r"호전되어\s?없", r"과거", r"병력", r"이전"),
    follows=True,
)

JAPANESE = ReportWords(
    finding=_words(
        r"浸潤影",
        r"すりガラス",
        r"スリガラス",
        r"コンソリデーション",
        r"肺炎",
        r"陰影",
        r"透過性低下",
        r"硬化影",
    ),
    negation=_words(
        r"な(?:し|い|く)",
        r"認め(?:ず|ない|ません|られない|られません)",
        r"見られ(?:ず|ない|ません)",
        r"指摘でき(?:ず|ない)",
        r"ありません",
        r"みられ(?:ず|ない)",
    ),
    doubt=_words(r"疑", r"可能性", r"否定でき", r"除外でき", r"考慮", r"かもしれ"),
    clear=_words(
        r"(?:異常|特記)(?:所見|陰影|すべき所見)?(?:を|は|も)?(?:な(?:し|い)|認め(?:ず|ない|ません)|ありません)",
        r"正常(?:範囲|胸部)",
        r"肺野(?:は)?(?:清|正常|明るい)",
    ),
    gone=_words(r"消失", r"既往", r"軽快し", r"以前"),
    follows=True,
)

WORDS: Mapping[Language, ReportWords] = {
    "en": ENGLISH,
    "de": GERMAN,
    "es": SPANISH,
    "ko": KOREAN,
    "ja": JAPANESE,
}
