// Curl a host url
const { execFile } = require('child_process');

function main({ payload }) {
    console.log('Curl to', payload);
    return new Promise((resolve) => {
        execFile('curl', ['--connect-timeout', '3', String(payload)], (error, stdout, stderr) => {
            resolve({ msg: error ? stderr || String(error) : stdout });
        });
    });
}
