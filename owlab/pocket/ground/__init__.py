"""What every room of the pocket lab stands on: database, clock, certificates, protocols."""
