"""Direct: the requests that cost most altogether, answered off the connection without the web framework.

Only what is plain is taken here: everything else, and all that has to be refused for who asks or how it is written, goes to the framework.
"""
