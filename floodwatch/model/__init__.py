"""The words of FloodWatch. Standard library only: everything else may speak them."""
