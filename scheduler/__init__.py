"""The door of time: what is due goes out, within the limits of the channel."""
