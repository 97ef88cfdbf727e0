"""The lab's network: what listens on the addresses of machines and pods, and who reaches it.

Nothing here opens a port of this computer. A connection is a pair of sockets inside the service.
"""
