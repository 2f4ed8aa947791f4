"""The input check: tells frontal chest films of adults from everything else."""
