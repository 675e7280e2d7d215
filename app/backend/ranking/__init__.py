"""A model, titles and chance become a slate with propensities and reasons."""
