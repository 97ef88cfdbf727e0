// Send a message to a WebSocket
function main({ uri, payload }) {
    if (!uri) return { error: 'You must specify a uri parameter.' };
    if (!payload) return { error: 'You must specify a payload parameter.' };
    return new Promise((resolve) => {
        const socket = new WebSocket(uri);
        socket.addEventListener('open', () => {
            socket.send(typeof payload === 'string' ? payload : JSON.stringify(payload));
            socket.close();
            resolve({ uri, payload });
        });
        socket.addEventListener('error', () => {
            resolve({ error: `Error establishing connection to ${uri}.` });
        });
    });
}
