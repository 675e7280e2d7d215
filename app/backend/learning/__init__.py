"""X and y become a model: families, splits, metrics, training."""
