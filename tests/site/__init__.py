"""The static site: what it holds, how it is read, and whether its commands do what they say."""
