// Splits a payload into lines.
function main({ payload = '', separator = /\r?\n/ }) {
    const lines = String(payload).split(separator);
    return { lines, payload };
}
