"""The cluster's network: pods, Services and names, as everything in a cluster reaches them."""
