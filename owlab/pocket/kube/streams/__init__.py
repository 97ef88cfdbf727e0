"""Connections to pods: exec, attach, port-forward and logs, over WebSockets and SPDY."""
