// Count words in a string, as an asynchronous action
function main({ payload }) {
    const text = String(payload);
    const count = text.split(' ').length;
    return new Promise((done) => {
        setTimeout(() => {
            console.log(`The message '${text}' has`, count, 'words');
            done({ count });
        }, 100);
    });
}
