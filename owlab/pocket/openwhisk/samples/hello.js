// Greets whom it is told to.
function main({ payload = 'stranger' }) {
    console.log(`hello, ${payload}!`);
    return { payload: `hello, ${payload}!` };
}
