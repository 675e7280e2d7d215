"""The words that every room shares. Imports only Python and NumPy."""
