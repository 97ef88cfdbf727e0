// Nests all properties under given property
function main({ $fieldName, ...rest }) {
    if (typeof $fieldName !== 'string') {
        return { error: "Expected an argument '$fieldName' of type 'string'." };
    }
    return { [$fieldName]: rest };
}
