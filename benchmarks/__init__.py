"""Speed beside a peer, on the machine at hand."""

import radiograde  # noqa: F401 - turns the telemetry of onnxruntime off before it is imported
