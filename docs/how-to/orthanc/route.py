"""Orthanc Python plugin: sends every new film to Radiograde over DICOMweb (STOW-RS)."""

import json

import orthanc

FILMS = {"CR", "DX"}
SERVER = "radiograde"  # of DicomWeb.Servers in Orthanc's configuration


def on_change(change, level, resource):
    """Send a new film on."""
    if change != orthanc.ChangeType.NEW_INSTANCE:
        return
    tags = json.loads(orthanc.RestApiGet(f"/instances/{resource}/simplified-tags"))
    if tags.get("Modality") in FILMS:
        # Asynchronous: Orthanc queues the transfer and tries again by itself.
        body = json.dumps({"Resources": [resource], "Synchronous": False})
        orthanc.RestApiPostAfterPlugins(f"/dicom-web/servers/{SERVER}/stow", body)


orthanc.RegisterOnChangeCallback(on_change)
