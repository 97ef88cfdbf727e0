"""Who may do what: role-based access control, as the API server asks it before every request."""

from owlab.pocket.kube.authorization.attributes import Attributes, attributes_of
from owlab.pocket.kube.authorization.authorizer import Authorizer, Decision
from owlab.pocket.kube.authorization.escalation import check_escalation

__all__ = ["Attributes", "Authorizer", "Decision", "attributes_of", "check_escalation"]
