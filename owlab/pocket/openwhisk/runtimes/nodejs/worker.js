// Runs one Node.js action in a process of its own: `node worker.js DESCRIPTOR`.
//
// Requests and replies are frames on the descriptor: four bytes of length, then JSON. What the
// action prints goes to the ordinary standard streams; a sentinel line ends each request's output.
'use strict';

const net = require('net');
const path = require('path');
const vm = require('vm');
const { createRequire } = require('module');
const { AsyncLocalStorage } = require('async_hooks');

const SENTINEL = 'XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX';
const NOT_A_DICTIONARY = 'The action did not return a dictionary or array.';
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*(\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*$/u;

// Where packages of the image are: read when Node.js started, and no affair of the action's.
delete process.env.NODE_PATH;

const channel = new net.Socket({ fd: Number(process.argv[2]), readable: true, writable: true });
let handler;
let directory = '';

// The action's own lines of a stack, with paths as they are in a container.
function told(error) {
  const text = String(error?.stack ?? error);
  const own = text.split('\n').filter((line) => !line.includes(__filename));
  return directory ? own.join('\n').replaceAll(directory, '/action') : own.join('\n');
}

function fail(error) {
  return { ok: false, body: { error } };
}

function fromSource(request) {
  const file = path.join(request.directory, request.file);
  const source = require('fs').readFileSync(file, 'utf8');
  const exported = { exports: {} };
  // The function is looked up inside the source's own scope: actions need not export it.
  const look = `\n;return typeof ${request.main.split('.')[0]} === 'undefined' ? undefined : ${request.main};`;
  const run = vm.runInThisContext(
    `(function (exports, require, module, __filename, __dirname) {${source}${look}\n})`,
    { filename: file },
  );
  const found = run(exported.exports, createRequire(file), exported, file, request.directory);
  return found ?? request.main.split('.').reduce((at, name) => at?.[name], exported.exports);
}

// The package of a zip file; or `file.main`, a module in it and what it exports.
function fromDirectory(request) {
  const [file, ...names] = request.main.includes('.') ? request.main.split('.') : ['', request.main];
  const from = createRequire(path.join(request.directory, 'x.js'));
  const loaded = from(file ? path.join(request.directory, file) : request.directory);
  return names.reduce((at, name) => at?.[name], loaded);
}

function setEnvironment(given) {
  for (const [name, value] of Object.entries(given)) {
    process.env[name] = typeof value === 'string' ? value : JSON.stringify(value);
  }
}

function init(request) {
  setEnvironment(request.env);
  try {
    directory = request.directory;
    process.chdir(directory);
    if (!IDENTIFIER.test(request.main)) throw new Error(`'${request.main}' is not a name`);
    handler = request.archive ? fromDirectory(request) : fromSource(request);
  } catch (error) {
    console.error(told(error));
    return fail(`Initialization has failed due to: ${told(error)}`);
  }
  if (typeof handler !== 'function') {
    return fail(`Initialization has failed due to: Error: Action entrypoint '${request.main}' is not a function.`);
  }
  return { ok: true };
}

// Several calls at a time: each keeps its own lines, whatever the others print meanwhile.
const current = new AsyncLocalStorage();
let running = 0;

function keepLines(stream) {
  const write = stream.write.bind(stream);
  stream.write = (chunk, ...rest) => {
    const call = current.getStore();
    if (!call) return write(chunk, ...rest);
    call.text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const parts = call.text.split('\n');
    call.text = parts.pop();
    for (const line of parts) call.lines.push([now(), line]);
    const done = rest.find((word) => typeof word === 'function');
    if (done) process.nextTick(done);
    return true;
  };
}

// With nine digits of a second, as containers' logs have.
function now() {
  return new Date().toISOString().replace('Z', '000000Z');
}

async function runApart(request) {
  if (running && process.env.__OW_ALLOW_CONCURRENT !== 'true') {
    return fail('System not ready, status is running.');
  }
  const call = { text: '', lines: [] };
  running += 1;
  try {
    const reply = await current.run(call, () => run(request));
    if (call.text) call.lines.push([now(), call.text]);
    return { ...reply, logs: call.lines };
  } finally {
    running -= 1;
  }
}

async function run(request) {
  setEnvironment(request.env);
  let pending;
  try {
    pending = handler(request.value);
  } catch (error) {
    console.error(told(error));
    return fail(`An error has occurred: ${error}`);
  }
  let result;
  try {
    result = await pending;
  } catch (error) {
    // A rejected promise is the action's own way to say that it failed: an application error.
    if (error instanceof Error) console.error(told(error));
    return { ok: true, body: { error: error instanceof Error ? String(error) : error ?? {} } };
  }
  if (result === undefined) result = {};
  if (typeof result !== 'object' || result === null) return fail(NOT_A_DICTIONARY);
  try {
    JSON.stringify(result);
  } catch (error) {
    console.error(told(error));
    return fail(NOT_A_DICTIONARY);
  }
  return { ok: true, body: result };
}

function send(reply) {
  const data = Buffer.from(JSON.stringify(reply));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  channel.write(Buffer.concat([head, data]));
}

function ended(stream) {
  return new Promise((resolve) => stream.write(`${SENTINEL}\n`, resolve));
}

async function answer(request) {
  let reply;
  if (request.op === 'run' && request.apart) {
    reply = await runApart(request);
  } else {
    reply = request.op === 'init' ? init(request) : await run(request);
    await Promise.all([ended(process.stdout), ended(process.stderr)]);
    if (request.apart) [process.stdout, process.stderr].forEach(keepLines);
  }
  send({ ...reply, id: request.id });
}

let received = Buffer.alloc(0);
channel.on('data', (chunk) => {
  received = Buffer.concat([received, chunk]);
  while (received.length >= 4 && received.length >= 4 + received.readUInt32BE(0)) {
    const end = 4 + received.readUInt32BE(0);
    const request = JSON.parse(received.subarray(4, end).toString());
    received = received.subarray(end);
    answer(request);
  }
});
// The lab is gone: nobody waits for this action.
channel.on('end', () => process.exit(0));
channel.on('error', () => process.exit(0));
