"""The dialogue, pure: what a message means, what is answered, in words of each language. No I/O, no clock.

``mentions(text, state)`` says what must be looked up; ``reply(state, event, facts, now)`` gives the new state, commands
and acts; a renderer turns acts into words.
"""
