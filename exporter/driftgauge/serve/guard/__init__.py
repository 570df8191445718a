"""Guard: who may use a listener, and how much of it: TLS, tokens, passwords, connections, slow clients, headers.

One place decides for a whole application (`Guard.protect`), so a route that is added later is covered without a word.
"""
