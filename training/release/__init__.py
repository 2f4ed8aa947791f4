"""A finished run as the ONNX file and the model card that are put in service."""
