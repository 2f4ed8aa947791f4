"""Facts in Japanese."""

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

_TRENDS = {"more": "全体として増加", "less": "全体として減少", "uncertain": "確実な変化なし"}
_HEIGHTS = {"upper": "上", "middle": "中", "lower": "下"}
_LUNGS = {"both": "両側", "right": "右", "left": "左"}


def day_words(day: date) -> str:
    """Return a day in words."""
    return f"{day.year}年{day.month}月{day.day}日"


def _finding(facts: Facts) -> str:
    if facts.kind == "none":
        return "モデルは陰影を認めない。"
    if facts.kind == "faint":
        return "陰影の可能性があるが、部位は特定できない。"
    if not facts.certain:
        return f"{_zones(facts.possible)}に陰影の可能性がある。"
    more = f"{_LUNGS[facts.more_on]}優位の" if facts.more_on else ""
    possible = f"{_zones(facts.possible)}にも陰影の可能性がある。" if facts.possible else ""
    return f"{_zones(facts.certain)}に{more}陰影を認める。{possible}"


def _unseen(side: Side) -> str:
    return f"{_LUNGS[side]}肺は検出されなかった。"


def _change(change: ChangeSince) -> str:
    prior = "前回" if change.day is None else day_words(change.day)
    return f"{prior}と比較して{_TRENDS[change.trend]}。"


def _zones(zones: Iterable[str]) -> str:
    return "、".join(_group(one) for one in groups(zones))


def _group(group: ZoneGroup) -> str:
    if group.heights == HEIGHTS:
        return f"{_LUNGS[group.lungs]}全肺野"
    return f"{_LUNGS[group.lungs]}{'・'.join(_HEIGHTS[one] for one in group.heights)}肺野"


WORDING = Wording(
    label="領域スコアから自動生成",
    withheld="記述なし。入力チェックでは画像の向きまたは白黒反転の有無が不確実。",
    finding=_finding,
    unseen=_unseen,
    change=_change,
    remarked="入力チェックの指摘事項あり。",
    between="",
)
