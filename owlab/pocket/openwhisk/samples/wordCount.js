// Counts words.
function main({ payload = '' }) {
    const words = String(payload).split(/\s+/).filter(Boolean);
    console.log(`'${payload}' has ${words.length} words`);
    return { count: words.length };
}
