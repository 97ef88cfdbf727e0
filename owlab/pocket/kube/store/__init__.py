"""The cluster's objects: on disk, in memory with indexes, and as a history that watches follow."""

from owlab.pocket.kube.store.changes import Change
from owlab.pocket.kube.store.entry import copied
from owlab.pocket.kube.store.generated_names import random_suffix
from owlab.pocket.kube.store.keys import Key
from owlab.pocket.kube.store.objects import Store

__all__ = ["Change", "Key", "Store", "copied", "random_suffix"]
