// Current date and time
function main() {
    const now = new Date();
    console.log('It is now', String(now));
    return { date: now };
}
