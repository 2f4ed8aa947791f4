"""Whether the model in production still holds: drift, agreement, deliveries, and what is done."""
