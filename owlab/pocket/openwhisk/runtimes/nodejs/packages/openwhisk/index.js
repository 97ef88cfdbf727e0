// The pocket lab's own client with the interface of OpenWhisk's JavaScript SDK (npm `openwhisk`):
// npm packages cannot be installed with pip. Whoever has the SDK puts it in the action's zip, or
// names its folder in OWLAB_NODE_PATH, and gets that one.
'use strict';

const http = require('http');
const https = require('https');

class OpenWhiskError extends Error {
  constructor(message, error, statusCode) {
    super(message);
    this.name = 'OpenWhiskError';
    this.error = error;
    this.statusCode = statusCode;
  }
}

class Client {
  constructor(given) {
    const env = process.env;
    const host = given.apihost ?? env.__OW_API_HOST;
    const api = given.api ?? (host && `${host.startsWith('http') ? '' : 'https://'}${host}/api/v1/`);
    this.key = given.api_key ?? env.__OW_API_KEY;
    if (!api) throw new Error('Invalid constructor options. Missing api or apihost parameters.');
    if (!this.key && !given.auth_handler) {
      throw new Error('Invalid constructor options. Missing api_key parameter.');
    }
    this.api = api.endsWith('/') ? api : `${api}/`;
    this.namespace = given.namespace ?? env.__OW_NAMESPACE ?? '_';
    const ignored = given.ignore_certs ?? env.__OW_IGNORE_CERTS;
    this.verify = !(ignored === true || ignored === 'true');
    this.handler = given.auth_handler;
  }

  async authorization() {
    if (this.handler) return this.handler.getAuthHeader();
    return `Basic ${Buffer.from(this.key).toString('base64')}`;
  }

  async request(method, path, { body, query } = {}) {
    const url = new URL(path, this.api);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const data = body === undefined ? undefined : JSON.stringify(body);
    const headers = { Authorization: await this.authorization(), 'User-Agent': 'openwhisk-client-js' };
    if (data !== undefined) {
      headers['Content-Type'] = 'application/json';
      headers['Content-Length'] = Buffer.byteLength(data);
    }
    const options = { method, headers, rejectUnauthorized: this.verify };
    const answer = await new Promise((resolve, reject) => {
      const sent = (url.protocol === 'http:' ? http : https).request(url, options, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve({ response, text: Buffer.concat(chunks).toString() }));
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(data);
    });
    return this.answered(method, url, answer);
  }

  answered(method, url, { response, text }) {
    let body = text;
    try {
      body = text ? JSON.parse(text) : '';
    } catch {
      // Not JSON: told as it is.
    }
    const status = response.statusCode;
    if (status >= 200 && status < 300) return body;
    const reason = `${method} ${url} Returned HTTP ${status} (${http.STATUS_CODES[status]})`;
    const why = body?.response?.result?.error ?? body?.error ?? 'Response Missing Error Message.';
    const told = typeof why === 'string' ? why : JSON.stringify(why);
    throw new OpenWhiskError(`${reason} --> "${told}"`, body, status);
  }
}

// /namespace/package/name in its parts, seen from the namespace of the options.
function named(client, options, name) {
  const parts = String(name).split('/');
  if (String(name).startsWith('/')) {
    if (parts.length < 3) throw new Error('Invalid name: a namespace and a name are needed.');
    return { namespace: parts[1], id: parts.slice(2).join('/') };
  }
  return { namespace: options.namespace ?? client.namespace, id: String(name) };
}

const escaped = (id) => id.split('/').map(encodeURIComponent).join('/');
const pairs = (given) => Object.entries(given ?? {}).map(([key, value]) => ({ key, value }));

class Resource {
  constructor(client, kind, identifiers) {
    this.client = client;
    this.kind = kind;
    this.identifiers = ['name', ...identifiers];
  }

  path(options, id) {
    const { namespace, id: own } = id === undefined ? { namespace: options.namespace ?? this.client.namespace } : named(this.client, options, id);
    const tail = own === undefined ? '' : `/${escaped(own)}`;
    return `namespaces/${encodeURIComponent(namespace)}/${this.kind}${tail}`;
  }

  id(options) {
    if (typeof options === 'string') return options;
    const found = this.identifiers.map((name) => options?.[name]).find((value) => value);
    if (!found) {
      throw new Error(`Missing resource identifier from parameters, supported parameter names: ${this.identifiers.join(', ')}`);
    }
    return found;
  }

  // One, or an array of them.
  each(options, work) {
    if (Array.isArray(options)) return Promise.all(options.map((one) => this.each(one, work)));
    return Promise.resolve().then(() => work(typeof options === 'string' ? { name: options } : options ?? {}));
  }

  list(options = {}) {
    const query = {};
    for (const name of ['limit', 'skip', 'count', 'since', 'upto', 'docs', 'name']) {
      if (options[name] !== undefined) query[name] = options[name];
    }
    return this.client.request('GET', this.path(options), { query });
  }

  get(options) {
    return this.each(options, (one) => this.client.request('GET', this.path(one, this.id(one)), { query: { code: one.code } }));
  }

  delete(options) {
    return this.each(options, (one) => this.client.request('DELETE', this.path(one, this.id(one)), { query: { force: one.force } }));
  }

  put(options, body, overwrite) {
    return this.client.request('PUT', this.path(options, this.id(options)), { body, query: { overwrite } });
  }

  create(options) {
    return this.each(options, (one) => this.put(one, this.document(one), one.overwrite ?? false));
  }

  update(options) {
    return this.each(options, (one) => this.put(one, this.document(one), true));
  }

  document(options) {
    const body = { ...options[this.kind.slice(0, -1)] };
    if (options.annotations) body.annotations = pairs(options.annotations);
    if (options.params) body.parameters = pairs(options.params);
    return body;
  }
}

class Actions extends Resource {
  constructor(client) {
    super(client, 'actions', ['actionName']);
  }

  // The whole record is asked for, so that an error tells all of it; `result` picks the result.
  invoke(options) {
    return this.each(options, async (one) => {
      const query = {};
      for (const name of ['blocking', 'timeout']) {
        if (one[name] !== undefined) query[name] = one[name];
      }
      const sent = { body: one.params ?? {}, query };
      const record = await this.client.request('POST', this.path(one, this.id(one)), sent);
      return one.blocking && one.result ? record.response.result : record;
    });
  }

  document(options) {
    if (!options.action && !options.sequence) {
      throw new Error('Missing mandatory action parameter.');
    }
    let body = {};
    const given = options.action;
    if (options.sequence) {
      const components = options.sequence.map((name) => (name.startsWith('/') ? name : `/_/${name}`));
      body.exec = { kind: 'sequence', components };
    } else if (typeof given === 'string' || Buffer.isBuffer(given)) {
      const code = Buffer.isBuffer(given) ? given.toString('base64') : given;
      body.exec = { kind: options.kind ?? 'nodejs:default', code };
    } else {
      body = { ...given };
    }
    if (options.limits) body.limits = options.limits;
    if (options.annotations) body.annotations = pairs(options.annotations);
    if (options.params) body.parameters = pairs(options.params);
    if (options.version) body.version = options.version;
    return body;
  }
}

class Triggers extends Resource {
  constructor(client) {
    super(client, 'triggers', ['triggerName']);
  }

  invoke(options) {
    return this.each(options, (one) => this.client.request('POST', this.path(one, this.id(one)), { body: one.params ?? {} }));
  }
}

class Rules extends Resource {
  constructor(client) {
    super(client, 'rules', ['ruleName']);
  }

  status(options, status) {
    return this.each(options, (one) => this.client.request('POST', this.path(one, this.id(one)), { body: { status } }));
  }

  enable(options) {
    return this.status(options, 'active');
  }

  disable(options) {
    return this.status(options, 'inactive');
  }

  document(options) {
    if (!options.action) throw new Error('Missing mandatory action parameter.');
    if (!options.trigger) throw new Error('Missing mandatory trigger parameter.');
    const full = (name) => (name.startsWith('/') ? name : `/${options.namespace ?? this.client.namespace}/${name}`);
    const body = { action: full(options.action), trigger: full(options.trigger) };
    if (options.annotations) body.annotations = pairs(options.annotations);
    return body;
  }
}

class Activations extends Resource {
  constructor(client) {
    super(client, 'activations', ['activation', 'activationId']);
  }

  part(options, part) {
    return this.each(options, (one) => this.client.request('GET', `${this.path(one, this.id(one))}/${part}`));
  }

  logs(options) {
    return this.part(options, 'logs');
  }

  result(options) {
    return this.part(options, 'result');
  }
}

class Namespaces {
  constructor(client) {
    this.client = client;
  }

  list() {
    return this.client.request('GET', 'namespaces');
  }

  async get(options) {
    const namespace = (typeof options === 'string' ? options : options?.name ?? options?.namespace) ?? this.client.namespace;
    const kinds = ['actions', 'packages', 'triggers', 'rules'];
    const lists = await Promise.all(kinds.map((kind) => this.client.request('GET', `namespaces/${encodeURIComponent(namespace)}/${kind}`)));
    return Object.fromEntries(kinds.map((kind, at) => [kind, lists[at]]));
  }
}

class Feeds {
  constructor(client) {
    this.client = client;
    this.actions = new Actions(client);
  }

  event(options, lifecycleEvent) {
    const feed = options.feedName ?? options.name;
    if (!feed || !options.trigger) throw new Error('Missing mandatory feedName and trigger parameters.');
    const space = options.namespace ?? this.client.namespace;
    const triggerName = options.trigger.startsWith('/') ? options.trigger : `/${space}/${options.trigger}`;
    const params = { ...options.params, lifecycleEvent, triggerName, authKey: this.client.key };
    return this.actions.invoke({ name: feed, namespace: options.namespace, blocking: true, params });
  }

  create(options) {
    return this.event(options, 'CREATE');
  }

  get(options) {
    return this.event(options, 'READ');
  }

  update(options) {
    return this.event(options, 'UPDATE');
  }

  delete(options) {
    return this.event(options, 'DELETE');
  }
}

class Routes {
  constructor(client) {
    this.client = client;
  }

  call(method, action, query, body) {
    const spaceguid = (this.client.key ?? '').split(':')[0];
    const path = `web/whisk.system/apimgmt/${action}.http`;
    return this.client.request(method, path, { query: { accesstoken: 'DUMMY TOKEN', spaceguid, ...query }, body });
  }

  list(options = {}) {
    return this.call('GET', 'getApi', options);
  }

  get(options = {}) {
    return this.list(options);
  }

  delete(options) {
    if (!options.basepath && !options.name) throw new Error("Missing mandatory parameters: basepath or name");
    const { basepath = options.name, relpath, operation } = options;
    return this.call('DELETE', 'deleteApi', { basepath, relpath, operation });
  }

  create(options) {
    const missing = options.swagger ? [] : ['relpath', 'operation', 'action'].filter((name) => !options[name]);
    if (missing.length) throw new Error(`Missing mandatory parameters: ${missing.join(', ')}`);
    if (options.swagger) {
      const apidoc = { namespace: '_', swagger: JSON.stringify(options.swagger) };
      return this.call('POST', 'createApi', { responsetype: options.responsetype ?? 'json' }, { apidoc });
    }
    const { namespace, id } = named(this.client, options, options.action);
    const place = id.includes('/') ? id : `default/${id}`;
    const method = options.operation.toUpperCase();
    const base = options.basepath ?? '/';
    const apidoc = {
      namespace: '_',
      gatewayBasePath: base,
      gatewayPath: options.relpath,
      gatewayMethod: method,
      id: `API:_:${base}`,
      action: {
        name: id,
        namespace,
        backendMethod: method,
        backendUrl: `${this.client.api}web/${namespace}/${place}.http`,
        authkey: this.client.key,
        ...(options.secure_key ? { secureKey: options.secure_key } : {}),
      },
      ...(options.name ? { apiName: options.name } : {}),
    };
    return this.call('POST', 'createApi', { responsetype: options.responsetype ?? 'json' }, { apidoc });
  }
}

module.exports = function openwhisk(options) {
  const client = new Client(options ?? {});
  return {
    actions: new Actions(client),
    activations: new Activations(client),
    namespaces: new Namespaces(client),
    packages: new Resource(client, 'packages', ['packageName']),
    rules: new Rules(client),
    triggers: new Triggers(client),
    feeds: new Feeds(client),
    routes: new Routes(client),
  };
};
