"""ResourceQuotas: what objects use, which quota counts them, and how it is written."""

from owlab.pocket.kube.quota.amounts import Amounts, shown, written
from owlab.pocket.kube.quota.usage import selects, tracked, usage, used

__all__ = ["Amounts", "selects", "shown", "tracked", "usage", "used", "written"]
