"""Programs of the network that machines and containers share."""
