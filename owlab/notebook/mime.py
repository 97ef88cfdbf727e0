"""The machine-readable records that cells leave in a notebook, beside what people see."""

CHECK = "application/vnd.owlab.check+json"
"""``{"checks": [{"title", "passed", "evidence": [...], "remedy"}]}``: what a check cell found."""

TRANSCRIPT = "application/vnd.owlab.transcript+json"
"""``{"commands": [{"machine", "text", "output", "exit_code", "seconds"}]}``, as they ran."""

EXERCISE = "application/vnd.owlab.exercise+json"
"""``{"key", "passed", "checks": [...]}``: how far an exercise is. Not solved is no failure."""

INCIDENT = "application/vnd.owlab.incident+json"
"""``{"key", "passed", "checks": [...]}``: whether an incident is mended."""
