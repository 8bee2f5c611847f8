"""The door through which people come in: one file for each channel, and what is done with a message."""
