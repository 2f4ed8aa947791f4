"""The network: from a film to maps of lung and opacity, and to scores."""
