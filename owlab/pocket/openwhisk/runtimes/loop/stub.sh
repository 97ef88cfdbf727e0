#!/bin/sh
# The skeleton image's own program, which runs where an action brings none.
echo "This container has no program of yours. A call is its first word, and its standard input: $1"
echo '{ "error": "This is a stub action. Replace it with custom logic." }'
