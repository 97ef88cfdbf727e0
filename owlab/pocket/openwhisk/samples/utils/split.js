// Split a string into an array
function main({ payload = '', separator = /\r?\n/ }) {
    const lines = String(payload).split(separator);
    return { lines, payload };
}
