"""What signed reports say of opacities, beside what the model said of the same films."""
