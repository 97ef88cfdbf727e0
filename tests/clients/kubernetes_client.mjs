// What the documentation of @kubernetes/client-node shows, in one go. Fails with a message.
import assert from 'node:assert';
import http from 'node:http';
import net from 'node:net';
import stream from 'node:stream';
import { createRequire } from 'node:module';

const k8s = createRequire(process.env.PACKAGES)('@kubernetes/client-node');
const config = new k8s.KubeConfig();
config.loadFromFile(process.env.KUBECONFIG);
const core = config.makeApiClient(k8s.CoreV1Api);
const apps = config.makeApiClient(k8s.AppsV1Api);
const namespace = 'default';

const version = await config.makeApiClient(k8s.VersionApi).getCode();
assert.match(version.gitVersion, /^v1\./);

// Objects.
await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'node' }, data: { k: 'v' } } });
const patched = await core.patchNamespacedConfigMap(
  { namespace, name: 'node', body: [{ op: 'replace', path: '/data/k', value: 'w' }] },
  k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.JsonPatch));
assert.equal(patched.data.k, 'w');
await assert.rejects(
  core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'node' } } }),
  (error) => error.code === 409 && error.body.includes('AlreadyExists'));
const objects = k8s.KubernetesObjectApi.makeApiClient(config);
const read = await objects.read({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'node', namespace } });
assert.equal(read.data.k, 'w');
const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'web' });
scale.spec.replicas = 2;
const scaled = await apps.replaceNamespacedDeploymentScale({ namespace, name: 'web', body: scale });
assert.equal(scaled.spec.replicas, 2);

// An informer.
const path = `/api/v1/namespaces/${namespace}/configmaps`;
const informer = k8s.makeInformer(config, path, () => core.listNamespacedConfigMap({ namespace }));
const seen = new Promise((resolve) => informer.on('delete', (obj) => resolve(obj.metadata.name)));
await informer.start();
await core.deleteNamespacedConfigMap({ namespace, name: 'node' });
assert.equal(await seen, 'node');
await informer.stop();

// A command, and what it prints.
const printed = new stream.PassThrough();
let text = '';
printed.on('data', (data) => { text += data; });
const status = await new Promise((resolve, reject) => new k8s.Exec(config)
  .exec(namespace, 'box', 'main', ['sh', '-c', 'echo out; exit 3'], printed, printed, null, false, resolve)
  .catch(reject));
assert.equal(text, 'out\n');
assert.equal(status.status, 'Failure');
assert.equal(status.details.causes[0].message, '3');
const log = new stream.PassThrough();
await new k8s.Log(config).log(namespace, 'box', 'main', log, { follow: false });
assert.match(String(await new Promise((resolve) => log.on('data', resolve))), /begun/);

// A port.
const pods = await core.listNamespacedPod({ namespace, labelSelector: 'app=web' });
const forward = new k8s.PortForward(config);
const server = net.createServer((socket) => {
  forward.portForward(namespace, pods.items[0].metadata.name, [80], socket, null, socket);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const body = await new Promise((resolve, reject) => {
  http.get({ port: server.address().port, host: '127.0.0.1', path: '/' }, (answer) => {
    let whole = '';
    answer.on('data', (data) => { whole += data; });
    answer.on('end', () => resolve(whole));
  }).on('error', reject);
});
assert.equal(body, 'owl'.repeat(20000));
process.exit(0);
