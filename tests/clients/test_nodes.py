"""What clients are told of nodes and of the cluster as a whole."""

import time

from ..waiting import until


def renewed(api, node):
    return api.kubectl(f"get lease {node} -n kube-node-lease -o jsonpath={{.spec.renewTime}}")


def test_a_node_is_described_with_its_lease(api):
    told = api.kubectl("describe node worker1")
    assert "Failed" not in told
    lease = told[told.index("Lease:") :]
    assert "HolderIdentity:  worker1" in lease and "RenewTime:" in lease


def test_leases_are_renewed_while_the_kubelet_runs(api):
    first = renewed(api, "worker1")
    time.sleep(10)
    until(lambda: renewed(api, "worker1") > first)


def test_cluster_info_names_what_runs(api):
    told = api.kubectl("cluster-info")
    assert f"Kubernetes control plane is running at https://127.0.0.1:{api.port}" in told
    assert "CoreDNS is running at" in told and "services/kube-dns:dns/proxy" in told


def test_a_dump_of_the_cluster(api, tmp_path):
    api.kubectl(f"cluster-info dump --all-namespaces --output-directory={tmp_path}")
    assert (tmp_path / "nodes.json").read_text().startswith("{")
    assert (tmp_path / "kube-system" / "events.json").exists()


def test_a_node_that_is_down_answers_no_client(api):
    api.kubectl('run lost --image=nginx --overrides={"spec":{"nodeName":"worker2"}}')
    until(lambda: api.kubectl("get pod lost -o jsonpath={.status.phase}") == "Running")
    machine = api.bench.fleet.machines["worker2"]
    proxied = f"proxy error from 127.0.0.1:6443 while dialing {machine.address}:10250, code 502"
    machine.running = False
    try:
        told = api.kubectl("logs lost", fails=True)
        assert told.startswith(f'Error from server: Get "https://{machine.address}:10250/')
        assert "containerLogs/default/lost/lost" in told and proxied in told
        told = api.kubectl("exec lost -- ls", fails=True)
        assert "error sending request: Post" in told and proxied in told
        told = api.kubectl("port-forward pod/lost 18080:80", fails=True)
        assert "error dialing backend" in told and proxied in told
    finally:
        machine.running = True
        api.kubectl("delete pod lost --force --grace-period=0")
