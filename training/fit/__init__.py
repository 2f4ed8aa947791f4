"""Fits the networks of a run: pretraining, a fine-tune for each fold, the model to ship."""
