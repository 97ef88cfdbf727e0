"""The fields of kinds: what requests may say, and what ``kubectl explain`` shows."""
