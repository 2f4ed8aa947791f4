"""Where a continuous answer becomes a word; the model file carries these."""

SEVERITY = (1.0, 6.5, 12.5)
"""Global Brixia scores of 1-6 count as mild, 7-12 as moderate, 13-18 as severe; a continuous
score is worded as the whole score it is nearest to."""

INVOLVED = 0.5
"""Opacity from which a point of the lung counts as involved: beyond it lies, on average, the share
of the lungs that readers call involved, and next to nothing of films that they read as normal."""
