"""The guide's commands, as a reader pastes them: where, what, and what the guide shows after it.

``MASTER`` and ``STORAGE`` stand for the addresses that the guide's reader types by hand.
``expected`` are regular expressions, one for a line, in order; other lines may stand between.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Block:
    section: str
    on: str
    text: str
    expected: list[str] = field(default_factory=list)


IP = r"\d+\.\d+\.\d+\.\d+"
AGE = r"\d+[smhd]\S*"

BLOCKS = [
    Block("1.1", "host", "sudo snap install multipass"),
    Block(
        "1.2",
        "host",
        """\
multipass launch --name master --cpus 2 --memory 6G --disk 50G
multipass launch --name worker1 --cpus 2 --memory 6G --disk 20G
multipass launch --name worker2 --cpus 2 --memory 6G --disk 20G
multipass launch --name storage --cpus 2 --memory 4G --disk 50G
""",
        [rf"Launched: {name}" for name in ("master", "worker1", "worker2", "storage")],
    ),
    Block(
        "1.2",
        "host",
        "multipass list",
        [
            r"Name +State +IPv4 +Image",
            *(rf"{name} +Running +{IP} +Ubuntu" for name in ("master", "storage", "worker1")),
        ],
    ),
    Block("1.2", "host", "multipass info master", [r"Name: +master", r"State: +Running", "IPv4:"]),
    Block(
        "1.3",
        "master",
        """\
curl -sfL https://get.k3s.io | sh -

# the mirror in China
curl -sfL https://rancher-mirror.rancher.cn/k3s/k3s-install.sh | INSTALL_K3S_MIRROR=cn sh -
""",
        [r"\[INFO\]"],
    ),
    Block(
        "1.4",
        "host",
        """\
MASTER_IP=$(multipass info master | grep IPv4 | awk '{print $2}')
TOKEN=$(multipass exec master sudo cat /var/lib/rancher/k3s/server/node-token)
for index in 1 2; do
    multipass exec worker${index} -- bash -c "curl -sfL https://get.k3s.io | K3S_URL=https://${MASTER_IP}:6443 K3S_TOKEN=${TOKEN} sh -"
done
""",
    ),
    Block(
        "1.4",
        "host",
        "multipass exec master sudo kubectl get nodes",
        [
            r"NAME +STATUS +ROLES +AGE +VERSION",
            rf"master +Ready +control-plane +{AGE} +v1\.\S+\+k3s1",
            rf"worker1 +Ready +<none> +{AGE} +v1\.\S+\+k3s1",
            rf"worker2 +Ready +<none> +{AGE} +v1\.\S+\+k3s1",
        ],
    ),
    Block(
        "1.5", "storage", "sudo apt install nfs-kernel-server", [r"Setting up nfs-kernel-server"]
    ),
    Block("1.5", "storage", "sudo mkdir /var/nfs/kubedata -p"),
    Block("1.5", "storage", "sudo chown nobody: /var/nfs/kubedata"),
    Block(
        "1.5",
        "storage",
        "sudo systemctl enable nfs-server.service\nsudo systemctl start nfs-server.service\n",
    ),
    Block(
        "1.5",
        "storage",
        "echo '/var/nfs/kubedata *(rw,sync,no_subtree_check,no_root_squash,no_all_squash)'"
        " | sudo tee -a /etc/exports",
    ),
    Block("1.5", "storage", "sudo exportfs -rav", [r"exporting \*:/var/nfs/kubedata"]),
    Block(
        "2",
        "host",
        """\
multipass exec master -- bash -c "sudo apt install nfs-common -y"
multipass exec worker1 -- bash -c "sudo apt install nfs-common -y"
multipass exec worker2 -- bash -c "sudo apt install nfs-common -y"
""",
        [r"Setting up nfs-common"] * 3,
    ),
    Block("3", "master", "sudo snap install helm --classic", [r"helm \S+ from \S+ installed"]),
    Block(
        "4",
        "master",
        """\
mkdir ~/downloads && cd ~/downloads
wget https://github.com/apache/openwhisk-cli/releases/download/latest/OpenWhisk_CLI-latest-linux-amd64.tgz
tar -xvf OpenWhisk_CLI-latest-linux-amd64.tgz
sudo mv wsk /usr/local/bin/wsk
""",
        [r"^wsk$"],
    ),
    Block(
        "5",
        "master",
        """\
sudo helm repo add nfs-subdir-external-provisioner https://kubernetes-sigs.github.io/nfs-subdir-external-provisioner/
sudo helm repo update
""",
        [
            r'"nfs-subdir-external-provisioner" has been added to your repositories',
            r"Update Complete",
        ],
    ),
    Block(
        "5",
        "master",
        """\
sudo helm --kubeconfig /etc/rancher/k3s/k3s.yaml install openwhisk-nfs nfs-subdir-external-provisioner/nfs-subdir-external-provisioner \\
    --set nfs.server=STORAGE \\
    --set nfs.path=/var/nfs/kubedata
""",
        [
            "NAME: openwhisk-nfs",
            r"LAST DEPLOYED: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}",
            "NAMESPACE: default",
            "STATUS: deployed",
            "REVISION: 1",
            "TEST SUITE: None",
        ],
    ),
    Block(
        "5",
        "master",
        "sudo kubectl get clusterrole,clusterrolebinding,role,rolebinding | grep nfs",
        [
            r"clusterrole\.rbac\S+/openwhisk-nfs-nfs-subdir-external-provisioner-runner +\d{4}-",
            r"clusterrolebinding\S+/run-openwhisk-nfs-nfs-subdir-external-provisioner +ClusterRole/"
            rf"openwhisk-nfs-nfs-subdir-external-provisioner-runner +{AGE}",
            r"role\.rbac\S+/leader-locking-openwhisk-nfs-nfs-subdir-external-provisioner +\d{4}-",
            r"rolebinding\.rbac\S+/leader-locking-openwhisk-nfs-nfs-subdir-external-provisioner"
            rf" +Role/leader-locking-openwhisk-nfs-nfs-subdir-external-provisioner +{AGE}",
        ],
    ),
    Block(
        "5",
        "master",
        "sudo kubectl get storageclass",
        [
            r"NAME +PROVISIONER +RECLAIMPOLICY +VOLUMEBINDINGMODE +ALLOWVOLUMEEXPANSION +AGE",
            rf"local-path \(default\) +rancher\.io/local-path +Delete +WaitForFirstConsumer"
            rf" +false +{AGE}",
            r"nfs-client +cluster\.local/openwhisk-nfs-nfs-subdir-external-provisioner +Delete"
            rf" +Immediate +true +{AGE}",
        ],
    ),
    Block(
        "5",
        "master",
        "sudo kubectl get pods",
        [
            r"NAME +READY +STATUS +RESTARTS +AGE",
            r"openwhisk-nfs-nfs-subdir-external-provisioner-[a-z0-9]+-[a-z0-9]{5} +1/1 +Running +0 +",
        ],
    ),
    Block(
        "6.1",
        "master",
        """\
sudo kubectl label node master openwhisk-role=core
sudo kubectl label node worker1 openwhisk-role=invoker
sudo kubectl label node worker2 openwhisk-role=invoker
""",
        [rf"node/{name} labeled" for name in ("master", "worker1", "worker2")],
    ),
    Block(
        "6.1",
        "master",
        "sudo kubectl describe nodes worker1",
        [r"Name: +worker1", r"openwhisk-role=invoker"],
    ),
    Block(
        "6.2",
        "master",
        """\
mkdir -p ~/kubeyaml
cat > ~/kubeyaml/mycluster.yaml <<'EOF'
whisk:
  ingress:
    type: NodePort
    apiHostName: MASTER
    apiHostPort: 31001

nginx:
  httpsNodePort: 31001

invoker:
  containerFactory:
    impl: "kubernetes"

# wurstmeister/kafka was removed from Docker Hub
# https://github.com/wurstmeister/kafka-docker/issues/744
kafka:
  imageName: "fatal69100/kafka"
  imageTag: "2.8.1"
EOF
""",
    ),
    Block(
        "6.3",
        "master",
        """\
sudo wsk property set --apihost MASTER:31001
sudo wsk property set --auth 23bc46b1-71f6-4ed5-8c54-816aa4f8c502:123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP
""",
        [
            r"ok: whisk API host set to MASTER:31001",
            r"ok: whisk auth set\. Run 'wsk property get --auth' to see the new value\.",
        ],
    ),
    Block(
        "6.4",
        "master",
        """\
cd ~
git clone https://github.com/apache/openwhisk-deploy-kube.git
cd openwhisk-deploy-kube
sudo helm --kubeconfig /etc/rancher/k3s/k3s.yaml install owdev ./helm/openwhisk -n openwhisk --create-namespace -f ~/kubeyaml/mycluster.yaml
""",
        [
            "NAME: owdev",
            "LAST DEPLOYED: ",
            "NAMESPACE: openwhisk",
            "STATUS: deployed",
            "REVISION: 1",
            "NOTES:",
            "Apache OpenWhisk",
            r"wsk property set --apihost MASTER:31001",
            r"Your release is named owdev\.",
            r"Once the 'owdev-install-packages' Pod is in the Completed state",
        ],
    ),
    Block(
        "6.4",
        "master",
        "sudo kubectl -n openwhisk wait --for=condition=complete job/owdev-install-packages "
        "--timeout=60s",
        [r"job\.batch/owdev-install-packages condition met"],
    ),
    Block(
        "6.4",
        "master",
        "sudo kubectl get pvc,pv -A",
        [rf"persistentvolumeclaim/owdev-{name}-pvc\S* +Bound" for name in ("couchdb", "redis")],
    ),
    Block(
        "6.4",
        "master",
        "sudo kubectl get pods -n openwhisk",
        [
            r"owdev-apigateway-\S+ +1/1 +Running",
            r"owdev-controller-0 +1/1 +Running",
            r"owdev-install-packages-\S+ +0/1 +Completed",
            r"owdev-nginx-\S+ +1/1 +Running",
        ],
    ),
    Block(
        "6.4",
        "master",
        "sudo wsk -i package list /whisk.system",
        [
            "packages",
            *(
                rf"^/whisk\.system/{name} {{40,}} *shared$"
                for name in (
                    "messaging",
                    "alarms",
                    "websocket",
                    "utils",
                    "samples",
                    "slack",
                    "github",
                )
            ),
        ],
    ),
    Block("6.4", "master", "sudo kubectl get all -n openwhisk", [r"pod/owdev-", r"service/owdev-"]),
    Block(
        "7.1",
        "master",
        """\
mkdir ~/functions && cd ~/functions
cat > hello_cli.js <<'EOF'
function main(params) {
    var name = params.name || 'World';
    return {payload: 'Hello, ' + name + '!'};
}
EOF
sudo wsk -i action create hellocli hello_cli.js
sudo wsk -i action invoke hellocli --result
sudo wsk -i action invoke hellocli --result --param name JavaScript
""",
        [
            "ok: created action hellocli",
            r"^{$",
            r'^    "payload": "Hello, World!"$',
            r"^}$",
            r'^    "payload": "Hello, JavaScript!"$',
        ],
    ),
    Block(
        "7.2",
        "master",
        """\
cd ~/functions
cat > hello_web.py <<'EOF'
def main(args):
    return {
        "statusCode": 200,
        "headers": { "Content-Type": "application/json" },
        "body": args
    }
EOF
sudo wsk -i action create helloweb hello_web.py --web true
sudo wsk -i action get helloweb --url
""",
        [
            "ok: created action helloweb",
            r"^https://MASTER:31001/api/v1/web/guest/default/helloweb$",
        ],
    ),
    Block(
        "7.2",
        "host",
        "curl -k https://MASTER:31001/api/v1/web/guest/default/helloweb",
        [
            r"^{$",
            r'^  "__ow_headers": {$',
            r'^    "accept": "\*/\*",$',
            r'^    "host": "controllers",$',
            r'^    "user-agent": "curl/\S+"$',
            r"^  },$",
            r'^  "__ow_method": "get",$',
            r'^  "__ow_path": ""$',
            r"^}$",
        ],
    ),
    Block(
        "7.2",
        "host",
        "curl -k https://MASTER:31001/api/v1/web/guest/default/helloweb?name=Python",
        [r'^  "__ow_path": "",$', r'^  "name": "Python"$', r"^}$"],
    ),
]
