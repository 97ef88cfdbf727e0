// Logs a greeting, and returns nothing.
function main({ payload }) {
    console.log(`hello ${payload ?? 'world'}!`);
}
