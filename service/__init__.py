"""The HTTP service, the DICOM node, the command line, and what they share."""
