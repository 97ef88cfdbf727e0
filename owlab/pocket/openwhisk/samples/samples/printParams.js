// Prints its parameters
function main(params) {
    Object.entries(params).forEach(([name, value]) => console.log(`params.${name}:`, value));
    return params;
}
