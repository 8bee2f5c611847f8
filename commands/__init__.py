"""What the command `aftercare` does, one file a subject; `aftercare.py` hands each its parts."""
