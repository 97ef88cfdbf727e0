// Returns a greeting as lines, by a chain of asynchronous calls of other actions
const openwhisk = require('openwhisk');

async function main(params) {
    const ow = openwhisk({ ignore_certs: true });
    const call = (name, values) =>
        ow.actions.invoke({ name: `/whisk.system/${name}`, params: values, blocking: true, result: true });
    const { payload } = await call('samples/greeting', params);
    const { lines } = await call('utils/split', { payload, separator: ' ' });
    return { lines };
}
