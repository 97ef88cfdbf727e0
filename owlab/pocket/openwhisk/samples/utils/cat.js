// Concatenates input into a string
function main({ lines = [] }) {
    return { lines, payload: lines.join('\n') };
}
