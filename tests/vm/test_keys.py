"""What of section 6 needs no cluster, for real: keys, values, and a certificate by openssl.

The master's user has bash; the same commands are typed on worker2, whose user has ``/bin/sh``.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from owlab.steps import certificate, openwhisk, values

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def keyed(open_lab):
    """A lab with one image for Kafka: the stand-in for K3s pulls none."""
    return open_lab("vm-keys", openwhisk_kafka_images="fatal69100/kafka:2.8.1")


@pytest.mark.parametrize("machine", ["master", "worker2"])
def test_keys_and_values_are_written_for_their_owner_only(keyed, machines, machine):
    for command in values.write(keyed, machine):
        done = keyed.run(replace(command, on=machine))
        assert done, done.stderr
    told = machines.ssh(machine, "stat -c %a kubeyaml/keys.env kubeyaml/mycluster.yaml").stdout
    assert told == "600\n600\n"
    checked = openwhisk.write_values.check(keyed, machine)
    assert checked.done, checked.why


@pytest.mark.parametrize("machine", ["master", "worker2"])
def test_the_certificate_is_for_the_masters_address_and_no_other(keyed, machines, machine):
    authority, server, *_ = certificate.install(keyed, machine)
    for command in (authority, server):
        done = keyed.run(replace(command, on=machine))
        assert done, done.stderr
    verify = "cd kubeyaml/tls && openssl verify -CAfile ca.crt -verify_ip"
    address = machines.all["master"].address
    assert machines.ssh(machine, f"{verify} {address} tls.crt").returncode == 0
    assert machines.ssh(machine, f"{verify} 192.0.2.1 tls.crt").returncode != 0
    assert machines.ssh(machine, "stat -c %a kubeyaml/tls/ca.key").stdout == "600\n"
