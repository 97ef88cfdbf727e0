// Returns the URL to activate an action or trigger
const EXTENSIONS = ['.html', '.http', '.json', '.svg', '.text'];

function main({ web, ext, trigger, path }) {
    const host = `${process.env.__OW_API_HOST}/api/v1`;
    const space = process.env.__OW_NAMESPACE;
    if (web === true) {
        if (trigger) return { error: 'triggers are not allowed for web actions.' };
        if (ext && !EXTENSIONS.includes(ext)) {
            const known = EXTENSIONS.map((one) => `"${one}"`).join(', ');
            return { error: `extension for web action must be one of [${known}].` };
        }
        const base = `${host}/web/${space}`;
        if (!path) return { url: base };
        return { url: `${base}/${path.includes('/') ? path : `default/${path}`}${ext || ''}` };
    }
    if (trigger && path && path.includes('/')) {
        return { error: 'triggers are not allowed in packages.' };
    }
    const base = `${host}/namespaces/${space}/${trigger === true ? 'triggers' : 'actions'}`;
    return { url: path ? `${base}/${path}` : base };
}
