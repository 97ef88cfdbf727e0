# Make an action called hello, call it in three ways, and remove it again.
wsk() { command wsk -i --apihost "$WSK_API_HOST_URL" --auth "$WSK_AUTH" "$@"; }

cat > /tmp/hello.js <<'JS'
function main() {
    return {body: 'Hello world'};
}
JS

wsk action delete hello > /dev/null 2>&1 || true
wsk api delete /demo > /dev/null 2>&1 || true
wsk action create hello /tmp/hello.js --web true || { echo "FAILED: cannot create an action"; exit 1; }

wsk action invoke hello --blocking --result | grep -q 'Hello world' || { echo "FAILED: invocation by wsk"; exit 1; }
curl -sk "$(wsk action get hello --url | tail -1)" | grep -q 'Hello world' || { echo "FAILED: invocation by its URL"; exit 1; }

gateway=$(wsk api create /demo /hello get hello | tail -1)
curl -sk "$gateway" | grep -q 'Hello world' || { echo "FAILED: invocation through the API gateway"; exit 1; }

wsk api delete /demo
wsk action delete hello
echo "PASSED! Created Hello action and invoked via cli, web and apigateway"
