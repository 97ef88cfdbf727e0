"""The pocket lab: machines, a Kubernetes API and OpenWhisk in one background process.

An island: it imports nothing of owlab's other packages, and only ``owlab.machines.pocket``
(the door) and the client's callers import it.
"""
