"""Memory: patients, messages, flags, staff, audit; each statement stands once."""
