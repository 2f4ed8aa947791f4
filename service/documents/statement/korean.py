"""Facts in Korean."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from radiograde.service.documents.statement.facts import (
    HEIGHTS,
    ChangeSince,
    Facts,
    Side,
    ZoneGroup,
    groups,
)
from radiograde.service.documents.statement.wording import Wording

_TRENDS = {"more": "전반적으로 증가", "less": "전반적으로 감소", "uncertain": "확실한 변화 없음"}
_HEIGHTS = {"upper": "상폐야", "middle": "중폐야", "lower": "하폐야"}
_LUNGS = {"both": "양측", "right": "우측", "left": "좌측"}


def day_words(day: date) -> str:
    """Return a day in words."""
    return f"{day.year}년 {day.month}월 {day.day}일"


def _finding(facts: Facts) -> str:
    if facts.kind == "none":
        return "모델이 확인한 음영 없음."
    if facts.kind == "faint":
        return "음영 가능성, 특정 폐야로 지정할 수 없음."
    if not facts.certain:
        return f"{_zones(facts.possible)}에 음영 가능성."
    more = f", {_LUNGS[facts.more_on]}에서 더 뚜렷함" if facts.more_on else ""
    possible = f"; {_zones(facts.possible)}에도 음영 가능성" if facts.possible else ""
    return f"{_zones(facts.certain)}에 음영{more}{possible}."


def _unseen(side: Side) -> str:
    return f"{_LUNGS[side]} 폐는 확인되지 않음."


def _change(change: ChangeSince) -> str:
    prior = "이전" if change.day is None else day_words(change.day)
    return f"{prior} 영상과 비교하여 {_TRENDS[change.trend]}."


def _zones(zones: Iterable[str]) -> str:
    return ", ".join(_group(one) for one in groups(zones))


def _group(group: ZoneGroup) -> str:
    if group.heights == HEIGHTS:
        return f"{_LUNGS[group.lungs]} 전 폐야"
    return f"{_LUNGS[group.lungs]} {' 및 '.join(_HEIGHTS[one] for one in group.heights)}"


WORDING = Wording(
    label="구역 점수로 자동 생성된 문장",
    withheld="설명 없음: 입력 검사에 따르면 영상의 방향 또는 흑백 반전 여부가 불확실함.",
    finding=_finding,
    unseen=_unseen,
    change=_change,
    remarked="입력 검사의 지적 사항 있음.",
)
