// Compositions as openwhisk-composer's users write them, deployed and run; printed as JSON.
'use strict';

const composer = require('openwhisk-composer');
const client = require('openwhisk-composer/client');

const inline = (code) => composer.action(`a${inline.count++}`, { action: code });
inline.count = 0;

async function main() {
  const ow = client({ ignore_certs: true });
  const run = async (name, composition, params) => {
    await ow.compositions.deploy({ name, ...composition.compile() }, true);
    return ow.actions.invoke({ name, params, blocking: true, result: true });
  };
  const check = composer.if(
    inline("function main(p) { return {value: p.password === 'abc123'} }"),
    inline("function main() { return {message: 'welcome'} }"),
    inline("function main() { return {message: 'who are you?'} }"),
  );
  const seen = {};
  seen.right = await run('check', check, { password: 'abc123' });
  seen.wrong = await run('check', check, { password: 'x' });
  const count = composer.while(
    inline('function main(p) { return {value: p.n < 3} }'),
    inline('function main(p) { return {n: p.n + 1} }'),
  );
  seen.counted = await run('count', count, { n: 0 });
  const careful = composer.try(
    inline("function main() { return {error: 'no luck'} }"),
    inline('function main(p) { return {told: p.error} }'),
  );
  seen.caught = await run('careful', careful, {});
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
