// An action that invokes itself recursively, programmatically using whisk API
const openwhisk = require('openwhisk');

async function main({ n }) {
    const left = parseInt(n, 10);
    console.log(left);
    if (!(left > 0)) return {};
    const ow = openwhisk({ ignore_certs: true });
    return ow.actions.invoke({ name: process.env.__OW_ACTION_NAME, params: { n: left - 1 } });
}
