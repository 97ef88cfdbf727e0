// Post a message to Slack
async function main({ text, url, channel, username, icon_emoji, as_user, attachments, token }) {
    if (!text && !attachments) return { error: 'No text or attachments provided' };
    if (!url) return { error: 'No Webhook URL provided' };
    const message = { channel, username: username || 'Simple Message Bot', icon_emoji, text };
    if (as_user === true) message.as_user = true;
    if (attachments) message.attachments = JSON.stringify(attachments);
    const fields = token ? { ...message, token } : { payload: JSON.stringify(message) };
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    try {
        const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(given) });
        console.log('success:', answer.status, text);
        return {};
    } catch (error) {
        return { error: `Slack is not reached at ${url}: ${error.cause?.message ?? error.message}` };
    }
}
