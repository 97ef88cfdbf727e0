// Everything that a user of OpenWhisk's JavaScript SDK does, printed as one JSON object.
'use strict';

const openwhisk = require('openwhisk');

const HELLO = `function main(args) {
  if (args.fail) return { error: 'on purpose' };
  console.log('seen', args.name);
  return { payload: 'Hello, ' + args.name + '!' };
}`;

async function eventually(ask) {
  for (let tries = 0; tries < 200; tries += 1) {
    const found = await ask();
    if (found) return found;
    await new Promise((done) => { setTimeout(done, 25); });
  }
  throw new Error('it never came');
}

async function main() {
  const ow = openwhisk({ ignore_certs: process.argv.includes('--ignore-certs') });
  const seen = {};
  await ow.actions.create({ name: 'hello', action: HELLO, kind: 'nodejs:14' });
  seen.version = (await ow.actions.update({ name: 'hello', action: HELLO, kind: 'nodejs:14' })).version;
  seen.actions = (await ow.actions.list()).map((action) => action.name);

  const blocking = true;
  seen.result = await ow.actions.invoke({ name: 'hello', blocking, result: true, params: { name: 'SDK' } });
  const [last] = await ow.activations.list({ limit: 1 });
  const { logs } = await ow.activations.logs({ name: last.activationId });
  seen.logs = logs.map((line) => line.split('stdout: ')[1]);
  seen.stored = (await ow.activations.result({ name: last.activationId })).result;

  await ow.triggers.create({ name: 'tick' });
  await ow.rules.create({ name: 'on-tick', trigger: 'tick', action: 'hello' });
  seen.rule = (await ow.rules.get({ name: 'on-tick' })).status;
  await ow.triggers.invoke({ name: 'tick', params: { name: 'trigger' } });
  seen.fired = await eventually(async () => {
    const rows = await ow.activations.list({ docs: true });
    const found = rows.find((row) => row.name === 'hello' && row.activationId !== last.activationId);
    return found && found.response && found.response.result;
  });

  await ow.packages.update({ name: 'tools', package: {} });
  seen.packages = (await ow.packages.list()).map((one) => one.name);
  const sort = { name: '/whisk.system/utils/sort', blocking, result: true, params: { lines: ['b', 'a'] } };
  seen.sorted = (await ow.actions.invoke(sort)).lines;

  seen.missing = await ow.actions.get({ name: 'missing' }).catch((error) => error.statusCode);
  seen.failed = await ow.actions
    .invoke({ name: 'hello', blocking, result: true, params: { fail: true } })
    .catch((error) => error.error.response.result);

  await ow.rules.disable({ name: 'on-tick' });
  await ow.rules.delete({ name: 'on-tick' });
  await ow.triggers.delete({ name: 'tick' });
  await ow.packages.delete({ name: 'tools' });
  await ow.actions.delete({ name: 'hello' });
  seen.left = (await ow.actions.list()).length;
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
