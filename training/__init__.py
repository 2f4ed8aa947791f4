"""Training, evaluation and export of the model; torch lives here and nowhere else."""
