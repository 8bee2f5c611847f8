"""Ourselves and our peers, side by side in one run: every figure is a ratio to a peer or to a floor."""
