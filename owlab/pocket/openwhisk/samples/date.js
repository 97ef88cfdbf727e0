// Tells the present.
function main() {
    return { date: new Date().toString() };
}
