// Joins lines into one payload.
function main({ lines = [] }) {
    return { payload: lines.map((line) => `${line}\n`).join('') };
}
