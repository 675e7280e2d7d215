"""The rooms of Encore, in the order in which data flows through them."""
