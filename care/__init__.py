"""What we know and decide: text, day and words in, a decision out.

Nothing here touches the network, the database or a clock.
"""
