// Demonstrates logging facilities
function main({ payload }) {
    console.log('hello', `${payload}!`);
}
