"""``mycluster.yaml``: what the guide writes, and what it leaves out (section 6.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from owlab import versions
from owlab.command import Command, Variable
from owlab.lab import Lab
from owlab.language import N_
from owlab.steps.control import control

_MAKE_KEYS = """\
random() { head -c 4096 /dev/urandom | LC_ALL=C tr -dc A-Za-z0-9 | cut -c "1-$1"; } &&
uuid() { cat /proc/sys/kernel/random/uuid 2> /dev/null || uuidgen | tr A-F a-f; } &&
key() { local id; id=$(uuid) && echo "$id:$(random 64)"; } &&
[ -f keys.env ] || (
  umask 077
  guest=$(key) && system=$(key) && password=$(random 24) &&
  printf '%s\\n' "GUEST_KEY=$guest" "SYSTEM_KEY=$system" "DB_PASSWORD=$password" > keys.env
) &&
chmod 600 keys.env"""


def directory(lab: Lab) -> str:
    """Where section 6 keeps its files: ``~/kubeyaml`` on the master, as in the guide."""
    return f"{control(lab).home}/kubeyaml"


def kafka_image(lab: Lab) -> Variable | None:
    """The first of the configured images that a worker can pull.

    None when there is no choice, or no way to try it: then it is the first.
    """
    images = lab.config.openwhisk.kafka_images
    node = (lab.workers or [lab.master])[0]
    pull = lab.provider.pull("$image", node)
    if len(images) == 1 or pull is None:
        return None
    probe = (
        f"for image in {' '.join(images)}; do\n"
        f"  said=$({pull.text} 2>&1) && echo $image && exit\n"
        "done\n"
        'echo "none of these images can be pulled: ' + " ".join(images) + '; $said" >&2\nexit 1'
    )
    return Variable("KAFKA_IMAGE", replace(pull, text=probe))


def content(lab: Lab) -> str:
    """The file, with variables where values are read or secret."""
    openwhisk = lab.config.openwhisk
    master = lab.address_variable(lab.master).name
    if kafka_image(lab) is not None:
        kafka, tag = "${KAFKA_IMAGE%:*}", "${KAFKA_IMAGE##*:}"
    else:
        kafka, _, tag = openwhisk.kafka_images[0].rpartition(":")
    parts = [
        f"""\
whisk:
  ingress:
    type: NodePort
    apiHostName: ${{{master}}}
    apiHostPort: {openwhisk.port}""",
        _KEYS if openwhisk.keys == "generated" else "",
        f"""
nginx:
  httpsNodePort: {openwhisk.port}

invoker:
  containerFactory:
    impl: "kubernetes\"""",
        _invoker_options(lab),
        "" if lab.workers else _ONE_NODE,
        f"""
kafka:
  imageName: "{kafka}"
  imageTag: "{tag}\"""",
        "" if lab.config.as_written else f'\nbusybox:\n  imageTag: "{versions.BUSYBOX_TAG}"',
        _STORAGE.format(openwhisk.storage_class) if openwhisk.storage_class else "",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _invoker_options(lab: Lab) -> str:
    minutes = lab.config.openwhisk.run_timeout_minutes
    comments, options = [], []
    if not lab.config.as_written:
        limit = "the limit for pulling an image and starting its pod"
        comments.append(f"{limit}; the chart's is 1 minute")
        options.append(f"-Dwhisk.kubernetes.timeouts.run={minutes}minutes")
    if not lab.workers:
        comments.append("functions run on the only node there is")
        options.append("-Dwhisk.kubernetes.user-pod-node-affinity.enabled=false")
    if not options:
        return ""
    said = "".join(f"  # {comment}\n" for comment in comments)
    return f'{said}  options: "{" ".join(options)}"'


_ONE_NODE = """
# one node for everything: no rules about which node is for what
affinity:
  enabled: false

toleration:
  enabled: false"""

_KEYS = """\
  auth:
    system: "${SYSTEM_KEY}"
    guest: "${GUEST_KEY}"

db:
  auth:
    username: whisk_admin
    password: "${DB_PASSWORD}\""""

_STORAGE = """
# without this, every claim goes to K3s' own local-path and the NFS server stays empty
k8s:
  persistence:
    enabled: true
    hasDefaultStorageClass: false
    explicitStorageClass: {}"""


def write(lab: Lab, machine: str) -> Iterator[Command]:
    """The commands of section 6.2. Keys are made on the master and never leave it."""
    generated = lab.config.openwhisk.keys == "generated"
    if generated:
        yield Command(
            f"mkdir -p {directory(lab)} && cd {directory(lab)} &&\n{_MAKE_KEYS}",
            on=machine,
            why=N_("keys of this lab's own, in a file that only its owner reads"),
        )
    kafka = kafka_image(lab)
    variables = (lab.address_variable(lab.master), *((kafka,) if kafka else ()))
    keys = ". ./keys.env && " if generated else ""
    yield Command(
        f"mkdir -p {directory(lab)} && cd {directory(lab)} && umask 077 && {keys}"
        f"cat > mycluster.yaml <<EOF\n{content(lab)}EOF\nchmod 600 mycluster.yaml",
        on=machine,
        variables=variables,
        timeout=60,
    )


def remove(lab: Lab, machine: str) -> Iterator[Command]:
    """Remove the file and the keys."""
    yield Command(f"rm -rf {directory(lab)}", on=machine)
