"""Which node a pod goes to, and in Kubernetes' words why it goes to none."""
