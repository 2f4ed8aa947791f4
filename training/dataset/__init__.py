"""Films, their labels and lung masks, and how an epoch shows them to the network."""
