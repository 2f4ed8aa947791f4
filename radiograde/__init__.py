"""Grades how much of the lungs pneumonia involves on a frontal chest radiograph."""

import os

# onnxruntime reports to its maker, and writes below the home, unless this stands before its import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
