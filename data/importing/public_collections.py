"""The collections that can be imported by name."""

from __future__ import annotations

from collections.abc import Mapping

from radiograde.data.importing import (
    brixia,
    cohen,
    jsrt,
    mrale,
    nlm,
    radiography,
    ralo,
    ricord,
    rsna,
    siim,
)
from radiograde.data.importing.collection import Collection

COLLECTIONS: Mapping[str, Collection] = {
    collection.name: collection
    for collection in (
        cohen.COLLECTION,
        brixia.COLLECTION,
        ralo.COLLECTION,
        siim.COLLECTION,
        rsna.COLLECTION,
        radiography.COLLECTION,
        jsrt.COLLECTION,
        nlm.MONTGOMERY,
        nlm.SHENZHEN,
        ricord.COLLECTION,
        mrale.COLLECTION,
    )
}
