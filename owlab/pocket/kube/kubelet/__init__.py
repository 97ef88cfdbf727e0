"""The simulated kubelets: pods go through their states for reasons that can be looked at."""
