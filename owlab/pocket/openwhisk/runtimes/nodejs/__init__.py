"""The worker of Node.js actions."""
