"""Where pods want to be with regard to other pods: affinity, anti-affinity, even spreading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors
from owlab.pocket.kube.scheduling.loads import Loads, anti_affinity
from owlab.pocket.kube.scheduling.node_affinity import matches_node, tolerates
from owlab.pocket.kube.scheduling.nodes import NodeView
from owlab.pocket.kube.store import Store

AFFINITY = "node(s) didn't match pod affinity rules"
ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
REPELLED = "node(s) didn't satisfy existing pods anti-affinity rules"
SPREAD = "node(s) didn't match pod topology spread constraints"
NO_LABEL = f"{SPREAD} (missing required label)"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


class Neighbours:
    """The wishes of one pod about others, worked out once for all nodes."""

    def __init__(self, pod: Object, nodes: list[NodeView], loads: Loads, store: Store) -> None:
        self._pod, self._nodes, self._loads, self._store = pod, nodes, loads, store
        affinity = pod["spec"].get("affinity") or {}
        together = affinity.get("podAffinity") or {}
        self._wanted = [self._places(t, pod) for t in together.get(_REQUIRED) or ()]
        self._alone = [self._chooses(t, pod)(pod) for t in together.get(_REQUIRED) or ()]
        self._keys = [t["topologyKey"] for t in together.get(_REQUIRED) or ()]
        self._unwanted = [(t["topologyKey"], self._places(t, pod)) for t in anti_affinity(pod)]
        self._preferred = [
            (sign * w["weight"], w["podAffinityTerm"]["topologyKey"],
             self._places(w["podAffinityTerm"], pod))
            for sign, rules in ((1, together), (-1, affinity.get("podAntiAffinity") or {}))
            for w in rules.get(_PREFERRED) or ()
        ]  # fmt: skip
        self._repelled = self._places_of_repelling()
        constraints = pod["spec"].get("topologySpreadConstraints") or ()
        self._spread = [(c, self._counts(c)) for c in constraints]
        self.matter = bool(affinity or constraints or self._repelled)
        """There are wishes at all."""

    def unfit(self, node: NodeView) -> str | None:
        """Why the pod cannot be on a node, or None."""
        labels = node.labels
        for constraint, counts in self._spread:
            if constraint["whenUnsatisfiable"] != "DoNotSchedule":
                continue
            value = labels.get(constraint["topologyKey"])
            if value is None:
                return NO_LABEL
            own = int(self._counts_itself(constraint))
            least = min(counts.values(), default=0)
            if constraint.get("minDomains", 1) > len(counts):
                least = 0
            if counts[value] + own - least > constraint["maxSkew"]:
                return SPREAD
        for key, counted, alone in zip(self._keys, self._wanted, self._alone, strict=True):
            if key not in labels:
                return AFFINITY
            # The first of a group that wants to be together may go anywhere.
            if not counted[labels[key]] and (counted or not alone):
                return AFFINITY
        for key, counted in self._unwanted:
            if counted[str(labels.get(key))] and key in labels:
                return ANTI_AFFINITY
        if any((key, labels.get(key)) in self._repelled for key in {k for k, _ in self._repelled}):
            return REPELLED
        return None

    def score(self, node: NodeView) -> float:
        """How much the pod would like a node for its neighbours."""
        labels = node.labels
        liked = sum(
            weight * counted[labels[key]]
            for weight, key, counted in self._preferred
            if key in labels
        )
        crowded = sum(
            counts[labels.get(c["topologyKey"], "")]
            for c, counts in self._spread
            if c["whenUnsatisfiable"] == "ScheduleAnyway"
        )
        return float(liked - 10 * crowded)

    # -- inside ----------------------------------------------------------------------------

    def _chooses(self, term: Object, pod: Object) -> Callable[[Object], bool]:
        """Which other pods a term of an affinity means."""
        labels = selectors.from_object(term.get("labelSelector"))
        spaces = set(term.get("namespaces") or ())
        selector = term.get("namespaceSelector")
        if selector is not None:
            chosen = selectors.from_object(selector)
            spaces |= {
                s["metadata"]["name"]
                for s in self._store.list("Namespace")
                if chosen(s["metadata"].get("labels") or {})
            }
        elif not spaces:
            spaces = {pod["metadata"]["namespace"]}
        return lambda other: (
            other["metadata"]["namespace"] in spaces
            and labels(other["metadata"].get("labels") or {})
        )

    def _places(self, term: Object, pod: Object) -> Counter[str]:
        """How many of the pods that a term means are in each place of its topology."""
        chooses = self._chooses(term, pod)
        return self._count(term["topologyKey"], self._nodes, chooses)

    def _count(
        self, topology: str, nodes: Iterable[NodeView], chooses: Callable[[Object], bool]
    ) -> Counter[str]:
        counted: Counter[str] = Counter()
        mine = self._pod["metadata"]["uid"]
        for node in nodes:
            value = node.labels.get(topology)
            if value is None:
                continue
            found = sum(
                chooses(other)
                for other in self._loads.on(node.name).pods.values()
                if other["metadata"]["uid"] != mine
            )
            if found:
                counted[value] += found
        return counted

    def _places_of_repelling(self) -> set[tuple[str, str | None]]:
        """Places where a pod is that does not want this one."""
        found: set[tuple[str, str | None]] = set()
        if not self._loads.repelling:
            return found
        by_name = {node.name: node for node in self._nodes}
        for other in self._loads.repelling.values():
            node = by_name.get(other["spec"]["nodeName"])
            if node is None or other["metadata"]["uid"] == self._pod["metadata"]["uid"]:
                continue
            labels = node.labels
            for term in anti_affinity(other):
                if term["topologyKey"] in labels and self._chooses(term, other)(self._pod):
                    found.add((term["topologyKey"], labels[term["topologyKey"]]))
        return found

    def _counts(self, constraint: Object) -> Counter[str]:
        """How many pods like this one are in each place that it could be in, empty ones too."""
        spec, key = self._pod["spec"], constraint["topologyKey"]
        places = [
            node
            for node in self._nodes
            if key in node.labels
            and (constraint.get("nodeAffinityPolicy") == "Ignore" or matches_node(spec, node.node))
            and (constraint.get("nodeTaintsPolicy") != "Honor" or _tolerated(spec, node))
        ]
        counts = Counter({node.labels[key]: 0 for node in places})
        counts.update(self._count(key, places, self._alike(constraint)))
        return counts

    def _alike(self, constraint: Object) -> Callable[[Object], bool]:
        labels = selectors.from_object(constraint.get("labelSelector"))
        own = self._pod["metadata"].get("labels") or {}
        keys = {k: own[k] for k in constraint.get("matchLabelKeys") or () if k in own}
        space = self._pod["metadata"]["namespace"]
        # For spreading, who goes away is gone; affinity looks at it until it is.
        return lambda other: (
            other["metadata"]["namespace"] == space
            and not other["metadata"].get("deletionTimestamp")
            and labels(other["metadata"].get("labels") or {})
            and keys.items() <= (other["metadata"].get("labels") or {}).items()
        )

    def _counts_itself(self, constraint: Object) -> bool:
        return self._alike(constraint)(self._pod)


def _tolerated(spec: Object, node: NodeView) -> bool:
    return all(tolerates(spec, taint) for taint in node.taints)
