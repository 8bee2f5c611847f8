"""A Telegram of our own on this machine: a strict stand-in for the Bot API, two phones and a clock."""
